#pragma once

#include <cmath>
#include <utility>

namespace linnet::bandits {

/// Where f, which has one minimum in [a, b], a < b, is least, to within about `tolerance`; from `x` in (a, b) on.
/// Parabolas through the three lowest points so far where they are of use, golden sections elsewhere (Brent, Algorithms
/// for Minimization without Derivatives, 1973, chapter 5).
template <class F>
double minimum(double a, double b, double x, double tolerance, const F& f) {
  constexpr double golden = 0.3819660112501051;
  constexpr int most_values = 100;
  double second = x, third = x, at_x = f(x), at_second = at_x, at_third = at_x;
  double step = 0, before = 0; // the last one, and that before it
  for (int k = 1; k < most_values; ++k) {
    const double middle = (a + b) / 2;
    if (std::fabs(x - middle) <= 2 * tolerance - (b - a) / 2)
      break;
    const double r = (x - second) * (at_x - at_third), q = (x - third) * (at_x - at_second);
    const double parabola = ((x - second) * r - (x - third) * q) / (2 * (q - r)); // to its minimum
    const bool useful = std::fabs(before) > tolerance && std::fabs(parabola) < std::fabs(before) / 2 &&
                        x + parabola > a && x + parabola < b;
    before = useful ? step : (x < middle ? b : a) - x;
    step = useful ? parabola : golden * before;
    if (useful && (x + step - a < 2 * tolerance || b - x - step < 2 * tolerance))
      step = std::copysign(tolerance, middle - x);
    const double next = x + (std::fabs(step) >= tolerance ? step : std::copysign(tolerance, step));
    const double at_next = f(next);
    if (at_next <= at_x) {
      (next < x ? b : a) = x;
      third = std::exchange(second, std::exchange(x, next));
      at_third = std::exchange(at_second, std::exchange(at_x, at_next));
      continue;
    }
    (next < x ? a : b) = next;
    if (at_next <= at_second || second == x) {
      third = std::exchange(second, next);
      at_third = std::exchange(at_second, at_next);
    } else if (at_next <= at_third || third == x || third == second) {
      third = next;
      at_third = at_next;
    }
  }
  return x;
}

} // namespace linnet::bandits
