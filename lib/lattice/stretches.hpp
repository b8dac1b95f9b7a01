// Rows in natural order repeat themselves: most of a line of cells is one row, moved on by a cell each time.
#pragma once

#include "lattice/lattice.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace linnet {

/// The end of the stretch that `row` begins: the first row, at most `last`, that has another number of entries than
/// `row`, or for which differs(e, count, length) says so. That is asked of entries e ... e + count - 1, each to be
/// compared with the entry `length` before it, the same one of the row above.
template <class Differs>
PetscInt stretch_end(const PetscInt* ia, PetscInt row, PetscInt last, Differs&& differs) {
  constexpr PetscInt chunk = 16;
  const PetscInt length = ia[row + 1] - ia[row];
  PetscInt next = row + 1;
  for (PetscInt rows = chunk; rows == chunk;) {
    const PetscInt end = next + std::min(chunk, last - next);
    for (rows = 0; next + rows < end && ia[next + rows + 1] - ia[next + rows] == length; ++rows)
      continue;
    if (differs(ia[next], rows * length, length)) {
      while (!differs(ia[next], length, length))
        ++next;
      return next;
    }
    next += rows;
  }
  return next;
}

/// The columns are those of the row above, each one higher.
struct ColumnsMove {
  const PetscInt* ja;
  bool operator()(PetscInt first, PetscInt count, PetscInt length) const {
    unsigned differs = 0;
    for (PetscInt e = first; e < first + count; ++e)
      differs |= static_cast<unsigned>(ja[e] - ja[e - length]) ^ 1U;
    return differs != 0;
  }
};

/// The values are those of the row above, bit by bit.
struct ValuesStay {
  const PetscScalar* a;
  bool operator()(PetscInt first, PetscInt count, PetscInt length) const {
    std::uint64_t differs = 0;
    for (PetscInt e = first; e < first + count; ++e)
      differs |= std::bit_cast<std::uint64_t>(a[e]) ^ std::bit_cast<std::uint64_t>(a[e - length]);
    return differs != 0;
  }
};

/// The values but that of one slot of the row are those of the row above, bit by bit.
struct OthersStay {
  const PetscScalar* a;
  PetscInt slot;
  bool operator()(PetscInt first, PetscInt count, PetscInt length) const {
    std::uint64_t differs = 0;
    for (PetscInt row = first; row < first + count; row += length)
      for (PetscInt e = 0; e < length; ++e) {
        const std::uint64_t changed =
            std::bit_cast<std::uint64_t>(a[row + e]) ^ std::bit_cast<std::uint64_t>(a[row + e - length]);
        differs |= e == slot ? 0 : changed;
      }
    return differs != 0;
  }
};

/// Rows that do not follow from the row above: a bit a row. Of no rows, by default.
class RowBits {
public:
  RowBits() = default;
  explicit RowBits(PetscInt rows) : words_(static_cast<std::size_t>(rows) / 64 + 1), rows_(rows) {}
  PetscInt rows() const { return rows_; }
  std::size_t words() const { return words_.size(); }
  std::uint64_t& operator[](std::size_t word) { return words_[word]; }
  /// The first row with a bit after `row`, or `limit`, at most the number of rows, if that comes first.
  PetscInt after(PetscInt row, PetscInt limit) const {
    const std::size_t start = static_cast<std::size_t>(row) + 1, end = static_cast<std::size_t>(limit) / 64;
    std::size_t w = start / 64;
    std::uint64_t word = words_[w] >> (start % 64) << (start % 64);
    while (word == 0 && w < end)
      word = words_[++w];
    return word == 0 ? limit : std::min(limit, static_cast<PetscInt>(64 * w) + std::countr_zero(word));
  }

private:
  std::vector<std::uint64_t> words_;
  PetscInt rows_ = 0;
};

/// The rows whose columns are not those of the row above, each one higher. Read by default_threads().
RowBits column_breaks(const PetscInt* ia, const PetscInt* ja, PetscInt rows);

/// Where cells[r] is not cells[r - 1] + 1; nowhere, by default.
class CellBreaks {
public:
  CellBreaks() = default;
  explicit CellBreaks(const CellNumbers& cells);
  bool ascending() const { return ascending_; }
  /// The first row after `row` where the cells break, or `limit`, at most the number of rows, if that comes first.
  PetscInt after(PetscInt row, PetscInt limit) const { return bits_.after(row, limit); }
  /// The end of the rows from `row` to `last` for which, the columns of `row` moving on with them, no cells break.
  PetscInt limit(const PetscInt* ia, const PetscInt* ja, PetscInt row, PetscInt last) const {
    if (bits_.rows() == 0)
      return last;
    PetscInt length = after(row, last) - row;
    for (PetscInt e = ia[row]; e < ia[row + 1] && length > 1; ++e)
      length = after(ja[e], std::min(bits_.rows(), ja[e] + length)) - ja[e];
    return row + length;
  }

private:
  RowBits bits_;
  bool ascending_ = true;
};

} // namespace linnet
