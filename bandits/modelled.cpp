#include "bandits/modelled.hpp"

#include "bandits/json.hpp"

#include <algorithm>
#include <bit>
#include <numbers>
#include <utility>

namespace linnet::bandits {

namespace {

constexpr std::size_t memory = 128;            // solves that a fit looks back on, evenly over all so far
constexpr double tolerated_variance = 0.04;    // of what a fit leaves of ln cost
constexpr std::uint64_t most_ahead = 16;       // decisions that samples are drawn for at once
constexpr std::size_t most_pending = 32;       // solves that the sampler learns from at once
constexpr std::uint64_t first_probe = 12;      // solves; then 24, 48, ...
constexpr double probe_width = 0.3;            // of ln(2 - omega)
constexpr std::uint64_t surprise_interval = 4; // solves between two fits for the sake of large errors
constexpr double forgetting = 1.0 / 12;        // of the running errors
constexpr std::uint64_t first_verdict = 15;    // solves before the model may be found unfit
constexpr double tolerated_error = 0.1;        // squared, of ln cost: a third
constexpr double tolerated_failures = 0.2;     // of the latest solves: three in a row

} // namespace

Modelled::Modelled(Choices choices, RelaxationForm form, double tolerance)
    : Learner(choices), form_(form), model_(form, tolerance), mean_(model_.prior_mean()),
      precision_(model_.prior_deviation().array().square().inverse().matrix().asDiagonal()), variance_(prior_variance),
      rival_(std::move(choices)) {
  const auto& values = this->choices().arms;
  low_ = *std::ranges::min_element(values);
  high_ = *std::ranges::max_element(values);
  if (!(low_ > 0 && high_ < 2))
    throw std::invalid_argument("model: expected arms that are omegas in (0, 2)");
  settle();
}

std::string Modelled::name() const {
  return form_ == RelaxationForm::sor ? "model-sor" : "model-ssor-cg";
}

std::size_t Modelled::nearest(double omega) const {
  const auto& values = choices().arms;
  return static_cast<std::size_t>(std::ranges::min_element(values, {}, [&](double v) { return std::fabs(v - omega); }) -
                                  values.begin());
}

double Modelled::place_of(double context) const {
  return std::clamp((context - ends_.first) / (ends_.last - ends_.first), 0.0, 1.0);
}

// The same s as a function of the context, where it stays positive, with places 0 and 1 at the ends of what was seen:
// with D(u) = (1 - u) + k u, s0' = s(u_0), s1' = s(u_1), k' = D(u_1)/D(u_0).
Modelled::Vector Modelled::narrowed(const Vector& theta) const {
  const double k = std::exp(theta(2));
  double denominator[2], s[2];
  for (int end = 0; end < 2; ++end) {
    const double u = ((end == 0 ? seen_.first : seen_.last) - ends_.first) / (ends_.last - ends_.first);
    denominator[end] = std::fmax(1e-3 * std::fmin(1, k), (1 - u) + k * u);
    s[end] = (std::exp(theta(0)) * (1 - u) + std::exp(theta(1)) * k * u) / denominator[end];
    s[end] = std::fmax(s[end], std::exp(theta(end) - 1));
  }
  Vector moved = theta;
  moved.head<3>() = Eigen::Vector3d(std::log(s[0]), std::log(s[1]), std::log(denominator[1] / denominator[0]));
  return moved;
}

void Modelled::see(double context) {
  seen_ = {std::min(seen_.first, context), std::max(seen_.last, context)};
  if (!narrow_ || (ends_.first == seen_.first && ends_.last == seen_.last))
    return;
  mean_ = narrowed(mean_);
  ends_ = seen_;
  settle();
}

// After the fit has changed.
void Modelled::settle() {
  at_mean_ = model_.quantities(mean_);
  last_.omega = NAN;
  ahead_.clear();
  next_sample_ = 0;
}

// theta = mean + U^-1 z, U^T U the precision, for the decisions until the next fit that is due: the generator's numbers
// for each decision stay the same, however many are drawn at once.
void Modelled::draw_ahead() {
  const std::uint64_t due = last_fit_ + 1 + last_fit_ / 6;
  const std::uint64_t most = std::clamp<std::uint64_t>(2 * ahead_.size(), 1, most_ahead); // the fit may change before
  ahead_.resize(std::clamp<std::uint64_t>(due > steps() ? due - steps() : 1, 1, most));
  next_sample_ = 0;
  const Eigen::LLT<Matrix> factor(precision_);
  Random ahead = random();
  for (Samples& of_one : ahead_)
    for (std::size_t k = 0; k < samples; k += 2) {
      Vector aside;
      ahead.normals({aside.data(), RelaxationModel::unknowns});
      factor.matrixU().solveInPlace(aside);
      of_one[k] = model_.values(mean_ + aside);
      of_one[k + 1] = model_.values(mean_ - aside);
    }
}

double Modelled::predicted(double omega, double place) const {
  if (omega != last_.omega || place != last_.place)
    last_ = {omega, place, model_.log_cost(omega, place, at_mean_)};
  return last_.log_cost;
}

double Modelled::expected_cost(double omega, const Context& context) const {
  return handed_over_ ? rival_.expected_cost(omega, context)
                      : std::exp(std::clamp(predicted(omega, place(context)), -700.0, 700.0));
}

void Modelled::decide(Decision& decision) {
  if (handed_over_) {
    decision = rival_.choose(decision.context);
    return;
  }
  if (probes_ > 0 && (steps() + 1) % stride_ == 0) { // a solve that will be remembered
    const double side = probes_-- % 2 == 0 ? 1 : -1;
    const double best = model_.best_at(place(decision.context), at_mean_.value, low_, high_);
    decision.value = std::clamp(2 - (2 - best) * std::exp(side * probe_width), low_, high_);
    decision.arm = nearest(decision.value);
    return;
  }
  if (next_sample_ == ahead_.size())
    draw_ahead();
  const double u = place(decision.context);
  const Samples& drawn = ahead_[next_sample_];
  std::array<double, samples> best;
  for (std::size_t k = 0; k < samples; ++k)
    best[k] = model_.best_at(u, drawn[k], low_, high_);
  double least = HUGE_VAL;
  for (const double omega : best) {
    double sum = 0;
    for (const Vector& of : drawn)
      sum += std::exp(std::fmin(model_.log_cost_at(omega, u, of), 600));
    if (sum < least) {
      least = sum;
      decision.value = omega;
    }
  }
  decision.arm = nearest(decision.value);
  const auto same = std::ranges::count_if(best, [&](double omega) { return nearest(omega) == decision.arm; });
  ++next_sample_;
  random().skip(samples / 2 * Random::draws_of_normals(RelaxationModel::unknowns));
  decision.probability = static_cast<double>(same) / samples;
}

// Every stride-th solve of all so far: once full, every second one is dropped and the stride doubled.
void Modelled::remember(const Decision& decision, double log_cost) {
  if (steps() % stride_ != 0)
    return;
  if (omega_.size() == memory) {
    for (auto* values : {&omega_, &context_, &log_cost_, &by_count_}) {
      for (std::size_t k = 0; k < memory / 2; ++k)
        (*values)[k] = (*values)[2 * k + 1];
      values->resize(memory / 2);
    }
    stride_ *= 2;
    if (steps() % stride_ != 0)
      return;
  }
  omega_.push_back(std::clamp(decision.value, low_, high_));
  context_.push_back((scaled(decision.context) + 1) / 2);
  log_cost_.push_back(log_cost);
  by_count_.push_back(model_.count_variance(log_cost));
}

namespace {

// The running mean of squared errors in ln cost; what the counts' own scatter may explain is no error.
void blend(double& mean, double error, double scatter) {
  const double beyond = std::fmax(0, std::fabs(error) - scatter);
  mean += forgetting * (std::fmin(beyond * beyond, 100) - mean);
}

} // namespace

// What the sampler thinks counts where the model errs, and once it has taken over. Until then it learns from many
// solves at once, each in its turn, while its covariance is in the cache.
void Modelled::catch_up() const {
  for (const auto& [decision, cost, log_cost, scatter] : pending_) {
    const bool first = rival_.steps() == 0;
    rival_.learn(decision, cost);
    if (!first)
      blend(rival_error_, log_cost - std::log(rival_.expected_last()), scatter);
  }
  pending_.clear();
}

void Modelled::absorb(const Decision& decision, double cost) {
  if (handed_over_) {
    rival_.learn(decision, cost);
    return;
  }
  const double y = std::log(cost);
  const double scatter = 2 * std::sqrt(model_.count_variance(y));
  pending_.push_back({decision, cost, y, scatter});
  if (steps() > 1)
    blend(model_error_, y - predicted(decision.value, place(decision.context)), scatter);
  see((scaled(decision.context) + 1) / 2);
  remember(decision, y);
  largest_ = std::fmax(largest_, y);
  const std::uint64_t next = steps() + 1;
  const bool later = next % first_probe == 0 && std::has_single_bit(next / first_probe);
  if (later || (next > first_probe && largest_ > probed_ + std::numbers::ln2)) {
    probes_ = 2;
    probed_ = largest_;
  }
  const bool surprised = model_error_ > 4 * variance_ && steps() >= last_fit_ + surprise_interval + last_fit_ / 64;
  if (steps() >= last_fit_ + 1 + last_fit_ / 6 || surprised) {
    refit();
    last_fit_ = steps();
  }
  const bool unfit = steps() >= first_verdict && variance_ > tolerated_variance && model_error_ > tolerated_error;
  if (unfit || pending_.size() == most_pending)
    catch_up();
  handed_over_ = unfit && model_error_ > tolerated_error + 2 * rival_error_;
}

// Where the closed forms hold every omega in (0, 2) converges.
void Modelled::heed(bool failed) {
  failures_ += forgetting * ((failed ? 1 : 0) - failures_);
  if (handed_over_ || failures_ <= tolerated_failures)
    return;
  catch_up();
  handed_over_ = true;
}

void Modelled::write(nlohmann::json& state) const {
  catch_up();
  state["omega"] = omega_;
  state["context"] = context_;
  state["seen"] = {seen_.first, seen_.last};
  state["narrow"] = narrow_;
  state["log_cost"] = log_cost_;
  state["stride"] = stride_;
  state["last_fit"] = last_fit_;
  state["last_search"] = last_search_;
  state["mean"] = std::vector<double>(mean_.begin(), mean_.end());
  state["precision"] = std::vector<double>(precision_.data(), precision_.data() + precision_.size());
  state["variance"] = variance_;
  state["model_error"] = model_error_;
  state["rival_error"] = rival_error_;
  state["handed_over"] = handed_over_;
  state["failures"] = failures_;
  state["largest"] = largest_;
  state["probed"] = probed_;
  state["probes"] = probes_;
  state["rival"] = rival_.save();
}

void Modelled::read(const nlohmann::json& state) {
  const std::size_t size = state.at("omega").size();
  const auto expect = [](bool holds, const char* what) {
    if (!holds)
      throw std::invalid_argument(std::string("saved state: expected ") + what);
  };
  stride_ = state.at("stride").get<std::uint64_t>();
  expect(stride_ > 0 && size <= memory && (state.at("handed_over").get<bool>() || size == steps() / stride_),
         "as many solves as steps by the stride, at most 128");
  omega_ = numbers(state, "omega", size);
  context_ = numbers(state, "context", size);
  const auto seen = numbers(state, "seen", 2);
  seen_ = {seen[0], seen[1]};
  narrow_ = state.at("narrow").get<bool>();
  ends_ = narrow_ ? seen_ : Ends{0, 1};
  expect(!narrow_ || seen_.first < seen_.last, "a range of contexts");
  log_cost_ = numbers(state, "log_cost", size);
  by_count_.clear();
  for (const double y : log_cost_)
    by_count_.push_back(model_.count_variance(y));
  expect(std::ranges::all_of(omega_, [&](double w) { return w >= low_ && w <= high_; }), "omegas among the arms");
  expect(std::ranges::all_of(context_, [&](double u) { return u >= seen_.first && u <= seen_.last; }),
         "contexts within the range seen");
  last_fit_ = state.at("last_fit").get<std::uint64_t>();
  last_search_ = state.at("last_search").get<std::uint64_t>();
  expect(last_fit_ <= steps() && last_search_ <= steps(), "fits among its steps");
  const auto mean = numbers(state, "mean", RelaxationModel::unknowns);
  mean_ = Eigen::Map<const Vector>(mean.data());
  const auto precision = numbers(state, "precision", static_cast<std::size_t>(precision_.size()));
  precision_ = Eigen::Map<const Matrix>(precision.data());
  expect(Eigen::LLT<Matrix>(precision_).info() == Eigen::Success, "a positive definite precision");
  variance_ = number(state, "variance", 1e-300);
  model_error_ = number(state, "model_error", 0);
  rival_error_ = number(state, "rival_error", 0);
  handed_over_ = state.at("handed_over").get<bool>();
  failures_ = number(state, "failures", 0);
  largest_ = number(state, "largest");
  probed_ = number(state, "probed");
  probes_ = state.at("probes").get<std::uint64_t>();
  pending_.clear();
  rival_.restore(state.at("rival"));
  settle();
}

} // namespace linnet::bandits
