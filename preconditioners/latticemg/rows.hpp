#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

namespace linnet::latticemg {

/// max |v_i|; infinite where some v_i is not finite.
inline double largest_magnitude(const double* v, std::ptrdiff_t count, int threads) {
  double largest = 0;
  bool finite = true;
#pragma omp parallel for schedule(static) reduction(max : largest) reduction(&& : finite) num_threads(threads)
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const double size = std::abs(v[i]);
    largest = size > largest ? size : largest;
    finite = finite && size <= std::numeric_limits<double>::max();
  }
  return finite ? largest : std::numeric_limits<double>::infinity();
}

} // namespace linnet::latticemg
