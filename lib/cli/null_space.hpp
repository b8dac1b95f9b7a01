#pragma once

#include "cli/system.hpp"

namespace linnet {

/// Attaches to system.A the constants on its singular components, found in system.singular: PETSc's own constant null
/// space where one component is the whole, else a function that removes the mean of each component (its vectors would
/// need components x n numbers). To the transpose as well where the columns sum to zero, or do so with weights of rows.
void attach_null_space(System& system);

/// Removes from b the part outside the range of A (on each singular component its mean, or what lies along the
/// weights); what is left of b where it should be nothing but rounding is set to zero. Returns |removed| / |b|. Does
/// nothing where the null space of the transpose is unknown.
double project_right_hand_side(System& system);

} // namespace linnet
