#pragma once

#include <cstdint>
#include <vector>

namespace linnet {

/// Of rows and columns: PETSc's PetscInt has 32 bits.
inline constexpr std::int64_t largest_dimension = 2147483647;

/// A sparse matrix in compressed rows: entries of row i at [row_start[i], row_start[i+1]), columns ascending, none
/// twice. Indices fit PETSc's 32-bit PetscInt; the number of entries need not.
struct SparseMatrix {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::vector<std::int64_t> row_start = {0}; ///< rows + 1
  std::vector<std::int32_t> column;          ///< nnz
  std::vector<double> value;                 ///< nnz, finite

  std::int64_t nnz() const { return row_start.back(); }
};

} // namespace linnet
