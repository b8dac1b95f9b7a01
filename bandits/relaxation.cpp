#include "bandits/relaxation.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace linnet::bandits {

namespace {

void expect(bool holds, const char* function, const char* range) {
  if (!holds)
    throw std::invalid_argument(std::string(function) + ": expected " + range);
}

// 1 + ln tolerance/ln(rho + tau(1 - rho)), exact near rho = 1.
double iterations_at(double gap, double tau, double tolerance) {
  const double rate = std::log1p(-gap * (1 - tau));
  return rate == 0 ? HUGE_VAL : 1 + std::log(tolerance) / rate;
}

} // namespace

double young_omega(double beta) {
  expect(beta >= 0 && beta < 1, "young_omega", "beta in [0, 1)");
  return 2 / (1 + std::sqrt((1 - beta) * (1 + beta)));
}

double sor_radius(double omega, double beta) {
  expect(omega > 0 && omega < 2, "sor_radius", "omega in (0, 2)");
  if (omega >= young_omega(beta))
    return omega - 1;
  const double root = std::sqrt(std::fmax(0, omega * omega * beta * beta - 4 * (omega - 1)));
  return std::pow(omega * beta + root, 2) / 4;
}

double sor_iterations(double omega, double beta, double tau, double tolerance) {
  expect(tau >= 0 && tau < 1, "sor_iterations", "tau in [0, 1)");
  expect(tolerance > 0 && tolerance < 1, "sor_iterations", "tolerance in (0, 1)");
  return iterations_at(1 - sor_radius(omega, beta), tau, tolerance);
}

double ssor_condition(double omega, double mu, double nu) {
  expect(omega > 0 && omega < 2, "ssor_condition", "omega in (0, 2)");
  expect(mu > 0 && std::isfinite(mu), "ssor_condition", "mu > 0");
  expect(nu >= -0.25 && std::isfinite(nu), "ssor_condition", "nu >= -1/4");
  return (1 + mu * (2 - omega) * (2 - omega) / (4 * omega) + omega * nu) / (2 - omega);
}

double ssor_omega(double mu, double nu) {
  expect(mu > 0 && std::isfinite(mu), "ssor_omega", "mu > 0");
  expect(nu >= -0.25 && std::isfinite(nu), "ssor_omega", "nu >= -1/4");
  return 2 / (1 + std::sqrt(2 / mu * (1 + 2 * nu)));
}

double ssor_cg_iterations(double omega, double mu, double nu, double tau, double tolerance) {
  expect(tau >= 0 && tau < 1, "ssor_cg_iterations", "tau in [0, 1)");
  expect(tolerance > 0 && tolerance < 1, "ssor_cg_iterations", "tolerance in (0, 1)");
  // A bound below 1 says no more than 1 does.
  const double root = std::sqrt(std::fmax(1, ssor_condition(omega, mu, nu)));
  return iterations_at(2 / (root + 1), tau, tolerance / 2);
}

} // namespace linnet::bandits
