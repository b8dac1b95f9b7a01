#pragma once

#include <petscpc.h>

namespace linnet {

/// *factors: the diagonal of S, borrowed, where S A is symmetric and A is not, or has the other sign; null where it is
/// for S = I. A preconditioner that has found these composes it under `row_factors_name`.
using RowFactorsFunction = PetscErrorCode (*)(PC pc, Vec* factors);

inline constexpr const char* row_factors_name = "PCRowFactors_C";

} // namespace linnet
