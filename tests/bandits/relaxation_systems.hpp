#pragma once

// The shifted Laplacian of Khodak et al. (ICLR 2024) and plain relaxation on it, written out as an oracle.
#include "bandits/random.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace bandits_test {

/// The 5-point Laplacian on m x m unknowns, zero Dirichlet, diagonal 4 + shift. Neighbours of a row first in the order
/// of the sweep: row r = i + m j, or all red rows before all black ones.
struct Laplacian {
  int m = 10;
  double shift = 0;
  bool red_black = false;

  int size() const { return m * m; }
  /// beta = rho(I - D^-1 A), in both orders.
  double beta() const { return 4 * std::cos(std::numbers::pi / (m + 1)) / (4 + shift); }
  double off(const std::vector<double>& x, int r) const { return off(x.data(), r, r % m, r / m); }
  double off(const double* x, int r, int i, int j) const {
    return (i > 0 ? x[r - 1] : 0) + (i + 1 < m ? x[r + 1] : 0) + (j > 0 ? x[r - m] : 0) + (j + 1 < m ? x[r + m] : 0);
  }
  double residual_norm(const std::vector<double>& x, const std::vector<double>& b) const {
    double sum = 0;
    const double *px = x.data(), *pb = b.data();
    for (int j = 0, r = 0; j < m; ++j)
      for (int i = 0; i < m; ++i, ++r) {
        const double v = pb[r] - (4 + shift) * px[r] + off(px, r, i, j);
        sum += v * v;
      }
    return std::sqrt(sum);
  }
  template <class Visit>
  void each_row(bool forward, Visit visit) const {
    for (int colour = 0; colour < (red_black ? 2 : 1); ++colour)
      for (int l = 0; l < m; ++l)
        for (int k = 0; k < m; ++k) {
          const int i = forward ? k : m - 1 - k, j = forward ? l : m - 1 - l;
          if (!red_black || (i + j) % 2 == (forward ? colour : 1 - colour))
            visit(i + m * j, i, j);
        }
  }
  void sweep(std::vector<double>& x, const std::vector<double>& b, double omega, bool forward) const {
    const double inverse = 1 / (4 + shift);
    double* px = x.data();
    const double* pb = b.data();
    each_row(forward, [&](int r, int i, int j) { px[r] += omega * ((pb[r] + off(px, r, i, j)) * inverse - px[r]); });
  }
};

/// Sweeps of SOR from 0 until ||r|| <= tolerance ||b||; `symmetric`: each is one forwards and one backwards.
inline int sor(const Laplacian& a, const std::vector<double>& b, double omega, double tolerance = 1e-8,
               bool symmetric = false) {
  std::vector<double> x(b.size());
  const double target = tolerance * a.residual_norm(x, b);
  int sweeps = 0;
  while (a.residual_norm(x, b) > target && sweeps < 100000) {
    a.sweep(x, b, omega, true);
    if (symmetric)
      a.sweep(x, b, omega, false);
    ++sweeps;
  }
  return sweeps;
}

/// Iterations of conjugate gradients with SSOR until ||r|| <= tolerance ||b||.
inline int ssor_cg(const Laplacian& a, const std::vector<double>& b, double omega, double tolerance = 1e-8) {
  const std::size_t n = b.size();
  const auto dot = [&](const std::vector<double>& u, const std::vector<double>& v) {
    double sum = 0;
    for (std::size_t r = 0; r < n; ++r)
      sum += u[r] * v[r];
    return sum;
  };
  // One symmetric sweep from 0 is M^-1 r.
  const auto precondition = [&](const std::vector<double>& r) {
    std::vector<double> z(n);
    a.sweep(z, r, omega, true);
    a.sweep(z, r, omega, false);
    return z;
  };
  std::vector<double> r = b, z = precondition(r), p = z, q(n);
  double rz = dot(r, z);
  const double target = tolerance * std::sqrt(dot(b, b));
  int iterations = 0;
  while (std::sqrt(dot(r, r)) > target && iterations < 100000) {
    for (std::size_t k = 0; k < n; ++k)
      q[k] = (4 + a.shift) * p[k] - a.off(p, static_cast<int>(k));
    const double alpha = rz / dot(p, q);
    for (std::size_t k = 0; k < n; ++k)
      r[k] -= alpha * q[k];
    z = precondition(r);
    const double next = dot(r, z);
    for (std::size_t k = 0; k < n; ++k)
      p[k] = z[k] + next / rz * p[k];
    rz = next;
    ++iterations;
  }
  return iterations;
}

/// b_r = sin(1 + 1.7 r) + 0.3
inline std::vector<double> oracle_right_side(int n) {
  std::vector<double> b(static_cast<std::size_t>(n));
  for (int r = 0; r < n; ++r)
    b[static_cast<std::size_t>(r)] = std::sin(1 + 1.7 * r) + 0.3;
  return b;
}

} // namespace bandits_test
