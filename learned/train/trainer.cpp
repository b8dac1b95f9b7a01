#include "learned/train/trainer.hpp"

#include "base/error.hpp"
#include "learned/train/optimiser.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace linnet::learned {

using Clock = std::chrono::steady_clock;

namespace {

constexpr int warm_up = 150, good_every = 100, log_every = 10, look_every = 25;
constexpr int most_spoilt = 10, most_rollbacks = 8;

// No weight that is zero moves: its gradient is taken as zero from the first step on.
void clear_at_zeros(const Tensors& tensors, Gradients* gradients) {
  for (auto& [name, g] : *gradients) {
    const std::vector<float>& w = tensors.at(name).values;
    for (std::size_t i = 0; i < g.size() && !name.ends_with(".bias"); ++i)
      g[i] = w[i] == 0 ? 0 : g[i];
  }
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void archive_tensors(Archive* archive, Tensors* tensors) {
  archive->map(tensors, [&](Tensor* tensor) {
    (*archive)(&tensor->shape);
    (*archive)(&tensor->values);
  });
}

} // namespace

// Solves on grids of one size.
struct Trainer::Grids {
  std::unique_ptr<Stage> stage;
  double part = 1;
  bool late = false; // not before the end of the plateau
  double cost = 0;   // seconds of a step
  int visits = 0;
  double least = 1e300; // of the running mean
};

void check_trainable(const Architecture& architecture) {
  if (architecture.operator_channels != (architecture.unit_residual ? 0 : 5))
    throw InputError("network '" + architecture.name +
                     "': only networks are trained that are linear in the residual and read 5 channels of the "
                     "operator, or that take a residual of norm 1 and read none");
}

Trainer::~Trainer() = default;

Trainer::Trainer(const TrainingOptions& options, Model model, OwnSystems own)
    : options_(options), architecture_(std::move(model.architecture)), tensors_(std::move(model.tensors)),
      draw_(options.seed), optimiser_(make_optimiser(options)) {
  check_trainable(architecture_);
  const int dimension = architecture_.dimension;
  const Solves solves{options.iterations, options.threads, options.loss};
  if (!own.training.empty()) {
    std::map<std::pair<Grid, std::array<bool, 3>>, std::vector<GridOperator>> by_size;
    for (GridOperator& op : own.training)
      by_size[{op.size, op.periodic}].push_back(std::move(op));
    for (auto& [size, operators] : by_size) {
      Draw pool_draw(options.seed + 1000 + stages_.size());
      const auto part = static_cast<double>(operators.size());
      add_stage(options.errors == Errors::ritz
                    ? OperatorPool::with_ritz_vectors(std::move(operators), options.lanczos, &pool_draw)
                    : OperatorPool(std::move(operators), &pool_draw),
                part, false, solves);
    }
    validators_.emplace_back("systems", std::move(own.validation));
  } else {
    for (std::size_t s = 0; s < options.sizes.size(); ++s) {
      Draw pool_draw(options.seed + 1000 + s);
      const double share = std::pow(static_cast<double>(options.sizes[0]) / options.sizes[s], dimension);
      const int count = std::max({1, options.domains / 8, static_cast<int>(options.domains * std::min(1.0, share))});
      add_stage(options.errors == Errors::ritz
                    ? OperatorPool::with_ritz_vectors({box_operator(dimension, options.sizes[s])}, options.lanczos,
                                                      &pool_draw)
                    : OperatorPool(options.classes, dimension, options.sizes[s], count, &pool_draw),
                options.parts[s], s > 0, solves);
    }
    for (const OperatorClass what : options.classes)
      validators_.emplace_back(class_names[static_cast<std::size_t>(what)],
                               held_out(what, dimension, options.validation_size));
  }
  progress_.left.assign(stages_.size(), 1);
  if (options.minutes <= 0) {
    progress_.steps = options.steps;
    progress_.plateau = options.plateau > 0 ? options.plateau : static_cast<int>(0.3 * options.steps);
  }
}

void Trainer::add_stage(OperatorPool pool, double part, bool late, const Solves& solves) {
  const double cells = static_cast<double>(cells_of(pool.size()));
  const double first = stages_.empty() ? cells : static_cast<double>(cells_of(stages_[0].stage->size()));
  const int batch = std::clamp(static_cast<int>(options_.batch * first / cells), 1, options_.batch);
  Grids grids;
  grids.stage = std::make_unique<Stage>(architecture_, std::move(pool), batch, solves, &draw_);
  grids.part = part;
  grids.late = late;
  stages_.push_back(std::move(grids));
}

bool Trainer::done() const {
  const TrainingState& p = progress_;
  return (p.steps > 0 && p.step >= p.steps) || (options_.stop > 0 && p.step >= options_.stop) ||
         (options_.minutes > 0 && p.seconds >= 60 * options_.minutes);
}

// Each size twice at first, and in the plateau the late ones now and then, so that the time of a step is known.
std::size_t Trainer::choose_stage() {
  const double u = draw_.uniform();
  if (stages_.size() > 1 && static_cast<std::size_t>(progress_.step) < 2 * stages_.size())
    return static_cast<std::size_t>(progress_.step) / 2;
  const bool late = progress_.plateau > 0 && progress_.step >= progress_.plateau;
  if (!late && progress_.step % look_every == look_every - 1) {
    const std::size_t next = static_cast<std::size_t>(progress_.step / look_every) % stages_.size();
    if (stages_[next].late)
      return next;
  }
  double sum = 0;
  for (const Grids& g : stages_)
    sum += late || !g.late ? g.part : 0;
  double rest = u * sum;
  std::size_t chosen = 0;
  for (std::size_t s = 0; s < stages_.size(); ++s)
    if (late || !stages_[s].late) {
      chosen = s;
      if ((rest -= stages_[s].part) < 0)
        break;
    }
  return chosen;
}

double Trainer::rate() const {
  const TrainingState& p = progress_;
  double factor = std::min(1.0, (p.step - warm_from_ + 1.0) / warm_up);
  if (p.plateau > 0 && p.step >= p.plateau)
    factor = std::min(factor, static_cast<double>(p.steps - p.step) / std::max(1, p.steps - p.plateau) + 1e-3);
  return brake_ * options_.rate * factor;
}

// After 30 % of the time the length of the schedule is fixed: the rest of the time but a twentieth, at the steps'
// times.
void Trainer::plan() {
  TrainingState& p = progress_;
  if (p.steps > 0 || p.seconds < 18 * options_.minutes)
    return;
  double cost = 0, sum = 0;
  for (const Grids& g : stages_) {
    cost += g.part * g.cost;
    sum += g.part;
  }
  p.plateau = p.step;
  p.steps = p.step + std::max(1, static_cast<int>((57 * options_.minutes - p.seconds) * sum / std::max(cost, 1e-6)));
}

void Trainer::step() {
  const Clock::time_point start = Clock::now();
  if ((candidate_.empty() || progress_.step >= candidate_step_ + good_every) && healthy()) {
    Archive archive;
    core_state(&archive);
    last_good_ = candidate_.empty() ? archive.bytes() : candidate_;
    candidate_ = archive.bytes();
    candidate_step_ = progress_.step;
  }
  const std::size_t chosen = choose_stage();
  Grids& grids = stages_[chosen];
  Gradients gradients;
  const double value = grids.stage->step(tensors_, &draw_, &gradients);
  progress_.rate = rate();
  if (options_.keep_zeros)
    clear_at_zeros(tensors_, &gradients);
  progress_.norm = optimiser_->step(progress_.rate, gradients, &tensors_);
  ++progress_.step;
  if (progress_.step % log_every == 0 || progress_.step == 1)
    log_.push_back({progress_.step, progress_.seconds, progress_.rate, value, progress_.norm});
  watch_divergence(chosen, value);
  const double spent = seconds_since(start);
  grids.cost = grids.visits <= 1 ? spent : grids.cost + std::max(0.05, 1.0 / (grids.visits - 1)) * (spent - grids.cost);
  progress_.seconds += spent;
  plan();
  if (options_.validate_every > 0 && progress_.step % options_.validate_every == 0 && !done())
    finish();
}

// Worth going back to: no size is far above its least.
bool Trainer::healthy() const {
  for (std::size_t s = 0; s < stages_.size(); ++s)
    if (const double mean = progress_.left[s], least = stages_[s].least;
        stages_[s].visits >= 50 && mean > std::max(1.5 * least, least + 0.1))
      return false;
  return spoilt_ == 0;
}

void Trainer::watch_divergence(std::size_t stage, double value) {
  Grids& grids = stages_[stage];
  double& mean = progress_.left[stage];
  const bool finite = std::isfinite(progress_.norm) && std::isfinite(value);
  spoilt_ = finite ? 0 : spoilt_ + 1;
  if (finite) {
    mean += std::max(0.02, 1.0 / ++grids.visits) * (value - mean);
    if (grids.visits >= 50)
      grids.least = std::min(grids.least, mean);
  }
  // Three times the least, or most of what a step takes away (1 - value) gone.
  const double bound = std::min(3 * grids.least, grids.least < 1 ? 1 - 0.3 * (1 - grids.least) : 3 * grids.least);
  const bool risen = grids.visits >= 100 && mean > std::max(bound, grids.least + 0.2);
  if (spoilt_ < most_spoilt && !risen)
    return;
  if (++progress_.rollbacks > most_rollbacks)
    throw std::runtime_error("the training diverged: set back " + std::to_string(most_rollbacks) +
                             " times, each time to half the rate");
  Archive archive(last_good_);
  core_state(&archive);
  brake_ /= 2;
  warm_from_ = candidate_step_ = progress_.step;
  candidate_ = last_good_;
  spoilt_ = 0;
}

std::vector<Validation> Trainer::validate() const {
  std::vector<Validation> all;
  for (const Validator& v : validators_)
    all.push_back(v.run(architecture_, tensors_, options_.threads));
  return all;
}

void Trainer::finish() {
  const Clock::time_point start = Clock::now();
  LogValidation point{progress_.step, {}, {}};
  double score = 0;
  const std::vector<Validation> all = validate();
  for (const Validation& v : all) {
    score += v.mean_log();
    point.name.push_back(v.name);
    point.iterations.push_back(std::exp(v.mean_log()));
  }
  if (score <= best_score_) {
    best_score_ = score;
    best_ = tensors_;
    best_validation_ = all;
  }
  validations_.push_back(std::move(point));
  progress_.seconds += seconds_since(start);
}

// What a rollback brings back.
void Trainer::core_state(Archive* archive) {
  archive_tensors(archive, &tensors_);
  optimiser_->state(archive);
  draw_.state(archive);
  (*archive)(&progress_.left);
  if (archive->length(stages_.size(), 1) != stages_.size() || progress_.left.size() != stages_.size())
    throw std::runtime_error("solves on other grids");
  for (Grids& g : stages_) {
    g.stage->state(archive);
    (*archive)(&g.cost);
    (*archive)(&g.visits);
    (*archive)(&g.least);
  }
}

void Trainer::state(Archive* archive) {
  core_state(archive);
  archive_tensors(archive, &best_);
  (*archive)(&best_score_);
  best_validation_.resize(archive->length(best_validation_.size(), 1));
  for (Validation& v : best_validation_)
    v.state(archive);
  for (int* value : {&progress_.step, &progress_.steps, &progress_.plateau, &progress_.rollbacks, &warm_from_, &spoilt_,
                     &candidate_step_})
    (*archive)(value);
  for (double* value : {&progress_.rate, &progress_.seconds, &progress_.norm, &brake_})
    (*archive)(value);
  (*archive)(&last_good_);
  (*archive)(&candidate_);
  (*archive)(&log_);
  validations_.resize(archive->length(validations_.size(), 1));
  for (LogValidation& v : validations_) {
    (*archive)(&v.step);
    (*archive)(&v.name);
    (*archive)(&v.iterations);
  }
  if (archive->reads() && !archive->at_end())
    throw std::runtime_error("more than the state of a training");
}

void train(const TrainingOptions& options, Model* model, const std::function<bool(const TrainingState&)>& watch) {
  Trainer trainer(options, *model);
  while (!trainer.done()) {
    trainer.step();
    if (!watch(trainer.progress()))
      break;
  }
  if (options.validate_every > 0)
    trainer.finish();
  model->tensors = trainer.best();
}

} // namespace linnet::learned
