#include "files/petsc_binary.hpp"

#include "base/error.hpp"
#include "files/compress.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>

namespace linnet {

namespace {

constexpr std::int64_t dense_marker = -1;                    // MATRIX_BINARY_FORMAT_DENSE
constexpr std::int64_t most_entries = std::int64_t{1} << 58; // whose bytes still count in 63 bits

std::uint32_t big_endian(const char* bytes, std::uint32_t) {
  std::uint32_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return std::endian::native == std::endian::little ? __builtin_bswap32(word) : word;
}
std::uint64_t big_endian(const char* bytes, std::uint64_t) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

// A stream with the byte it stands at, and the integers and reals of PETSc's format.
class Reader {
public:
  Reader(ByteSource& source, const std::string& name, const std::function<void(double)>& progress)
      : source_(source), name_(name), progress_(progress), size_(source.at_most()) {}

  std::int64_t position() const { return position_; }

  [[noreturn]] void fail(std::int64_t byte, const std::string& message) const {
    throw InputError(name_, "byte " + std::to_string(byte), message);
  }

  void read_class(PetscClass wanted, const char* what) {
    std::array<char, petsc_head_bytes> head{};
    const std::size_t got = read_fully(source_, head.data(), 4);
    PetscClass found = petsc_class({head.data(), got}, integer_bytes_);
    position_ = 4;
    if (found == PetscClass::none && got == 4) {
      position_ += static_cast<std::int64_t>(read_fully(source_, head.data() + 4, 4));
      found = petsc_class({head.data(), static_cast<std::size_t>(position_)}, integer_bytes_);
    }
    if (found != wanted)
      fail(0, std::string("expected a PETSc ") + what + " (class id " +
                  std::to_string(static_cast<std::int64_t>(wanted)) + "), found " + describe(found));
  }

  // A number of the header, in [least, largest].
  std::int64_t read_size(const char* what, std::int64_t least, std::int64_t largest) {
    const std::int64_t at = position_;
    std::int64_t size = 0;
    read_integers(1, what, [&](std::int64_t value, std::int64_t) { size = value; });
    if (size < least || size > largest)
      fail(at, std::string("expected ") + what + ", an integer from " + std::to_string(least) + " to " +
                   std::to_string(largest) + ", found " + std::to_string(size));
    return size;
  }

  // Calls take(value, byte) for each of `count` integers.
  template <class Take>
  void read_integers(std::int64_t count, const char* what, Take take) {
    if (integer_bytes_ == 4)
      read_words<std::uint32_t>(count, what, [&](std::uint32_t word, std::int64_t byte) {
        take(static_cast<std::int64_t>(std::bit_cast<std::int32_t>(word)), byte);
      });
    else
      read_words<std::uint64_t>(
          count, what, [&](std::uint64_t word, std::int64_t byte) { take(std::bit_cast<std::int64_t>(word), byte); });
  }

  // Calls take(value) for each of `count` reals, which must be finite.
  template <class Take>
  void read_reals(std::int64_t count, const char* what, Take take) {
    read_words<std::uint64_t>(count, what, [&](std::uint64_t word, std::int64_t byte) {
      const auto value = std::bit_cast<double>(word);
      if (!std::isfinite(value))
        fail(byte, std::string("expected a finite number among ") + what + ", found " +
                       (std::isnan(value) ? "nan"
                        : value > 0       ? "inf"
                                          : "-inf"));
      take(value);
    });
  }

  // What is to come must not be more than can be there: said before anything is read or allocated.
  void expect_room(std::int64_t integers, std::int64_t reals, const char* what) const {
    const std::int64_t bytes = std::min(integers, most_entries) * static_cast<std::int64_t>(integer_bytes_) +
                               std::min(reals, most_entries) * 8;
    if (bytes > source_.at_most())
      fail(position_,
           "expected " + std::to_string(bytes) + " bytes of " + what + ", found " + std::to_string(source_.at_most()));
  }

  void expect_end() {
    char more = 0;
    if (read_fully(source_, &more, 1) != 0)
      fail(position_, "expected the end of the file, found further bytes");
  }

private:
  static std::string describe(PetscClass found) {
    switch (found) {
    case PetscClass::matrix:
      return "a matrix (1211216)";
    case PetscClass::vector:
      return "a vector (1211214)";
    case PetscClass::index_set:
      return "an index set (1211218)";
    default:
      return "something else";
    }
  }

  template <class Word, class Take>
  void read_words(std::int64_t count, const char* what, Take take) {
    const std::int64_t first = position_;
    while (count > 0) {
      const std::size_t words = static_cast<std::size_t>(std::min<std::int64_t>(count, piece_bytes / sizeof(Word)));
      const std::size_t got = read_fully(source_, piece_.get(), words * sizeof(Word));
      if (got < words * sizeof(Word)) {
        const std::int64_t there = position_ - first + static_cast<std::int64_t>(got);
        fail(first, "expected " + std::to_string(position_ - first + count * static_cast<std::int64_t>(sizeof(Word))) +
                        " bytes of " + what + ", found " + std::to_string(there) + " before the end of the file");
      }
      for (std::size_t k = 0; k < words; ++k)
        take(big_endian(piece_.get() + k * sizeof(Word), Word{}),
             position_ + static_cast<std::int64_t>(k * sizeof(Word)));
      position_ += static_cast<std::int64_t>(got);
      count -= static_cast<std::int64_t>(words);
      if (progress_ && size_ != ByteSource::unknown && size_ > 0)
        progress_(1.0 - static_cast<double>(source_.at_most()) / static_cast<double>(size_));
    }
  }

  static constexpr std::size_t piece_bytes = std::size_t{1} << 18; // stays in cache

  ByteSource& source_;
  const std::string& name_;
  const std::function<void(double)>& progress_;
  std::int64_t size_;
  std::int64_t position_ = 0;
  std::size_t integer_bytes_ = 4;
  std::unique_ptr<char[]> piece_ = std::make_unique_for_overwrite<char[]>(piece_bytes);
};

// Room for `count` more where the source is known to hold as many; a gzip stream's bound is too loose to allocate by.
template <class T>
void reserve(std::vector<T>& vector, std::int64_t count) {
  constexpr std::int64_t modest = std::int64_t{1} << 20;
  vector.reserve(static_cast<std::size_t>(std::min(count, modest)));
}

SparseMatrix read_dense(Reader& in, std::int64_t rows, std::int64_t cols) {
  if (cols == 0 && rows > 0)
    in.fail(in.position(), "expected a dense matrix with columns, found " + std::to_string(rows) + " rows and none");
  in.expect_room(0, rows * cols, "values");
  SparseMatrix matrix;
  matrix.rows = rows;
  matrix.cols = cols;
  std::int64_t column = 0;
  in.read_reals(rows * cols, "values", [&](double value) {
    if (value != 0.0) {
      matrix.column.push_back(static_cast<std::int32_t>(column));
      matrix.value.push_back(value);
    }
    if (++column == cols) {
      column = 0;
      matrix.row_start.push_back(static_cast<std::int64_t>(matrix.value.size()));
    }
  });
  in.expect_end();
  return matrix;
}

} // namespace

PetscClass petsc_class(std::string_view head, std::size_t& integer_bytes) {
  const auto known = [](std::uint64_t id) {
    const auto as_class = static_cast<PetscClass>(static_cast<std::int64_t>(id));
    return as_class == PetscClass::matrix || as_class == PetscClass::vector || as_class == PetscClass::index_set;
  };
  integer_bytes = 4;
  if (head.size() < 4)
    return PetscClass::none;
  if (const std::uint32_t id = big_endian(head.data(), std::uint32_t{}); known(id))
    return static_cast<PetscClass>(id);
  if (head.size() < 8)
    return PetscClass::none;
  const std::uint64_t id = big_endian(head.data(), std::uint64_t{});
  if (!known(id))
    return PetscClass::none;
  integer_bytes = 8;
  return static_cast<PetscClass>(id);
}

SparseMatrix read_petsc_matrix(ByteSource& source, const std::string& name,
                               const std::function<void(double)>& progress) {
  Reader in(source, name, progress);
  in.read_class(PetscClass::matrix, "matrix");
  SparseMatrix matrix;
  matrix.rows = in.read_size("the number of rows", 0, largest_dimension);
  matrix.cols = in.read_size("the number of columns", 0, largest_dimension);
  const std::int64_t entries = in.read_size("the number of entries (-1: dense)", dense_marker, most_entries);
  if (entries == dense_marker)
    return read_dense(in, matrix.rows, matrix.cols);
  in.expect_room(matrix.rows + entries, entries, "row lengths, columns and values");

  reserve(matrix.row_start, matrix.rows + 1);
  reserve(matrix.column, entries);
  reserve(matrix.value, entries);
  const std::int64_t lengths_at = in.position();
  in.read_integers(matrix.rows, "row lengths", [&](std::int64_t length, std::int64_t byte) {
    const std::int64_t longest = std::min(matrix.cols, entries - matrix.row_start.back());
    if (length < 0 || length > longest)
      in.fail(byte, "expected the length of row " + std::to_string(matrix.row_start.size()) + ", from 0 to " +
                        std::to_string(longest) + ", found " + std::to_string(length));
    matrix.row_start.push_back(matrix.row_start.back() + length);
  });
  if (matrix.row_start.back() != entries)
    in.fail(lengths_at, "expected row lengths that add up to " + std::to_string(entries) + " entries, found " +
                            std::to_string(matrix.row_start.back()));
  in.read_integers(entries, "columns", [&](std::int64_t column, std::int64_t byte) {
    if (column < 0 || column >= matrix.cols)
      in.fail(byte,
              "expected a column from 0 to " + std::to_string(matrix.cols - 1) + ", found " + std::to_string(column));
    matrix.column.push_back(static_cast<std::int32_t>(column));
  });
  in.read_reals(entries, "values", [&](double value) { matrix.value.push_back(value); });
  in.expect_end();
  if (sort_rows(matrix, 0, matrix.rows, name) > 0)
    drop_marked(matrix);
  return matrix;
}

std::vector<double> read_petsc_vector(ByteSource& source, const std::string& name,
                                      const std::function<void(double)>& progress) {
  Reader in(source, name, progress);
  in.read_class(PetscClass::vector, "vector");
  const std::int64_t length = in.read_size("the length", 0, largest_dimension);
  in.expect_room(0, length, "values");
  std::vector<double> vector;
  reserve(vector, length);
  in.read_reals(length, "values", [&](double value) { vector.push_back(value); });
  in.expect_end();
  return vector;
}

std::vector<std::int64_t> read_petsc_cells(ByteSource& source, const std::string& name,
                                           const std::function<void(double)>& progress) {
  Reader in(source, name, progress);
  in.read_class(PetscClass::index_set, "index set");
  const std::int64_t length = in.read_size("the length", 0, largest_dimension);
  in.expect_room(length, 0, "indices");
  std::vector<std::int64_t> cells;
  reserve(cells, length);
  in.read_integers(length, "indices", [&](std::int64_t cell, std::int64_t) { cells.push_back(cell); });
  in.expect_end();
  return cells;
}

} // namespace linnet
