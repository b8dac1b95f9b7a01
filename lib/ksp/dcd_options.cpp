// Parameters of KSPDCD: setters, options.
#include "ksp/dcd.hpp"

static PetscObject AsObject(KSP ksp) {
  return reinterpret_cast<PetscObject>(ksp);
}

static PetscErrorCode KSPDCDSetDirections_DCD(KSP ksp, PetscInt directions) {
  PetscFunctionBegin;
  PetscCheck(directions >= -1, PetscObjectComm(AsObject(ksp)), PETSC_ERR_ARG_OUTOFRANGE,
             "Directions kept must be at least 0, or -1 for all, not %" PetscInt_FMT, directions);
  static_cast<KSP_DCD*>(ksp->data)->directions = directions;
  PetscFunctionReturn(0);
}

static PetscErrorCode KSPDCDGetDirections_DCD(KSP ksp, PetscInt* directions) {
  PetscFunctionBegin;
  *directions = static_cast<KSP_DCD*>(ksp->data)->directions;
  PetscFunctionReturn(0);
}

static PetscErrorCode KSPDCDSetRecompute_DCD(KSP ksp, PetscInt interval) {
  PetscFunctionBegin;
  PetscCheck(interval >= 0, PetscObjectComm(AsObject(ksp)), PETSC_ERR_ARG_OUTOFRANGE,
             "The interval of recomputation must be at least 0, not %" PetscInt_FMT, interval);
  static_cast<KSP_DCD*>(ksp->data)->recompute = interval;
  PetscFunctionReturn(0);
}

static PetscErrorCode KSPDCDGetRecompute_DCD(KSP ksp, PetscInt* interval) {
  PetscFunctionBegin;
  *interval = static_cast<KSP_DCD*>(ksp->data)->recompute;
  PetscFunctionReturn(0);
}

static PetscErrorCode KSPDCDSetSafeguard_DCD(KSP ksp, PetscBool safeguard) {
  PetscFunctionBegin;
  static_cast<KSP_DCD*>(ksp->data)->safeguard = safeguard;
  PetscFunctionReturn(0);
}

static PetscErrorCode KSPDCDGetSafeguard_DCD(KSP ksp, PetscBool* safeguard) {
  PetscFunctionBegin;
  *safeguard = static_cast<KSP_DCD*>(ksp->data)->safeguard;
  PetscFunctionReturn(0);
}

static PetscErrorCode KSPDCDSetFallbackPC_DCD(KSP ksp, PC pc) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  PetscCall(PetscObjectReference(reinterpret_cast<PetscObject>(pc)));
  PetscCall(PCDestroy(&dcd->fallback));
  dcd->fallback = pc;
  PetscFunctionReturn(0);
}

static PetscErrorCode KSPDCDGetFallbackPC_DCD(KSP ksp, PC* pc) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);
  const char* prefix;

  PetscFunctionBegin;
  if (!dcd->fallback) {
    PetscCall(PCCreate(PetscObjectComm(AsObject(ksp)), &dcd->fallback));
    PetscCall(PetscObjectIncrementTabLevel(reinterpret_cast<PetscObject>(dcd->fallback), AsObject(ksp), 1));
    PetscCall(KSPGetOptionsPrefix(ksp, &prefix));
    PetscCall(PCSetOptionsPrefix(dcd->fallback, prefix));
    PetscCall(PCAppendOptionsPrefix(dcd->fallback, "ksp_dcd_fallback_"));
    PetscCall(PCSetType(dcd->fallback, PCJACOBI));
    PetscCall(PCJacobiSetUseAbs(dcd->fallback, PETSC_TRUE));
  }
  *pc = dcd->fallback;
  PetscFunctionReturn(0);
}

static PetscErrorCode KSPDCDGetReplacements_DCD(KSP ksp, PetscInt counts[]) {
  PetscFunctionBegin;
  PetscCall(PetscArraycpy(counts, static_cast<KSP_DCD*>(ksp->data)->replacements, KSP_DCD_REPLACEMENT_KINDS));
  PetscFunctionReturn(0);
}

PetscErrorCode KSPDCDComposeFunctions_Private(KSP ksp, PetscBool compose) {
  PetscFunctionBegin;
  PetscCall(
      PetscObjectComposeFunction(AsObject(ksp), "KSPDCDSetDirections_C", compose ? KSPDCDSetDirections_DCD : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(ksp), "KSPDCDGetDirections_C", compose ? KSPDCDGetDirections_DCD : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(ksp), "KSPDCDSetRecompute_C", compose ? KSPDCDSetRecompute_DCD : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(ksp), "KSPDCDGetRecompute_C", compose ? KSPDCDGetRecompute_DCD : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(ksp), "KSPDCDSetSafeguard_C", compose ? KSPDCDSetSafeguard_DCD : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(ksp), "KSPDCDGetSafeguard_C", compose ? KSPDCDGetSafeguard_DCD : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(ksp), "KSPDCDSetFallbackPC_C", compose ? KSPDCDSetFallbackPC_DCD : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(ksp), "KSPDCDGetFallbackPC_C", compose ? KSPDCDGetFallbackPC_DCD : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(ksp), "KSPDCDGetReplacements_C",
                                       compose ? KSPDCDGetReplacements_DCD : nullptr));
  PetscCall(KSPDCDComposeFused_Private(ksp, compose));
  PetscFunctionReturn(0);
}

PetscErrorCode KSPSetFromOptions_DCD(KSP ksp, PetscOptionItems* PetscOptionsObject) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);
  PetscInt directions = dcd->directions, recompute = dcd->recompute;
  PetscBool safeguard = dcd->safeguard, fused = dcd->fused, set;
  PC fallback;

  PetscFunctionBegin;
  PetscOptionsHeadBegin(PetscOptionsObject, "KSP deep conjugate directions options");
  PetscCall(PetscOptionsInt("-ksp_dcd_directions", "Previous directions kept (0 none, -1 all)", "KSPDCDSetDirections",
                            directions, &directions, &set));
  if (set)
    PetscCall(KSPDCDSetDirections(ksp, directions));
  PetscCall(PetscOptionsInt("-ksp_dcd_recompute",
                            "Iterations after which the true residual is recomputed (0 only before convergence)",
                            "KSPDCDSetRecompute", recompute, &recompute, &set));
  if (set)
    PetscCall(KSPDCDSetRecompute(ksp, recompute));
  PetscCall(PetscOptionsBool("-ksp_dcd_safeguard", "Check each direction, replace a bad one", "KSPDCDSetSafeguard",
                             safeguard, &safeguard, &set));
  if (set)
    PetscCall(KSPDCDSetSafeguard(ksp, safeguard));
  PetscCall(PetscOptionsBool("-ksp_dcd_fused", "Leave the iteration to a preconditioner that can fuse it",
                             "KSPDCDSetFused", fused, &fused, &set));
  if (set)
    PetscCall(KSPDCDSetFused(ksp, fused));
  PetscOptionsHeadEnd();
  PetscCall(KSPDCDGetFallbackPC(ksp, &fallback));
  PetscCall(PCSetFromOptions(fallback));
  PetscFunctionReturn(0);
}

/*@
  KSPDCDSetDirections - Sets how many previous directions `KSPDCD` makes a new one A-orthogonal to

  Logically Collective

  Input Parameters:
+ ksp        - the Krylov space context
- directions - 0 for none (preconditioned steepest descent), -1 for all; the default is 2

  Options Database Key:
. -ksp_dcd_directions <2> - previous directions kept

  Level: intermediate

  Notes:
  One direction makes the method `KSPCG` when the preconditioner is symmetric positive definite. More help where it is
  not, at two vectors of memory and two vector operations an iteration for each. All directions cost memory that grows
  with the iterations.

.seealso: `KSPDCD`, `KSPDCDGetDirections()`
@*/
PetscErrorCode KSPDCDSetDirections(KSP ksp, PetscInt directions) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(ksp, KSP_CLASSID, 1);
  PetscValidLogicalCollectiveInt(ksp, directions, 2);
  PetscTryMethod(ksp, "KSPDCDSetDirections_C", (KSP, PetscInt), (ksp, directions));
  PetscFunctionReturn(0);
}

/*@
  KSPDCDGetDirections - Gets how many previous directions `KSPDCD` keeps

  Not Collective

  Input Parameter:
. ksp - the Krylov space context, of type `KSPDCD`

  Output Parameter:
. directions - their number, -1 for all

  Level: intermediate

.seealso: `KSPDCD`, `KSPDCDSetDirections()`
@*/
PetscErrorCode KSPDCDGetDirections(KSP ksp, PetscInt* directions) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(ksp, KSP_CLASSID, 1);
  PetscValidIntPointer(directions, 2);
  PetscUseMethod(ksp, "KSPDCDGetDirections_C", (KSP, PetscInt*), (ksp, directions));
  PetscFunctionReturn(0);
}

/*@
  KSPDCDSetRecompute - Sets after how many iterations `KSPDCD` computes the residual b - A x anew

  Logically Collective

  Input Parameters:
+ ksp      - the Krylov space context
- interval - iterations; 0: only before convergence is declared; the default is 50

  Options Database Key:
. -ksp_dcd_recompute <50> - iterations between two recomputations

  Level: intermediate

.seealso: `KSPDCD`, `KSPDCDGetRecompute()`
@*/
PetscErrorCode KSPDCDSetRecompute(KSP ksp, PetscInt interval) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(ksp, KSP_CLASSID, 1);
  PetscValidLogicalCollectiveInt(ksp, interval, 2);
  PetscTryMethod(ksp, "KSPDCDSetRecompute_C", (KSP, PetscInt), (ksp, interval));
  PetscFunctionReturn(0);
}

/*@
  KSPDCDGetRecompute - Gets after how many iterations `KSPDCD` computes the residual b - A x anew

  Not Collective

  Input Parameter:
. ksp - the Krylov space context, of type `KSPDCD`

  Output Parameter:
. interval - iterations; 0: only before convergence is declared

  Level: intermediate

.seealso: `KSPDCD`, `KSPDCDSetRecompute()`
@*/
PetscErrorCode KSPDCDGetRecompute(KSP ksp, PetscInt* interval) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(ksp, KSP_CLASSID, 1);
  PetscValidIntPointer(interval, 2);
  PetscUseMethod(ksp, "KSPDCDGetRecompute_C", (KSP, PetscInt*), (ksp, interval));
  PetscFunctionReturn(0);
}

/*@
  KSPDCDSetSafeguard - Sets whether `KSPDCD` checks each direction and replaces a bad one

  Logically Collective

  Input Parameters:
+ ksp       - the Krylov space context
- safeguard - `PETSC_TRUE` (the default) to check

  Options Database Key:
. -ksp_dcd_safeguard <true> - check each direction

  Level: intermediate

.seealso: `KSPDCD`, `KSPDCDGetSafeguard()`, `KSPDCDGetReplacements()`, `KSPDCDSetFallbackPC()`
@*/
PetscErrorCode KSPDCDSetSafeguard(KSP ksp, PetscBool safeguard) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(ksp, KSP_CLASSID, 1);
  PetscValidLogicalCollectiveBool(ksp, safeguard, 2);
  PetscTryMethod(ksp, "KSPDCDSetSafeguard_C", (KSP, PetscBool), (ksp, safeguard));
  PetscFunctionReturn(0);
}

/*@
  KSPDCDGetSafeguard - Gets whether `KSPDCD` checks each direction

  Not Collective

  Input Parameter:
. ksp - the Krylov space context, of type `KSPDCD`

  Output Parameter:
. safeguard - `PETSC_TRUE` when it does

  Level: intermediate

.seealso: `KSPDCD`, `KSPDCDSetSafeguard()`
@*/
PetscErrorCode KSPDCDGetSafeguard(KSP ksp, PetscBool* safeguard) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(ksp, KSP_CLASSID, 1);
  PetscValidBoolPointer(safeguard, 2);
  PetscUseMethod(ksp, "KSPDCDGetSafeguard_C", (KSP, PetscBool*), (ksp, safeguard));
  PetscFunctionReturn(0);
}

/*@
  KSPDCDSetFallbackPC - Sets the preconditioner whose direction replaces a bad one in `KSPDCD`

  Collective

  Input Parameters:
+ ksp - the Krylov space context
- pc  - a symmetric positive definite linear preconditioner; its operators are set by the solve

  Level: advanced

.seealso: `KSPDCD`, `KSPDCDGetFallbackPC()`, `KSPDCDGetReplacements()`
@*/
PetscErrorCode KSPDCDSetFallbackPC(KSP ksp, PC pc) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(ksp, KSP_CLASSID, 1);
  PetscValidHeaderSpecific(pc, PC_CLASSID, 2);
  PetscCheckSameComm(ksp, 1, pc, 2);
  PetscTryMethod(ksp, "KSPDCDSetFallbackPC_C", (KSP, PC), (ksp, pc));
  PetscFunctionReturn(0);
}

/*@
  KSPDCDGetFallbackPC - Gets the preconditioner whose direction replaces a bad one in `KSPDCD`

  Not Collective

  Input Parameter:
. ksp - the Krylov space context, of type `KSPDCD`

  Output Parameter:
. pc - the preconditioner: `PCJACOBI` with absolute values unless another was set

  Options Database Key:
. -ksp_dcd_fallback_pc_type <jacobi> - its type, with all the options of that type under the prefix ksp_dcd_fallback_

  Level: advanced

  Note:
  Where the matrix cannot give its diagonal, `PCJACOBI` becomes `PCNONE`.

.seealso: `KSPDCD`, `KSPDCDSetFallbackPC()`, `KSPDCDGetReplacements()`
@*/
PetscErrorCode KSPDCDGetFallbackPC(KSP ksp, PC* pc) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(ksp, KSP_CLASSID, 1);
  PetscValidPointer(pc, 2);
  PetscUseMethod(ksp, "KSPDCDGetFallbackPC_C", (KSP, PC*), (ksp, pc));
  PetscFunctionReturn(0);
}

/*@
  KSPDCDGetReplacements - Gets how many directions `KSPDCD` replaced in the last solve, by reason

  Not Collective

  Input Parameter:
. ksp - the Krylov space context, of type `KSPDCD`

  Output Parameter:
. counts - by `KSP_DCD_NOT_FINITE`, `KSP_DCD_NO_DESCENT`, `KSP_DCD_NO_CURVATURE`; an array of length
           `KSP_DCD_REPLACEMENT_KINDS`

  Level: intermediate

.seealso: `KSPDCD`, `KSPDCDSetSafeguard()`
@*/
PetscErrorCode KSPDCDGetReplacements(KSP ksp, PetscInt counts[KSP_DCD_REPLACEMENT_KINDS]) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(ksp, KSP_CLASSID, 1);
  PetscValidIntPointer(counts, 2);
  PetscUseMethod(ksp, "KSPDCDGetReplacements_C", (KSP, PetscInt*), (ksp, counts));
  PetscFunctionReturn(0);
}
