#include "files/format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace linnet {

namespace {

constexpr std::int64_t piece_entries = std::int64_t{1} << 15; // some 100 KB to 1 MB of text

// Appends a number as short as reads back to the same bits, and `end`.
template <class Number>
void append(std::string& text, Number number, char end) {
  std::array<char, 32> digits{};
  char* last = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  *last++ = end;
  text.append(digits.data(), last);
}

template <class Number>
void format_array(const std::vector<Number>& numbers, const char* field, bool compress, const ByteSink& sink) {
  const auto size = static_cast<std::int64_t>(numbers.size());
  const std::int64_t pieces = 1 + (size + piece_entries - 1) / piece_entries;
  write_pieces(
      pieces, compress,
      [&](std::int64_t piece) {
        if (piece == 0)
          return "%%MatrixMarket matrix array " + std::string(field) + " general\n" + std::to_string(size) + " 1\n";
        std::string text;
        const std::int64_t last = std::min(size, piece * piece_entries);
        for (std::int64_t i = (piece - 1) * piece_entries; i < last; ++i)
          append(text, numbers[static_cast<std::size_t>(i)], '\n');
        return text;
      },
      sink);
}

} // namespace

void format_market_matrix(const SparseMatrix& matrix, bool symmetric, bool compress, const ByteSink& sink) {
  const auto start = [&](std::int64_t row) { return matrix.row_start[static_cast<std::size_t>(row)]; };
  // Columns ascend, so the lower triangle's part of a row is its beginning.
  const auto end = [&](std::int64_t row) {
    if (!symmetric)
      return start(row + 1);
    const auto first = matrix.column.begin() + start(row);
    return start(row) + (std::upper_bound(first, matrix.column.begin() + start(row + 1), row) - first);
  };
  std::int64_t entries = 0;
  std::vector<std::int64_t> cuts = {0}; // rows between which the pieces lie
  for (std::int64_t row = 0, in_piece = 0; row < matrix.rows; ++row) {
    const std::int64_t in_row = end(row) - start(row);
    entries += in_row;
    in_piece += in_row;
    if (in_piece >= piece_entries) {
      cuts.push_back(row + 1);
      in_piece = 0;
    }
  }
  cuts.push_back(matrix.rows);
  write_pieces(
      static_cast<std::int64_t>(cuts.size()), compress,
      [&](std::int64_t piece) {
        if (piece == 0)
          return "%%MatrixMarket matrix coordinate real " + std::string(symmetric ? "symmetric" : "general") + "\n" +
                 std::to_string(matrix.rows) + " " + std::to_string(matrix.cols) + " " + std::to_string(entries) + "\n";
        std::string text;
        const std::int64_t last = cuts[static_cast<std::size_t>(piece)];
        for (std::int64_t row = cuts[static_cast<std::size_t>(piece) - 1]; row < last; ++row) {
          for (std::int64_t k = start(row); k < end(row); ++k) {
            append(text, row + 1, ' ');
            append(text, matrix.column[static_cast<std::size_t>(k)] + std::int64_t{1}, ' ');
            append(text, matrix.value[static_cast<std::size_t>(k)], '\n');
          }
        }
        return text;
      },
      sink);
}

void format_market_vector(const std::vector<double>& vector, bool compress, const ByteSink& sink) {
  format_array(vector, "real", compress, sink);
}

void format_market_cells(const std::vector<std::int64_t>& cells, bool compress, const ByteSink& sink) {
  format_array(cells, "integer", compress, sink);
}

} // namespace linnet
