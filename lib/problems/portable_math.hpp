#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace linnet {

// The C library's log, sin and cos differ in the last bit between libraries, and between processors with and without
// fused multiply-add. A last bit can turn a voxel; these use only + - * / and exact scaling, so that a seed gives the
// same system everywhere. Both are right to a few units in the last place.

/// Natural logarithm of a positive, normal x: x = m 2^e, log x = e log 2 + 2 artanh((m - 1) / (m + 1)).
inline double portable_log(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent); // [1/2, 1)
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  const double z = (m - 1) / (m + 1); // |z| < 0.172
  const double z2 = z * z;
  double sum = 0;
  for (int k = 23; k >= 1; k -= 2) // z^25 / 25 < 1e-20
    sum = sum * z2 + 1.0 / k;
  constexpr double log2_high = 6.93147180369123816490e-01; // its low 32 bits are zero: e log2_high is exact
  constexpr double log2_low = 1.90821492927058770002e-10;
  return exponent * log2_high + (exponent * log2_low + 2 * z * sum);
}

/// sin(2 pi t): t is in turns, so that the reduction to a quarter turn is exact.
inline double sin_turns(double t) {
  t -= std::floor(t); // [0, 1)
  const int nearest =
      static_cast<int>(t * 4 + 0.5);   // quarter turn, 0 .. 4; NOLINT(bugprone-incorrect-roundings): t >= 0
  const double r = t - nearest * 0.25; // [-1/8, 1/8]
  const double x = 6.283185307179586477 * r;
  const double x2 = x * x;
  // Taylor series to x^17 and x^18, nested: the next term is below 1e-18 at pi / 4
  double sine = 1;
  for (int k = 16; k >= 2; k -= 2)
    sine = 1 - x2 / (k * (k + 1)) * sine;
  double cosine = 1;
  for (int k = 18; k >= 2; k -= 2)
    cosine = 1 - x2 / (k * (k - 1)) * cosine;
  const std::array<double, 4> value = {x * sine, cosine, -x * sine, -cosine};
  return value[static_cast<std::size_t>(nearest % 4)];
}

/// cos(2 pi t)
inline double cos_turns(double t) {
  return sin_turns(t + 0.25);
}

} // namespace linnet
