#pragma once

/// What relaxation costs in closed form. A = D + L + L^T is symmetric positive definite; omega in (0, 2).
/// Every function throws std::invalid_argument for arguments outside the ranges named.
namespace linnet::bandits {

/// Young's optimum 2/(1 + sqrt(1 - beta^2)) of a consistently ordered A; beta = rho(I - D^-1 A) in [0, 1).
/// Young, Iterative Solution of Large Linear Systems, 1971, chapter 6.
double young_omega(double beta);

/// Spectral radius of one SOR sweep, the same assumptions: (omega beta + sqrt(omega^2 beta^2 - 4(omega - 1)))^2/4 below
/// the optimum, omega - 1 from there on.
double sor_radius(double omega, double beta);

/// Sweeps until the residual falls by `tolerance` in (0, 1), at the rate rho + tau(1 - rho), tau in [0, 1):
/// 1 + ln tolerance/ln(rho + tau(1 - rho)) (Khodak et al., ICLR 2024, section 2).
double sor_iterations(double omega, double beta, double tau, double tolerance);

/// Bound on the condition number of the SSOR-preconditioned A: (1 + mu(2-omega)^2/(4 omega) + omega nu)/(2 - omega),
/// with mu = lambda_max(D A^-1) > 0, nu = lambda_max((L D^-1 L^T - D/4) A^-1) >= -1/4 (Axelsson, Iterative Solution
/// Methods, 1994, chapter 7).
double ssor_condition(double omega, double mu, double nu);

/// Where the bound is least: 2/(1 + sqrt((2/mu)(1 + 2 nu))).
double ssor_omega(double mu, double nu);

/// Iterations of conjugate gradients until the energy norm of the error surely falls by `tolerance`, at the rate
/// rho = (sqrt(kappa) - 1)/(sqrt(kappa) + 1) slowed to rho + tau(1 - rho): 1 + ln(tolerance/2)/ln(rho + tau(1 - rho)).
double ssor_cg_iterations(double omega, double mu, double nu, double tau, double tolerance);

} // namespace linnet::bandits
