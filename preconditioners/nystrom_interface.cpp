// The public functions of PCNYSTROM.
#include "nystrom.hpp"

/*@
  PCNystromSetRank - Sets the largest rank of `PCNYSTROM`

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- rank - at least 1; the default is 256

  Options Database Key:
. -pc_nystrom_rank <256> - rank

  Level: intermediate

  Notes:
  With `PCNystromSetAdaptive()` (the default) a smaller one is used where it serves as well; more than the size of the
  operator is never used.

.seealso: `PCNYSTROM`, `PCNystromGetRank()`
@*/
PetscErrorCode PCNystromSetRank(PC pc, PetscInt rank) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, rank, 2);
  PetscTryMethod(pc, "PCNystromSetRank_C", (PC, PetscInt), (pc, rank));
  PetscFunctionReturn(0);
}

/*@
  PCNystromGetRank - Gets the largest rank of `PCNYSTROM`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCNYSTROM`

  Output Parameter:
. rank - what was set, or the default

  Level: intermediate

.seealso: `PCNYSTROM`, `PCNystromSetRank()`
@*/
PetscErrorCode PCNystromGetRank(PC pc, PetscInt* rank) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidIntPointer(rank, 2);
  PetscUseMethod(pc, "PCNystromGetRank_C", (PC, PetscInt*), (pc, rank));
  PetscFunctionReturn(0);
}

/*@
  PCNystromSetDamping - Sets the multiple of the identity that the operator of `PCNYSTROM` is known to contain

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- damping - at least 0 (the default)

  Options Database Key:
. -pc_nystrom_damping <0> - damping

  Level: intermediate

  Notes:
  The operator is then H + damping I with H positive semidefinite, and H is approximated.

.seealso: `PCNYSTROM`, `PCNystromGetDamping()`
@*/
PetscErrorCode PCNystromSetDamping(PC pc, PetscReal damping) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveReal(pc, damping, 2);
  PetscTryMethod(pc, "PCNystromSetDamping_C", (PC, PetscReal), (pc, damping));
  PetscFunctionReturn(0);
}

/*@
  PCNystromGetDamping - Gets the multiple of the identity that the operator of `PCNYSTROM` is known to contain

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCNYSTROM`

  Output Parameter:
. damping - what was set, or the default

  Level: intermediate

.seealso: `PCNYSTROM`, `PCNystromSetDamping()`
@*/
PetscErrorCode PCNystromGetDamping(PC pc, PetscReal* damping) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidRealPointer(damping, 2);
  PetscUseMethod(pc, "PCNystromGetDamping_C", (PC, PetscReal*), (pc, damping));
  PetscFunctionReturn(0);
}

/*@
  PCNystromSetAdaptive - Sets whether `PCNYSTROM` finds its rank

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- adaptive - `PETSC_TRUE` (the default): the rank is doubled from 32 until more would not help, or the largest one is
             reached

  Options Database Key:
. -pc_nystrom_adaptive <true> - find the rank

  Level: intermediate

  Notes:
  More does not help once the last eigenvalue found is below ten times the damping, or above three quarters of the one
  in the middle: the spectrum is flat.

.seealso: `PCNYSTROM`, `PCNystromGetAdaptive()`
@*/
PetscErrorCode PCNystromSetAdaptive(PC pc, PetscBool adaptive) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveBool(pc, adaptive, 2);
  PetscTryMethod(pc, "PCNystromSetAdaptive_C", (PC, PetscBool), (pc, adaptive));
  PetscFunctionReturn(0);
}

/*@
  PCNystromGetAdaptive - Gets whether `PCNYSTROM` finds its rank

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCNYSTROM`

  Output Parameter:
. adaptive - what was set, or the default

  Level: intermediate

.seealso: `PCNYSTROM`, `PCNystromSetAdaptive()`
@*/
PetscErrorCode PCNystromGetAdaptive(PC pc, PetscBool* adaptive) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidBoolPointer(adaptive, 2);
  PetscUseMethod(pc, "PCNystromGetAdaptive_C", (PC, PetscBool*), (pc, adaptive));
  PetscFunctionReturn(0);
}

/*@
  PCNystromSetSeed - Sets the seed of the random vectors of `PCNYSTROM`

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- seed - any number; the default is 1

  Options Database Key:
. -pc_nystrom_seed <1> - seed

  Level: intermediate

.seealso: `PCNYSTROM`, `PCNystromGetSeed()`
@*/
PetscErrorCode PCNystromSetSeed(PC pc, PetscInt seed) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, seed, 2);
  PetscTryMethod(pc, "PCNystromSetSeed_C", (PC, PetscInt), (pc, seed));
  PetscFunctionReturn(0);
}

/*@
  PCNystromGetSeed - Gets the seed of the random vectors of `PCNYSTROM`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCNYSTROM`

  Output Parameter:
. seed - what was set, or the default

  Level: intermediate

.seealso: `PCNYSTROM`, `PCNystromSetSeed()`
@*/
PetscErrorCode PCNystromGetSeed(PC pc, PetscInt* seed) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidIntPointer(seed, 2);
  PetscUseMethod(pc, "PCNystromGetSeed_C", (PC, PetscInt*), (pc, seed));
  PetscFunctionReturn(0);
}

/*@C
  PCNystromGetEigenvalues - Gets the eigenvalues of the approximation of `PCNYSTROM`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCNYSTROM`, set up

  Output Parameters:
+ count       - how many: the rank in use
- eigenvalues - the largest first; owned by the PC, valid until it is set up again (or `NULL`)

  Level: advanced

.seealso: `PCNYSTROM`
@*/
PetscErrorCode PCNystromGetEigenvalues(PC pc, PetscInt* count, const PetscReal* eigenvalues[]) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidIntPointer(count, 2);
  PetscUseMethod(pc, "PCNystromGetEigenvalues_C", (PC, PetscInt*, const PetscReal**), (pc, count, eigenvalues));
  PetscFunctionReturn(0);
}
