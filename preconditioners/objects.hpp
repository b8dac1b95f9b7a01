#pragma once

#include <petsc/private/pcimpl.h>

// A PC as what the functions of PETSc take.

inline PetscObject AsObject(PC pc) {
  return reinterpret_cast<PetscObject>(pc);
}

inline MPI_Comm CommOf(PC pc) {
  return PetscObjectComm(AsObject(pc));
}
