#pragma once

#include "files/byte_source.hpp"
#include "files/sparse_matrix.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace linnet {

// PETSc's binary format, big-endian. A matrix (MatView): class id, rows, columns, entries, the length of each row, the
// column of each entry, the values; entries -1 for a dense matrix, then its values by rows. A vector (VecView): class
// id, length, values. An index set (ISView): class id, length, indices. Integers have 32 bits, or 64 where PETSc was
// built so; real double values only.
enum class PetscClass : std::int64_t { none = 0, matrix = 1211216, vector = 1211214, index_set = 1211218 };

constexpr std::size_t petsc_head_bytes = 8; ///< that tell the class

/// The class of a file that begins with `head`, and its bytes an integer (4 or 8).
PetscClass petsc_class(std::string_view head, std::size_t& integer_bytes);

/// Readers of a whole PETSc binary stream; see read.hpp. They throw InputError by byte of the (decompressed) stream.
SparseMatrix read_petsc_matrix(ByteSource& source, const std::string& name,
                               const std::function<void(double)>& progress);
std::vector<double> read_petsc_vector(ByteSource& source, const std::string& name,
                                      const std::function<void(double)>& progress);
std::vector<std::int64_t> read_petsc_cells(ByteSource& source, const std::string& name,
                                           const std::function<void(double)>& progress);

} // namespace linnet
