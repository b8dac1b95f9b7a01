#pragma once

#include "lattice/operator.hpp"
#include "lattice/row_reader.hpp"

namespace linnet {

/// A matrix may be symmetric but for a factor of each row, A = S^-1 K: equations that were divided by the volumes of
/// their cells, or multiplied by -1.

/// *factors: s by local row with s_i a_ij = s_j a_ji to rounding and s_i a_ii > 0, the largest |s_i| being 1, and the
/// rows are multiplied by them. *found: false, and nothing is done, where there are none or all are 1. Whether all
/// entries agree with them is for the next reading to find. `ghost_cells` as for RowReader. Collective.
PetscErrorCode MultiplyByRowFactors(Mat A, const Lattice& lattice, const PetscInt* ghost_cells, LocalRows* rows,
                                    Buffer<double>* factors, bool* found);

/// op->row_factors of an operator that was negated: -1, and the sign of the diagonal for rows coupled with none. The
/// rows stay as they are.
void signs_of_negated(const LocalRows& rows, const Lattice& lattice, LatticeOperator* op);

} // namespace linnet
