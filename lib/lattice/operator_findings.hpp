#pragma once

#include "lattice/row_reader.hpp"

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
  bool coded = true; // the excess has few values
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

/// Whether the blocks agree on the couplings: then op->unit is theirs.
bool merge_units(const std::vector<BlockFindings>& blocks, LatticeOperator* op);

/// Whether the blocks have at most 256 values of the excess together: then op->excess_values are theirs, and
/// (*code)[block][value of the block] numbers them.
bool merge_values(const std::vector<BlockFindings>& blocks, LatticeOperator* op,
                  std::vector<std::vector<std::uint8_t>>* code);

/// From what the rows of each rank are to what all are: op->uniform, where the ranks have the same couplings and
/// op->unit is what any of them found, and op->coded. Collective.
PetscErrorCode AgreeOnForm(MPI_Comm comm, bool uniform, bool coded, LatticeOperator* op);

/// The figures of the operator over all blocks and ranks. Collective.
PetscErrorCode Summarise(MPI_Comm comm, const std::vector<BlockFindings>& blocks, LatticeOperator* op);

/// Summarise(), and whether the operator, in general form, is a voxel Laplacian.
PetscErrorCode SummariseGeneral(MPI_Comm comm, const std::vector<BlockFindings>& blocks, LatticeOperator* op);

/// The same in uniform form; `rows`: of this rank.
PetscErrorCode SummariseUniform(MPI_Comm comm, const std::vector<BlockFindings>& blocks, PetscInt rows,
                                LatticeOperator* op);

/// Where all couplings are negative, -A takes the place of A, but for rows coupled with none: theirs become positive.
void negate_if_negative(LatticeOperator* op);

} // namespace linnet
