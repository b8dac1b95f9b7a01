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

/// Where cells[r] is not cells[r - 1] + 1: a bit a row; nowhere, by default.
class CellBreaks {
public:
  CellBreaks() = default;
  explicit CellBreaks(const std::vector<PetscInt>& cells)
      : words_(cells.size() / 64 + 1), rows_(static_cast<PetscInt>(cells.size())) {
    const std::size_t n = cells.size();
    bool ascending = true;
#pragma omp parallel for schedule(static) reduction(&& : ascending)
    for (std::size_t w = 0; w < words_.size(); ++w) {
      std::uint64_t word = 0;
      for (std::size_t r = 64 * w; r < 64 * w + 64; ++r) {
        const bool breaks = r == 0 || r >= n || cells[r] != cells[r - 1] + 1;
        word |= std::uint64_t{breaks} << (r % 64);
        ascending = ascending && (!breaks || r == 0 || r >= n || cells[r] > cells[r - 1]);
      }
      words_[w] = word;
    }
    ascending_ = ascending;
  }
  bool ascending() const {
    return ascending_;
  }
  /// The first row after `row` where the cells break, or `limit`, at most the number of rows, if that comes first.
  PetscInt after(PetscInt row, PetscInt limit) const {
    const std::size_t start = static_cast<std::size_t>(row) + 1, end = static_cast<std::size_t>(limit) / 64;
    std::size_t w = start / 64;
    std::uint64_t word = words_[w] >> (start % 64) << (start % 64);
    while (word == 0 && w < end)
      word = words_[++w];
    return word == 0 ? limit : std::min(limit, static_cast<PetscInt>(64 * w) + std::countr_zero(word));
  }

  /// The end of the rows from `row` to `last` for which, the columns of `row` moving on with them, no cells break.
  PetscInt limit(const PetscInt* ia, const PetscInt* ja, PetscInt row, PetscInt last) const {
    if (words_.empty())
      return last;
    PetscInt length = after(row, last) - row;
    for (PetscInt e = ia[row]; e < ia[row + 1] && length > 1; ++e)
      length = after(ja[e], std::min(rows_, ja[e] + length)) - ja[e];
    return row + length;
  }

private:
  std::vector<std::uint64_t> words_;
  PetscInt rows_ = 0;
  bool ascending_ = true;
};

} // namespace linnet
