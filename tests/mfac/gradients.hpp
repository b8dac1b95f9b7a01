// Gradients for the tests of M-FAC, and F^-1 by dense algebra in extended precision.
#pragma once

#include "mfac/rows.hpp"

#include <Eigen/Dense>

#include <cstdint>
#include <random>
#include <vector>

namespace mfac_test {

using linnet::mfac::Precision;
using linnet::mfac::Rows;
using Real = long double;
using Dense = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
using Column = Eigen::Matrix<Real, Eigen::Dynamic, 1>;

/// Rows of a common mean and noise of a tenth of its size.
inline std::vector<std::vector<double>> correlated(std::int64_t m, std::int64_t d, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> mean(static_cast<std::size_t>(d));
  for (double& x : mean)
    x = normal(random);
  std::vector<std::vector<double>> rows(static_cast<std::size_t>(m), mean);
  for (auto& row : rows)
    for (double& x : row)
      x += 0.1 * normal(random);
  return rows;
}

inline std::vector<double> noise(std::int64_t d, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> x(static_cast<std::size_t>(d));
  for (double& number : x)
    number = normal(random);
  return x;
}

inline Rows stored(const std::vector<std::vector<double>>& rows, Precision precision) {
  Rows G(static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows.front().size()), precision);
  for (std::size_t i = 0; i < rows.size(); ++i)
    G.set(static_cast<std::int64_t>(i), rows[i].data());
  return G;
}

/// The rows as they are stored.
inline Dense dense(const Rows& G, std::int64_t used) {
  Dense out(used, G.columns());
  for (std::int64_t i = 0; i < used; ++i)
    for (std::int64_t j = 0; j < G.columns(); ++j)
      out(i, j) = G.at(i, j);
  return out;
}

/// damping I + weight G^T G
inline Dense fisher(const Dense& G, double damping, double weight) {
  Dense F = static_cast<Real>(weight) * (G.transpose() * G);
  F.diagonal().array() += static_cast<Real>(damping);
  return F;
}

inline Column column(const std::vector<double>& x) {
  return Eigen::Map<const Eigen::VectorXd>(x.data(), static_cast<Eigen::Index>(x.size())).cast<Real>();
}

/// |x - exact| / |exact|
inline double relative_error(const std::vector<double>& x, const Column& exact) {
  return static_cast<double>((column(x) - exact).norm() / exact.norm());
}

} // namespace mfac_test
