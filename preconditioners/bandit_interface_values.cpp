// The public functions of PCBANDIT that take and give numbers and names.
#include "bandit_interface.hpp"

/*@
  PCBanditSetCost - Sets what `PCBANDIT` charges for a solve

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- cost - `PC_BANDIT_COST_ITERATIONS` (the default), `_TIME` or `_WORK`

  Options Database Key:
. -pc_bandit_cost <iterations> - iterations, time or work

  Level: intermediate

  Notes:
  Work is what PETSc logs as floating point operations, the same in every run; libraries outside PETSc log none.

.seealso: `PCBANDIT`, `PCBanditGetCost()`
@*/
PetscErrorCode PCBanditSetCost(PC pc, PCBanditCost cost) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveEnum(pc, cost, 2);
  PetscCheck(cost >= PC_BANDIT_COST_ITERATIONS && cost <= PC_BANDIT_COST_WORK, PCBanditComm_Private(pc),
             PETSC_ERR_ARG_OUTOFRANGE, "The cost must be PC_BANDIT_COST_ITERATIONS, _TIME or _WORK, not %d",
             static_cast<int>(cost));
  PetscCall(PCBanditSet_Private(pc, &PCBanditParameters::cost, cost));
  PetscFunctionReturn(0);
}

/*@
  PCBanditGetCost - Gets what `PCBANDIT` charges for a solve

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. cost - `PC_BANDIT_COST_ITERATIONS` (the default), `_TIME` or `_WORK`

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetCost()`
@*/
PetscErrorCode PCBanditGetCost(PC pc, PCBanditCost* cost) {
  PetscFunctionBegin;
  PetscCall(PCBanditGet_Private(pc, &PCBanditParameters::cost, cost));
  PetscFunctionReturn(0);
}

/*@
  PCBanditSetContextSource - Sets where `PCBANDIT` takes its contexts from

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- source - `PC_BANDIT_CONTEXT_AUTO` (the default), `_GIVEN`, `_MATRIX` or `_NONE`

  Options Database Key:
. -pc_bandit_context <auto> - auto, given, matrix or none

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditGetContextSource()`
@*/
PetscErrorCode PCBanditSetContextSource(PC pc, PCBanditContextSource source) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveEnum(pc, source, 2);
  PetscCheck(source >= PC_BANDIT_CONTEXT_AUTO && source <= PC_BANDIT_CONTEXT_NONE, PCBanditComm_Private(pc),
             PETSC_ERR_ARG_OUTOFRANGE, "The source must be PC_BANDIT_CONTEXT_AUTO, _GIVEN, _MATRIX or _NONE, not %d",
             static_cast<int>(source));
  PetscCall(PCBanditSet_Private(pc, &PCBanditParameters::source, source));
  PetscFunctionReturn(0);
}

/*@
  PCBanditGetContextSource - Gets where `PCBANDIT` takes its contexts from

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. source - `PC_BANDIT_CONTEXT_AUTO` (the default), `_GIVEN`, `_MATRIX` or `_NONE`

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetContextSource()`
@*/
PetscErrorCode PCBanditGetContextSource(PC pc, PCBanditContextSource* source) {
  PetscFunctionBegin;
  PetscCall(PCBanditGet_Private(pc, &PCBanditParameters::source, source));
  PetscFunctionReturn(0);
}

/*@
  PCBanditSetSeed - Sets the seed of the choices of `PCBANDIT`

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- seed - not negative

  Options Database Key:
. -pc_bandit_seed <1>

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditGetSeed()`
@*/
PetscErrorCode PCBanditSetSeed(PC pc, PetscInt seed) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, seed, 2);
  PetscCheck(seed >= 0, PCBanditComm_Private(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The seed must not be negative, not %" PetscInt_FMT, seed);
  PetscCall(PCBanditSet_Private(pc, &PCBanditParameters::seed, seed));
  PetscFunctionReturn(0);
}

/*@
  PCBanditGetSeed - Gets the seed of the choices of `PCBANDIT`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. seed - not negative

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetSeed()`
@*/
PetscErrorCode PCBanditGetSeed(PC pc, PetscInt* seed) {
  PetscFunctionBegin;
  PetscCall(PCBanditGet_Private(pc, &PCBanditParameters::seed, seed));
  PetscFunctionReturn(0);
}

/*@
  PCBanditSetSafeArm - Sets the arm that takes over where another fails

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- arm - its number from 0, or `PETSC_DEFAULT` for the first

  Options Database Key:
. -pc_bandit_safe <0>

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditGetSafeArm()`
@*/
PetscErrorCode PCBanditSetSafeArm(PC pc, PetscInt arm) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, arm, 2);
  PetscCheck(arm >= 0 || arm == PETSC_DEFAULT, PCBanditComm_Private(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The safe arm must be a number from 0, not %" PetscInt_FMT, arm);
  PetscCall(PCBanditSet_Private(pc, &PCBanditParameters::safe, arm));
  PetscFunctionReturn(0);
}

/*@
  PCBanditGetSafeArm - Gets the arm that takes over where another fails

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. arm - its number from 0, or `PETSC_DEFAULT` for the first

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetSafeArm()`
@*/
PetscErrorCode PCBanditGetSafeArm(PC pc, PetscInt* arm) {
  PetscFunctionBegin;
  PetscCall(PCBanditGet_Private(pc, &PCBanditParameters::safe, arm));
  PetscFunctionReturn(0);
}

/*@
  PCBanditSetCap - Sets the multiple of the expected cost at which an arm is stopped

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- factor - at least 4, or 0: no arm is stopped and no other takes over

  Options Database Key:
. -pc_bandit_cap <5>

  Level: intermediate

  Notes:
  Lower caps would stop arms whose cost merely scatters. Until ten solves have been learned from, and at all times, an
  arm is stopped at half of the iterations that the `KSP` may take.

.seealso: `PCBANDIT`, `PCBanditGetCap()`
@*/
PetscErrorCode PCBanditSetCap(PC pc, PetscReal factor) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveReal(pc, factor, 2);
  PetscCheck(factor == 0 || factor >= 4, PCBanditComm_Private(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The cap must be 0 or at least 4 expected costs, not %g", static_cast<double>(factor));
  PetscCall(PCBanditSet_Private(pc, &PCBanditParameters::cap, factor));
  PetscFunctionReturn(0);
}

/*@
  PCBanditGetCap - Gets the multiple of the expected cost at which an arm is stopped

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. factor - at least 4, or 0: no arm is stopped and no other takes over

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetCap()`
@*/
PetscErrorCode PCBanditGetCap(PC pc, PetscReal* factor) {
  PetscFunctionBegin;
  PetscCall(PCBanditGet_Private(pc, &PCBanditParameters::cap, factor));
  PetscFunctionReturn(0);
}
