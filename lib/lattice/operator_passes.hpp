#pragma once

#include "lattice/row_reader.hpp"
#include "lattice/stretches.hpp"

#include <algorithm>
#include <bit>
#include <climits>
#include <vector>

namespace linnet {

/// What one block of rows shows; nothing in it depends on the threads.
struct BlockFindings {
  PetscInt bad_row = -1;
  Fault fault = Fault::none;
  bool uniform = true;
  std::array<double, 3> unit{};
  std::vector<double> excess_values;
  std::vector<int> most_links; // by excess value, over coupled rows; 0 where it has none
  double min_coupling = HUGE_VAL, max_coupling = -HUGE_VAL;
  double min_excess = HUGE_VAL, max_excess = -HUGE_VAL;
  PetscInt coupled = 0, decoupled = 0;
  unsigned wrapped = 0;

  void count(const RowSums& row, PetscInt rows = 1) {
    wrapped |= row.wrapped;
    (row.links ? coupled : decoupled) += rows;
    if (row.links) {
      min_excess = std::min(min_excess, row.excess);
      max_excess = std::max(max_excess, row.excess);
    }
  }
  // -1 where there are too many.
  int code_of(double value, unsigned links) {
    std::size_t code = 0;
    while (code < excess_values.size() && excess_values[code] != value)
      ++code;
    if (code == excess_values.size()) {
      if (code > UCHAR_MAX)
        return -1;
      excess_values.push_back(value);
      most_links.push_back(0);
    }
    int& most = most_links[code];
    if (most < 6) // the count is a call on processors without the instruction
      most = std::max(most, std::popcount(links));
    return static_cast<int>(code);
  }
};

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

/// The box of this rank's cells, and a layer below them on each axis that it does not span.
void choose_box(const Lattice& lattice, PetscInt rows, PetscInt global_rows, LatticeOperator* op);

/// The cells to clear before the rows are read: at least those without a row.
std::vector<CellRange> cells_to_clear(const Pass& pass);

/// Uniform form: links and codes of rows first ... last - 1. Stops where they are not uniform.
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
