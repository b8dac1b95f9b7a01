#pragma once

#include "lattice/operator_findings.hpp"
#include "lattice/row_reader.hpp"
#include "lattice/stretches.hpp"

#include <algorithm>
#include <vector>

namespace linnet {

struct Pass {
  const LocalRows& rows;
  const Lattice& lattice;
  const PetscInt* ghost_cells;
  LatticeOperator* op;
  bool whole;        // the box is the lattice: cell numbers are indices
  CellBreaks breaks; // empty where the numbering is natural

  std::size_t place(PetscInt cell, const GridSize& at) const {
    return whole ? static_cast<std::size_t>(cell) : op->index(at[0], at[1], at[2]);
  }
  /// How far the rows after r, which lies at `at` and says `row`, may have its links, each moved on by a cell, if their
  /// columns are moved on by one: to the end of the line, and as long as no cells break.
  PetscInt stretch_limit(PetscInt r, PetscInt last, const GridSize& at, const RowSums& row) const;
};

/// Cells first ... last - 1 of the box.
struct CellRange {
  std::size_t first, last;
};

/// The box of the cells low ... high of this rank (high < low: none), and a layer below them on each axis that it does
/// not span.
void box_around(const Lattice& lattice, const GridSize& low, const GridSize& high, LatticeOperator* op);

/// The same of the cells of this rank's rows; `breaks` is not read where the numbering is natural.
void choose_box(const Lattice& lattice, const CellBreaks& breaks, PetscInt rows, PetscInt global_rows,
                LatticeOperator* op);

/// The cells to clear before the rows are read: at least those without a row.
std::vector<CellRange> cells_to_clear(const Pass& pass);

/// Uniform form: links and codes of rows first ... last - 1. Stops where they are not uniform, or no codes are left.
void read_coded(const Pass& pass, PetscInt first, PetscInt last, BlockFindings* found);

/// The same with the excess of each row; goes on where codes would not do.
void read_uniform(const Pass& pass, PetscInt first, PetscInt last, BlockFindings* found);

/// A row with its couplings.
struct RowCouplings : RowSums {
  double w[6]{};
  PetscInt column[6]{}; // local row of the neighbour, -1 on another rank
};

struct Stretch {
  PetscInt next;  // the first row that was not read
  PetscInt quiet; // rows before this one begin no stretch
};

/// General form of the rows after r that have its pattern, where r lies at `at` and says `row`, as far as they hold no
/// zeros and no fault; all compare their lower couplings with rows from `first` on.
Stretch read_general_stretch(const Pass& pass, PetscInt r, PetscInt first, PetscInt last, const GridSize& at,
                             const RowCouplings& row, BlockFindings* found);

/// General form: links, upper faces and excess. Lower couplings are compared where the row below came earlier in the
/// block; the other rows go to `later`.
void read_general(const Pass& pass, PetscInt first, PetscInt last, BlockFindings* found, std::vector<PetscInt>* later);

/// Compares the lower couplings of the rows that read_general() left, when all blocks are read.
void compare_later(const Pass& pass, const std::vector<PetscInt>& later, BlockFindings* found);

} // namespace linnet
