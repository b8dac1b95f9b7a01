#pragma once

#include "latticemg/kernels.hpp"

namespace linnet::latticemg {

struct CycleOptions {
  bool w_cycle = true;
  /// Gauss-Seidel sweeps of each level before the coarser one and after it, in reverse.
  int sweeps = 2;
  int threads = 1;
  /// null: the fastest.
  const Kernels* kernels = nullptr;
};

} // namespace linnet::latticemg
