#pragma once

#include <Eigen/Dense>

#include <cmath>

namespace linnet::bandits {

/// A value and its derivatives by N unknowns, carried through the same formulas as the value (forward differentiation).
template <int N>
struct Dual {
  using Slope = Eigen::Array<double, N, 1>;
  double value = 0;
  Slope slope = Slope::Zero();

  Dual() = default;
  Dual(double v) : value(v) {} // NOLINT: constants stand where unknowns do
  Dual(double v, const Slope& s) : value(v), slope(s) {}

  friend Dual operator-(const Dual& a) { return {-a.value, -a.slope}; }
  friend Dual operator+(const Dual& a, const Dual& b) { return {a.value + b.value, a.slope + b.slope}; }
  friend Dual operator-(const Dual& a, const Dual& b) { return {a.value - b.value, a.slope - b.slope}; }
  friend Dual operator*(const Dual& a, const Dual& b) {
    return {a.value * b.value, a.slope * b.value + b.slope * a.value};
  }
  friend Dual operator/(const Dual& a, const Dual& b) {
    return {a.value / b.value, (a.slope - b.slope * (a.value / b.value)) / b.value};
  }
  /* constants have no slope to carry */
  friend Dual operator+(const Dual& a, double b) { return {a.value + b, a.slope}; }
  friend Dual operator+(double a, const Dual& b) { return {a + b.value, b.slope}; }
  friend Dual operator-(const Dual& a, double b) { return {a.value - b, a.slope}; }
  friend Dual operator-(double a, const Dual& b) { return {a - b.value, -b.slope}; }
  friend Dual operator*(const Dual& a, double b) { return {a.value * b, a.slope * b}; }
  friend Dual operator*(double a, const Dual& b) { return b * a; }
  friend Dual operator/(const Dual& a, double b) { return a * (1 / b); }
  friend Dual operator/(double a, const Dual& b) {
    const double quotient = a / b.value;
    return {quotient, b.slope * (-quotient / b.value)};
  }
  friend bool operator<(const Dual& a, const Dual& b) { return a.value < b.value; }
  friend bool operator<(double a, const Dual& b) { return a < b.value; }
  friend bool operator<(const Dual& a, double b) { return a.value < b; }

  friend Dual exp(const Dual& a) {
    const double e = std::exp(a.value);
    return {e, a.slope * e};
  }
  friend Dual log(const Dual& a) { return {std::log(a.value), a.slope / a.value}; }
  friend Dual tanh(const Dual& a) {
    const double t = std::tanh(a.value);
    return {t, a.slope * (1 - t * t)};
  }
  /// Its slope is kept finite where the root vanishes.
  friend Dual sqrt(const Dual& a) {
    const double root = std::sqrt(a.value);
    return {root, a.slope / (2 * std::fmax(root, 0.01))};
  }
  friend Dual fabs(const Dual& a) { return a.value < 0 ? -a : a; }
};

} // namespace linnet::bandits
