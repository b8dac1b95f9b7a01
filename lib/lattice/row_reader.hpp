#pragma once

#include "lattice/local_rows.hpp"
#include "lattice/operator.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
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

  /// Whether the cell has both neighbours on each axis with more than one cell.
  bool is_interior(const GridSize& at) const {
    bool interior = true;
    for (std::size_t axis = 0; axis < 3; ++axis)
      interior &= stride[axis] == 0 || (at[axis] > 0 && at[axis] + 1 < size[axis]);
    return interior;
  }

  /// The direction in which the cell numbered `difference` higher lies from the cell at `at`; -1 where it is no
  /// neighbour.
  Direction direction(const GridSize& at, PetscInt difference) const {
    const Direction d = direct_direction(at, difference);
    return d >= 0 ? d : wrapped_direction(at, difference);
  }

  /// The same but around no end of a periodic axis.
  Direction direct_direction(const GridSize& at, PetscInt difference) const {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (difference == stride[axis] && at[axis] + 1 < size[axis])
        return static_cast<Direction>(2 * axis + 1);
      if (difference == -stride[axis] && at[axis] > 0)
        return static_cast<Direction>(2 * axis);
    }
    return -1;
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

/// The cells of a full row in ascending order, by difference of cell numbers: the neighbours and, between them, itself.
struct FullRow {
  int entries = 0;
  std::array<PetscInt, 7> difference{};
  std::array<Direction, 7> direction{}; // -1 for the cell itself

  explicit FullRow(const Neighbourhood& near) {
    for (const Direction d : {4, 2, 0, -1, 1, 3, 5}) {
      const PetscInt stride = d < 0 ? 0 : near.stride[static_cast<std::size_t>(d / 2)];
      if (d >= 0 && stride == 0)
        continue;
      direction[static_cast<std::size_t>(entries)] = d;
      difference[static_cast<std::size_t>(entries++)] = d % 2 > 0 ? stride : -stride;
    }
  }
  /// Whether the columns are those of the full row of `cell`, in this order.
  template <class CellOf>
  bool matches(const PetscInt* columns, PetscInt count, PetscInt cell, CellOf&& cell_of) const {
    if (count != entries)
      return false;
    return entries == 7 ? all_match<7>(columns, cell, cell_of) : all_match<0>(columns, cell, cell_of);
  }

private:
  // N: the number of entries where it is known beforehand, 0 elsewhere.
  template <int N, class CellOf>
  bool all_match(const PetscInt* columns, PetscInt cell, CellOf&& cell_of) const {
    const int count = N > 0 ? N : entries;
    bool same = true;
    for (int e = 0; e < count; ++e)
      same &= cell_of(columns[e]) - cell == difference[static_cast<std::size_t>(e)];
    return same;
  }
};

/// The place of a cell, found without division while cells come in ascending order, on one line or the next.
class CellWalker {
public:
  explicit CellWalker(const GridSize& size) : size_(size) {}
  const GridSize& move_to(PetscInt cell) {
    const PetscInt ahead = cell - cell_, left = size_[0] - at_[0];
    if (0 <= ahead && ahead < left) {
      at_[0] += ahead;
    } else if (0 <= ahead && ahead - left < size_[0] && at_[1] + 1 < size_[1]) {
      at_[0] = ahead - left;
      ++at_[1];
    } else {
      at_ = {cell % size_[0], cell / size_[0] % size_[1], cell / size_[0] / size_[1]};
    }
    cell_ = cell;
    return at_;
  }

private:
  GridSize size_;
  GridSize at_{};
  PetscInt cell_ = 0;
};

enum class Fault : std::uint8_t { none, not_finite, far, twice, asymmetric };

/// A row but for its couplings: the directions in which it has some, those of them that go around the end of a periodic
/// axis (a bit an axis), and the excess.
struct RowSums {
  double excess;
  unsigned links;
  unsigned wrapped;
};

/// The excess of a row that is coupled: the sum of its entries, zero where that is rounding of the diagonal.
inline double excess_of_sum(double sum, double diagonal_size) {
  return std::abs(sum) <= 16 * std::numeric_limits<double>::epsilon() * diagonal_size ? 0 : sum;
}

/// Reads rows one after the other. `ghost_cells` is null on one rank.
class RowReader {
public:
  RowReader(const LocalRows& rows, const Lattice& lattice, const PetscInt* ghost_cells)
      : rows_(rows), near_(lattice.size, lattice.periodic), full_(near_), walker_(lattice.size),
        ghost_cells_(ghost_cells), cells_(lattice.natural ? nullptr : lattice.cells.data()), begin_(lattice.row_begin) {
  }
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;

  /// Calls take(direction, coupling, column) for each coupling (on a copy that is assigned back, so that its state can
  /// stay in registers); column is the local row, or -1 on another rank.
  template <class Take>
  Fault read(PetscInt row, RowSums* out, Take&& take) {
    cell_ = cells_ ? cells_[row] : row + begin_;
    at_ = walker_.move_to(cell_);
    *out = RowSums{};
    diagonal_size_ = 0;
    Fault fault = Fault::none;
    if (cells_)
      fault = read_block<true>(
          rows_.own, row, [this](PetscInt c) { return cells_[c]; }, out, take);
    else
      fault = read_block<true>(
          rows_.own, row, [this](PetscInt c) { return c + begin_; }, out, take);
    if (fault == Fault::none && rows_.other.ia)
      fault = read_block<false>(
          rows_.other, row, [this](PetscInt c) { return ghost_cells_[c]; }, out, take);
    if (fault != Fault::none)
      return fault;
    if (!std::isfinite(out->excess))
      return Fault::not_finite;
    if (out->links != 0)
      out->excess = excess_of_sum(out->excess, diagonal_size_);
    return Fault::none;
  }
  /// Where the row read last lies.
  PetscInt cell() const { return cell_; }
  const GridSize& at() const { return at_; }

private:
  template <bool own, class CellOf, class Take>
  Fault read_block(const LocalRows::Block& block, PetscInt row, CellOf&& cell_of, RowSums* out, Take&& take) {
    double sum = out->excess;
    unsigned links = out->links;
    const PetscInt first = block.ia[row], last = block.ia[row + 1];
    if (own && near_.is_interior(at_) && full_.matches(block.ja + first, last - first, cell_, cell_of)) {
      const bool coupled = full_.entries == 7 ? take_full<7>(block.a + first, block.ja + first, &sum, &links, take)
                                              : take_full<0>(block.a + first, block.ja + first, &sum, &links, take);
      if (coupled) {
        out->excess = sum;
        out->links = links;
        return Fault::none;
      }
    }
    for (PetscInt e = first; e < last; ++e) {
      const PetscInt column = block.ja[e];
      const double a = block.a[e];
      sum += a;
      if (own && column == row) {
        diagonal_size_ += std::abs(a);
        continue;
      }
      if (a == 0)
        continue;
      const PetscInt difference = cell_of(column) - cell_;
      const Direction d = near_.direction(at_, difference);
      if (d < 0)
        return std::isfinite(a) ? Fault::far : Fault::not_finite;
      if (links >> d & 1)
        return Fault::twice;
      links |= 1U << d;
      take(d, -a, own ? column : -1);
      const PetscInt stride = near_.stride[static_cast<std::size_t>(d / 2)];
      if (difference != (d % 2 ? stride : -stride))
        out->wrapped |= 1U << (d / 2);
    }
    out->excess = sum;
    out->links = links;
    return Fault::none;
  }

  // The entries of a full row; false, and nothing taken, where one is zero. N as for FullRow.
  template <int N, class Take>
  bool take_full(const double* a, const PetscInt* columns, double* sum, unsigned* links, Take&& take) {
    constexpr std::array<Direction, 7> ascending{4, 2, 0, -1, 1, 3, 5};
    const int count = N > 0 ? N : full_.entries;
    bool coupled = true;
    for (int e = 0; e < count; ++e)
      coupled &= (std::bit_cast<std::uint64_t>(a[e]) << 1) != 0; // neither 0 nor -0
    if (!coupled)
      return false;
    auto local = take;
    double total = 0;
    for (int e = 0; e < count; ++e) {
      const auto place = static_cast<std::size_t>(e);
      const Direction d = N == 7 ? ascending[place] : full_.direction[place];
      total += a[e];
      if (d < 0) {
        diagonal_size_ = std::abs(a[e]);
      } else {
        *links |= 1U << d;
        local(d, -a[e], columns[e]);
      }
    }
    *sum = total;
    take = local;
    return true;
  }

  const LocalRows& rows_;
  const Neighbourhood near_;
  const FullRow full_;
  CellWalker walker_;
  const PetscInt* ghost_cells_;
  const PetscInt* cells_;
  PetscInt begin_;
  PetscInt cell_ = 0;
  GridSize at_{};
  double diagonal_size_ = 0;
};

/// What stands against a row, in one line.
std::string describe_fault(Fault fault, const LocalRows& rows, const Lattice& lattice, const PetscInt* ghost_cells,
                           PetscInt row);

/// Couplings that differ by more than this of their size are not symmetric.
inline bool same_coupling(double a, double b) {
  return std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b));
}

/// Calls visit(row, entry of rows.other, what `mine` says on the rank of the column for that row and the direction
/// back) for each coupling with a row of another rank. Collective.
PetscErrorCode VisitCrossings(Mat A, const LocalRows& rows, const Lattice& lattice, const PetscInt* ghost_cells,
                              const std::function<double(PetscInt row, Direction)>& mine,
                              const std::function<void(PetscInt row, PetscInt entry, double theirs)>& visit);

/// Compares the couplings of this rank's rows with those that other ranks hold of the same pairs of rows. Collective.
PetscErrorCode CheckAcrossRanks(Mat A, const LocalRows& rows, const Lattice& lattice, const PetscInt* ghost_cells,
                                const LatticeOperator& op, std::string* refusal);

/// Cells of the ghost columns. Collective.
PetscErrorCode FindGhostCells(const LocalRows& rows, const Lattice& lattice, std::vector<PetscInt>* ghost_cells);

} // namespace linnet
