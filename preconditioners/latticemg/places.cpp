// Where the rows of a matrix lie in the fields of the finest level.
#include "latticemg/multigrid.hpp"
#include "latticemg/zeros.hpp"

#include <algorithm>

namespace linnet::latticemg {

namespace {

// Threads take rows in blocks of this many.
constexpr PetscInt rows_of_block = 1 << 13;

// Places of cells that follow each other along x: every other one has the same colour, and lies as far from the last.
class LinePlaces {
public:
  LinePlaces(const LatticeOperator& op, const Lattice& lattice, const std::array<int, 3>& axis, const Level& level)
      : op_(op), nx_(lattice.size[0]), ny_(lattice.size[1]), axis_(axis), level_(level) {
    const std::ptrdiff_t along[] = {1, 2 * level.line, 2 * level.plane};
    step_ = along[std::find(axis.begin(), axis.end(), 0) - axis.begin()];
  }
  /// Cells from this one to the end of its line.
  PetscInt left(PetscInt cell) const { return nx_ - cell % nx_; }
  void put(PetscInt cell, PetscInt count, std::uint32_t* place) const {
    for (PetscInt parity = 0; parity < std::min<PetscInt>(count, 2); ++parity) {
      const std::ptrdiff_t first = at(cell + parity);
      for (PetscInt i = parity; i < count; i += 2)
        place[i] = static_cast<std::uint32_t>(first + i / 2 * step_);
    }
  }

private:
  std::ptrdiff_t at(PetscInt cell) const {
    const PetscInt line = cell / nx_;
    const PetscInt at[3] = {cell - line * nx_ - op_.begin[0], line % ny_ - op_.begin[1], line / ny_ - op_.begin[2]};
    return level_.at(at[axis_[0]], at[axis_[1]], at[axis_[2]]);
  }

  const LatticeOperator& op_;
  PetscInt nx_, ny_;
  const std::array<int, 3>& axis_;
  const Level& level_;
  std::ptrdiff_t step_;
};

// The end of the rows from r to at most `last` whose cells follow each other.
PetscInt sequence_end(const Lattice& lattice, PetscInt r, PetscInt last) {
  if (lattice.natural)
    return last;
  const PetscInt* cells = lattice.cells.data();
  PetscInt next = r + 1;
  while (next < last && cells[next] == cells[next - 1] + 1)
    ++next;
  return next;
}

} // namespace

void Multigrid::place_rows(const LatticeOperator& op, const Lattice& lattice, PetscInt rows, int threads) {
  place_.resize(static_cast<std::size_t>(rows));
  const LinePlaces places(op, lattice, layout_.coarsening.axis, levels_[0]);
  const PetscInt blocks = rows / rows_of_block + (rows % rows_of_block > 0);
#pragma omp parallel for schedule(static) num_threads(threads)
  for (PetscInt b = 0; b < blocks; ++b) {
    const PetscInt first = b * rows_of_block, last = first + std::min(rows_of_block, rows - first);
    for (PetscInt r = first, next = first; r < last; r = next) {
      const PetscInt cell = lattice.cell(r);
      next = sequence_end(lattice, r, r + std::min(last - r, places.left(cell)));
      places.put(cell, next - r, place_.data() + r);
    }
  }
}

void Multigrid::find_decoupled(const LatticeOperator& op, const Lattice& lattice, PetscInt rows) {
  decoupled_.clear();
  for (PetscInt r = 0; op.decoupled_rows > 0 && r < rows; ++r) {
    const std::size_t c = op.box_index(lattice, lattice.cell(r));
    if (op.links[c] != LatticeOperator::row_bit)
      continue;
    const double diagonal = op.excess_of(c);
    decoupled_.push_back({r, diagonal, diagonal > 0 ? 1 / diagonal : 0});
  }
}

} // namespace linnet::latticemg
