#include "bandits/tsallis_weights.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace linnet::bandits {

void tsallis_weights(std::span<const double> h, double eta, std::span<double> p) {
  if (h.empty() || h.size() != p.size() || !(eta > 0) || !std::isfinite(eta) ||
      std::ranges::any_of(h, [](double v) { return std::isnan(v); }) || !std::isfinite(*std::ranges::min_element(h)))
    throw std::invalid_argument(
        "tsallis_weights: expected one probability a loss, losses with a finite least one, eta > 0");
  const double least = *std::ranges::min_element(h);
  // With g = eta (h - min h)/2 and y = eta (min h - x)/2: p = (g + y)^-2, y in [1, sqrt d]. sum p is convex and falls
  // with y, so that Newton from y = 1, where sum p >= 1, never passes the root.
  double y = 1;
  double sum = 0;
  for (;;) {
    double slope = 0; // -(d/dy sum p)/2
    sum = 0;
    for (std::size_t i = 0; i < h.size(); ++i) {
      const double inverse = 1 / (eta * (h[i] - least) / 2 + y);
      p[i] = inverse * inverse;
      sum += p[i];
      slope += p[i] * inverse;
    }
    const double next = y + (sum - 1) / (2 * slope);
    if (!(sum - 1 > 1e-14) || !(next > y))
      break;
    y = next;
  }
  for (double& v : p)
    v /= sum;
}

} // namespace linnet::bandits
