#pragma once

#include "lattice/matrix_product.hpp"

#include <petsc/private/matimpl.h>

namespace linnet {

/// The lattice and the operator of a MATLATTICE, which the matrix and whoever asks share; null for any other matrix.
PetscErrorCode GetPlacedOperator(Mat A, std::shared_ptr<const PlacedOperator>* placed);

/// A MATLATTICE whose ranks own slabs of planes across the last axis of more than one cell, as MatCreateLattice() makes
/// it, from lines that so many threads ask for at once: a row for each cell with an unknown, or (`all_rows`) for all.
/// `size`, `periodic` as checked there. What stands against the operator comes back in *refusal. Collective.
PetscErrorCode CreateLatticeMatrix(MPI_Comm comm, const GridSize& size, const std::array<bool, 3>& periodic,
                                   bool all_rows, int threads, const FillLine& fill, Mat* A, std::string* refusal);

/// The cells that rank `rank` of `ranks` owns in such a matrix.
Box slab_of(const GridSize& size, int rank, int ranks);

} // namespace linnet

/// State of MATLATTICE.
struct Mat_Lattice {
  std::shared_ptr<linnet::PlacedOperator> placed;
  linnet::Box box;
  linnet::GridSize size{};
  std::array<bool, 3> periodic{}; ///< as was said; the lattice's own tells which axes are coupled all around
  bool all_rows = false;
  int threads = 1; ///< that ask `fill`
  linnet::FillLine fill;
  std::unique_ptr<linnet::LatticeProduct> product;
  PetscMPIInt tag = 0;         ///< and five more
  PetscLogDouble nonzeros = 0; ///< that an assembled matrix would have
};

/// Reads all cells, and knows that the values are others; what stands against them comes back in *refusal. Collective.
PETSC_INTERN PetscErrorCode MatLatticeFill_Private(Mat A, std::string* refusal);
/// Makes the matrix that *made is the state of, but for what it fills in. *A is null where it is refused. Collective.
PETSC_INTERN PetscErrorCode MatLatticeMake_Private(MPI_Comm comm, Mat_Lattice* made, Mat* A, std::string* refusal);
