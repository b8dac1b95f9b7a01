#include "lattice/lattice.hpp"

#include <petscdmda.h>

namespace linnet {

PetscErrorCode PlaceFromDMDA(Mat A, DM dm, Lattice* lattice, bool* applies, std::string* refusal) {
  PetscBool is_dmda = PETSC_FALSE;
  PetscInt dim = 0, dof = 0, rows = 0;
  GridSize first{}, width{}, size{1, 1, 1};
  std::array<DMBoundaryType, 3> boundary{DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE};
  int differs = 0, scattered = 0;

  PetscFunctionBegin;
  refusal->clear();
  *applies = false;
  if (!dm)
    PetscFunctionReturn(0);
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(dm), DMDA, &is_dmda));
  if (!is_dmda)
    PetscFunctionReturn(0);
  PetscCall(DMDAGetInfo(dm, &dim, &size[0], &size[1], &size[2], nullptr, nullptr, nullptr, &dof, nullptr, &boundary[0],
                        &boundary[1], &boundary[2], nullptr));
  PetscCall(DMDAGetCorners(dm, &first[0], &first[1], &first[2], &width[0], &width[1], &width[2]));
  PetscCall(MatGetLocalSize(A, &rows, nullptr));
  differs = rows != width[0] * width[1] * width[2] * dof;
  const MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(A));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &differs, 1, MPI_INT, MPI_MAX, comm));
  if (differs)
    PetscFunctionReturn(0);
  *applies = true;
  if (dof != 1) {
    *refusal = "the DMDA has " + std::to_string(dof) + " degrees of freedom a cell, not 1";
    PetscFunctionReturn(0);
  }
  lattice->size = {size[0], dim > 1 ? size[1] : 1, dim > 2 ? size[2] : 1};
  for (std::size_t axis = 0; axis < 3; ++axis)
    lattice->periodic[axis] = boundary[axis] == DM_BOUNDARY_PERIODIC && lattice->size[axis] > 2;
  PetscCall(MatGetOwnershipRange(A, &lattice->row_begin, nullptr));

  // Ranks own boxes; within one, rows are in natural order. With whole planes a rank, so are all rows.
  const auto cell = [&](PetscInt i, PetscInt j, PetscInt k) {
    return i + lattice->size[0] * (j + lattice->size[1] * k);
  };
  const bool planes =
      (width[0] == size[0] || width[1] * width[2] <= 1) && (width[0] * width[1] == size[0] * size[1] || width[2] <= 1);
  scattered = rows > 0 && !(planes && cell(first[0], first[1], first[2]) == lattice->row_begin);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &scattered, 1, MPI_INT, MPI_MAX, comm));
  lattice->natural = !scattered;
  lattice->cells.clear();
  if (lattice->natural)
    PetscFunctionReturn(0);
  lattice->cells.resize(static_cast<std::size_t>(rows));
  PetscInt* next = lattice->cells.data();
  for (PetscInt k = first[2]; k < first[2] + width[2]; ++k)
    for (PetscInt j = first[1]; j < first[1] + width[1]; ++j)
      for (PetscInt i = first[0]; i < first[0] + width[0]; ++i)
        *next++ = cell(i, j, k);
  PetscFunctionReturn(0);
}

} // namespace linnet
