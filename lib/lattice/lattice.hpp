#pragma once

#include "base/large_pages.hpp"

#include <petscdm.h>
#include <petscis.h>
#include <petscmat.h>

#include <array>
#include <string>
#include <vector>

namespace linnet {

/// {nx, ny, nz}; an axis that is not used has size 1.
using GridSize = std::array<PetscInt, 3>;

using CellNumbers = std::vector<PetscInt, LargePages<PetscInt>>;

/// Where the rows of a matrix lie: row r of this rank at cell i + nx (j + ny k), 0 <= i < nx and so on. No two rows
/// share a cell; a cell may have no row.
struct Lattice {
  GridSize size{0, 0, 0};
  /// The last cell of the axis is a neighbour of its first. Only with at least three cells: with two, both ways round
  /// meet in one matrix entry and are one coupling.
  std::array<bool, 3> periodic{};
  /// The cell of a row is its global number; `cells` is then empty.
  bool natural = false;
  /// The cell of each local row, where the numbering is not natural. 4 bytes a row.
  CellNumbers cells;
  /// Global number of the first local row.
  PetscInt row_begin = 0;

  PetscInt cell(PetscInt local_row) const { return natural ? row_begin + local_row : cells[local_row]; }
  PetscInt cell_count() const { return size[0] * size[1] * size[2]; }
};

// Each of the functions below is collective on the matrix. A refusal is an ordinary outcome: *refusal is then one line
// that says what stands against it, the same on every rank; it is empty when the lattice was placed. PETSc errors are
// left to failures of PETSc and of memory.

/// From a DMDA with one degree of freedom, of any dimension, decomposition and boundary type, whose global numbering is
/// the matrix's. *applies is false, and nothing else is touched, where `dm` is null, no DMDA, or lays out another
/// number of rows. Whether the matrix fits is for BuildLatticeOperator() to find.
PetscErrorCode PlaceFromDMDA(Mat A, DM dm, Lattice* lattice, bool* applies, std::string* refusal);

/// From one cell number a local row: refused where the length is not the matrix's, a number is outside the grid or is
/// given twice (on any ranks). Any axis of three cells and more may close: LatticeOperator::closes tells which do.
PetscErrorCode PlaceFromCells(Mat A, IS cells, const GridSize& size, Lattice* lattice, std::string* refusal);

/// From the graph of the matrix alone: compact or full numbering, rows in any order, several components. Linear in the
/// number of rows; the axes may come out permuted or reflected. On several ranks the graph is gathered on the first
/// one, which must have room for it, and recovered there. What is returned has been checked: each nonzero off-diagonal
/// couples neighbours, no two rows share a cell. Numbering that is not natural is refused where an axis closes after 3
/// or 4 cells, and may be refused where long one-cell passages leave too much freedom. At most 32 cells a row, and 4096
/// more.
PetscErrorCode RecoverLattice(Mat A, Lattice* lattice, std::string* refusal);

} // namespace linnet
