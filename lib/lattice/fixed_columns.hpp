#pragma once

#include "lattice/local_rows.hpp"

#include <vector>

namespace linnet {

/// A row that holds nothing but its diagonal fixes its unknown, u_f = b_f / a_ff, as boundary conditions are often
/// imposed: what other rows have in its column belongs to their right-hand sides. A row of zeros counts as one, and
/// says nothing.
struct FixedColumns {
  struct Row {
    PetscInt row; ///< local
    double diagonal;
  };
  bool any = false; ///< other rows have something there, on any rank
  std::vector<Row> rows;
  /// What rows of this rank have there: a_if in row i, column f, by global numbers.
  std::vector<PetscInt> i, f;
  std::vector<PetscScalar> a;
};

/// Finds these entries, which become zeros; beyond those of an earlier call, if there was one. Collective.
PetscErrorCode DropFixedColumns(Mat A, LocalRows* rows, FixedColumns* fixed);

/// *moved: the matrix F of the entries -a_if / a_ff in the place of each of these, by which b_i + (F b)_i is what is
/// left for the other unknowns when the fixed ones are known. *inverse: 1 / a_ff by row, 0 elsewhere. Collective.
PetscErrorCode MakeFixedColumns(Mat A, const FixedColumns& fixed, Mat* moved, Vec* inverse);

} // namespace linnet
