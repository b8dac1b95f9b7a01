#pragma once

#include "mfac/window.hpp"

namespace linnet::mfac {

/// F^-1 itself, d x d, for d < m: F = damping I + weight G^T G by its Cholesky factor. d^2 m + d^3 flops to set up,
/// 2 d^2 a product.
class Primal {
public:
  Primal() = default;
  /// Of the first `used` rows. Where F is singular to rounding the damping is raised above the rounding errors.
  Primal(const Rows& rows, std::int64_t used, const Model& model);

  std::int64_t size() const { return d; }
  double at(std::int64_t j, std::int64_t k) const { return inverse[static_cast<std::size_t>(j * d + k)]; }
  /// X <- F^-1 X for `count` columns ldx apart
  void solve(double* X, std::int64_t ldx, std::int64_t count = 1) const;
  double raised_damping() const { return raised; } ///< 0: it was not

private:
  std::int64_t d = 0;
  Cholesky L;
  std::vector<double> inverse; // symmetric
  double raised = 0;
};

} // namespace linnet::mfac
