// The public functions of PCLATTICEMG.
#include "latticemg.hpp"

/*@
  PCLatticeMGSetCycle - Sets the order in which `PCLATTICEMG` visits its grids

  Logically Collective

  Input Parameters:
+ pc     - the preconditioner
- cycle  - `PC_LATTICEMG_CYCLE_V` or `PC_LATTICEMG_CYCLE_W` (the default)

  Options Database Key:
. -pc_latticemg_cycle <w> - v or w

  Level: intermediate

  Notes:
  W visits each coarser grid twice, which costs a seventh more in three dimensions, and half more in two, and takes
  fewer iterations where passages are narrow or coefficients vary.

.seealso: `PCLATTICEMG`, `PCLatticeMGGetCycle()`
@*/
PetscErrorCode PCLatticeMGSetCycle(PC pc, PCLatticeMGCycle cycle) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveEnum(pc, cycle, 2);
  PetscTryMethod(pc, "PCLatticeMGSetCycle_C", (PC, PCLatticeMGCycle), (pc, cycle));
  PetscFunctionReturn(0);
}

/*@
  PCLatticeMGGetCycle - Gets the order in which `PCLATTICEMG` visits its grids

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCLATTICEMG`

  Output Parameter:
. cycle - `PC_LATTICEMG_CYCLE_V` or `PC_LATTICEMG_CYCLE_W` (the default)

  Level: intermediate

.seealso: `PCLATTICEMG`, `PCLatticeMGSetCycle()`
@*/
PetscErrorCode PCLatticeMGGetCycle(PC pc, PCLatticeMGCycle* cycle) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(cycle, 2);
  PetscUseMethod(pc, "PCLatticeMGGetCycle_C", (PC, PCLatticeMGCycle*), (pc, cycle));
  PetscFunctionReturn(0);
}

/*@
  PCLatticeMGSetCoarsening - Sets what the coarser levels of `PCLATTICEMG` are

  Logically Collective

  Input Parameters:
+ pc         - the preconditioner
- coarsening - `PC_LATTICEMG_COARSENING_AUTO` (the default), `PC_LATTICEMG_COARSENING_FULL`,
               `PC_LATTICEMG_COARSENING_SEMI` or `PC_LATTICEMG_COARSENING_AGGREGATES`

  Options Database Key:
. -pc_latticemg_coarsening <auto> - auto, full, semi or aggregates

  Level: intermediate

  Notes:
  Red-black sweeps reduce errors along the axes with the strongest couplings alone. Where spacings differ, or diffusion
  has a direction, the grid is made coarser along those axes first (semi), until the couplings are of one size.

  Where coefficients jump, spacings change from place to place or thin walls part passages, aggregates of strongly
  coupled cells converge in fewer iterations than any grids; their setup costs about as much as ten iterations. They lie
  whole on the first rank. By default they are chosen where neighbouring couplings differ much, or a test of the second
  grid shows that it converges slowly.

.seealso: `PCLATTICEMG`, `PCLatticeMGGetCoarsening()`
@*/
PetscErrorCode PCLatticeMGSetCoarsening(PC pc, PCLatticeMGCoarsening coarsening) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveEnum(pc, coarsening, 2);
  PetscTryMethod(pc, "PCLatticeMGSetCoarsening_C", (PC, PCLatticeMGCoarsening), (pc, coarsening));
  PetscFunctionReturn(0);
}

/*@
  PCLatticeMGGetCoarsening - Gets what the coarser levels of `PCLATTICEMG` are to be

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCLATTICEMG`

  Output Parameter:
. coarsening - what was set, `PC_LATTICEMG_COARSENING_AUTO` if nothing was

  Level: intermediate

.seealso: `PCLATTICEMG`, `PCLatticeMGSetCoarsening()`
@*/
PetscErrorCode PCLatticeMGGetCoarsening(PC pc, PCLatticeMGCoarsening* coarsening) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(coarsening, 2);
  PetscUseMethod(pc, "PCLatticeMGGetCoarsening_C", (PC, PCLatticeMGCoarsening*), (pc, coarsening));
  PetscFunctionReturn(0);
}

/*@
  PCLatticeMGGetAggregated - Gets whether `PCLATTICEMG` works with aggregates in place of coarser grids

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCLATTICEMG`, set up

  Output Parameter:
. aggregated - `PETSC_TRUE` if so

  Level: intermediate

.seealso: `PCLATTICEMG`, `PCLatticeMGSetCoarsening()`
@*/
PetscErrorCode PCLatticeMGGetAggregated(PC pc, PetscBool* aggregated) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(aggregated, 2);
  PetscUseMethod(pc, "PCLatticeMGGetAggregated_C", (PC, PetscBool*), (pc, aggregated));
  PetscFunctionReturn(0);
}

/*@
  PCLatticeMGSetSweeps - Sets the number of Gauss-Seidel sweeps of `PCLATTICEMG` on either side of a coarser level

  Logically Collective

  Input Parameters:
+ pc     - the preconditioner
- sweeps - at least 1; the default is 2

  Options Database Key:
. -pc_latticemg_sweeps <2> - sweeps

  Notes:
  A V cycle has as many on each grid. A W cycle visits coarse grids often, and the finest one once: it has one more
  on the finest grid, and one less, but one, from the third on. The first two levels of aggregates have as many as the
  second grid.

  Level: intermediate

.seealso: `PCLATTICEMG`, `PCLatticeMGGetSweeps()`
@*/
PetscErrorCode PCLatticeMGSetSweeps(PC pc, PetscInt sweeps) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, sweeps, 2);
  PetscTryMethod(pc, "PCLatticeMGSetSweeps_C", (PC, PetscInt), (pc, sweeps));
  PetscFunctionReturn(0);
}

/*@
  PCLatticeMGGetSweeps - Gets the number of Gauss-Seidel sweeps of `PCLATTICEMG` on either side of a coarser level

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCLATTICEMG`

  Output Parameter:
. sweeps - at least 1; the default is 2

  Level: intermediate

.seealso: `PCLATTICEMG`, `PCLatticeMGSetSweeps()`
@*/
PetscErrorCode PCLatticeMGGetSweeps(PC pc, PetscInt* sweeps) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(sweeps, 2);
  PetscUseMethod(pc, "PCLatticeMGGetSweeps_C", (PC, PetscInt*), (pc, sweeps));
  PetscFunctionReturn(0);
}

/*@
  PCLatticeMGSetWeights - Sets the numbers of the cycle of `PCLATTICEMG`

  Logically Collective

  Input Parameters:
+ pc     - the preconditioner
- values - fourteen numbers. Of grids: three factors of the couplings between cells, in (0, 1], for the second, the
third and all further ones; three of the excess of a diagonal over its couplings, in (0, 2]; omega of the red half
           sweeps on the finest grid but the first and the last one, in (0, 1.99]. Of aggregates: the least part of
           their couplings that groups of cells keep, in (0, 1], blocks of them, in [.51, 1], and pairs, in [.71, 1];
           the factors of excess, in (0, 2], [.51, 2] and [.71, 2]; the omega. `NULL`: the classical ones (the default)

  Options Database Key:
. -pc_latticemg_weights <c1,c2,c3,e1,e2,e3,red,c1,c2,c3,e1,e2,e3,red> - the fourteen numbers

  Level: advanced

  Notes:
  Couplings are multiplied along axes that are halved. The classical cycle has .5,.5,.5,1,1,1,1,.6,.55,.775,1,1,1,1; it
is the default. `PCCNN` has trained ones, and `linnet train` fits them to systems of one's own.

.seealso: `PCLATTICEMG`, `PCCNN`, `PCLatticeMGGetWeights()`, `PCLatticeMGSetCycle()`, `PCLatticeMGSetCoarsening()`
@*/
PetscErrorCode PCLatticeMGSetWeights(PC pc, const PetscReal values[PC_LATTICEMG_WEIGHTS]) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscTryMethod(pc, "PCLatticeMGSetWeights_C", (PC, const PetscReal[]), (pc, values));
  PetscFunctionReturn(0);
}

/*@
  PCLatticeMGGetWeights - Gets the numbers of the cycle of `PCLATTICEMG`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCLATTICEMG`

  Output Parameter:
. values - fourteen numbers as in `PCLatticeMGSetWeights()`

  Level: advanced

.seealso: `PCLATTICEMG`, `PCLatticeMGSetWeights()`
@*/
PetscErrorCode PCLatticeMGGetWeights(PC pc, PetscReal values[PC_LATTICEMG_WEIGHTS]) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidRealPointer(values, 2);
  PetscUseMethod(pc, "PCLatticeMGGetWeights_C", (PC, PetscReal[]), (pc, values));
  PetscFunctionReturn(0);
}

/*@
  PCLatticeMGSetThreads - Sets the number of threads that run a cycle of `PCLATTICEMG`

  Logically Collective

  Input Parameters:
+ pc     - the preconditioner
- threads - at least 1, or `PETSC_DEFAULT`: `OMP_NUM_THREADS`, or the rank's share of the processors

  Options Database Key:
. -pc_latticemg_threads <n> - threads

  Level: intermediate

  Notes:
  The result does not depend on it.

.seealso: `PCLATTICEMG`, `PCLatticeMGGetThreads()`
@*/
PetscErrorCode PCLatticeMGSetThreads(PC pc, PetscInt threads) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, threads, 2);
  PetscTryMethod(pc, "PCLatticeMGSetThreads_C", (PC, PetscInt), (pc, threads));
  PetscFunctionReturn(0);
}

/*@
  PCLatticeMGGetThreads - Gets the number of threads that run a cycle of `PCLATTICEMG`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCLATTICEMG`

  Output Parameter:
. threads - at least 1, or `PETSC_DEFAULT`: `OMP_NUM_THREADS`, or the rank's share of the processors

  Level: intermediate

.seealso: `PCLATTICEMG`, `PCLatticeMGSetThreads()`
@*/
PetscErrorCode PCLatticeMGGetThreads(PC pc, PetscInt* threads) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(threads, 2);
  PetscUseMethod(pc, "PCLatticeMGGetThreads_C", (PC, PetscInt*), (pc, threads));
  PetscFunctionReturn(0);
}

/*@
  PCLatticeMGSetGrid - Sets the size of the grid of `PCLATTICEMG`

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
. nx - cells along x
. ny - cells along y
- nz - cells along z, 1 in two dimensions

  Options Database Key:
. -pc_latticemg_grid <nx,ny,nz> - the size

  Level: intermediate

  Notes:
  Needed where the cells of the rows are composed on the matrix as "linnet_cells", and not looked at otherwise.

.seealso: `PCLATTICEMG`, `PCLatticeMGGetGrid()`
@*/
PetscErrorCode PCLatticeMGSetGrid(PC pc, PetscInt nx, PetscInt ny, PetscInt nz) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, nx, 2);
  PetscValidLogicalCollectiveInt(pc, ny, 3);
  PetscValidLogicalCollectiveInt(pc, nz, 4);
  PetscTryMethod(pc, "PCLatticeMGSetGrid_C", (PC, PetscInt, PetscInt, PetscInt), (pc, nx, ny, nz));
  PetscFunctionReturn(0);
}

/*@
  PCLatticeMGGetGrid - Gets the size of the grid of `PCLATTICEMG`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCLATTICEMG`

  Output Parameters:
+ nx - cells along x
. ny - cells along y
- nz - cells along z

  Level: intermediate

  Notes:
  After `PCSetUp()` the size of the grid in use, whatever it came from; before it what was set, zeros if nothing was.

.seealso: `PCLATTICEMG`, `PCLatticeMGSetGrid()`
@*/
PetscErrorCode PCLatticeMGGetGrid(PC pc, PetscInt* nx, PetscInt* ny, PetscInt* nz) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidIntPointer(nx, 2);
  PetscValidIntPointer(ny, 3);
  PetscValidIntPointer(nz, 4);
  PetscUseMethod(pc, "PCLatticeMGGetGrid_C", (PC, PetscInt*, PetscInt*, PetscInt*), (pc, nx, ny, nz));
  PetscFunctionReturn(0);
}
