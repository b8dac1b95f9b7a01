#pragma once

#include <petscpc.h>

namespace linnet {

/// e <- the part of the answer to A e = r that rows give by themselves which hold nothing but their diagonal, e_f =
/// r_f / a_ff, and zero elsewhere, where other rows refer to them: not before these are solved is such a matrix
/// symmetric for the others. *any: false where there are none; e is then untouched. A preconditioner composes it under
/// `solve_fixed_name`. Collective.
using SolveFixedFunction = PetscErrorCode (*)(PC pc, Vec r, Vec e, PetscBool* any);

inline constexpr const char* solve_fixed_name = "PCSolveFixed_C";

} // namespace linnet
