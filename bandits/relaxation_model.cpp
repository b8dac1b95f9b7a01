#include "bandits/relaxation_model.hpp"

#include "bandits/relaxation.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace linnet::bandits {

namespace {

constexpr double step_width = 0.3;
constexpr double search_width = 1; // of ln(2 - omega) about Young's optimum
constexpr double search_tolerance = 2e-3;

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}
double bounded_exp(double x) {
  return std::exp(std::clamp(x, -30.0, 30.0));
}

double bounded_log(double iterations) {
  return std::log(std::clamp(iterations, 1.0, 1e15));
}

// |1 - lambda_2/lambda_1| of the two eigenvalues of a sweep that belong to beta, at most 1: their powers differ by
// (lambda_1^k - lambda_2^k)/(lambda_1 - lambda_2), which grows like k where the gap closes, at the optimum.
double pair_gap(double omega, double beta) {
  const double root = omega * omega * beta * beta - 4 * (omega - 1);
  if (root >= 0) {
    const double ratio = (omega * beta - std::sqrt(root)) / (omega * beta + std::sqrt(root));
    return 1 - ratio * ratio;
  }
  const double cosine = omega * beta / (2 * std::sqrt(omega - 1));
  return std::min(1.0, 2 * std::sqrt(std::max(0.0, 1 - cosine * cosine)));
}

} // namespace

RelaxationModel::RelaxationModel(RelaxationForm form, double tolerance) : form_(form), tolerance_(tolerance) {
  if (!(tolerance > 0 && tolerance < 1))
    throw std::invalid_argument("relaxation model: expected a tolerance in (0, 1)");
}

RelaxationModel::Vector RelaxationModel::prior_mean() const {
  return form_ == RelaxationForm::sor ? Vector{std::log(0.03), std::log(0.1), 0, -5, 0, 0, 0, -0.5}
                                      : Vector{std::log(0.1), std::log(0.1), 0, -5, 0, 0, -0.1, 0.7};
}

RelaxationModel::Vector RelaxationModel::prior_deviation() const {
  return form_ == RelaxationForm::sor ? Vector{2, 2, 0.7, 1, 1, 0.15, 0.2, 0.5} : Vector{2, 2, 3, 1, 1, 0.3, 0.1, 0.5};
}

double RelaxationModel::count_variance(double log_cost) const {
  return std::exp(-2 * log_cost) * (form_ == RelaxationForm::sor ? 1.0 / 12 : 1);
}

double RelaxationModel::mobile(double u, const Vector& theta) const {
  const double weight = bounded_exp(theta(2)) * u;
  return (bounded_exp(theta(0)) * (1 - u) + bounded_exp(theta(1)) * weight) / (1 - u + weight);
}

double RelaxationModel::log_cost_sor(double omega, double s, const Vector& theta) const {
  const double tau = std::min(0.999, logistic(theta(3)));
  const double beta = std::min(1 / (1 + s), 1 - 1e-12);
  const double rate = -std::log1p(-(1 - sor_radius(omega, beta)) * (1 - tau));
  const double gap = pair_gap(omega, beta);
  // q = ln((2 - omega)/(2 - omega*)): positive below the optimum.
  const double q = std::log((2 - omega) / (2 - young_omega(beta)));
  const double fall = -std::log(tolerance_) + theta(7) * std::tanh(q / step_width);
  double k = 1 + fall / rate;
  for (int pass = 0; pass < 3; ++pass)
    k = 1 + std::max(0.0, fall - (1 + theta(6)) / 2 * std::log(1 / (k * k) + gap * gap)) / rate;
  return bounded_log(k) + theta(5);
}

double RelaxationModel::log_cost_ssor_cg(double omega, double s, const Vector& theta) const {
  const double tau = std::min(0.999, logistic(theta(3))), nu = (logistic(theta(4)) - 1) / 4, mu = 1 + 1 / s;
  const double p = std::clamp(bounded_exp(theta(7)), 0.05, 20.0);
  const double below = std::log(mu * (2 - omega) / (4 * omega)), above = std::log((1 + omega * nu) / (2 - omega));
  const double larger = std::max(below, above);
  const double root = std::exp(std::max(0.0, larger + std::log1p(std::exp(-p * std::fabs(below - above))) / p) / 2);
  const double rate = -std::log1p(-2 / (root + 1) * (1 - tau));
  const double fall = std::log(2 / tolerance_) * bounded_exp(-theta(6) * std::log(mu));
  return bounded_log(rate > 0 ? 1 + fall / rate : 1e15) + theta(5);
}

double RelaxationModel::log_cost(double omega, double u, const Vector& theta) const {
  const double s = mobile(u, theta);
  return form_ == RelaxationForm::sor ? log_cost_sor(omega, s, theta) : log_cost_ssor_cg(omega, s, theta);
}

double RelaxationModel::best(double u, const Vector& theta, double low, double high) const {
  const double s = mobile(u, theta);
  return form_ == RelaxationForm::sor ? best_sor(s, theta, low, high) : best_ssor_cg(s, theta, low, high);
}

double RelaxationModel::best_sor(double s, const Vector& theta, double low, double high) const {
  // Golden section in x = ln(2 - omega), which the cost has one minimum in, near Young's.
  const double middle = std::log(2 - young_omega(std::min(1 / (1 + s), 1 - 1e-12)));
  double a = std::max(std::log(2 - high), middle - search_width),
         b = std::min(std::log(2 - low), middle + search_width);
  if (!(a < b))
    return std::clamp(2 - std::exp(middle), low, high);
  const auto value = [&](double x) { return log_cost_sor(2 - std::exp(x), s, theta); };
  constexpr double ratio = 0.6180339887498949;
  double left = b - ratio * (b - a), right = a + ratio * (b - a);
  double at_left = value(left), at_right = value(right);
  while (b - a > search_tolerance) {
    if (at_left < at_right) {
      b = right;
      right = left;
      at_right = at_left;
      at_left = value(left = b - ratio * (b - a));
    } else {
      a = left;
      left = right;
      at_left = at_right;
      at_right = value(right = a + ratio * (b - a));
    }
  }
  return std::clamp(2 - std::exp((a + b) / 2), low, high);
}

// The zero of d/d omega of x^p + y^p, x = (2 - omega)/(4 omega s), y = (1 + omega nu)/(2 - omega):
// x^p (-2/omega) + y^p (1 + 2 nu)/(1 + omega nu) = 0, the left side rising with omega.
double RelaxationModel::best_ssor_cg(double s, const Vector& theta, double low, double high) const {
  const double nu = (logistic(theta(4)) - 1) / 4, mu = 1 + 1 / s;
  const double p = std::clamp(bounded_exp(theta(7)), 0.05, 20.0);
  const auto slope = [&](double w) {
    return p * std::log((1 + w * nu) * 4 * w / (mu * (2 - w) * (2 - w))) +
           std::log(w * (1 + 2 * nu) / (2 + 2 * w * nu));
  };
  if (slope(low) >= 0)
    return low;
  if (slope(high) <= 0)
    return high;
  double a = std::log(2 - high), b = std::log(2 - low); // x = ln(2 - omega): slope falls
  for (int k = 0; k < 60 && b - a > search_tolerance; ++k) {
    const double x = (a + b) / 2;
    (slope(2 - std::exp(x)) > 0 ? a : b) = x;
  }
  return 2 - std::exp((a + b) / 2);
}

} // namespace linnet::bandits
