#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

namespace linnet {

// Numbers in a text whose end is marked by a '\n' (LineBlock): no bounds to check. Each function leaves `at` behind the
// number, or where it was if there is none, or none that fits and is followed by a blank or the end of the line.

inline bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}
inline bool is_digit(char c) {
  return static_cast<unsigned char>(c - '0') < 10;
}
inline bool ends_token(char c) {
  return is_blank(c) || c == '\n';
}

inline void skip_blanks(const char*& at) {
  while (is_blank(*at))
    ++at;
}

/// An integer in [1, limit], limit < 2^59.
inline bool parse_index(const char*& at, std::int64_t limit, std::int64_t& index) {
  const char* p = at;
  std::int64_t value = 0;
  for (; is_digit(*p); ++p) {
    value = 10 * value + (*p - '0');
    if (value > limit)
      return false;
  }
  if (value == 0 || !ends_token(*p))
    return false;
  index = value;
  at = p;
  return true;
}

/// An integer of 64 bits.
inline bool parse_integer(const char*& at, std::int64_t& integer) {
  const char* first = *at == '+' && is_digit(at[1]) ? at + 1 : at;
  const char* last = first;
  while (!ends_token(*last))
    ++last;
  const auto [end, error] = std::from_chars(first, last, integer);
  if (error != std::errc() || end != last)
    return false;
  at = last;
  return true;
}

/// True if the decimal number [first, last), which double cannot hold, is too small rather than too large.
bool underflows(const char* first, const char* last);

/// A decimal number in the range of double, rounded to nearest; what is too small becomes zero. No inf, no nan.
inline bool parse_real(const char*& at, double& real) {
  const char* first = *at == '+' ? at + 1 : at; // from_chars knows no '+'
  const char* p = first;
  const bool negative = *p == '-' && p == at;
  if (negative)
    ++p;
  std::uint64_t digits = 0; // the significand without its point; exact up to 19 digits
  const char* start = p;
  for (; is_digit(*p); ++p)
    digits = 10 * digits + static_cast<std::uint64_t>(*p - '0');
  auto count = p - start;
  std::int64_t exponent = 0;
  if (*p == '.') {
    start = ++p;
    for (; is_digit(*p); ++p)
      digits = 10 * digits + static_cast<std::uint64_t>(*p - '0');
    count += p - start;
    exponent = start - p;
  }
  if (count == 0)
    return false;
  if (*p == 'e' || *p == 'E') {
    ++p;
    const bool down = *p == '-';
    if (down || *p == '+')
      ++p;
    std::int64_t power = 0;
    start = p;
    for (; is_digit(*p); ++p)
      power = power < 1000 ? 10 * power + (*p - '0') : power; // what is larger is left to from_chars
    if (p == start)
      return false;
    exponent += down ? -power : power;
  }
  if (!ends_token(*p))
    return false;
  // Clinger's fast path: both operands are exact, so the one operation rounds correctly.
  constexpr double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (count <= 19 && digits < (std::uint64_t{1} << 53U) && exponent >= -22 && exponent <= 22) {
    const auto significand = static_cast<double>(digits);
    const double size = exponent < 0 ? significand / powers_of_ten[-exponent] : significand * powers_of_ten[exponent];
    real = negative ? -size : size;
    at = p;
    return true;
  }
  const auto [end, error] = std::from_chars(first, p, real);
  if (error == std::errc::result_out_of_range) {
    if (!underflows(first, p))
      return false;
    real = negative ? -0.0 : 0.0;
  } else if (error != std::errc() || end != p || !std::isfinite(real)) {
    return false;
  }
  at = p;
  return true;
}

} // namespace linnet
