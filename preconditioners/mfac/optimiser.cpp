#include "mfac/optimiser.hpp"

#include <cmath>
#include <stdexcept>

namespace linnet::mfac {

namespace {

const OptimiserOptions& checked(const OptimiserOptions& options) {
  const auto at_least_zero = [](double x) { return x >= 0 && std::isfinite(x); };
  if (options.gradients < 1 || !(options.damping > 0) || !std::isfinite(options.damping) ||
      !at_least_zero(options.momentum) || options.momentum >= 1 || !at_least_zero(options.weight_decay) ||
      !std::isfinite(options.learning_rate))
    throw std::invalid_argument("mfac: expected gradients >= 1, damping > 0, 0 <= momentum < 1, weight decay >= 0 and "
                                "a finite learning rate");
  return options;
}

} // namespace

Optimiser::Optimiser(std::int64_t weights, const OptimiserOptions& given)
    : options(checked(given)), window(options.gradients, weights, options.precision, {options.damping, 0}),
      g(static_cast<std::size_t>(weights)), u(g.size()), v(options.momentum > 0 ? g.size() : 0, 0.0) {}

bool Optimiser::step(double* w, const double* gradient) {
  for (std::size_t j = 0; j < g.size(); ++j)
    g[j] = gradient[j] + options.weight_decay * w[j];
  if (!window.push(g.data()))
    return false;
  window.solve_newest(u.data());
  if (options.momentum > 0)
    for (std::size_t j = 0; j < g.size(); ++j)
      u[j] = v[j] = options.momentum * v[j] + u[j];
  for (std::size_t j = 0; j < g.size(); ++j)
    w[j] -= options.learning_rate * u[j];
  return true;
}

} // namespace linnet::mfac
