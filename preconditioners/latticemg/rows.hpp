#pragma once

#include "latticemg/row_pieces.hpp"

#include <algorithm>
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
template <class T>
double largest_magnitude(const RowPieces<T>& v, int threads) {
  double largest = 0;
  v.for_each_run(0, v.rows(), [&](std::ptrdiff_t begin, std::ptrdiff_t end, const double* data) {
    largest = std::max(largest, largest_magnitude(data, end - begin, threads));
  });
  return largest;
}

} // namespace linnet::latticemg
