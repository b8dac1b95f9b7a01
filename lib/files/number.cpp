#include "files/number.hpp"

#include <algorithm>

namespace linnet {

bool underflows(const char* first, const char* last) {
  const char* mantissa_end = std::find_if(first, last, [](char c) { return c == 'e' || c == 'E'; });
  const char* point = std::find(first, mantissa_end, '.');
  const char* leading = std::find_if(first, mantissa_end, [](char c) { return c >= '1' && c <= '9'; });
  // The number is d.ddd * 10^(magnitude + power).
  const std::int64_t magnitude = leading < point ? point - leading - 1 : point - leading;
  std::int64_t power = 0;
  if (mantissa_end != last) {
    const char* digits = mantissa_end + 1;
    const bool down = *digits == '-';
    if (down || *digits == '+')
      ++digits;
    constexpr std::int64_t enough = std::int64_t{1} << 40; // beyond any number of digits in a line
    for (; digits != last && power < enough; ++digits)
      power = 10 * power + (*digits - '0');
    power = down ? -power : power;
  }
  return magnitude + power < 0;
}

} // namespace linnet
