#include "files/format.hpp"
#include "files/petsc_binary.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <string>

namespace linnet {

namespace {

constexpr std::int64_t piece_words = std::int64_t{1} << 17; // 512 KB or 1 MB

std::int32_t as_int32(std::int64_t integer, const char* what) {
  if (integer < std::numeric_limits<std::int32_t>::min() || integer > std::numeric_limits<std::int32_t>::max())
    throw UnwritableError(std::string("PETSc's binary format holds 32-bit integers, ") + what + " is " +
                          std::to_string(integer));
  return static_cast<std::int32_t>(integer);
}

void put(std::string& bytes, std::uint64_t word, int size) {
  for (int byte = size - 1; byte >= 0; --byte)
    bytes += static_cast<char>((word >> (8U * static_cast<unsigned>(byte))) & 0xffU);
}
void put(std::string& bytes, std::int32_t integer) {
  put(bytes, std::bit_cast<std::uint32_t>(integer), 4);
}
void put(std::string& bytes, double real) {
  put(bytes, std::bit_cast<std::uint64_t>(real), 8);
}

// word(i), i = 0, ..., count - 1, big-endian.
template <class Word>
void format_words(std::int64_t count, bool compress, const ByteSink& sink, Word word) {
  write_pieces((count + piece_words - 1) / piece_words, compress,
               [&](std::int64_t piece) {
                 const std::int64_t last = std::min(count, (piece + 1) * piece_words);
                 std::string bytes;
                 bytes.reserve(static_cast<std::size_t>(last - piece * piece_words) * sizeof(word(std::size_t{0})));
                 for (std::int64_t i = piece * piece_words; i < last; ++i)
                   put(bytes, word(static_cast<std::size_t>(i)));
                 return bytes;
               },
               sink);
}

void format_header(PetscClass id, std::initializer_list<std::int64_t> sizes, bool compress, const ByteSink& sink) {
  std::vector<std::int32_t> header = {static_cast<std::int32_t>(id)};
  for (const std::int64_t size : sizes)
    header.push_back(as_int32(size, "a size"));
  format_words(static_cast<std::int64_t>(header.size()), compress, sink, [&](std::size_t i) { return header[i]; });
}

} // namespace

void format_petsc_matrix(const SparseMatrix& matrix, bool compress, const ByteSink& sink) {
  format_header(PetscClass::matrix, {matrix.rows, matrix.cols, matrix.nnz()}, compress, sink);
  format_words(matrix.rows, compress, sink,
               [&](std::size_t i) { return static_cast<std::int32_t>(matrix.row_start[i + 1] - matrix.row_start[i]); });
  format_words(matrix.nnz(), compress, sink, [&](std::size_t k) { return matrix.column[k]; });
  format_words(matrix.nnz(), compress, sink, [&](std::size_t k) { return matrix.value[k]; });
}

void format_petsc_vector(const std::vector<double>& vector, bool compress, const ByteSink& sink) {
  const auto length = static_cast<std::int64_t>(vector.size());
  format_header(PetscClass::vector, {length}, compress, sink);
  format_words(length, compress, sink, [&](std::size_t i) { return vector[i]; });
}

void format_petsc_cells(const std::vector<std::int64_t>& cells, bool compress, const ByteSink& sink) {
  const auto length = static_cast<std::int64_t>(cells.size());
  format_header(PetscClass::index_set, {length}, compress, sink);
  format_words(length, compress, sink, [&](std::size_t i) { return as_int32(cells[i], "a cell"); });
}

} // namespace linnet
