// The public functions of PCMFAC.
#include "mfac.hpp"

/*@
  PCMFACSetRank - Sets the number of rows that `PCMFAC` samples, or of the gradients that it keeps

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- rank - at least 1; the default is 128

  Options Database Key:
. -pc_mfac_rank <128> - rows

  Level: intermediate

  Notes:
  It has no meaning for a `MATLRC`, all of whose columns are taken.

.seealso: `PCMFAC`, `PCMFACGetRank()`
@*/
PetscErrorCode PCMFACSetRank(PC pc, PetscInt rank) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, rank, 2);
  PetscTryMethod(pc, "PCMFACSetRank_C", (PC, PetscInt), (pc, rank));
  PetscFunctionReturn(0);
}

/*@
  PCMFACGetRank - Gets the number of rows that `PCMFAC` samples, or of the gradients that it keeps

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCMFAC`

  Output Parameter:
. rank - what was set, or the default

  Level: intermediate

.seealso: `PCMFAC`, `PCMFACSetRank()`
@*/
PetscErrorCode PCMFACGetRank(PC pc, PetscInt* rank) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidIntPointer(rank, 2);
  PetscUseMethod(pc, "PCMFACGetRank_C", (PC, PetscInt*), (pc, rank));
  PetscFunctionReturn(0);
}

/*@
  PCMFACSetDamping - Sets the damping of `PCMFAC`: lambda in lambda I + w sum g g^T

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- damping - above zero; not set at first

  Options Database Key:
. -pc_mfac_damping <L> - damping

  Level: intermediate

  Notes:
  Rows and gradients need one. It is added to the base of a `MATLRC`, which needs none. For rows it is that of the
  operator, J^T J + damping I; what takes its place where the rows are few is told by `PCMFACGetRows()`.

.seealso: `PCMFAC`, `PCMFACGetDamping()`
@*/
PetscErrorCode PCMFACSetDamping(PC pc, PetscReal damping) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveReal(pc, damping, 2);
  PetscTryMethod(pc, "PCMFACSetDamping_C", (PC, PetscReal), (pc, damping));
  PetscFunctionReturn(0);
}

/*@
  PCMFACGetDamping - Gets the damping of `PCMFAC`: lambda in lambda I + w sum g g^T

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCMFAC`

  Output Parameter:
. damping - what was set, or the default

  Level: intermediate

.seealso: `PCMFAC`, `PCMFACSetDamping()`
@*/
PetscErrorCode PCMFACGetDamping(PC pc, PetscReal* damping) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidRealPointer(damping, 2);
  PetscUseMethod(pc, "PCMFACGetDamping_C", (PC, PetscReal*), (pc, damping));
  PetscFunctionReturn(0);
}

/*@
  PCMFACSetMode - Sets what `PCMFAC` does with more gradients than it keeps

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- mode - `PC_MFAC_STATIC` (the default): refuse them, or `PC_MFAC_WINDOW`: each replaces the oldest

  Options Database Key:
. -pc_mfac_mode <static> - static or window

  Level: intermediate

.seealso: `PCMFAC`, `PCMFACGetMode()`
@*/
PetscErrorCode PCMFACSetMode(PC pc, PCMFACMode mode) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveEnum(pc, mode, 2);
  PetscTryMethod(pc, "PCMFACSetMode_C", (PC, PCMFACMode), (pc, mode));
  PetscFunctionReturn(0);
}

/*@
  PCMFACGetMode - Gets what `PCMFAC` does with more gradients than it keeps

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCMFAC`

  Output Parameter:
. mode - what was set, or the default

  Level: intermediate

.seealso: `PCMFAC`, `PCMFACSetMode()`
@*/
PetscErrorCode PCMFACGetMode(PC pc, PCMFACMode* mode) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(mode, 2);
  PetscUseMethod(pc, "PCMFACGetMode_C", (PC, PCMFACMode*), (pc, mode));
  PetscFunctionReturn(0);
}

/*@
  PCMFACSetSource - Sets where the rows of `PCMFAC` come from

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- source - `PC_MFAC_SOURCE_AUTO` (the default), `PC_MFAC_SOURCE_LRC`, `PC_MFAC_SOURCE_ROWS` or
`PC_MFAC_SOURCE_GRADIENTS`

  Options Database Key:
. -pc_mfac_source <auto> - auto, lrc, rows or gradients

  Level: intermediate

.seealso: `PCMFAC`, `PCMFACGetSource()`
@*/
PetscErrorCode PCMFACSetSource(PC pc, PCMFACSource source) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveEnum(pc, source, 2);
  PetscTryMethod(pc, "PCMFACSetSource_C", (PC, PCMFACSource), (pc, source));
  PetscFunctionReturn(0);
}

/*@
  PCMFACGetSource - Gets where the rows of `PCMFAC` come from

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCMFAC`

  Output Parameter:
. source - what was set, or the default

  Level: intermediate

.seealso: `PCMFAC`, `PCMFACSetSource()`
@*/
PetscErrorCode PCMFACGetSource(PC pc, PCMFACSource* source) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(source, 2);
  PetscUseMethod(pc, "PCMFACGetSource_C", (PC, PCMFACSource*), (pc, source));
  PetscFunctionReturn(0);
}

/*@
  PCMFACSetPrecision - Sets how `PCMFAC` stores its rows

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- precision - `PC_MFAC_PRECISION_F64` (the default), `PC_MFAC_PRECISION_F32` or `PC_MFAC_PRECISION_BF16`

  Options Database Key:
. -pc_mfac_precision <f64> - f64, f32 or bf16

  Level: intermediate

  Notes:
  An application is bound by reading the rows: f32 halves its time, bf16 halves it again. Rows are rounded when they
  are stored; the inverse is that of the rounded rows, with sums in double.

.seealso: `PCMFAC`, `PCMFACGetPrecision()`
@*/
PetscErrorCode PCMFACSetPrecision(PC pc, PCMFACPrecision precision) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveEnum(pc, precision, 2);
  PetscTryMethod(pc, "PCMFACSetPrecision_C", (PC, PCMFACPrecision), (pc, precision));
  PetscFunctionReturn(0);
}

/*@
  PCMFACGetPrecision - Gets how `PCMFAC` stores its rows

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCMFAC`

  Output Parameter:
. precision - what was set, or the default

  Level: intermediate

.seealso: `PCMFAC`, `PCMFACSetPrecision()`
@*/
PetscErrorCode PCMFACGetPrecision(PC pc, PCMFACPrecision* precision) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(precision, 2);
  PetscUseMethod(pc, "PCMFACGetPrecision_C", (PC, PCMFACPrecision*), (pc, precision));
  PetscFunctionReturn(0);
}

/*@
  PCMFACSetSeed - Sets the seed of the rows that `PCMFAC` samples

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- seed - any number; the default is 1

  Options Database Key:
. -pc_mfac_seed <1> - seed

  Level: intermediate

.seealso: `PCMFAC`, `PCMFACGetSeed()`
@*/
PetscErrorCode PCMFACSetSeed(PC pc, PetscInt seed) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, seed, 2);
  PetscTryMethod(pc, "PCMFACSetSeed_C", (PC, PetscInt), (pc, seed));
  PetscFunctionReturn(0);
}

/*@
  PCMFACGetSeed - Gets the seed of the rows that `PCMFAC` samples

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCMFAC`

  Output Parameter:
. seed - what was set, or the default

  Level: intermediate

.seealso: `PCMFAC`, `PCMFACSetSeed()`
@*/
PetscErrorCode PCMFACGetSeed(PC pc, PetscInt* seed) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidIntPointer(seed, 2);
  PetscUseMethod(pc, "PCMFACGetSeed_C", (PC, PetscInt*), (pc, seed));
  PetscFunctionReturn(0);
}

/*@
  PCMFACAddGradient - Adds a gradient g to those of `PCMFAC`, which is then the inverse of
  damping I + (1/n) sum g g^T over the n that it keeps

  Collective

  Input Parameters:
+ pc - the preconditioner, with a damping
- g  - of the size of the operator; copied

  Level: intermediate

  Notes:
  It costs one pass over the gradients, 2 d m + 3.5 m^2 flops for m of d numbers, and takes effect at once. With
  `PC_MFAC_WINDOW` the oldest one goes when `PCMFACSetRank()` of them are there; with `PC_MFAC_STATIC` it is then
  `PETSC_ERR_ORDER`. A gradient with an entry that is not finite is refused with `PETSC_ERR_FP`, and nothing changes.

.seealso: `PCMFAC`, `PCMFACSetDamping()`, `PCMFACSetMode()`, `PCMFACSetRank()`
@*/
PetscErrorCode PCMFACAddGradient(PC pc, Vec g) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidHeaderSpecific(g, VEC_CLASSID, 2);
  PetscCheckSameComm(pc, 1, g, 2);
  PetscUseMethod(pc, "PCMFACAddGradient_C", (PC, Vec), (pc, g));
  PetscFunctionReturn(0);
}

/*@
  PCMFACGetRows - Gets what `PCMFAC` uses

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCMFAC`

  Output Parameters:
+ rows     - that are there; 0 before it is set up (or `NULL`)
. damping  - in the place of the one that was set, where a rule raised it (or `NULL`)
- identity - whether the rows were too few for a gain, and the preconditioner is the identity (or `NULL`)

  Level: advanced

.seealso: `PCMFAC`, `PCMFACSetDamping()`
@*/
PetscErrorCode PCMFACGetRows(PC pc, PetscInt* rows, PetscReal* damping, PetscBool* identity) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscUseMethod(pc, "PCMFACGetRows_C", (PC, PetscInt*, PetscReal*, PetscBool*), (pc, rows, damping, identity));
  PetscFunctionReturn(0);
}
