#pragma once

#include "files/output_file.hpp"
#include "files/sparse_matrix.hpp"

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace linnet {

// What write.hpp puts into files, as bytes in order. See there.

void format_market_matrix(const SparseMatrix& matrix, bool symmetric, bool compress, const ByteSink& sink);
void format_market_vector(const std::vector<double>& vector, bool compress, const ByteSink& sink);
void format_market_cells(const std::vector<std::int64_t>& cells, bool compress, const ByteSink& sink);

/// Data that the format cannot hold.
struct UnwritableError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// PETSc's binary format has 32-bit sizes and indices; throws UnwritableError for what does not fit.
void format_petsc_matrix(const SparseMatrix& matrix, bool compress, const ByteSink& sink);
void format_petsc_vector(const std::vector<double>& vector, bool compress, const ByteSink& sink);
void format_petsc_cells(const std::vector<std::int64_t>& cells, bool compress, const ByteSink& sink);

} // namespace linnet
