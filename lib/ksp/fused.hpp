#pragma once

#include "base/outer.hpp"

#include <petscpc.h>

#include <functional>

namespace linnet {

/// Conjugate gradients that a preconditioner runs by itself, fused with its own passes over memory. It composes
/// `PetscErrorCode f(PC, FusedCG*)` under `fused_cg_name`.
struct FusedCG {
  Vec b;
  Vec x; ///< the guess (`guess_zero`: not read) and the answer; untouched where `end` is `declined`
  bool guess_zero;
  PetscInt recompute; ///< iterations after which r = b - A x is computed anew, 0: as the PC sees fit
  /// Asked before each iteration, and once more after `confirm`: ||b - A x|| is within `doubt` of `norm`.
  std::function<Verdict(PetscInt iterations, PetscReal norm, PetscReal doubt)> judge;
  /// Whether judge() is likely to stop at this norm: a hint, which may be asked for or not.
  std::function<bool(PetscReal norm)> likely_last;

  /// Set by the PC: copies the iterate of the moment, for judge().
  std::function<PetscErrorCode(Vec)> copy_iterate;
  OuterEnd end = OuterEnd::declined;
  /// Set by the PC: it left entries out that are rounding of the diagonal, so that the residual of the matrix itself is
  /// to be looked at in the end.
  bool rounded = false;
  /// Why it was declined.
  const char* why = "";
};

using FusedCGFunction = PetscErrorCode (*)(PC, FusedCG*);

inline constexpr const char* fused_cg_name = "PCFusedCG_C";

} // namespace linnet
