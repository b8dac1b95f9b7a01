#pragma once

#include <Eigen/Dense>

#include <cstdint>

namespace linnet::bandits {

enum class RelaxationForm : std::uint8_t {
  sor,    ///< sweeps of SOR on a consistently ordered matrix
  ssor_cg ///< conjugate gradients with SSOR
};

/// ln cost of a solve as a function of omega and the context, with a few unknowns.
/// What the context moves is s > 0: 1/beta - 1 for SOR, 1/mu for SSOR-CG. With u in [0, 1] the place in the contexts'
/// interval, s(u) = (s0 (1 - u) + s1 k u)/((1 - u) + k u): exact for a shift c (1/beta = (d + c)/(d beta_0)) and for a
/// coefficient kappa before the Laplacian of an implicit step. Unknowns, all unbounded:
/// ln s0, ln s1, ln k, logit tau, logit(1 + 4 nu) (SSOR-CG), ln of a factor, and two terms of what the closed form
/// leaves out. For SOR: how the pair of eigenvalues that meets at omega* delays convergence there (1 + theta_6 times
/// the logarithm of its growth), and the share of the slowest mode in the right-hand side, which counts below omega*.
/// For SSOR-CG: the error falls by (tolerance/2)^(s^theta_6), as a guess is the better the less the system does in one
/// step; and the bound's two terms x + y, one too cautious for CG on a spectrum with few extreme eigenvalues, become
/// (x^p + y^p)^(1/p), p = exp(theta_7): their sum at p = 1, the larger one for large p.
class RelaxationModel {
public:
  static constexpr int unknowns = 8;
  using Vector = Eigen::Matrix<double, unknowns, 1>;

  /// tolerance in (0, 1): by how much a solve lowers the residual. std::invalid_argument otherwise.
  RelaxationModel(RelaxationForm form, double tolerance);
  /// ln of the cost in units of an iteration; omega in (0, 2), u in [0, 1]. Finite for any finite unknowns.
  double log_cost(double omega, double u, const Vector& theta) const { return log_cost(omega, u, quantities(theta)); }
  /// The same, and its derivatives by the unknowns.
  double log_cost(double omega, double u, const Vector& theta, Vector& slope) const {
    return log_cost(omega, u, quantities(theta), slope);
  }
  /// What the closed forms take, each of one unknown alone, and its derivative by that: once for many solves.
  struct Quantities {
    Vector value, slope;
  };
  Quantities quantities(const Vector& theta) const;
  Vector values(const Vector& theta) const; ///< without the slopes
  double log_cost(double omega, double u, const Quantities& of) const { return log_cost_at(omega, u, of.value); }
  /// `values`: of the quantities.
  double log_cost_at(double omega, double u, const Vector& values) const;
  /// With its derivatives by the unknowns.
  double log_cost(double omega, double u, const Quantities& of, Vector& slope) const;
  /// Variance of ln n of a count n about the model, in n rather than relative to it: rounding to a whole number of
  /// sweeps; of CG also its steps, as single eigenvalues converge.
  double count_variance(double log_cost) const;
  /// The omega in [low, high], within (0, 2), where that is least; `values`: of the quantities.
  double best_at(double u, const Vector& values, double low, double high) const;
  double best(double u, const Vector& theta, double low, double high) const {
    return best_at(u, values(theta), low, high);
  }
  /// Mean and standard deviation of each unknown before any solve.
  Vector prior_mean() const;
  Vector prior_deviation() const;

private:
  double best_sor(double s, const Vector& of, double low, double high) const;
  double best_ssor_cg(double s, const Vector& of, double low, double high) const;

  RelaxationForm form_;
  double log_tolerance_;
};

} // namespace linnet::bandits
