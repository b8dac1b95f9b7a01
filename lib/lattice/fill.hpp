#pragma once

#include "lattice/from_lines.hpp"
#include "lattice/operator.hpp"

namespace linnet {

/// Cells of the lattice that a rank owns.
struct Box {
  GridSize begin{0, 0, 0}, size{0, 0, 0};

  std::size_t cell_count() const {
    return static_cast<std::size_t>(size[0]) * static_cast<std::size_t>(size[1]) * static_cast<std::size_t>(size[2]);
  }
};

/// Makes the operator on the box of this rank from what `fill` says of its cells and of the layer of cells below it,
/// without a matrix. `placed->lattice` has size and periodicity, and gets the rest: a row for each cell with an unknown
/// (in the order of the cells), or for all cells (`all_rows`), those without an unknown then as the identity.
/// `threads` call `fill` at once, each cell once, or twice where the couplings turn out to differ. Collective. Refused,
/// in one line, where a number is not finite or a coupling leads beyond an end or to a cell without an unknown.
PetscErrorCode FillLatticeOperator(MPI_Comm comm, const Box& box, bool all_rows, int threads, const FillLine& fill,
                                   PlacedOperator* placed, std::string* refusal);

} // namespace linnet
