#pragma once

#include "files/sparse_matrix.hpp"
#include "learned/train/grid_operator.hpp"
#include "problems/assemble.hpp"

#include <string>

namespace linnet {

/// The operator of a matrix whose grid is recovered from it. Throws InputError that names it where that is no grid
/// operator with couplings >= 0 of so many dimensions.
learned::GridOperator grid_operator_of(SparseMatrix* matrix, const std::string& name, int dimension);
/// The same of a system that knows its cells.
learned::GridOperator grid_operator_of(PressureSystem* system, const std::string& name, int dimension);

} // namespace linnet
