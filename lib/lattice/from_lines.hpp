#pragma once

#include <linnet/linnet.h>

#include <array>
#include <functional>
#include <string>

namespace linnet {

/// Writes the `count` cells (i, j, k), (i + 1, j, k), ... of the lattice, which come as {{0, 0, 0}, 0, PETSC_TRUE}.
using FillLine =
    std::function<PetscErrorCode(PetscInt i, PetscInt j, PetscInt k, PetscInt count, MatLatticeCell* cells)>;

/// A MATLATTICE whose ranks own slabs of planes across the last axis of more than one cell, as MatCreateLattice() makes
/// it, from lines that so many threads ask for at once: a row for each cell with an unknown, or (`all_rows`) for all.
/// `size`, `periodic` as checked there. What stands against the operator comes back in *refusal. Collective.
PetscErrorCode CreateLatticeMatrix(MPI_Comm comm, const std::array<PetscInt, 3>& size,
                                   const std::array<bool, 3>& periodic, bool all_rows, int threads,
                                   const FillLine& fill, Mat* A, std::string* refusal);

} // namespace linnet
