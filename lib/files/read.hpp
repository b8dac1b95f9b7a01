#pragma once

#include "files/sparse_matrix.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace linnet {

/// How files are read.
struct ReadOptions {
  bool pattern_as_ones = false;              ///< accept `pattern` matrices, every entry 1
  int threads = 0;                           ///< parsing threads; 0: one a core
  std::int64_t empty_rows = 1 << 24;         ///< rows accepted whatever the file's size; more only at 64 a byte of text
  std::function<void(double)> progress = {}; ///< called now and then with the fraction done, in [0, 1]
};

/// Reads a matrix: Matrix Market (coordinate or array; general, symmetric, skew-symmetric; real, integer, pattern on
/// request) or PETSc binary, either of them gzip-compressed or not, told apart by content. Symmetric storage is
/// expanded, entries given twice are summed. Throws InputError for anything that is not a well-formed, finite, real
/// matrix with 32-bit dimensions.
SparseMatrix read_matrix(const std::string& file, const ReadOptions& options = {});

/// Reads a vector: Matrix Market (array n x 1, coordinate n x 1, or the `vector` object) or PETSc binary.
std::vector<double> read_vector(const std::string& file, const ReadOptions& options = {});

/// Reads one integer a row (a Matrix Market array of integers, n x 1, or a PETSc binary IS): the cell of each row.
std::vector<std::int64_t> read_cells(const std::string& file, const ReadOptions& options = {});

} // namespace linnet
