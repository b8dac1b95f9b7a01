// Where the rows of a matrix lie in the fields of the finest level.
#include "latticemg/multigrid.hpp"
#include "latticemg/zeros.hpp"

#include <algorithm>

namespace linnet::latticemg {

namespace {

// The place of a cell, found from the one before it where cells of a line follow each other.
class CellPlaces {
public:
  CellPlaces(const LatticeOperator& op, const Lattice& lattice, const std::array<int, 3>& axis, const Level& level)
      : nx_(lattice.size[0]), ny_(lattice.size[1]), axis_(axis), level_(level) {
    for (std::size_t a = 0; a < 3; ++a)
      begin_[a] = op.begin[a];
    const auto x = static_cast<int>(std::find(axis.begin(), axis.end(), 0) - axis.begin());
    step_ = x == 0 ? 0 : x == 1 ? level.line : level.plane;
    half_ = x == 0;
  }
  std::ptrdiff_t operator()(PetscInt cell) {
    if (cell != cell_ + 1 || i_ + 1 == nx_) {
      const PetscInt line = cell / nx_;
      i_ = cell - line * nx_;
      const PetscInt at[3] = {i_ - begin_[0], line % ny_ - begin_[1], line / ny_ - begin_[2]};
      place_ = level_.at(at[axis_[0]], at[axis_[1]], at[axis_[2]]);
      odd_ = ((at[0] + at[1] + at[2]) & 1) != 0;
    } else {
      place_ += step_ + (half_ ? i_ & 1 : 0) + (odd_ ? -level_.gap : level_.gap);
      odd_ = !odd_;
      ++i_;
    }
    cell_ = cell;
    return place_;
  }

private:
  PetscInt nx_, ny_, cell_ = -2, i_ = 0, begin_[3];
  std::ptrdiff_t place_ = 0, step_;
  bool half_, odd_ = false;
  const std::array<int, 3>& axis_;
  const Level& level_;
};

} // namespace

void Multigrid::place_rows(const LatticeOperator& op, const Lattice& lattice, PetscInt rows, int threads) {
  place_.resize(static_cast<std::size_t>(rows));
#pragma omp parallel num_threads(threads)
  {
    CellPlaces place(op, lattice, layout_.coarsening.axis, levels_[0]);
#pragma omp for schedule(static)
    for (PetscInt r = 0; r < rows; ++r)
      place_[static_cast<std::size_t>(r)] = static_cast<std::uint32_t>(place(lattice.cell(r)));
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
