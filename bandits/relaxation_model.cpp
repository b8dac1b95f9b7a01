#include "bandits/relaxation_model.hpp"

#include "bandits/dual.hpp"
#include "bandits/relaxation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace linnet::bandits {

namespace {

constexpr double step_width = 0.3;
constexpr double search_width = 1; // of ln(2 - omega) about Young's optimum
constexpr double search_tolerance = 2e-3;

using std::exp, std::log, std::log1p, std::tanh, std::sqrt, std::fabs, std::max, std::min;

// S is double, or Dual for the slopes too.
template <class S>
S clamped(const S& x, double low, double high) {
  return x < S(low) ? S(low) : S(high) < x ? S(high) : x;
}
template <class S>
S logistic(const S& x) {
  return S(1) / (S(1) + exp(-clamped(x, -700, 700)));
}
template <class S>
S bounded_exp(const S& x) {
  return exp(clamped(x, -30, 30));
}
template <class S>
S bounded_log(const S& iterations) {
  return log(clamped(iterations, 1, 1e15));
}

// The k-th quantity of the closed forms as a function of the k-th unknown.
template <class S>
S quantity(RelaxationForm form, int k, const S& theta) {
  const bool sor = form == RelaxationForm::sor;
  if (k < 3)
    return bounded_exp(theta);
  if (k == 3)
    return min(S(0.999), logistic(theta));
  if (k == 4 && !sor)
    return (logistic(theta) - S(1)) / S(4);
  return k == 7 && !sor ? clamped(bounded_exp(theta), 0.05, 20) : theta;
}

// What the context moves, s(u).
template <class S, class Quantities>
S mobile(double u, const Quantities& q) {
  const S weight = q[2] * S(u);
  return (q[0] * S(1 - u) + q[1] * weight) / (S(1 - u) + weight);
}

template <class S>
S beta_of(const S& s) {
  return min(S(1) / (S(1) + s), S(1 - 1e-12));
}

// |1 - lambda_2/lambda_1| of the two eigenvalues of a sweep that belong to beta, at most 1, and the larger one's
// modulus, the spectral radius: their powers differ by (lambda_1^k - lambda_2^k)/(lambda_1 - lambda_2), which grows
// like k where the gap closes, at the optimum.
template <class S>
struct Pair {
  S gap, radius;
  Pair(double omega, const S& beta) {
    const S product = S(omega) * beta, square = product * product - S(4 * (omega - 1));
    if (S(0) < square) {
      const S root = sqrt(square), larger = product + root, ratio = (product - root) / larger;
      gap = S(1) - ratio * ratio;
      radius = larger * larger / S(4);
    } else {
      const S cosine = product / S(2 * sqrt(omega - 1));
      gap = min(S(1), S(2) * sqrt(max(S(0), S(1) - cosine * cosine)));
      radius = S(omega - 1);
    }
  }
};

template <class S, class Quantities>
S log_cost_sor(double omega, const S& s, const Quantities& of, double tolerance) {
  const S& tau = of[3];
  const S beta = beta_of(s);
  const Pair<S> pair(omega, beta);
  const S rate = -log1p(-(S(1) - pair.radius) * (S(1) - tau));
  // q = ln((2 - omega)/(2 - omega*)): positive below the optimum.
  const S optimum = S(2) / (S(1) + sqrt((S(1) - beta) * (S(1) + beta)));
  const S q = log(S(2 - omega) / (S(2) - optimum));
  const S fall = of[7] * tanh(q / S(step_width)) - S(log(tolerance));
  S k = S(1) + fall / rate;
  for (int pass = 0; pass < 3; ++pass)
    k = S(1) + max(S(0), fall - (S(1) + of[6]) / S(2) * log(S(1) / (k * k) + pair.gap * pair.gap)) / rate;
  return bounded_log(k) + of[5];
}

template <class S, class Quantities>
S log_cost_ssor_cg(double omega, const S& s, const Quantities& of, double tolerance) {
  const S &tau = of[3], &nu = of[4], &p = of[7];
  const S log_mu = log1p(S(1) / s);
  const S below = log_mu + S(log((2 - omega) / (4 * omega))), above = log((S(1) + S(omega) * nu) / S(2 - omega));
  const S sum = max(below, above) + log1p(exp(-p * fabs(below - above))) / p;
  const S root = exp(max(S(0), sum) / S(2));
  const S rate = -log1p(S(-2) / (root + S(1)) * (S(1) - tau));
  const S fall = S(log(2 / tolerance)) * bounded_exp(-of[6] * log_mu);
  return bounded_log(S(0) < rate ? S(1) + fall / rate : S(1e15)) + of[5];
}

template <class S, class Quantities>
S log_cost_of(RelaxationForm form, double omega, double u, const Quantities& of, double tolerance) {
  const S s = mobile<S>(u, of);
  return form == RelaxationForm::sor ? log_cost_sor(omega, s, of, tolerance)
                                     : log_cost_ssor_cg(omega, s, of, tolerance);
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

RelaxationModel::Quantities RelaxationModel::quantities(const Vector& theta) const {
  Quantities of;
  for (int k = 0; k < unknowns; ++k) {
    const auto q = quantity(form_, k, Dual<1>(theta(k), Dual<1>::Slope::Ones()));
    of.value(k) = q.value;
    of.slope(k) = q.slope(0);
  }
  return of;
}

double RelaxationModel::log_cost(double omega, double u, const Quantities& of) const {
  return log_cost_of<double>(form_, omega, u, of.value, tolerance_);
}

double RelaxationModel::log_cost(double omega, double u, const Quantities& of, Vector& slope) const {
  using S = Dual<unknowns>;
  std::array<S, unknowns> q;
  for (std::size_t k = 0; k < q.size(); ++k) {
    const auto i = static_cast<Eigen::Index>(k);
    q[k].value = of.value(i);
    q[k].slope(i) = of.slope(i);
  }
  const S cost = log_cost_of<S>(form_, omega, u, q, tolerance_);
  slope = cost.slope.matrix();
  return cost.value;
}

double RelaxationModel::best(double u, const Vector& theta, double low, double high) const {
  Vector of;
  for (int k = 0; k < unknowns; ++k)
    of(k) = quantity<double>(form_, k, theta(k));
  const double s = mobile<double>(u, of);
  return form_ == RelaxationForm::sor ? best_sor(s, of, low, high) : best_ssor_cg(s, of, low, high);
}

double RelaxationModel::best_sor(double s, const Vector& of, double low, double high) const {
  // Golden section in x = ln(2 - omega), which the cost has one minimum in, near Young's.
  const double middle = std::log(2 - young_omega(beta_of(s)));
  double a = std::max(std::log(2 - high), middle - search_width),
         b = std::min(std::log(2 - low), middle + search_width);
  if (!(a < b))
    return std::clamp(2 - std::exp(middle), low, high);
  const auto value = [&](double x) { return log_cost_sor(2 - std::exp(x), s, of, tolerance_); };
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

// The zero of d/d omega of a^p + b^p, a = (2 - omega)/(4 omega s), b = (1 + omega nu)/(2 - omega):
// a^p (-2/omega) + b^p (1 + 2 nu)/(1 + omega nu) = 0. The logarithm of the two terms' quotient,
// (p - 1) ln(1 + omega nu) + (p + 1) ln omega - 2 p x + constant, falls with x = ln(2 - omega): Newton, in a bracket.
double RelaxationModel::best_ssor_cg(double s, const Vector& of, double low, double high) const {
  const double nu = of(4), p = of(7);
  const double constant = p * std::log(4 / (1 + 1 / s)) + std::log(0.5 + nu);
  const auto quotient = [&](double w, double x) {
    return (p - 1) * std::log1p(w * nu) + (p + 1) * std::log(w) - 2 * p * x + constant;
  };
  double a = std::log(2 - high), b = std::log(2 - low);
  if (quotient(low, b) >= 0)
    return low;
  if (quotient(high, a) <= 0)
    return high;
  double x = (a + b) / 2;
  for (int k = 0; k < 60 && b - a > search_tolerance; ++k) {
    const double y = std::exp(x), w = 2 - y, value = quotient(w, x);
    (value > 0 ? a : b) = x;
    const double step = value / (2 * p + y * ((p - 1) * nu / (1 + w * nu) + (p + 1) / w));
    if (std::fabs(step) < search_tolerance)
      return std::clamp(2 - std::exp(x + step), low, high);
    x = x + step > a && x + step < b ? x + step : (a + b) / 2;
  }
  return std::clamp(2 - std::exp((a + b) / 2), low, high);
}

} // namespace linnet::bandits
