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

/// Products T_a(x_1) T_b(x_2) ... of Chebyshev polynomials in several variables of a total degree of at most `degree`,
/// or of the largest one below it that makes no more than `most_terms` of them, but at least of degree 1 (where
/// degree > 0). In one variable: T_0, ..., T_degree.
class ChebyshevBasis {
public:
  ChebyshevBasis(std::size_t variables, std::size_t degree, std::size_t most_terms = 36);
  std::size_t terms() const { return degrees_.size(); }
  std::size_t degree() const { return degree_; }
  /// Of term k: its degree in each variable.
  const std::vector<std::size_t>& degrees(std::size_t k) const { return degrees_[k]; }
  /// All terms at x, in [-1, 1] for each variable.
  void at(std::span<const double> x, std::span<double> values) const;

private:
  std::size_t degree_;
  std::vector<std::vector<std::size_t>> degrees_;
  mutable std::vector<double> powers_; ///< T_0 to T_degree of each variable
};

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
