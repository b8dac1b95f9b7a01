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

// What the context moves, s(u).
template <class S, class Unknowns>
S mobile(double u, const Unknowns& theta) {
  const S weight = bounded_exp(theta[2]) * S(u);
  return (bounded_exp(theta[0]) * S(1 - u) + bounded_exp(theta[1]) * weight) / (S(1 - u) + weight);
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

template <class S, class Unknowns>
S log_cost_sor(double omega, const S& s, const Unknowns& theta, double tolerance) {
  const S tau = min(S(0.999), logistic(theta[3])), beta = beta_of(s);
  const Pair<S> pair(omega, beta);
  const S rate = -log1p(-(S(1) - pair.radius) * (S(1) - tau));
  // q = ln((2 - omega)/(2 - omega*)): positive below the optimum.
  const S optimum = S(2) / (S(1) + sqrt((S(1) - beta) * (S(1) + beta)));
  const S q = log(S(2 - omega) / (S(2) - optimum));
  const S fall = theta[7] * tanh(q / S(step_width)) - S(log(tolerance));
  S k = S(1) + fall / rate;
  for (int pass = 0; pass < 3; ++pass)
    k = S(1) + max(S(0), fall - (S(1) + theta[6]) / S(2) * log(S(1) / (k * k) + pair.gap * pair.gap)) / rate;
  return bounded_log(k) + theta[5];
}

template <class S, class Unknowns>
S log_cost_ssor_cg(double omega, const S& s, const Unknowns& theta, double tolerance) {
  const S tau = min(S(0.999), logistic(theta[3])), nu = (logistic(theta[4]) - S(1)) / S(4), mu = S(1) + S(1) / s;
  const S p = clamped(bounded_exp(theta[7]), 0.05, 20), log_mu = log(mu);
  const S below = log_mu + S(log((2 - omega) / (4 * omega))), above = log((S(1) + S(omega) * nu) / S(2 - omega));
  const S sum = max(below, above) + log1p(exp(-p * fabs(below - above))) / p;
  const S root = exp(max(S(0), sum) / S(2));
  const S rate = -log1p(S(-2) / (root + S(1)) * (S(1) - tau));
  const S fall = S(log(2 / tolerance)) * bounded_exp(-theta[6] * log_mu);
  return bounded_log(S(0) < rate ? S(1) + fall / rate : S(1e15)) + theta[5];
}

template <class S, class Unknowns>
S log_cost_of(RelaxationForm form, double omega, double u, const Unknowns& theta, double tolerance) {
  const S s = mobile<S>(u, theta);
  return form == RelaxationForm::sor ? log_cost_sor(omega, s, theta, tolerance)
                                     : log_cost_ssor_cg(omega, s, theta, tolerance);
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

double RelaxationModel::log_cost(double omega, double u, const Vector& theta) const {
  return log_cost_of<double>(form_, omega, u, theta, tolerance_);
}

double RelaxationModel::log_cost(double omega, double u, const Vector& theta, Vector& slope) const {
  using S = Dual<unknowns>;
  std::array<S, unknowns> t;
  for (std::size_t k = 0; k < t.size(); ++k) {
    t[k].value = theta(static_cast<Eigen::Index>(k));
    t[k].slope(static_cast<Eigen::Index>(k)) = 1;
  }
  const S cost = log_cost_of<S>(form_, omega, u, t, tolerance_);
  slope = cost.slope.matrix();
  return cost.value;
}

double RelaxationModel::best(double u, const Vector& theta, double low, double high) const {
  const double s = mobile<double>(u, theta);
  return form_ == RelaxationForm::sor ? best_sor(s, theta, low, high) : best_ssor_cg(s, theta, low, high);
}

double RelaxationModel::best_sor(double s, const Vector& theta, double low, double high) const {
  // Golden section in x = ln(2 - omega), which the cost has one minimum in, near Young's.
  const double middle = std::log(2 - young_omega(beta_of(s)));
  double a = std::max(std::log(2 - high), middle - search_width),
         b = std::min(std::log(2 - low), middle + search_width);
  if (!(a < b))
    return std::clamp(2 - std::exp(middle), low, high);
  const auto value = [&](double x) { return log_cost_sor(2 - std::exp(x), s, theta, tolerance_); };
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
