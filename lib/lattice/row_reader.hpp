#pragma once

#include "lattice/local_rows.hpp"
#include "lattice/operator.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

namespace linnet {

/// The neighbours of a cell by the difference of cell numbers. Strides are 0 on axes with one cell.
struct Neighbourhood {
  GridSize size;
  GridSize stride;
  std::array<bool, 3> wraps;

  Neighbourhood(const GridSize& grid, const std::array<bool, 3>& periodic) : size(grid), stride{}, wraps{} {
    PetscInt step = 1;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      stride[axis] = size[axis] > 1 ? step : 0;
      wraps[axis] = periodic[axis] && size[axis] > 2;
      step *= size[axis];
    }
  }

  /// The direction in which the cell numbered `difference` higher lies from the cell at `at`; -1 where it is no neighbour.
  Direction direction(const GridSize& at, PetscInt difference) const {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (difference == stride[axis] && at[axis] + 1 < size[axis])
        return static_cast<Direction>(2 * axis + 1);
      if (difference == -stride[axis] && at[axis] > 0)
        return static_cast<Direction>(2 * axis);
    }
    return wrapped_direction(at, difference);
  }

  Direction wrapped_direction(const GridSize& at, PetscInt difference) const {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const PetscInt across = (size[axis] - 1) * stride[axis];
      if (wraps[axis] && difference == -across && at[axis] == size[axis] - 1)
        return static_cast<Direction>(2 * axis + 1);
      if (wraps[axis] && difference == across && at[axis] == 0)
        return static_cast<Direction>(2 * axis);
    }
    return -1;
  }
};

/// The place of a cell, found without division while cells come in ascending order.
class CellWalker {
public:
  explicit CellWalker(const GridSize& size) : size_(size) {}
  const GridSize& move_to(PetscInt cell) {
    if (cell == cell_ + 1 && at_[0] + 1 < size_[0]) {
      ++at_[0];
    } else {
      at_ = {cell % size_[0], cell / size_[0] % size_[1], cell / size_[0] / size_[1]};
    }
    cell_ = cell;
    return at_;
  }

private:
  GridSize size_;
  GridSize at_{};
  PetscInt cell_ = std::numeric_limits<PetscInt>::min();
};

enum class Fault : std::uint8_t { none, not_finite, far, twice, asymmetric };

/// One row of the matrix as couplings.
struct RowCouplings {
  double w[6];
  double excess;
  unsigned links;
  unsigned wrapped;   // bit per axis: coupled across the end of a periodic axis
  PetscInt column[6]; // local row of the neighbour, -1 on another rank
};

/// Adds one block of a row; `cell_of` gives the cell of a column of the block. Returns the first fault.
template <class CellOf>
Fault read_block(const LocalRows::Block& block, PetscInt row, PetscInt diagonal, PetscInt cell, const GridSize& at,
                 const Neighbourhood& near, CellOf&& cell_of, RowCouplings* out, double* size_of_diagonal) {
  for (PetscInt e = block.ia[row]; e < block.ia[row + 1]; ++e) {
    const PetscInt column = block.ja[e];
    const double a = block.a[e];
    out->excess += a;
    if (column == diagonal) {
      *size_of_diagonal += std::abs(a);
      continue;
    }
    if (a == 0)
      continue;
    const PetscInt difference = cell_of(column) - cell;
    const Direction d = near.direction(at, difference);
    if (d < 0)
      return std::isfinite(a) ? Fault::far : Fault::not_finite;
    const unsigned bit = 1U << d;
    if (out->links & bit)
      return Fault::twice;
    out->links |= bit;
    out->w[d] = -a;
    out->column[d] = diagonal < 0 ? -1 : column;
    if (difference != (d % 2 ? near.stride[d / 2] : -near.stride[d / 2]))
      out->wrapped |= 1U << (d / 2);
  }
  return Fault::none;
}

/// Reads rows one after the other. `ghost_cells` is null on one rank.
class RowReader {
public:
  RowReader(const LocalRows& rows, const Lattice& lattice, const PetscInt* ghost_cells)
      : rows_(rows), near_(lattice.size, lattice.periodic), walker_(lattice.size), ghost_cells_(ghost_cells),
        cells_(lattice.natural ? nullptr : lattice.cells.data()), begin_(lattice.row_begin) {}

  Fault read(PetscInt row, RowCouplings* out) {
    const PetscInt cell = cells_ ? cells_[row] : row + begin_;
    at_ = walker_.move_to(cell);
    *out = RowCouplings{};
    double size_of_diagonal = 0;
    Fault fault = cells_ ? read_block(rows_.own, row, row, cell, at_, near_, [this](PetscInt c) { return cells_[c]; },
                                      out, &size_of_diagonal)
                         : read_block(rows_.own, row, row, cell, at_, near_, [this](PetscInt c) { return c + begin_; },
                                      out, &size_of_diagonal);
    if (fault == Fault::none && rows_.other.ia)
      fault = read_block(rows_.other, row, -1, cell, at_, near_, [this](PetscInt c) { return ghost_cells_[c]; }, out,
                         &size_of_diagonal);
    if (fault != Fault::none)
      return fault;
    if (!std::isfinite(out->excess))
      return Fault::not_finite;
    if (std::abs(out->excess) <= 16 * std::numeric_limits<double>::epsilon() * size_of_diagonal && out->links != 0)
      out->excess = 0;
    return Fault::none;
  }
  /// Where the row read last lies.
  const GridSize& at() const { return at_; }
  const Neighbourhood& near() const { return near_; }

private:
  const LocalRows& rows_;
  Neighbourhood near_;
  CellWalker walker_;
  const PetscInt* ghost_cells_;
  const PetscInt* cells_;
  PetscInt begin_;
  GridSize at_{};
};

/// What stands against a row, in one line.
std::string describe_fault(Fault fault, const LocalRows& rows, const Lattice& lattice, const PetscInt* ghost_cells,
                           PetscInt row);

/// Couplings that differ by more than this of their size are not symmetric.
inline bool same_coupling(double a, double b) { return std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b)); }

/// Compares the couplings of this rank's rows with those that other ranks hold of the same pairs of rows. Collective.
PetscErrorCode CheckAcrossRanks(Mat A, const LocalRows& rows, const Lattice& lattice, const PetscInt* ghost_cells,
                                const LatticeOperator& op, std::string* refusal);

/// Cells of the ghost columns. Collective.
PetscErrorCode FindGhostCells(Mat A, const LocalRows& rows, const Lattice& lattice, std::vector<PetscInt>* ghost_cells);

} // namespace linnet
