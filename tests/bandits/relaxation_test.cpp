// Closed forms of relaxation against exact figures and plain solvers.
#include <gtest/gtest.h>

#include "bandits/relaxation.hpp"
#include "bandits/relaxation_systems.hpp"

#include <Eigen/Dense>

using namespace linnet::bandits;
using namespace bandits_test;

namespace {

Eigen::MatrixXd dense(const Laplacian& a) {
  Eigen::MatrixXd d(a.size(), a.size());
  for (int c = 0; c < a.size(); ++c) {
    std::vector<double> e(static_cast<std::size_t>(a.size()));
    e[static_cast<std::size_t>(c)] = 1;
    for (int r = 0; r < a.size(); ++r)
      d(r, c) = (4 + a.shift) * e[static_cast<std::size_t>(r)] - a.off(e, r);
  }
  return d;
}

double radius_of(const Laplacian& a, double omega, bool symmetric) {
  Eigen::MatrixXd s(a.size(), a.size());
  const std::vector<double> zero(static_cast<std::size_t>(a.size()));
  for (int c = 0; c < a.size(); ++c) {
    std::vector<double> e = zero;
    e[static_cast<std::size_t>(c)] = 1;
    a.sweep(e, zero, omega, true);
    if (symmetric)
      a.sweep(e, zero, omega, false);
    for (int r = 0; r < a.size(); ++r)
      s(r, c) = e[static_cast<std::size_t>(r)];
  }
  return s.eigenvalues().cwiseAbs().maxCoeff();
}

} // namespace

TEST(Young, HasTheKnownOptima) {
  EXPECT_NEAR(young_omega(Laplacian{10}.beta()), 1.5603879213, 5e-11);
  EXPECT_NEAR(young_omega(Laplacian{30}.beta()), 1.8162527563, 5e-11);
  EXPECT_NEAR(sor_radius(1.5603879213, Laplacian{10}.beta()), 0.5603879213, 1e-5);
  EXPECT_EQ(young_omega(0), 1);
}

TEST(Young, IsTheSpectralRadiusOfASweep) {
  for (const double shift : {-0.15, 0.0, 0.5}) {
    const Laplacian a{6, shift};
    for (const double omega : {0.5, 1.0, 1.2, 1.35, 1.6, 1.9})
      EXPECT_NEAR(sor_radius(omega, a.beta()), radius_of(a, omega, false), 1e-9) << shift << ' ' << omega;
  }
}

TEST(Young, IsLeastAtItsOptimum) {
  for (const double beta : {0.1, 0.9, 0.999, 0.9999999}) {
    const double omega = young_omega(beta), least = sor_radius(omega, beta);
    EXPECT_NEAR(least, omega - 1, 1e-12);
    for (const double step : {1e-3, 1e-2}) {
      EXPECT_GT(sor_radius(omega - step, beta), least);
      EXPECT_GT(sor_radius(std::min(1.9999999, omega + step), beta), least);
    }
  }
}

TEST(Young, CountsIterations) {
  // 0.5^k = 2^-10 at k = 10: omega = 1.5 on the right of every optimum below it.
  EXPECT_NEAR(sor_iterations(1.5, 0.5, 0, std::pow(2, -10)), 11, 1e-12);
  // rho = 1/2, tau = 1/2: rate 3/4.
  EXPECT_NEAR(sor_iterations(1.5, 0.5, 0.5, std::pow(0.75, 7)), 8, 1e-12);
  // Gauss-Seidel: rho = beta^2.
  EXPECT_NEAR(sor_iterations(1, 0.9, 0, 1e-8), 1 + std::log(1e-8) / std::log(0.81), 1e-9);
}

TEST(Sor, TakesTheKnownNumbersOfSweeps) {
  const Laplacian a;
  const auto b = oracle_right_side(100);
  const double omega[] = {1, 1.2, 1.4, 1.5, 1.56, 1.6, 1.7, 1.8, 1.9};
  const int sweeps[] = {211, 138, 83, 59, 40, 42, 55, 87, 180};
  for (int k = 0; k < 9; ++k) {
    EXPECT_EQ(sor(a, b, omega[k]), sweeps[k]) << omega[k];
    // The closed form knows neither the right-hand side nor the Jordan block at the optimum.
    EXPECT_NEAR(std::log(sor_iterations(omega[k], a.beta(), 0, 1e-8)), std::log(sweeps[k]), 0.25) << omega[k];
  }
}

TEST(SsorCg, TakesTheKnownNumbersOfIterations) {
  const Laplacian a;
  const auto b = oracle_right_side(100);
  const double omega[] = {1, 1.2, 1.4, 1.5, 1.56, 1.6, 1.7, 1.8, 1.9};
  const int iterations[] = {15, 13, 12, 13, 13, 13, 15, 16, 18};
  for (int k = 0; k < 9; ++k)
    EXPECT_EQ(ssor_cg(a, b, omega[k]), iterations[k]) << omega[k];
}

// kappa(M^-1 A) of M = (D/w + L)(D/w)^-1(D/w + L^T)/(2 - w), with mu and nu by dense eigenvalues.
TEST(SsorCg, BoundHoldsAndIsLeastAtItsOptimum) {
  for (const double shift : {-0.01, 0.0, 0.3}) {
    const Laplacian a{8, shift};
    const Eigen::MatrixXd full = dense(a), inverse = full.inverse();
    const Eigen::MatrixXd d = full.diagonal().asDiagonal(), l = full.triangularView<Eigen::StrictlyLower>();
    const double mu = (d * inverse).eigenvalues().real().maxCoeff();
    const double nu = ((l * d.inverse() * l.transpose() - d / 4) * inverse).eigenvalues().real().maxCoeff();
    ASSERT_GE(nu, -0.25);
    ASSERT_LE(nu, 0);
    const double best = ssor_omega(mu, nu);
    for (const double w : {0.8, 1.0, 1.3, best, 1.7, 1.9}) {
      const Eigen::MatrixXd half = d / w + l;
      const Eigen::MatrixXd m = half * (d / w).inverse() * half.transpose() / (2 - w);
      const Eigen::VectorXd lambda = (m.inverse() * full).eigenvalues().real();
      EXPECT_LE(lambda.maxCoeff() / lambda.minCoeff(), ssor_condition(w, mu, nu) * (1 + 1e-10)) << w;
      EXPECT_GE(ssor_condition(w, mu, nu), ssor_condition(best, mu, nu)) << w;
      EXPECT_LE(ssor_cg(a, oracle_right_side(64), w), 1.5 * ssor_cg_iterations(w, mu, nu, 0, 1e-8)) << w;
    }
  }
}

// In red-black order the best symmetric sweep is Gauss-Seidel, with rho = beta^2.
TEST(SsorRedBlack, IsBestWithoutOverrelaxation) {
  const Laplacian a{10, 0, true};
  EXPECT_NEAR(radius_of(a, 1, true), std::pow(a.beta(), 2), 1e-9);
  for (const double omega : {0.7, 0.9, 1.1, 1.3, 1.6, 1.9})
    EXPECT_GT(radius_of(a, omega, true), radius_of(a, 1, true)) << omega;
  EXPECT_LT(radius_of(Laplacian{10}, 1.5, true), radius_of(Laplacian{10}, 1, true));
}

TEST(Relaxation, RefusesWhatIsOutOfRange) {
  for (const double beta : {-0.1, 1.0, std::nan("")})
    EXPECT_THROW(young_omega(beta), std::invalid_argument) << beta;
  for (const double omega : {0.0, 2.0, std::nan("")}) {
    EXPECT_THROW(sor_radius(omega, 0.5), std::invalid_argument) << omega;
    EXPECT_THROW(ssor_condition(omega, 1, 0), std::invalid_argument) << omega;
  }
  EXPECT_THROW(sor_iterations(1, 0.5, 1, 1e-8), std::invalid_argument);
  EXPECT_THROW(sor_iterations(1, 0.5, 0, 1), std::invalid_argument);
  EXPECT_THROW(ssor_condition(1, 0, 0), std::invalid_argument);
  EXPECT_THROW(ssor_omega(10, -0.3), std::invalid_argument);
  EXPECT_THROW(ssor_cg_iterations(1, 10, 0, 0, 0), std::invalid_argument);
}
