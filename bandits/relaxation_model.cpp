#include "bandits/relaxation_model.hpp"

#include "bandits/relaxation.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace linnet::bandits {

namespace {

constexpr double step_width = 0.3;
constexpr int candidates = 32;

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}
double bounded_exp(double x) {
  return std::exp(std::clamp(x, -30.0, 30.0));
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

RelaxationModel::Vector RelaxationModel::prior_mean() {
  return Vector{std::log(0.03), std::log(0.1), 0, -5, 0, 0, 0, -0.5};
}

RelaxationModel::Vector RelaxationModel::prior_deviation() {
  return Vector{2, 2, 0.7, 1, 1, 0.15, 0.2, 0.5};
}

double RelaxationModel::log_cost(double omega, double u, const Vector& theta) const {
  const double weight = bounded_exp(theta(2)) * u;
  const double s = (bounded_exp(theta(0)) * (1 - u) + bounded_exp(theta(1)) * weight) / (1 - u + weight);
  const double tau = std::min(0.999, logistic(theta(3)));
  const auto bounded = [](double iterations) { return std::log(std::clamp(iterations, 1.0, 1e15)); };
  if (form_ == RelaxationForm::ssor_cg)
    return bounded(ssor_cg_iterations(omega, 1 / s, (logistic(theta(4)) - 1) / 4, tau, tolerance_)) + theta(5);
  const double beta = std::min(1 / (1 + s), 1 - 1e-12);
  const double rate = -std::log1p(-(1 - sor_radius(omega, beta)) * (1 - tau));
  const double gap = pair_gap(omega, beta);
  // q = ln((2 - omega)/(2 - omega*)): positive below the optimum.
  const double q = std::log((2 - omega) / (2 - young_omega(beta)));
  const double fall = -std::log(tolerance_) + theta(7) * std::tanh(q / step_width);
  double k = 1 + fall / rate;
  for (int pass = 0; pass < 3; ++pass)
    k = 1 + std::max(0.0, fall - (1 + theta(6)) / 2 * std::log(1 / (k * k) + gap * gap)) / rate;
  return bounded(k) + theta(5);
}

double RelaxationModel::best(double u, const Vector& theta, double low, double high) const {
  // Uniform in ln(2 - omega), then golden section between the neighbours of the best.
  const double from = std::log(2 - low), to = std::log(2 - high);
  const auto value = [&](double x) { return log_cost(2 - std::exp(x), u, theta); };
  int least = 0;
  double lowest = HUGE_VAL;
  const double step = (to - from) / candidates;
  for (int k = 0; k <= candidates; ++k)
    if (const double v = value(from + k * step); v < lowest) {
      lowest = v;
      least = k;
    }
  double a = from + std::max(0, least - 1) * step, b = from + std::min(candidates, least + 1) * step;
  const double ratio = (std::sqrt(5.0) - 1) / 2;
  for (int k = 0; k < 12; ++k) {
    const double left = b - ratio * (b - a), right = a + ratio * (b - a);
    (value(left) < value(right) ? b : a) = value(left) < value(right) ? right : left;
  }
  return std::clamp(2 - std::exp((a + b) / 2), low, high);
}

} // namespace linnet::bandits
