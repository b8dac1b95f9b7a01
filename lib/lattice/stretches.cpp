#include "lattice/stretches.hpp"
#include "base/threads.hpp"

namespace linnet {

namespace {

// Whether ja[e] = ja[e - length] + 1 for the `length` entries from e on; four to eight of them make two vectors.
bool columns_move(const PetscInt* ja, PetscInt e, PetscInt length) {
  if (length < 4 || length > 8)
    return !ColumnsMove{ja}(e, length, length);
  const PetscInt *first = ja + e, *above = first - length;
  const auto differs = [&](PetscInt i) { return static_cast<unsigned>(first[i] - above[i]) ^ 1U; };
  std::array<unsigned, 4> both; // the first four and the last four
  for (PetscInt i = 0; i < 4; ++i)
    both[static_cast<std::size_t>(i)] = differs(i) | differs(length - 4 + i);
  return (both[0] | both[1] | both[2] | both[3]) == 0;
}

} // namespace

RowBits column_breaks(const PetscInt* ia, const PetscInt* ja, PetscInt rows) {
  RowBits bits(rows);
#pragma omp parallel for schedule(static) num_threads(default_threads())
  for (std::size_t w = 0; w < bits.words(); ++w) {
    const PetscInt first = static_cast<PetscInt>(64 * w), last = std::min(rows, first + 64);
    std::uint64_t word = first == 0 ? 1 : 0;
    for (PetscInt r = std::max<PetscInt>(first, 1); r < last; ++r) {
      const PetscInt length = ia[r + 1] - ia[r];
      const bool breaks = length != ia[r] - ia[r - 1] || !columns_move(ja, ia[r], length);
      word |= std::uint64_t{breaks} << (r - first);
    }
    bits[w] = word;
  }
  return bits;
}

CellBreaks::CellBreaks(const CellNumbers& cells) : bits_(static_cast<PetscInt>(cells.size())) {
  const auto n = static_cast<PetscInt>(cells.size());
  bool ascending = true;
#pragma omp parallel for schedule(static) num_threads(default_threads()) reduction(&& : ascending)
  for (std::size_t w = 0; w < bits_.words(); ++w) {
    const PetscInt first = static_cast<PetscInt>(64 * w), last = std::min(n, first + 64);
    std::uint64_t word = first == 0 ? 1 : 0;
    unsigned differs = 0;
    for (PetscInt r = std::max<PetscInt>(first, 1); r < last; ++r)
      differs |= static_cast<unsigned>(cells[r] - cells[r - 1]) ^ 1U;
    if (differs != 0)
      for (PetscInt r = std::max<PetscInt>(first, 1); r < last; ++r) {
        word |= std::uint64_t{cells[r] != cells[r - 1] + 1} << (r - first);
        ascending = ascending && cells[r] > cells[r - 1];
      }
    bits_[w] = word;
  }
  ascending_ = ascending;
}

} // namespace linnet
