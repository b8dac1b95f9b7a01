#pragma once

#include "lattice/matrix_product.hpp"

#include <petsc/private/matimpl.h>

namespace linnet {

/// The lattice and the operator of a MATLATTICE, which the matrix and whoever asks share; null for any other matrix.
PetscErrorCode GetPlacedOperator(Mat A, std::shared_ptr<const PlacedOperator>* placed);

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
