#pragma once

// What the public functions of PCBANDIT share.
#include "bandit.hpp"

inline MPI_Comm PCBanditComm_Private(PC pc) {
  return PetscObjectComm(reinterpret_cast<PetscObject>(pc));
}

/* null where the PC is of another type: setters do nothing then */
inline PetscErrorCode PCBanditTryParameters_Private(PC pc, PCBanditParameters** parameters) {
  PetscFunctionBegin;
  *parameters = nullptr;
  PetscTryMethod(pc, PCBANDIT_PARAMETERS, (PC, PCBanditParameters**), (pc, parameters));
  PetscFunctionReturn(0);
}

inline PetscErrorCode PCBanditParameters_Private(PC pc, PCBanditParameters** parameters) {
  PetscFunctionBegin;
  *parameters = nullptr;
  PetscUseMethod(pc, PCBANDIT_PARAMETERS, (PC, PCBanditParameters**), (pc, parameters));
  PetscFunctionReturn(0);
}

/* What changes the learner makes it anew at the next solve. */
template <class T, class U>
PetscErrorCode PCBanditAssign_Private(PCBanditParameters* parameters, T& field, const U& value) {
  PetscFunctionBegin;
  if (field != value)
    parameters->changed = PETSC_TRUE;
  field = value;
  PetscFunctionReturn(0);
}
