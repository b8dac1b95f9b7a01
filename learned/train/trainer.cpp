#include "learned/train/trainer.hpp"

#include "base/error.hpp"
#include "learned/train/optimiser.hpp"
#include "learned/train/stage.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace linnet::learned {

namespace {

// No weight that is zero moves: its gradient is taken as zero from the first step on.
void clear_at_zeros(const Tensors& tensors, Gradients* gradients) {
  for (auto& [name, g] : *gradients) {
    const std::vector<float>& w = tensors.at(name).values;
    for (std::size_t i = 0; i < g.size() && !name.ends_with(".bias"); ++i)
      g[i] = w[i] == 0 ? 0 : g[i];
  }
}

double rate_at(const TrainingOptions& options, int step) {
  const double progress = static_cast<double>(step) / options.steps;
  return options.rate * std::min({1.0, (step + 1) / 150.0, (1 - progress) / 0.7 + 1e-3});
}

} // namespace

void check_trainable(const Architecture& architecture) {
  if (architecture.unit_residual || architecture.operator_channels != 5)
    throw InputError(
        "network '" + architecture.name +
        "': only networks that are linear in the residual and read 5 channels of the operator are trained");
}

void train(const TrainingOptions& options, Model* model, const std::function<bool(const TrainingState&)>& watch) {
  check_trainable(model->architecture);
  constexpr int most_spoilt = 100;
  Draw draw(options.seed);
  const int share = model->architecture.dimension == 3 ? 8 : 4;
  const Solves solves{options.iterations, options.threads};
  Stage small(model->architecture, options.small, options.batch, options.domains, solves, &draw);
  Stage large(model->architecture, options.large, std::max(1, options.batch / share), std::max(1, options.domains / 12),
              solves, &draw);
  const std::unique_ptr<Optimiser> optimiser = make_optimiser(options);
  TrainingState state;
  state.small = state.large = 1;
  int spoilt = 0;
  for (int step = 0; step < options.steps; ++step) {
    const bool on_large = step >= 0.3 * options.steps && draw.uniform() < options.large_part;
    Gradients gradients;
    const double q = (on_large ? large : small).step(model->tensors, &draw, &gradients);
    state.step = step + 1;
    state.rate = rate_at(options, step);
    if (options.keep_zeros)
      clear_at_zeros(model->tensors, &gradients);
    state.norm = optimiser->step(state.rate, gradients, &model->tensors);
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
