// Stretches of rows of one pattern in the general form: their values differ, where they go does not.
#include "lattice/operator_passes.hpp"

#include <cfloat>

namespace linnet {

namespace {

// Where in a row of `length` entries the directions are; the full row in ascending order is known beforehand.
struct Slots {
  PetscInt length = 7;
  unsigned links = 0x3f;
  PetscInt diagonal = 3; // -1: none
  std::array<PetscInt, 6> of{2, 4, 1, 5, 0, 6};

  bool operator==(const Slots&) const = default;
};

// False where the row has stored zeros or entries twice.
bool find_slots(const LocalRows::Block& own, PetscInt r, const RowCouplings& row, Slots* slots) {
  const PetscInt begin = own.ia[r];
  slots->length = own.ia[r + 1] - begin;
  slots->links = row.links;
  slots->diagonal = -1;
  for (PetscInt e = 0; e < slots->length; ++e) {
    const PetscInt column = own.ja[begin + e];
    if (column == r)
      slots->diagonal = e;
    for (std::size_t d = 0; d < 6; ++d)
      if ((row.links >> d & 1) && column == row.column[d])
        slots->of[d] = e;
  }
  return slots->length == std::popcount(row.links) + (slots->diagonal >= 0);
}

struct Extremes {
  double min_coupling = HUGE_VAL, max_coupling = -HUGE_VAL;
  double min_excess = HUGE_VAL, max_excess = -HUGE_VAL;
};

// `rows` rows from cell c on; false where a value is zero or not finite, or a lower coupling differs from the face.
template <bool full>
bool read_rows(const double* a, PetscInt rows, const Slots& given, std::size_t c, LatticeOperator* op, Extremes* out) {
  const Slots slots = full ? Slots{} : given;
  std::array<double*, 3> face{};
  std::array<std::size_t, 3> stride{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    face[axis] = op->face[axis].data() + c;
    stride[axis] = op->stride(static_cast<int>(axis));
  }
  double* excess = op->excess.data() + c;
  std::array<double, 3> low, high;
  low.fill(out->min_coupling);
  high.fill(out->max_coupling);
  Extremes local = *out;
  bool good = true;
  for (PetscInt i = 0; i < rows; ++i, a += slots.length) {
    double sum = 0;
    for (PetscInt e = 0; e < slots.length; ++e)
      sum += a[e];
    const double e = slots.diagonal < 0 ? sum : excess_of_sum(sum, std::abs(a[slots.diagonal]));
    good &= std::abs(sum) <= DBL_MAX;
    excess[i] = e;
    local.min_excess = e < local.min_excess ? e : local.min_excess;
    local.max_excess = e > local.max_excess ? e : local.max_excess;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      double up = 0;
      if (slots.links >> (2 * axis + 1) & 1) {
        up = -a[slots.of[2 * axis + 1]];
        good &= up != 0;
        low[axis] = up < low[axis] ? up : low[axis];
        high[axis] = up > high[axis] ? up : high[axis];
      }
      face[axis][i] = up;
      if (slots.links >> (2 * axis) & 1) {
        const double down = -a[slots.of[2 * axis]];
        good &= down != 0;
        good &= same_coupling(face[axis][i - static_cast<std::ptrdiff_t>(stride[axis])], down);
      }
    }
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    local.min_coupling = std::min(local.min_coupling, low[axis]);
    local.max_coupling = std::max(local.max_coupling, high[axis]);
  }
  *out = local;
  return good;
}

} // namespace

Stretch read_general_stretch(const Pass& pass, PetscInt r, PetscInt first, PetscInt last, const GridSize& at,
                             const RowCouplings& row, BlockFindings* found) {
  constexpr PetscInt chunk = 32;
  const LocalRows::Block& own = pass.rows.own;
  PetscInt next = r + 1, end = pass.stretch_limit(r, last, at, row);
  Slots slots;
  if (end == next || row.links == 0)
    return {next, next};
  end = stretch_end(own.ia, r, end, ColumnsMove{own.ja});
  if (end == next || !find_slots(own, r, row, &slots))
    return {next, end};
  for (std::size_t d = 0; d < 6; d += 2)
    if ((row.links >> d & 1) && (row.column[d] < first || row.column[d] >= r))
      return {next, end};
  const bool full = slots == Slots{};
  const std::size_t c = pass.place(pass.lattice.cell(r), at);
  while (next < end) {
    const PetscInt rows = std::min(chunk, end - next);
    const std::size_t place = c + static_cast<std::size_t>(next - r);
    const double* a = own.a + own.ia[next];
    Extremes extremes{found->min_coupling, found->max_coupling, found->min_excess, found->max_excess};
    if (!(full ? read_rows<true>(a, rows, slots, place, pass.op, &extremes)
               : read_rows<false>(a, rows, slots, place, pass.op, &extremes)))
      return {next, next + rows};
    std::fill_n(pass.op->links.data() + place, rows, static_cast<std::uint8_t>(row.links | LatticeOperator::row_bit));
    found->min_coupling = extremes.min_coupling;
    found->max_coupling = extremes.max_coupling;
    found->min_excess = extremes.min_excess;
    found->max_excess = extremes.max_excess;
    found->coupled += rows;
    next += rows;
  }
  return {next, next};
}

} // namespace linnet
