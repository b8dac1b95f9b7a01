#include "bandits/chebyshev.hpp"

#include <algorithm>
#include <cmath>

namespace linnet::bandits {

namespace {

constexpr int most_passes = 200;

} // namespace

BoundedSeries::BoundedSeries(std::size_t terms) : gram_(terms * terms), moment_(terms), theta_(terms) {}

void BoundedSeries::add(std::span<const double> features, double y) {
  for (std::size_t i = 0; i < terms(); ++i) {
    moment_[i] += features[i] * y;
    for (std::size_t j = 0; j < terms(); ++j)
      gram_[i * terms() + j] += features[i] * features[j];
  }
}

void BoundedSeries::fit(std::span<const double> bounds) {
  for (int pass = 0; pass < most_passes; ++pass) {
    double change = 0; // of any coefficient, relative to its bound
    for (std::size_t i = 0; i < terms(); ++i) {
      const double* row = &gram_[i * terms()];
      double rest = moment_[i];
      for (std::size_t j = 0; j < terms(); ++j)
        rest -= j == i ? 0 : row[j] * theta_[j];
      const double next = row[i] > 0 ? std::clamp(rest / row[i], -bounds[i], bounds[i]) : 0;
      if (bounds[i] > 0)
        change = std::fmax(change, std::fabs(next - theta_[i]) / bounds[i]);
      theta_[i] = next;
    }
    if (change < 1e-6)
      return;
  }
}

double BoundedSeries::at(std::span<const double> features) const {
  double sum = 0;
  for (std::size_t j = 0; j < terms(); ++j)
    sum += theta_[j] * features[j];
  return sum;
}

} // namespace linnet::bandits
