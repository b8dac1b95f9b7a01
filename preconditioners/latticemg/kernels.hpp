#pragma once

#include "latticemg/level.hpp"

namespace linnet::latticemg {

/// Lines first ... last - 1 of plane k.
struct Lines {
  int k, first, last;
};

/// The work on one plane. All of it is element by element, without fused multiply-adds: every instruction set and every
/// number of threads gives the same bits.
struct Kernels {
  const char* name;
  /// u_c <- (b_c + sum_d w_cd u_d) / a_cc for the cells of one colour; damped where couplings join cells of it.
  void (*relax)(const Level& level, int colour, Lines lines);
  /// The same with u = 0 before.
  void (*relax_zero)(const Level& level, int colour, Lines lines);
  /// b of the coarse cells that hold these lines (an even first line, whole pairs): the residuals of one colour,
  /// summed. `add`: onto what is there. `scratch`: a line.
  void (*restrict_residual)(const Level& fine, const Level& coarse, int colour, Lines lines, bool add, float* scratch);
  /// u_c <- u_c + coarse u, for the unknowns of one colour.
  void (*prolong)(const Level& fine, const Level& coarse, int colour, Lines lines, float* scratch);
};

namespace baseline {
extern const Kernels kernels;
}
#if defined(LINNET_X86)
namespace avx2 {
extern const Kernels kernels;
}
namespace avx512 {
extern const Kernels kernels;
}
#endif

/// Those that this processor can run, the fastest first; null ends the list.
const Kernels* const* supported_kernels();

} // namespace linnet::latticemg
