#include "lattice/guarded.hpp"
#include "lattice/matrix.hpp"

namespace linnet {

namespace {

PetscErrorCode Place(Mat A, DM dm, const GridSize* size, LatticePlacement* placement, std::string* refusal) {
  Lattice& lattice = placement->lattice;
  PetscObject cells = nullptr;
  PetscClassId kind = 0;
  bool applies = false;

  PetscFunctionBegin;
  if (!dm)
    PetscCall(MatGetDM(A, &dm));
  PetscCall(PlaceFromDMDA(A, dm, &lattice, &applies, refusal));
  if (applies) {
    placement->source = "DMDA";
    PetscFunctionReturn(0);
  }
  PetscCall(PetscObjectQuery(reinterpret_cast<PetscObject>(A), "linnet_cells", &cells));
  if (!cells) {
    placement->source = "recovered";
    PetscCall(RecoverLattice(A, &lattice, refusal));
    PetscFunctionReturn(0);
  }
  placement->source = "cells";
  if (!size) {
    *refusal = "linnet_cells is composed on the matrix, but the size of the grid is not given";
    PetscFunctionReturn(0);
  }
  PetscCall(PetscObjectGetClassId(cells, &kind));
  if (kind != IS_CLASSID) {
    *refusal = "linnet_cells, composed on the matrix, is no IS";
    PetscFunctionReturn(0);
  }
  PetscCall(PlaceFromCells(A, reinterpret_cast<IS>(cells), *size, &lattice, refusal));
  PetscFunctionReturn(0);
}

} // namespace

PetscErrorCode UpdateLatticePlacement(Mat A, DM dm, const GridSize* size, LatticePlacement* placement,
                                      std::string* refusal) {
  PetscObjectId matrix = 0;
  PetscObjectState nonzeros = 0;

  PetscFunctionBegin;
  refusal->clear();
  PetscCall(PetscObjectGetId(reinterpret_cast<PetscObject>(A), &matrix));
  PetscCall(MatGetNonzeroState(A, &nonzeros));
  PetscCall(GetPlacedOperator(A, &placement->given));
  if (placement->given) {
    placement->source = "lattice";
    placement->lattice = {};
    placement->op = {};
    placement->matrix = matrix;
    placement->nonzeros = nonzeros;
    PetscFunctionReturn(0);
  }
  const bool kept = placement->source && placement->matrix == matrix && placement->nonzeros == nonzeros;
  if (!kept) {
    placement->nonzeros = -1;
    PetscCall(Guarded([&] { return Place(A, dm, size, placement, refusal); }));
    if (!refusal->empty())
      PetscFunctionReturn(0);
  }
  PetscCall(BuildLatticeOperator(A, placement->lattice, &placement->op, refusal));
  if (!refusal->empty()) {
    // A stored zero may have become a coupling that the recovered lattice has no room for.
    if (kept) {
      placement->nonzeros = -1;
      PetscCall(UpdateLatticePlacement(A, dm, size, placement, refusal));
    }
    PetscFunctionReturn(0);
  }
  placement->lattice.periodic = placement->op.closes;
  for (std::size_t axis = 0; axis < 3; ++axis)
    placement->op.wraps[axis] = placement->op.wraps[axis] && placement->op.closes[axis];
  placement->matrix = matrix;
  placement->nonzeros = nonzeros;
  PetscFunctionReturn(0);
}

} // namespace linnet
