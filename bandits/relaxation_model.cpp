#include "bandits/relaxation_model.hpp"

#include "bandits/dual.hpp"
#include "bandits/relaxation.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace linnet::bandits {

namespace {

constexpr double step_width = 0.3;
constexpr double search_width = 1; // of ln(2 - omega) about Young's optimum
constexpr double search_tolerance = 2e-3;

using std::exp, std::log, std::tanh, std::sqrt, std::fabs, std::max, std::min;

// S is double, or Dual for the slopes too.
template <class S>
S clamped(const S& x, double low, double high) {
  return x < low ? S(low) : high < x ? S(high) : x;
}
template <class S>
S logistic(const S& x) {
  return 1.0 / (1.0 + exp(-clamped(x, -700, 700)));
}
template <class S>
S bounded_exp(const S& x) {
  return exp(clamped(x, -30, 30));
}
template <class S>
S bounded_log(const S& iterations) {
  return log(clamped(iterations, 1, 1e15));
}

// -ln(1 - x), x in [0, 1), to 1e-12 of itself. log1p() is slower, and code of its own to fetch.
template <class S>
S minus_log_rest(const S& x) {
  return x < 1e-4 ? x * (x * (x / 3.0 + 0.5) + 1.0) : -log(1.0 - x);
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
    return (logistic(theta) - 1.0) / 4.0;
  return k == 7 && !sor ? clamped(bounded_exp(theta), 0.05, 20) : theta;
}

// What the context moves, s(u) = (q_0 (1 - u) + q_1 q_2 u)/((1 - u) + q_2 u), and its slopes by q_0, q_1, q_2.
struct Mobile {
  double s;
  double slope[3];
  template <class Vector>
  Mobile(double u, const Vector& q) {
    const double weight = q(2) * u, whole = (1 - u) + weight;
    s = (q(0) * (1 - u) + q(1) * weight) / whole;
    slope[0] = (1 - u) / whole;
    slope[1] = weight / whole;
    slope[2] = u * (q(1) - s) / whole;
  }
};

template <class S>
S beta_of(const S& s) {
  return min(1.0 / (1.0 + s), S(1 - 1e-12));
}

// |1 - lambda_2/lambda_1| of the two eigenvalues of a sweep that belong to beta, at most 1, and the larger one's
// modulus, the spectral radius: their powers differ by (lambda_1^k - lambda_2^k)/(lambda_1 - lambda_2), which grows
// like k where the gap closes, at the optimum.
template <class S>
struct Pair {
  S gap, radius;
  Pair(double omega, const S& beta) {
    const S product = omega * beta, square = product * product - 4 * (omega - 1);
    if (0.0 < square) {
      const S root = sqrt(square), larger = product + root, ratio = (product - root) / larger;
      gap = 1.0 - ratio * ratio;
      radius = larger * larger / 4.0;
    } else {
      const S cosine = product / (2 * sqrt(omega - 1));
      gap = min(S(1), 2.0 * sqrt(max(S(0), 1.0 - cosine * cosine)));
      radius = S(omega - 1);
    }
  }
};

// What log_cost_sor() takes of s and tau alone.
template <class S>
struct SorSystem {
  S beta, left, log_left; ///< left = 2 - omega*
  explicit SorSystem(const S& s) : beta(beta_of(s)) {
    left = 2.0 - 2.0 / (1.0 + sqrt((1.0 - beta) * (1.0 + beta)));
    log_left = log(left);
  }
};

// ln of the sweeps; `log_tolerance` of the residual's fall.
template <class S>
S log_cost_sor(double omega, const SorSystem<S>& system, const S& tau, const S& growth, const S& share,
               double log_tolerance) {
  const Pair<S> pair(omega, system.beta);
  const S rate = minus_log_rest((1.0 - pair.radius) * (1.0 - tau));
  // q = ln((2 - omega)/(2 - omega*)): positive below the optimum.
  const S q = log(2 - omega) - system.log_left;
  const S fall = share * tanh(q / step_width) - log_tolerance;
  const S half = (1.0 + growth) / 2.0, square = pair.gap * pair.gap;
  S k = 1.0 + fall / rate;
  for (int pass = 0; pass < 3; ++pass)
    k = 1.0 + max(S(0), fall - half * log(1.0 / (k * k) + square)) / rate;
  return bounded_log(k);
}

template <class S>
S log_cost_ssor_cg(double omega, const S& s, const S& tau, const S& nu, const S& power, const S& p,
                   double log_tolerance) {
  const S log_mu = log(1.0 + 1.0 / s);
  const S below = log_mu + log((2 - omega) / (4 * omega)), above = log((1.0 + omega * nu) / (2 - omega));
  const S sum = max(below, above) + log(1.0 + exp(-p * fabs(below - above))) / p;
  const S root = exp(max(S(0), sum) / 2.0);
  const S rate = minus_log_rest((1.0 - tau) * (2.0 / (root + 1.0)));
  const S fall = (std::numbers::ln2 - log_tolerance) * bounded_exp(-power * log_mu);
  return bounded_log(0.0 < rate ? 1.0 + fall / rate : S(1e15));
}

} // namespace

RelaxationModel::RelaxationModel(RelaxationForm form, double tolerance)
    : form_(form), log_tolerance_(std::log(tolerance)) {
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

RelaxationModel::Vector RelaxationModel::values(const Vector& theta) const {
  Vector of;
  for (int k = 0; k < unknowns; ++k)
    of(k) = quantity<double>(form_, k, theta(k));
  return of;
}

double RelaxationModel::log_cost_at(double omega, double u, const Vector& q) const {
  const double s = Mobile(u, q).s;
  const double sweeps = form_ == RelaxationForm::sor
                            ? log_cost_sor<double>(omega, SorSystem<double>(s), q(3), q(6), q(7), log_tolerance_)
                            : log_cost_ssor_cg<double>(omega, s, q(3), q(4), q(6), q(7), log_tolerance_);
  return sweeps + q(5);
}

// The closed forms' own slopes by s and the unknowns after ln k, as many as are needed; the rest by the chain rule.
double RelaxationModel::log_cost(double omega, double u, const Quantities& of, Vector& slope) const {
  const Vector& q = of.value;
  const Mobile mobile(u, q);
  const auto along = [](auto& x, const auto&... values) { // one direction each
    Eigen::Index k = 0;
    ((x[k] = values, x[k].slope(k) = 1, ++k), ...);
  };
  double sweeps, by_s;
  slope(5) = 1;
  if (form_ == RelaxationForm::sor) {
    Dual<4> x[4];
    along(x, mobile.s, q(3), q(6), q(7));
    const auto cost = log_cost_sor<Dual<4>>(omega, SorSystem<Dual<4>>(x[0]), x[1], x[2], x[3], log_tolerance_);
    sweeps = cost.value;
    by_s = cost.slope(0);
    slope(3) = cost.slope(1);
    slope(4) = 0;
    slope(6) = cost.slope(2);
    slope(7) = cost.slope(3);
  } else {
    Dual<6> x[5]; // an even number fills the registers
    along(x, mobile.s, q(3), q(4), q(6), q(7));
    const auto cost = log_cost_ssor_cg<Dual<6>>(omega, x[0], x[1], x[2], x[3], x[4], log_tolerance_);
    sweeps = cost.value;
    by_s = cost.slope(0);
    slope(3) = cost.slope(1);
    slope(4) = cost.slope(2);
    slope(6) = cost.slope(3);
    slope(7) = cost.slope(4);
  }
  for (int k = 0; k < 3; ++k)
    slope(k) = by_s * mobile.slope[k];
  slope.array() *= of.slope.array();
  return sweeps + q(5);
}

double RelaxationModel::best_at(double u, const Vector& values, double low, double high) const {
  const double s = Mobile(u, values).s;
  return form_ == RelaxationForm::sor ? best_sor(s, values, low, high) : best_ssor_cg(s, values, low, high);
}

double RelaxationModel::best_sor(double s, const Vector& of, double low, double high) const {
  // Golden section in x = ln(2 - omega), which the cost has one minimum in, near Young's.
  const SorSystem<double> system(s);
  const double middle = system.log_left;
  double a = std::max(std::log(2 - high), middle - search_width),
         b = std::min(std::log(2 - low), middle + search_width);
  if (!(a < b))
    return std::clamp(2 - system.left, low, high);
  const auto value = [&](double x) {
    return log_cost_sor<double>(2 - std::exp(x), system, of(3), of(6), of(7), log_tolerance_);
  };
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
// (p - 1) ln(1 + omega nu) + (p + 1) ln omega - 2 p x + constant, falls with x = ln(2 - omega): Newton, in a bracket,
// from the closed form at p = 1.
double RelaxationModel::best_ssor_cg(double s, const Vector& of, double low, double high) const {
  const double nu = of(4), p = of(7);
  const double constant = p * std::log(4 / (1 + 1 / s)) + std::log(0.5 + nu);
  const auto quotient = [&](double w, double x) {
    return (p - 1) * std::log(1 + w * nu) + (p + 1) * std::log(w) - 2 * p * x + constant;
  };
  double a = std::log(2 - high), b = std::log(2 - low);
  if (quotient(low, b) >= 0)
    return low;
  if (quotient(high, a) <= 0)
    return high;
  const double closed = 2 / (1 + std::sqrt(2 * (1 + 2 * nu) / (1 + 1 / s))); // p = 1
  double x = std::clamp(std::log(2 - closed), a, b);
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
