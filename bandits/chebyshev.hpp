#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace linnet::bandits {

/// T_0(x), ..., T_m(x) into `values` (m + 1 of them); x in [-1, 1].
inline void chebyshev(double x, std::span<double> values) {
  for (std::size_t k = 0; k < values.size(); ++k)
    values[k] = k == 0 ? 1 : k == 1 ? x : 2 * x * values[k - 1] - values[k - 2];
}

/// Least squares over Chebyshev series with every coefficient in an interval of its own about 0, from X^T X and X^T y
/// alone: an observation costs O(m^2), however many there were.
class BoundedSeries {
public:
  explicit BoundedSeries(std::size_t terms);
  /// Adds one observation y at the features T_0, ..., T_m.
  void add(std::span<const double> features, double y);
  /// Improves the coefficients by cyclic coordinate descent, |theta_j| <= bound_j; warm from where it stands.
  void fit(std::span<const double> bounds);
  double at(std::span<const double> features) const;
  std::size_t terms() const { return theta_.size(); }

  std::vector<double>& gram() { return gram_; }
  std::vector<double>& moment() { return moment_; }
  std::vector<double>& theta() { return theta_; }
  const std::vector<double>& gram() const { return gram_; }
  const std::vector<double>& moment() const { return moment_; }
  const std::vector<double>& theta() const { return theta_; }

private:
  std::vector<double> gram_; ///< terms x terms
  std::vector<double> moment_, theta_;
};

} // namespace linnet::bandits
