#include "mfac/kernels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace linnet::mfac {

const char* name_of(Precision precision) {
  return precision == Precision::f64 ? "f64" : precision == Precision::f32 ? "f32" : "bf16";
}

namespace {

// f64 to bf16 in one rounding: through f32 with the sticky bit kept (rounding to odd), so that ties stay ties.
std::uint16_t to_bf16(double x) {
  const float f = static_cast<float>(x);
  auto bits = std::bit_cast<std::uint32_t>(f);
  if (static_cast<double>(f) != x && (bits & 1) == 0)
    bits += (std::abs(static_cast<double>(f)) < std::abs(x)) ? 1 : -1; // the odd neighbour on the side of x
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1)) >> 16);
}

} // namespace

void narrow(const double* x, std::int64_t count, Precision precision, void* to) {
  if (precision == Precision::f64)
    std::copy_n(x, count, static_cast<double*>(to));
  else if (precision == Precision::f32)
    std::transform(x, x + count, static_cast<float*>(to), [](double number) { return static_cast<float>(number); });
  else
    std::transform(x, x + count, static_cast<std::uint16_t*>(to), to_bf16);
}

bool storable(const double* x, std::int64_t count, Precision precision) {
  const double limit = precision == Precision::f64 ? 1e150 : precision == Precision::f32 ? 3.4e38 : 3.38e38;
  bool all = true;
  for (std::int64_t j = 0; j < count; ++j)
    all &= std::abs(x[j]) <= limit; // never of what is not a number
  return all;
}

} // namespace linnet::mfac
