// The box of cells that an operator covers on a rank, and which of them have no row.
#include "lattice/operator_passes.hpp"

namespace linnet {

namespace {

// Widens low ... high by the cells first ... last, which follow each other.
void include(const GridSize& size, PetscInt first, PetscInt last, GridSize* low, GridSize* high) {
  PetscInt step = size[0] * size[1];
  bool one_value = true; // on the axes so far
  for (std::size_t axis = 3; axis-- > 0;) {
    const PetscInt from = first / step % size[axis], to = last / step % size[axis];
    (*low)[axis] = std::min((*low)[axis], one_value ? from : 0);
    (*high)[axis] = std::max((*high)[axis], one_value ? to : size[axis] - 1);
    one_value = one_value && from == to;
    step /= axis > 0 ? size[axis - 1] : 1;
  }
}

} // namespace

void box_around(const Lattice& lattice, const GridSize& low, const GridSize& high, LatticeOperator* op) {
  const bool any = high[0] >= low[0] && high[1] >= low[1] && high[2] >= low[2];
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const PetscInt extent = lattice.size[axis];
    const bool layer = any && (low[axis] > 0 || (lattice.periodic[axis] && high[axis] < extent - 1));
    op->begin[axis] = any ? low[axis] - layer : 0;
    op->size[axis] = any ? high[axis] - op->begin[axis] + 1 : 0;
    op->wraps[axis] = lattice.periodic[axis] && op->size[axis] == extent && op->begin[axis] == 0;
  }
}

void choose_box(const Lattice& lattice, const CellBreaks& breaks, PetscInt rows, PetscInt global_rows,
                LatticeOperator* op) {
  GridSize low{0, 0, 0}, high{lattice.size[0] - 1, lattice.size[1] - 1, lattice.size[2] - 1};
  if (rows < global_rows) {
    low = {PETSC_MAX_INT, PETSC_MAX_INT, PETSC_MAX_INT};
    high = {-1, -1, -1};
    for (PetscInt r = 0, next = 0; r < rows; r = next) {
      next = lattice.natural ? rows : breaks.after(r, rows);
      include(lattice.size, lattice.cell(r), lattice.cell(next - 1), &low, &high);
    }
  }
  box_around(lattice, low, high, op);
}

std::vector<CellRange> cells_to_clear(const Pass& pass) {
  constexpr std::size_t longest = 65536;
  const std::size_t cells = pass.op->cell_count();
  const PetscInt rows = pass.rows.count;
  std::vector<CellRange> ranges;
  const auto add = [&](std::size_t first, std::size_t last) {
    for (; first < last; first += std::min(longest, last - first))
      ranges.push_back({first, first + std::min(longest, last - first)});
  };
  if (pass.whole && pass.lattice.natural) {
    add(static_cast<std::size_t>(rows), cells);
    return ranges;
  }
  if (pass.whole && pass.breaks.ascending()) {
    std::size_t from = 0;
    for (PetscInt r = 0; r < rows && ranges.size() <= cells / 64; r = pass.breaks.after(r, rows)) {
      if (r > 0)
        from = static_cast<std::size_t>(pass.lattice.cell(r - 1)) + 1;
      add(from, static_cast<std::size_t>(pass.lattice.cell(r)));
    }
    if (ranges.size() <= cells / 64) {
      add(static_cast<std::size_t>(pass.lattice.cell(rows - 1)) + 1, cells);
      return ranges;
    }
    ranges.clear();
  }
  add(0, cells);
  return ranges;
}

} // namespace linnet
