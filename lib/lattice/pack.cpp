#include "lattice/pack.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

namespace linnet {

namespace {

struct Part {
  GridSize low{PETSC_MAX_INT, PETSC_MAX_INT, PETSC_MAX_INT};
  GridSize extent{0, 0, 0};
  GridSize period{0, 0, 0};
  PetscInt rows = 0;
  GridSize corner{0, 0, 0}; // where it is put

  std::int64_t volume() const { return std::int64_t{extent[0]} * extent[1] * extent[2]; }
};

std::vector<Part> measure(const Pieces& pieces) {
  std::vector<Part> parts(static_cast<std::size_t>(pieces.components));
  for (const Segment& s : pieces.segments) {
    Part& part = parts[s.component];
    part.rows += s.length;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      part.low[axis] = std::min(part.low[axis], s.at[axis]);
      part.extent[axis] = std::max(part.extent[axis], s.at[axis] + (axis == 0 ? s.length : 1)); // highest so far
    }
  }
  for (std::size_t p = 0; p < parts.size(); ++p) {
    parts[p].period = pieces.period[p];
    for (std::size_t axis = 0; axis < 3; ++axis) {
      parts[p].extent[axis] -= parts[p].low[axis];
      if (pieces.period[p][axis] > 0)
        parts[p].extent[axis] = pieces.period[p][axis];
    }
  }
  return parts;
}

// Rows of parts along x, shelves of rows along y, slabs of shelves along z, a layer free between two. `order`: the
// higher slabs first. Returns the box; a flat lattice is one slab.
GridSize shelve(std::vector<Part>& parts, const std::vector<PetscInt>& order, const GridSize& limit) {
  GridSize box{0, 0, 0}, next{0, 0, 0};
  PetscInt shelf = 0, slab = 0;
  for (const PetscInt p : order) {
    Part& part = parts[p];
    if (next[0] > 0 && next[0] > limit[0] - part.extent[0]) {
      next = {0, next[1] + shelf + 1, next[2]};
      shelf = 0;
    }
    if (next[1] > 0 && next[1] > limit[1] - part.extent[1]) {
      next = {0, 0, next[2] + slab + 1};
      shelf = slab = 0;
    }
    part.corner = next;
    for (std::size_t axis = 0; axis < 3; ++axis)
      box[axis] = std::max(box[axis], next[axis] + part.extent[axis]);
    next[0] += part.extent[0] + 1;
    shelf = std::max(shelf, part.extent[1]);
    slab = std::max(slab, part.extent[2]);
  }
  return box;
}

double volume_of(const GridSize& box) {
  return double(box[0]) * double(box[1]) * double(box[2]);
}

// The better of two: as narrow as the widest part, or about as wide as high.
GridSize arrange(std::vector<Part>& parts, const std::vector<PetscInt>& order, const std::array<bool, 3>& periodic) {
  GridSize widest{1, 1, 1};
  double volume = 0;
  for (const PetscInt p : order) {
    volume += volume_of({parts[p].extent[0] + 1, parts[p].extent[1] + 1, parts[p].extent[2] + 1});
    for (std::size_t axis = 0; axis < 3; ++axis)
      widest[axis] = std::max(widest[axis], parts[p].extent[axis]);
  }
  const bool flat = widest[2] == 1 && !periodic[1];
  if (order.size() == 1)
    return shelve(parts, order, widest);
  const PetscInt unlimited = std::numeric_limits<PetscInt>::max();
  GridSize narrow = widest, square = widest;
  const PetscInt side = static_cast<PetscInt>(std::min(1e9, flat ? std::sqrt(volume) : std::cbrt(volume)));
  for (std::size_t axis = 0; axis < 2; ++axis)
    if (!periodic[axis])
      square[axis] = std::max(widest[axis], side);
  if (flat)
    narrow[1] = square[1] = unlimited;
  const GridSize narrow_box = shelve(parts, order, narrow), square_box = shelve(parts, order, square);
  if (volume_of(square_box) <= volume_of(narrow_box))
    return square_box;
  return shelve(parts, order, narrow);
}

class Occupancy {
public:
  explicit Occupancy(std::size_t cells) : words_((cells + 63) / 64, 0) {}
  // False where the cell was taken before.
  bool take(std::size_t cell) {
    const std::uint64_t bit = std::uint64_t{1} << (cell % 64), was = words_[cell / 64];
    words_[cell / 64] |= bit;
    return !(was & bit);
  }
  // The same for cells first ... first + count - 1: the first that was taken before, or the end.
  std::size_t take(std::size_t first, std::size_t count) {
    std::size_t cell = first;
    for (const std::size_t end = first + count; cell < end;) {
      const std::size_t inside = cell % 64, here = std::min(64 - inside, end - cell);
      const std::uint64_t bits = ~std::uint64_t{0} >> (64 - here) << inside, both = words_[cell / 64] & bits;
      if (both)
        return cell - inside + static_cast<std::size_t>(std::countr_zero(both));
      words_[cell / 64] |= bits;
      cell += here;
    }
    return cell;
  }

private:
  std::vector<std::uint64_t> words_;
};

} // namespace

std::string pack(const Pieces& pieces, PetscInt rows, Lattice* lattice) {
  std::vector<Part> parts = measure(pieces);
  std::vector<PetscInt> order;
  PetscInt single_rows = 0;
  *lattice = Lattice{};
  GridSize box{0, 0, 0}, period{0, 0, 0};
  for (PetscInt p = 0; p < pieces.components; ++p) {
    if (parts[p].rows == 1) {
      ++single_rows;
      continue;
    }
    order.push_back(p);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (period[axis] > 0 && parts[p].period[axis] > 0 && parts[p].period[axis] != period[axis])
        return "two components close on one axis, after " + std::to_string(period[axis]) + " and " +
               std::to_string(parts[p].period[axis]) + " cells: no one lattice has both";
      period[axis] = std::max(period[axis], parts[p].period[axis]);
    }
  }
  for (std::size_t axis = 0; axis < 3; ++axis)
    lattice->periodic[axis] = period[axis] > 0;
  std::stable_sort(order.begin(), order.end(), [&](PetscInt a, PetscInt b) {
    const Part &pa = parts[a], &pb = parts[b];
    if (pa.extent[2] != pb.extent[2])
      return pa.extent[2] > pb.extent[2];
    if (pa.extent[1] != pb.extent[1])
      return pa.extent[1] > pb.extent[1];
    return pa.volume() > pb.volume();
  });
  if (!order.empty())
    box = arrange(parts, order, lattice->periodic);
  else
    box = {single_rows, 1, 1};
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (period[axis] > 0 && box[axis] != period[axis])
      return "components that close on an axis and others have no room on one lattice";

  // Single rows go to free cells; the box grows along its last axis that does not close.
  const double short_of = double(rows) - volume_of(box);
  if (short_of > 0) {
    std::size_t axis = box[2] > 1 ? 2 : box[1] > 1 ? 1 : 0;
    while (axis > 0 && period[axis] > 0)
      --axis;
    if (period[axis] > 0)
      return "rows coupled with none have no room on a lattice that closes on each axis";
    const double layer = volume_of(box) / box[axis];
    box[axis] += static_cast<PetscInt>(std::ceil(short_of / layer));
  }
  if (volume_of(box) > std::min(32.0 * rows + 4096, double(PETSC_MAX_INT)))
    return "the smallest lattice found, " + std::to_string(box[0]) + " x " + std::to_string(box[1]) + " x " +
           std::to_string(box[2]) + " cells, is too large for " + std::to_string(rows) + " rows";
  lattice->size = box;

  lattice->cells.resize(static_cast<std::size_t>(rows));
  Occupancy taken(static_cast<std::size_t>(volume_of(box)));
  std::vector<PetscInt> singles;
  for (const Segment& s : pieces.segments) {
    const Part& part = parts[s.component];
    if (part.rows == 1) {
      singles.push_back(s.row);
      continue;
    }
    GridSize at;
    for (std::size_t axis = 0; axis < 3; ++axis)
      at[axis] = s.at[axis] - part.low[axis] + part.corner[axis];
    const PetscInt cell = at[0] + box[0] * (at[1] + box[1] * at[2]);
    const PetscInt placed =
        static_cast<PetscInt>(taken.take(static_cast<std::size_t>(cell), static_cast<std::size_t>(s.length))) - cell;
    if (placed < s.length)
      return "rows that are not coupled fall on one cell, one of them row " + std::to_string(s.row + placed);
    std::iota(lattice->cells.begin() + s.row, lattice->cells.begin() + s.row + s.length, cell);
  }
  std::size_t free = 0;
  for (const PetscInt row : singles) {
    while (!taken.take(free))
      ++free;
    lattice->cells[row] = static_cast<PetscInt>(free++);
  }
  bool natural = true;
  for (PetscInt r = 0; r < rows && natural; ++r)
    natural = lattice->cells[r] == r;
  lattice->natural = natural;
  if (natural)
    lattice->cells.clear();
  return {};
}

} // namespace linnet
