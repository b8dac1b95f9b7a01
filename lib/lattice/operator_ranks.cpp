// What an operator on several ranks needs from the others: the cells of ghost columns, and the other side of couplings.
#include "lattice/row_reader.hpp"

#include <petscsf.h>

namespace linnet {

namespace {

// Leaves are the ghost columns, roots the rows that they are.
PetscErrorCode CreateGhostExchange(Mat A, const LocalRows& rows, PetscSF* sf) {
  PetscLayout layout = nullptr;

  PetscFunctionBegin;
  PetscCall(MatGetLayouts(A, &layout, nullptr));
  PetscCall(PetscSFCreate(PetscObjectComm(reinterpret_cast<PetscObject>(A)), sf));
  PetscCall(PetscSFSetGraphLayout(*sf, layout, rows.ghost_count, nullptr, PETSC_OWN_POINTER, rows.ghosts));
  PetscFunctionReturn(0);
}

} // namespace

PetscErrorCode FindGhostCells(Mat A, const LocalRows& rows, const Lattice& lattice,
                              std::vector<PetscInt>* ghost_cells) {
  PetscSF sf = nullptr;

  PetscFunctionBegin;
  if (lattice.natural) {
    ghost_cells->assign(rows.ghosts, rows.ghosts + rows.ghost_count);
    PetscFunctionReturn(0);
  }
  ghost_cells->resize(static_cast<std::size_t>(rows.ghost_count));
  PetscCall(CreateGhostExchange(A, rows, &sf));
  PetscCall(PetscSFBcastBegin(sf, MPIU_INT, lattice.cells.data(), ghost_cells->data(), MPI_REPLACE));
  PetscCall(PetscSFBcastEnd(sf, MPIU_INT, lattice.cells.data(), ghost_cells->data(), MPI_REPLACE));
  PetscCall(PetscSFDestroy(&sf));
  PetscFunctionReturn(0);
}

PetscErrorCode CheckAcrossRanks(Mat A, const LocalRows& rows, const Lattice& lattice, const PetscInt* ghost_cells,
                                const LatticeOperator& op, std::string* refusal) {
  PetscSF sf = nullptr;
  std::vector<double> mine(static_cast<std::size_t>(rows.count)), theirs(static_cast<std::size_t>(rows.ghost_count));
  const Neighbourhood near(lattice.size, lattice.periodic);
  CellWalker walker(lattice.size);

  PetscFunctionBegin;
  PetscCall(CreateGhostExchange(A, rows, &sf));
  for (Direction from = 0; from < 6; ++from) {
    const Direction back = from ^ 1;
    for (PetscInt r = 0; r < rows.count; ++r)
      mine[r] = op.coupling(op.box_index(lattice, lattice.cell(r)), back);
    PetscCall(PetscSFBcastBegin(sf, MPIU_REAL, mine.data(), theirs.data(), MPI_REPLACE));
    PetscCall(PetscSFBcastEnd(sf, MPIU_REAL, mine.data(), theirs.data(), MPI_REPLACE));
    for (PetscInt r = 0; r < rows.count && refusal->empty(); ++r) {
      const GridSize at = walker.move_to(lattice.cell(r));
      for (PetscInt e = rows.other.ia[r]; e < rows.other.ia[r + 1]; ++e) {
        const PetscInt ghost = rows.other.ja[e];
        if (rows.other.a[e] == 0 || near.direction(at, ghost_cells[ghost] - lattice.cell(r)) != from)
          continue;
        if (!same_coupling(-rows.other.a[e], theirs[ghost])) {
          const std::string row = std::to_string(rows.begin + r), column = std::to_string(rows.ghosts[ghost]);
          *refusal =
              "entry (" + row + ", " + column + ") differs from entry (" + column + ", " + row + "): not symmetric";
          break;
        }
      }
    }
  }
  PetscCall(PetscSFDestroy(&sf));
  PetscFunctionReturn(0);
}

} // namespace linnet
