#pragma once

#include "files/sparse_matrix.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace linnet {

/// Each writes a temporary file beside FILE and renames it when complete, so that a failed write destroys nothing.
/// Throws std::runtime_error ("FILE: cannot write: reason").
///
/// Matrix Market when the name ends in .mtx or .mtx.gz, PETSc binary otherwise. `symmetric` keeps the lower triangle in
/// Matrix Market (the caller vouches for symmetry). Reals are written so that they read back to the same bits.
void write_matrix(const std::string& file, const SparseMatrix& matrix, bool symmetric);
void write_vector(const std::string& file, const std::vector<double>& vector);
void write_cells(const std::string& file, const std::vector<std::int64_t>& cells);

} // namespace linnet
