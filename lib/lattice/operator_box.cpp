// The box of cells that an operator covers on a rank, and which of them have no row.
#include "lattice/operator_passes.hpp"

namespace linnet {

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

void choose_box(const Lattice& lattice, PetscInt rows, PetscInt global_rows, LatticeOperator* op) {
  GridSize low{0, 0, 0}, high{lattice.size[0] - 1, lattice.size[1] - 1, lattice.size[2] - 1};
  if (rows < global_rows) {
    low = {PETSC_MAX_INT, PETSC_MAX_INT, PETSC_MAX_INT};
    high = {-1, -1, -1};
    CellWalker walker(lattice.size);
    for (PetscInt r = 0; r < rows; ++r) {
      const GridSize& at = walker.move_to(lattice.cell(r));
      for (std::size_t axis = 0; axis < 3; ++axis) {
        low[axis] = std::min(low[axis], at[axis]);
        high[axis] = std::max(high[axis], at[axis]);
      }
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
