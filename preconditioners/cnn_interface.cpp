// The public functions of PCCNN.
#include "cnn.hpp"

/*@C
  PCCNNSetModel - Sets the model of the network of `PCCNN`

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- model - a shipped model (cycle2d, cycle3d, hybrid2d, hybrid3d, dcdm64), or a model file; "" for the cycle of the
  dimension of the grid

  Options Database Key:
. -pc_cnn_model <name or file> - the same

  Level: intermediate

.seealso: `PCCNN`, `PCCNNGetModel()`
@*/
PetscErrorCode PCCNNSetModel(PC pc, const char model[]) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidCharPointer(model, 2);
  PetscTryMethod(pc, "PCCNNSetModel_C", (PC, const char[]), (pc, model));
  PetscFunctionReturn(0);
}

/*@C
  PCCNNGetModel - Gets the model of the network of `PCCNN`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCCNN`

  Output Parameter:
. model - what was set

  Level: intermediate

.seealso: `PCCNN`, `PCCNNSetModel()`
@*/
PetscErrorCode PCCNNGetModel(PC pc, const char* model[]) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(model, 2);
  PetscUseMethod(pc, "PCCNNGetModel_C", (PC, const char*[]), (pc, model));
  PetscFunctionReturn(0);
}

/*@C
  PCCNNSetPrecision - Sets the numbers that the network computes with of `PCCNN`

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- precision - `PC_CNN_PRECISION_AUTO` (the default), `PC_CNN_PRECISION_F32` or `PC_CNN_PRECISION_BF16`

  Options Database Key:
. -pc_cnn_precision <auto> - the same

  Level: intermediate

.seealso: `PCCNN`, `PCCNNGetPrecision()`
@*/
PetscErrorCode PCCNNSetPrecision(PC pc, PCCNNPrecision precision) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveEnum(pc, precision, 2);
  PetscTryMethod(pc, "PCCNNSetPrecision_C", (PC, PCCNNPrecision), (pc, precision));
  PetscFunctionReturn(0);
}

/*@C
  PCCNNGetPrecision - Gets the numbers that the network computes with of `PCCNN`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCCNN`

  Output Parameter:
. precision - what was set

  Level: intermediate

.seealso: `PCCNN`, `PCCNNSetPrecision()`
@*/
PetscErrorCode PCCNNGetPrecision(PC pc, PCCNNPrecision* precision) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(precision, 2);
  PetscUseMethod(pc, "PCCNNGetPrecision_C", (PC, PCCNNPrecision*), (pc, precision));
  PetscFunctionReturn(0);
}

/*@C
  PCCNNSetBackend - Sets what runs the network of `PCCNN`

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- backend - `PC_CNN_BACKEND_ONEDNN` (the default) or `PC_CNN_BACKEND_REFERENCE`

  Options Database Key:
. -pc_cnn_backend <onednn> - the same

  Level: intermediate

.seealso: `PCCNN`, `PCCNNGetBackend()`
@*/
PetscErrorCode PCCNNSetBackend(PC pc, PCCNNBackend backend) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveEnum(pc, backend, 2);
  PetscTryMethod(pc, "PCCNNSetBackend_C", (PC, PCCNNBackend), (pc, backend));
  PetscFunctionReturn(0);
}

/*@C
  PCCNNGetBackend - Gets what runs the network of `PCCNN`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCCNN`

  Output Parameter:
. backend - what was set

  Level: intermediate

.seealso: `PCCNN`, `PCCNNSetBackend()`
@*/
PetscErrorCode PCCNNGetBackend(PC pc, PCCNNBackend* backend) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(backend, 2);
  PetscUseMethod(pc, "PCCNNGetBackend_C", (PC, PCCNNBackend*), (pc, backend));
  PetscFunctionReturn(0);
}

/*@C
  PCCNNSetThreads - Sets the number of threads of an application of `PCCNN`

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- threads - at least 1, or `PETSC_DEFAULT`: `OMP_NUM_THREADS`, or the rank's share of the processors

  Options Database Key:
. -pc_cnn_threads <n> - the same

  Level: intermediate

.seealso: `PCCNN`, `PCCNNGetThreads()`
@*/
PetscErrorCode PCCNNSetThreads(PC pc, PetscInt threads) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, threads, 2);
  PetscTryMethod(pc, "PCCNNSetThreads_C", (PC, PetscInt), (pc, threads));
  PetscFunctionReturn(0);
}

/*@C
  PCCNNGetThreads - Gets the number of threads of an application of `PCCNN`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCCNN`

  Output Parameter:
. threads - what was set, or is used

  Level: intermediate

.seealso: `PCCNN`, `PCCNNSetThreads()`
@*/
PetscErrorCode PCCNNGetThreads(PC pc, PetscInt* threads) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(threads, 2);
  PetscUseMethod(pc, "PCCNNGetThreads_C", (PC, PetscInt*), (pc, threads));
  PetscFunctionReturn(0);
}

/*@
  PCCNNSetGrid - Sets the size of the grid that the cell numbers composed on the matrix as "linnet_cells" refer to

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
. nx - cells along x
. ny - cells along y
- nz - cells along z, 1 in two dimensions

  Options Database Key:
. -pc_cnn_grid <nx,ny,nz> - the same

  Level: intermediate

.seealso: `PCCNN`, `PCCNNGetGrid()`, `PCLatticeMGSetGrid()`
@*/
PetscErrorCode PCCNNSetGrid(PC pc, PetscInt nx, PetscInt ny, PetscInt nz) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, nx, 2);
  PetscValidLogicalCollectiveInt(pc, ny, 3);
  PetscValidLogicalCollectiveInt(pc, nz, 4);
  PetscTryMethod(pc, "PCCNNSetGrid_C", (PC, PetscInt, PetscInt, PetscInt), (pc, nx, ny, nz));
  PetscFunctionReturn(0);
}

/*@
  PCCNNGetGrid - Gets the size of the grid of `PCCNN`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCCNN`

  Output Parameters:
+ nx - cells along x
. ny - cells along y
- nz - cells along z; all of the grid that the matrix was placed on, else what was set, 0 where nothing was

  Level: intermediate

.seealso: `PCCNN`, `PCCNNSetGrid()`
@*/
PetscErrorCode PCCNNGetGrid(PC pc, PetscInt* nx, PetscInt* ny, PetscInt* nz) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidIntPointer(nx, 2);
  PetscValidIntPointer(ny, 3);
  PetscValidIntPointer(nz, 4);
  PetscUseMethod(pc, "PCCNNGetGrid_C", (PC, PetscInt*, PetscInt*, PetscInt*), (pc, nx, ny, nz));
  PetscFunctionReturn(0);
}

/*@C
  PCCNNSetFallback - Sets what replaces the network of `PCCNN` where its model was not trained for the operator

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- type - a type of PC (`PCLATTICEMG` is the default), or "none": `PCSetUp()` then fails there

  Options Database Key:
. -pc_cnn_fallback <latticemg> - the same; its own options have the prefix cnn_fallback_ (cnn_ for latticemg)

  Level: intermediate

.seealso: `PCCNN`, `PCCNNGetFallback()`
@*/
PetscErrorCode PCCNNSetFallback(PC pc, PCType type) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidCharPointer(type, 2);
  PetscTryMethod(pc, "PCCNNSetFallback_C", (PC, PCType), (pc, type));
  PetscFunctionReturn(0);
}

/*@C
  PCCNNGetFallback - Gets what replaces the network of `PCCNN`, and whether it does

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCCNN`

  Output Parameters:
+ type - the type of PC, or "none"
- why  - why the last `PCSetUp()` took it, "" where the network is used; may be NULL

  Level: intermediate

.seealso: `PCCNN`, `PCCNNSetFallback()`
@*/
PetscErrorCode PCCNNGetFallback(PC pc, PCType* type, const char* why[]) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(type, 2);
  PetscUseMethod(pc, "PCCNNGetFallback_C", (PC, PCType*, const char*[]), (pc, type, why));
  PetscFunctionReturn(0);
}

/*@C
  PCCNNSetSymmetric - Makes `PCCNN` symmetric and positive definite whatever its model, for `KSPCG`

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- symmetric - `PETSC_FALSE` is the default

  Options Database Key:
. -pc_cnn_symmetric <false> - the same

  Level: intermediate

  Notes:
  A network is applied twice, the second time transposed, and costs twice as much; a multigrid cycle becomes a V cycle.
  The notes of `PCCNN` have the formulas. `PCSetUp()` fails where the network is not linear or has no sweeps around it.

.seealso: `PCCNN`, `PCCNNGetSymmetric()`
@*/
PetscErrorCode PCCNNSetSymmetric(PC pc, PetscBool symmetric) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveBool(pc, symmetric, 2);
  PetscTryMethod(pc, "PCCNNSetSymmetric_C", (PC, PetscBool), (pc, symmetric));
  PetscFunctionReturn(0);
}

/*@C
  PCCNNGetSymmetric - Gets whether `PCCNN` is to be symmetric and positive definite whatever its model

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCCNN`

  Output Parameter:
. symmetric - what was set

  Level: intermediate

.seealso: `PCCNN`, `PCCNNSetSymmetric()`
@*/
PetscErrorCode PCCNNGetSymmetric(PC pc, PetscBool* symmetric) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidBoolPointer(symmetric, 2);
  PetscUseMethod(pc, "PCCNNGetSymmetric_C", (PC, PetscBool*), (pc, symmetric));
  PetscFunctionReturn(0);
}
