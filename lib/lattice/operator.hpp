#pragma once

#include "base/buffer.hpp"
#include "lattice/fixed_columns.hpp"
#include "lattice/lattice.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace linnet {

/// A direction on the lattice: 2 axis for the lower neighbour, 2 axis + 1 for the upper one: -x +x -y +y -z +z.
using Direction = int;

/// A symmetric 5- or 7-point operator on the cells of a box:
///
///   (A u)_c = e_c u_c + sum_d w_cd (u_c - u_d),   w_cd = -a_cd,   e_c = a_cc + sum_{d != c} a_cd.
///
/// The box is the whole lattice on one rank. On several it encloses the rows of the rank, with one layer of cells below
/// them on each axis that it does not span, so that the six couplings of each row are at hand without communication.
///
/// One structure for all readers, dense over the box rather than listed by row: a sweep needs neighbours without an
/// index array (a row's place is lattice.cell() and box_index()), a coupling is stored once and not from both sides,
/// and a rank of a DMDA owns a box anyway. It has three forms, since the commonest operators have few distinct
/// coefficients:
///   uniform and coded: along each axis all couplings are unit[axis], and the excess takes at most 256 values on a
///   rank; 2 bytes a cell; uniform: each cell has its own excess; 9 bytes a cell; general: 33 bytes a cell.
/// Excess below rounding (16 eps |a_cc|) is stored as zero.
struct LatticeOperator {
  /// Bits 0 to 5: coupled with the neighbour in that direction. Bit 6: a row of this rank lies here.
  static constexpr std::uint8_t row_bit = 1 << 6;

  /// First cell of the box (-1 where the layer below wraps around a periodic axis) and its extents.
  GridSize begin{0, 0, 0};
  GridSize size{0, 0, 0};
  /// The box spans the axis, and the axis is periodic.
  std::array<bool, 3> wraps{};

  /// 0: no row. row_bit alone: a row coupled with none, whose equation is e_c u_c = b_c.
  Buffer<std::uint8_t> links;

  /// The same on all ranks, as are the figures below, which are over all ranks.
  bool uniform = false, coded = false;
  /// Uniform: the coupling along each axis, 0 where there is none.
  std::array<double, 3> unit{};
  /// General: the coupling of a cell with its upper neighbour on each axis.
  std::array<Buffer<double>, 3> face;
  /// Coded: the excess is excess_values[excess_code[c]].
  Buffer<std::uint8_t> excess_code;
  std::vector<double> excess_values;
  /// Otherwise: the excess.
  Buffer<double> excess;

  /// Rows coupled with others, and rows coupled with none.
  PetscInt coupled_rows = 0;
  PetscInt decoupled_rows = 0;
  /// Over all couplings; both 0 where there is none. An M-matrix has min_coupling >= 0.
  double min_coupling = 0;
  double max_coupling = 0;
  /// Over the coupled rows. Both zero: each component of the operator is singular.
  double min_excess = 0;
  double max_excess = 0;
  /// Some coupling goes around the end of the axis.
  std::array<bool, 3> closes{};
  /// A voxel Laplacian: all couplings are one h, and the diagonal of each coupled row is m h, m an integer, at most
  /// two for each axis along which there are couplings. In general form, to rounding.
  bool voxel = false;
  /// Entries that were left out (DropFixedColumns()): the matrix is not symmetric by those alone.
  FixedColumns fixed_columns;
  /// Entries that are rounding of the diagonal were left out (DropRounding()).
  bool rounded = false;
  /// All couplings of the matrix are negative, and the operator is that of -A, but for rows coupled with none.
  bool negated = false;
  /// The operator is that of S A, S = diag(s), and not of A: s by local row, at most 1 in size, so that it is symmetric
  /// and has a positive diagonal (row_factors.hpp).
  bool has_row_factors = false;
  Buffer<double> row_factors;

  /// For people.
  const char* kind() const {
    return voxel      ? "voxel Laplacian"
           : !uniform ? "variable couplings"
           : coded    ? "uniform couplings"
                      : "uniform couplings, diagonals that vary";
  }
  std::size_t cell_count() const { return links.size(); }
  /// Stride of an axis in the arrays.
  std::size_t stride(int axis) const {
    return axis == 0 ? 1 : axis == 1 ? std::size_t(size[0]) : std::size_t(size[0]) * std::size_t(size[1]);
  }
  /// Index in the arrays of cell (i, j, k) of the lattice.
  std::size_t index(PetscInt i, PetscInt j, PetscInt k) const {
    return std::size_t(i - begin[0]) +
           std::size_t(size[0]) * (std::size_t(j - begin[1]) + std::size_t(size[1]) * std::size_t(k - begin[2]));
  }
  /// Index in the arrays of a cell number of the lattice.
  std::size_t box_index(const Lattice& lattice, PetscInt cell) const {
    const PetscInt nx = lattice.size[0], ny = lattice.size[1];
    return index(cell % nx, cell / nx % ny, cell / nx / ny);
  }
  /// Index of the neighbour in a direction in which cell `c` is coupled.
  std::size_t neighbour(std::size_t c, Direction direction) const {
    const int axis = direction / 2;
    const std::size_t step = stride(axis), extent = std::size_t(size[axis]);
    if (direction % 2) {
      const bool last = wraps[axis] && c / step % extent == extent - 1;
      return last ? c - (extent - 1) * step : c + step;
    }
    const bool first = wraps[axis] && c / step % extent == 0;
    return first ? c + (extent - 1) * step : c - step;
  }
  /// w of the cell of a row of this rank in a direction; 0 where it is not coupled.
  double coupling(std::size_t c, Direction direction) const {
    if (!(links[c] >> direction & 1))
      return 0;
    if (uniform)
      return unit[direction / 2];
    return face[direction / 2][direction % 2 ? c : neighbour(c, direction)];
  }
  double excess_of(std::size_t c) const { return coded ? excess_values[excess_code[c]] : excess[c]; }
  std::size_t bytes() const {
    return links.size() + excess_code.size() +
           sizeof(double) * (face[0].size() + face[1].size() + face[2].size() + excess.size() + excess_values.size());
  }
};

/// Reads the coefficients of `A` (of a type that OpenLocalRows() takes, on any number of ranks) onto the lattice, and
/// checks them edge by edge: each nonzero off-diagonal couples neighbours, has a counterpart that equals it to 1e-12 of
/// its size, or does so when each row is multiplied by a factor, and all values are finite; refused otherwise. Stored
/// zeros count as no entry, and so do, where the matrix is refused for them, entries that are rounding of the diagonal
/// and those of columns of rows that hold nothing but their diagonal. Called again when values changed and the nonzeros
/// did not: the placement then needs no other work, and the memory is used again. Collective.
PetscErrorCode BuildLatticeOperator(Mat A, const Lattice& lattice, LatticeOperator* op, std::string* refusal);

struct PlacedOperator {
  Lattice lattice;
  LatticeOperator op;
};

/// A lattice and an operator that follow a matrix: the placement is kept for as long as MatGetNonzeroState() is the
/// same.
struct LatticePlacement {
  /// Of a matrix with rows.
  Lattice lattice;
  LatticeOperator op;
  /// Those of a MATLATTICE, which are its own; null for any other matrix.
  std::shared_ptr<const PlacedOperator> given;
  /// What the lattice came from: "DMDA", "cells", "recovered" or "lattice"; null before the first placement.
  const char* source = nullptr;

  const Lattice& where() const { return given ? given->lattice : lattice; }
  const LatticeOperator& coefficients() const { return given ? given->op : op; }
  PetscObjectId matrix = 0;
  PetscObjectState nonzeros = -1;
};

/// Places `A` and reads its coefficients, from the first source there is: the matrix itself where it is a MATLATTICE,
/// of which nothing is copied; `dm`, or the DM of the matrix; an IS composed on the matrix as "linnet_cells", one cell
/// number a local row, with `size` (null where the caller knows none: then refused); the matrix alone. Where the matrix
/// is the one placed before and its nonzeros did not change, the lattice is kept and only the coefficients are read.
/// Collective.
PetscErrorCode UpdateLatticePlacement(Mat A, DM dm, const GridSize* size, LatticePlacement* placement,
                                      std::string* refusal);

} // namespace linnet
