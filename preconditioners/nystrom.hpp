#pragma once

#include "mfac/window.hpp"
#include "objects.hpp"

#include <linnet/linnet.h>
#include <petsc/private/pcimpl.h>

#include <vector>

/// State of PCNYSTROM: H ~ U diag(eigenvalues) U^T, U orthonormal.
struct PC_Nystrom {
  PetscInt rank = 256;   ///< the largest
  PetscReal damping = 0; ///< the operator is H + damping I
  PetscBool adaptive = PETSC_TRUE;
  PetscInt seed = 1;

  linnet::mfac::Rows U; ///< rank in use x local size: U^T
  std::vector<double> eigenvalues, factor, y;
  PetscInt products = 0; ///< with the operator, that the setup took
};

inline PC_Nystrom* PCNystromData_Private(PC pc) {
  return static_cast<PC_Nystrom*>(pc->data);
}

extern PetscLogEvent PC_Nystrom_SetUp, PC_Nystrom_Apply;

PETSC_INTERN PetscErrorCode PCCreate_Nystrom(PC pc);
PETSC_INTERN PetscErrorCode PCSetFromOptions_Nystrom(PC pc, PetscOptionItems* PetscOptionsObject);
PETSC_INTERN PetscErrorCode PCView_Nystrom(PC pc, PetscViewer viewer);
PETSC_INTERN PetscErrorCode PCNystromComposeFunctions_Private(PC pc, PetscBool compose);

/// The sketch Y = H Omega of an operator, each rank with its columns of the transposes.
struct PCNystromSketch {
  MPI_Comm comm = MPI_COMM_NULL;
  linnet::mfac::Reduction sum;       ///< over the ranks
  PetscReal damping = 0;             ///< multiple of the identity that is taken off the operator
  linnet::mfac::Rows omega, product; ///< product: (A - damping I) omega
};
/// Adds random orthonormal vectors and their products, up to `count` of them.
PetscErrorCode PCNystromGrow_Private(Mat A, PetscInt seed, PetscInt count, PCNystromSketch* sketch);
/// U^T and the eigenvalues, the largest first; `definite` false where Omega^T H Omega is not positive definite to
/// rounding, or not finite. `last`: the sketch is not needed any more, and lost.
PetscErrorCode PCNystromFactor_Private(PCNystromSketch* sketch, bool last, linnet::mfac::Rows* U,
                                       std::vector<double>* eigenvalues, bool* definite);
