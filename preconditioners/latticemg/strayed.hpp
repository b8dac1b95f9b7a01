#pragma once

#include "latticemg/level.hpp"

#include <algorithm>
#include <limits>

namespace linnet::latticemg {

/// ||A|| of the finest level at most, by Gershgorin's circles: no positive entries off the diagonal, rows sum to
/// -below_zero at least.
inline double norm_of_matrix(const Level& level, double below_zero, int threads) {
  if (level.coded())
    return 2 * *std::max_element(level.diagonal_of, level.diagonal_of + most_diagonals) + below_zero;
  const float* diagonal = level.diagonal - level.front;
  float largest = 0;
#pragma omp parallel for schedule(static) num_threads(threads) reduction(max : largest)
  for (std::ptrdiff_t i = 0; i < 2 * level.gap; ++i)
    largest = std::max(largest, diagonal[i]);
  return 2 * static_cast<double>(largest) + below_zero;
}

/// Bounds how far a residual that is stored in single precision, r <- r - alpha A p in double from the stored p, may
/// have strayed from b - A x with x <- x + alpha p in double. Each step rounds r by 2^-24 of its norm, and A x and x by
/// about 2^-53 of ||A|| ||x||, A itself being stored to 2^-48 (Higham, "Accuracy and Stability of Numerical
/// Algorithms", 2002, section 17.2, for the argument).
class Strayed {
public:
  /// Of a guess that is not zero no norm is known: the bound is infinite.
  explicit Strayed(bool from_zero) : norm_of_x_(from_zero ? 0 : std::numeric_limits<double>::infinity()) {}

  /// r = b - A x was computed in double precision and stored.
  void computed_anew(double norm_of_r) {
    sum_of_r_ = norm_of_r;
    sum_of_x_ = 0;
  }
  void step(double norm_of_r, double norm_of_step) {
    norm_of_x_ += norm_of_step;
    sum_of_r_ += norm_of_r;
    sum_of_x_ += norm_of_x_;
  }
  double bound(double norm_of_matrix) const {
    return rounding_of_r * sum_of_r_ + rounding_of_product * norm_of_matrix * sum_of_x_;
  }

private:
  static constexpr double rounding_of_r = 0x1p-24, rounding_of_product = 0x1p-45; // the latter with room for sums
  double norm_of_x_;                                                              // at most
  double sum_of_r_ = 0, sum_of_x_ = 0;                                            // of norms, over the steps
};

} // namespace linnet::latticemg
