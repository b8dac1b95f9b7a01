#pragma once

#include "base/error.hpp"
#include "files/content.hpp"
#include "files/format.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

// What holds for any bytes given to the readers: they throw InputError with one line that names the file, or what they
// return keeps its promises and survives being written and read again. A violation aborts, which a fuzzer reports.
namespace linnet::fuzz {

inline void require(bool holds, const char* property) {
  if (holds)
    return;
  std::fprintf(stderr, "violated: %s\n", property);
  std::abort();
}

// Few empty rows, for speed.
inline ReadOptions options() {
  ReadOptions options;
  options.pattern_as_ones = true;
  options.threads = 1;
  options.empty_rows = 1 << 12;
  return options;
}

// What is written may have fewer bytes for its rows than what was read.
inline ReadOptions options_again() {
  ReadOptions again = options();
  again.empty_rows = 1 << 24;
  return again;
}

// Calls use(read(bytes)) where the bytes are accepted; true if they are.
template <class Read, class Use>
bool accepted(Read read, std::string_view bytes, const ReadOptions& how, Use use) {
  const std::string name = "input";
  try {
    use(read(std::make_unique<MemorySource>(bytes), name, how));
    return true;
  } catch (const InputError& error) {
    const std::string_view line = error.what();
    require(line.starts_with(name + ":"), "an error begins with the file's name");
    require(line.find_first_of("\n\r") == std::string_view::npos, "an error is one line");
    return false;
  }
}

inline void require_invariants(const SparseMatrix& matrix) {
  const auto rows = static_cast<std::size_t>(matrix.rows);
  require(matrix.rows >= 0 && matrix.rows <= 2147483647 && matrix.cols >= 0 && matrix.cols <= 2147483647, "sizes");
  require(matrix.row_start.size() == rows + 1 && matrix.row_start[0] == 0, "row starts");
  require(matrix.column.size() == static_cast<std::size_t>(matrix.nnz()) && matrix.value.size() == matrix.column.size(),
          "as many columns and values as entries");
  for (std::size_t i = 0; i < rows; ++i) {
    require(matrix.row_start[i] <= matrix.row_start[i + 1], "rows follow each other");
    for (auto k = static_cast<std::size_t>(matrix.row_start[i]); k < static_cast<std::size_t>(matrix.row_start[i + 1]);
         ++k) {
      require(matrix.column[k] >= 0 && matrix.column[k] < matrix.cols, "columns inside the matrix");
      require(k == static_cast<std::size_t>(matrix.row_start[i]) || matrix.column[k - 1] < matrix.column[k],
              "columns ascend");
      require(std::isfinite(matrix.value[k]), "values are finite");
    }
  }
}

inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size())
    return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::bit_cast<std::uint64_t>(a[i]) != std::bit_cast<std::uint64_t>(b[i]))
      return false;
  return true;
}

inline bool same(const SparseMatrix& a, const SparseMatrix& b) {
  return a.rows == b.rows && a.cols == b.cols && a.row_start == b.row_start && a.column == b.column &&
         same_bits(a.value, b.value);
}

template <class Write>
std::string bytes_of(Write write) {
  std::string bytes;
  write([&](std::string_view more) { bytes += more; });
  return bytes;
}

inline void check(std::string_view bytes) {
  const auto matrix = [](auto source, const std::string& name, const ReadOptions& how) {
    return read_matrix(std::move(source), name, how);
  };
  const auto vector = [](auto source, const std::string& name, const ReadOptions& how) {
    return read_vector(std::move(source), name, how);
  };
  const auto cells = [](auto source, const std::string& name, const ReadOptions& how) {
    return read_cells(std::move(source), name, how);
  };
  accepted(matrix, bytes, options(), [&](const SparseMatrix& first) {
    require_invariants(first);
    for (const bool market : {true, false}) {
      const std::string written = bytes_of([&](const ByteSink& sink) {
        market ? format_market_matrix(first, false, false, sink) : format_petsc_matrix(first, false, sink);
      });
      require(accepted(matrix, written, options_again(),
                       [&](const SparseMatrix& again) { require(same(first, again), "same matrix"); }),
              "a written matrix is read");
    }
  });
  accepted(vector, bytes, options(), [&](const std::vector<double>& first) {
    for (const bool market : {true, false}) {
      const std::string written = bytes_of([&](const ByteSink& sink) {
        market ? format_market_vector(first, false, sink) : format_petsc_vector(first, false, sink);
      });
      require(accepted(vector, written, options_again(),
                       [&](const std::vector<double>& again) { require(same_bits(first, again), "same vector"); }),
              "a written vector is read");
    }
  });
  accepted(cells, bytes, options(), [&](const std::vector<std::int64_t>& first) {
    const std::string written = bytes_of([&](const ByteSink& sink) { format_market_cells(first, false, sink); });
    require(
        accepted(cells, written, options_again(), [&](const auto& again) { require(first == again, "same cells"); }),
        "written cells are read");
  });
}

} // namespace linnet::fuzz
