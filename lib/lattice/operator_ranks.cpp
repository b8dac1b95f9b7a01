// What an operator on several ranks needs from the others: the cells of ghost columns, and the other side of couplings.
#include "lattice/row_reader.hpp"

#include <algorithm>

namespace linnet {

namespace {

// An entry in a ghost column.
struct Crossing {
  PetscInt row, entry;
  Direction direction;
};

} // namespace

PetscErrorCode FindGhostCells(const LocalRows& rows, const Lattice& lattice, std::vector<PetscInt>* ghost_cells) {
  PetscFunctionBegin;
  if (lattice.natural) {
    ghost_cells->assign(rows.ghosts, rows.ghosts + rows.ghost_count);
    PetscFunctionReturn(0);
  }
  ghost_cells->resize(static_cast<std::size_t>(rows.ghost_count));
  PetscCall(BroadcastToGhosts(rows, MPIU_INT, lattice.cells.data(), ghost_cells->data()));
  PetscFunctionReturn(0);
}

PetscErrorCode VisitCrossings(Mat A, const LocalRows& rows, const Lattice& lattice, const PetscInt* ghost_cells,
                              const std::function<double(PetscInt row, Direction)>& mine,
                              const std::function<void(PetscInt row, PetscInt entry, double theirs)>& visit) {
  Buffer<double> asked_for; // only at the rows that others ask for
  std::vector<double> theirs(static_cast<std::size_t>(rows.ghost_count));
  std::vector<Crossing> crossings;
  unsigned across = 0; // a bit for each direction in which some rank has one
  PetscInt asking = 0;
  const PetscInt *first_asked = nullptr, *asked = nullptr;
  const Neighbourhood near(lattice.size, lattice.periodic);
  CellWalker walker(lattice.size);

  PetscFunctionBegin;
  asked_for.resize(static_cast<std::size_t>(rows.count));
  const PetscInt* ia = rows.other.ia;
  for (PetscInt r = 0; r < rows.count; ++r) {
    if (ia[r + 1] == ia[r]) { // on to the next row with entries
      r = static_cast<PetscInt>(std::upper_bound(ia + r + 1, ia + rows.count + 1, ia[r]) - ia) - 2;
      continue;
    }
    const GridSize at = walker.move_to(lattice.cell(r));
    for (PetscInt e = ia[r]; e < ia[r + 1]; ++e) {
      const Direction d = near.direction(at, ghost_cells[rows.other.ja[e]] - lattice.cell(r));
      if (d < 0 || rows.other.a[e] == 0)
        continue;
      crossings.push_back({r, e, d});
      across |= 1U << d;
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &across, 1, MPI_UNSIGNED, MPI_BOR,
                             PetscObjectComm(reinterpret_cast<PetscObject>(A))));
  PetscCall(PetscSFSetUp(rows.to_ghosts));
  PetscCall(PetscSFGetLeafRanks(rows.to_ghosts, &asking, nullptr, &first_asked, &asked));
  for (Direction from = 0; from < 6; ++from) {
    if (!(across >> from & 1U))
      continue;
    for (PetscInt i = 0; asking > 0 && i < first_asked[asking]; ++i)
      asked_for[static_cast<std::size_t>(asked[i])] = mine(asked[i], from ^ 1);
    PetscCall(BroadcastToGhosts(rows, MPIU_REAL, asked_for.data(), theirs.data()));
    for (const Crossing& crossing : crossings)
      if (crossing.direction == from)
        visit(crossing.row, crossing.entry, theirs[static_cast<std::size_t>(rows.other.ja[crossing.entry])]);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CheckAcrossRanks(Mat A, const LocalRows& rows, const Lattice& lattice, const PetscInt* ghost_cells,
                                const LatticeOperator& op, std::string* refusal) {
  const double sign = op.negated ? 1 : -1; // of an entry, where its coupling is positive

  PetscFunctionBegin;
  PetscCall(VisitCrossings(
      A, rows, lattice, ghost_cells,
      [&](PetscInt row, Direction d) { return op.coupling(op.box_index(lattice, lattice.cell(row)), d); },
      [&](PetscInt r, PetscInt entry, double theirs) {
        if (!refusal->empty() || same_coupling(sign * rows.other.a[entry], theirs))
          return;
        const std::string row = std::to_string(rows.begin + r);
        const std::string column = std::to_string(rows.ghosts[rows.other.ja[entry]]);
        *refusal =
            "entry (" + row + ", " + column + ") differs from entry (" + column + ", " + row + "): not symmetric";
      }));
  PetscFunctionReturn(0);
}

} // namespace linnet
