#include "learned/train/trainer.hpp"

#include "base/error.hpp"
#include "learned/train/slots.hpp"
#include "learned/train/tape.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace linnet::learned {

namespace {

// The solves on grids of one size.
class Stage {
public:
  Stage(const Model& model, int n, int batch, int domains, const TrainingOptions& options, Draw* draw)
      : dimension_(model.architecture.dimension), sweeps_(model.architecture.sweeps),
        channels_(static_cast<std::size_t>(model.architecture.operator_channels)), pool_(dimension_, n, domains, draw),
        tape_(instantiate(model.architecture, {n, n, dimension_ == 3 ? n : 1}), batch, options.threads) {
    for (int s = 0; s < batch; ++s)
      slots_.emplace_back(&pool_, options.iterations, draw);
    cells_ = slots_[0].system().cells();
    residual_.resize(slots_.size() * cells_);
    gradient_.resize(residual_.size());
    fields_.resize(residual_.size() * channels_);
  }

  // Returns the mean of q; gradients of the mean of log q.
  double step(const Tensors& tensors, Draw* draw, Gradients* gradients) {
    for (std::size_t s = 0; s < slots_.size(); ++s) {
      slots_[s].begin(sweeps_, residual_.data() + s * cells_);
      if (slots_[s].iteration() == 0 || !written_)
        slots_[s].system().write_operator(fields_.data() + s * cells_ * channels_);
    }
    written_ = true;
    const float* answer = tape_.forward(tensors, fields_.data(), residual_.data());
    double sum = 0;
    for (std::size_t s = 0; s < slots_.size(); ++s)
      sum += slots_[s].loss(sweeps_, answer + s * cells_, gradient_.data() + s * cells_);
    const float part = 1.0F / static_cast<float>(slots_.size());
    for (float& g : gradient_)
      g *= part;
    tape_.backward(gradient_.data(), gradients);
    for (Slot& slot : slots_)
      slot.advance(draw);
    return sum / static_cast<double>(slots_.size());
  }

private:
  int dimension_, sweeps_;
  std::size_t channels_, cells_ = 0;
  DomainPool pool_;
  Tape tape_;
  std::vector<Slot> slots_;
  std::vector<float> residual_, gradient_, fields_;
  bool written_ = false;
};

class Adam {
public:
  // Returns the norm of the gradient.
  double step(double rate, const Gradients& gradients, Tensors* tensors) {
    double square = 0;
    for (const auto& [name, g] : gradients)
      for (const float v : g)
        square += static_cast<double>(v) * v;
    const double norm = std::sqrt(square);
    if (!std::isfinite(norm))
      return norm;
    ++steps_;
    const double clip = std::min(1.0, 1 / (norm + 1e-12));
    const double first = 1 - std::pow(decay, steps_), second = 1 - std::pow(square_decay, steps_);
    for (const auto& [name, g] : gradients) {
      auto& [mean, variance] = moments_[name];
      mean.resize(g.size(), 0.0F);
      variance.resize(g.size(), 0.0F);
      std::vector<float>& w = tensors->at(name).values;
      for (std::size_t i = 0; i < g.size(); ++i) {
        const double v = clip * g[i];
        mean[i] = static_cast<float>(decay * mean[i] + (1 - decay) * v);
        variance[i] = static_cast<float>(square_decay * variance[i] + (1 - square_decay) * v * v);
        w[i] -= static_cast<float>(rate * (mean[i] / first) / (std::sqrt(variance[i] / second) + 1e-8));
      }
    }
    return norm;
  }

private:
  static constexpr double decay = 0.9, square_decay = 0.98;
  int steps_ = 0;
  std::map<std::string, std::pair<std::vector<float>, std::vector<float>>> moments_;
};

double rate_at(const TrainingOptions& options, int step) {
  const double progress = static_cast<double>(step) / options.steps;
  return options.rate * std::min({1.0, (step + 1) / 150.0, (1 - progress) / 0.7 + 1e-3});
}

} // namespace

void train(const TrainingOptions& options, Model* model, const std::function<bool(const TrainingState&)>& watch) {
  if (model->architecture.unit_residual || model->architecture.operator_channels != 5)
    throw InputError(
        "network '" + model->architecture.name +
        "': only networks that are linear in the residual and read 5 channels of the operator are trained");
  constexpr int most_spoilt = 100;
  Draw draw(options.seed);
  const int share = model->architecture.dimension == 3 ? 8 : 4;
  Stage small(*model, options.small, options.batch, options.domains, options, &draw);
  Stage large(*model, options.large, std::max(1, options.batch / share), std::max(1, options.domains / 12), options,
              &draw);
  Adam adam;
  TrainingState state;
  state.small = state.large = 1;
  int spoilt = 0;
  for (int step = 0; step < options.steps; ++step) {
    const bool on_large = step >= 0.3 * options.steps && draw.uniform() < options.large_part;
    Gradients gradients;
    const double q = (on_large ? large : small).step(model->tensors, &draw, &gradients);
    state.step = step + 1;
    state.rate = rate_at(options, step);
    state.norm = adam.step(state.rate, gradients, &model->tensors);
    spoilt = std::isfinite(state.norm) ? 0 : spoilt + 1;
    if (spoilt >= most_spoilt)
      throw std::runtime_error("the training diverged: 100 gradients in a row are not finite");
    double& mean = on_large ? state.large : state.small;
    if (std::isfinite(q))
      mean += 0.02 * (q - mean);
    if (!watch(state))
      return;
  }
}

} // namespace linnet::learned
