#pragma once

#include "latticemg/kernels.hpp"

#include <algorithm>
#include <cstddef>

namespace linnet::latticemg {

struct CycleOptions {
  bool w_cycle = true;
  int sweeps = 2; ///< of the second grid
  int threads = 1;
  /// null: the fastest.
  const Kernels* kernels = nullptr;

  /// Gauss-Seidel sweeps of grid l, the finest being 0, before the coarser one and after it, in reverse. W cycles visit
  /// coarse grids often, where one does, and the finest one once, where a further sweep finds its cells in cache.
  int sweeps_on(std::size_t l) const {
    const int more = l == 0 ? 1 : l == 1 ? 0 : -1;
    return w_cycle ? std::max(1, sweeps + more) : sweeps;
  }
  /// The same of level l of aggregates, where functions that are constant on them leave more to sweeps.
  int sweeps_on_aggregates(std::size_t l) const { return sweeps_on(std::max<std::size_t>(1, l)); }
};

} // namespace linnet::latticemg
