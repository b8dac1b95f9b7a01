#pragma once

#include "lattice/local_rows.hpp"

namespace linnet {

/// A row that holds nothing but its diagonal fixes its unknown, u_f = b_f / a_ff, as boundary conditions are often
/// imposed: what other rows have in its column belongs to their right-hand sides. A row of zeros counts as one, and
/// says nothing.

/// These entries become zeros. *any: there were some, on any rank. Collective.
PetscErrorCode DropFixedColumns(Mat A, LocalRows* rows, bool* any);

/// *moved: the matrix F of the entries -a_if / a_ff in the place of each of these, by which b_i + (F b)_i is what is
/// left for the other unknowns when the fixed ones are known. *inverse: 1 / a_ff by row, 0 elsewhere. Collective.
PetscErrorCode MakeFixedColumns(Mat A, Mat* moved, Vec* inverse);

} // namespace linnet
