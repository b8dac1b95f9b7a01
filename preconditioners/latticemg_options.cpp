// Parameters of PCLATTICEMG: setters, options.
#include "latticemg.hpp"

#include <omp.h>

const char* const PCLatticeMGCycleNames_Private[] = {"v", "w", "PCLatticeMGCycle", "PC_LATTICEMG_CYCLE_", nullptr};

static PetscObject AsObject(PC pc) {
  return reinterpret_cast<PetscObject>(pc);
}

static PC_LatticeMG* DataOf(PC pc) {
  return static_cast<PC_LatticeMG*>(pc->data);
}

linnet::latticemg::CycleOptions PCLatticeMGOptions_Private(const PC_LatticeMG* mg) {
  linnet::latticemg::CycleOptions options;
  options.w_cycle = mg->cycle == PC_LATTICEMG_CYCLE_W;
  options.sweeps = static_cast<int>(mg->sweeps);
  options.threads = mg->threads > 0 ? static_cast<int>(mg->threads) : omp_get_max_threads();
  return options;
}

static PetscErrorCode PCLatticeMGSetCycle_LatticeMG(PC pc, PCLatticeMGCycle cycle) {
  PetscFunctionBegin;
  PetscCheck(cycle == PC_LATTICEMG_CYCLE_V || cycle == PC_LATTICEMG_CYCLE_W, PetscObjectComm(AsObject(pc)),
             PETSC_ERR_ARG_OUTOFRANGE, "The cycle must be PC_LATTICEMG_CYCLE_V or PC_LATTICEMG_CYCLE_W, not %d",
             static_cast<int>(cycle));
  DataOf(pc)->cycle = cycle;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGGetCycle_LatticeMG(PC pc, PCLatticeMGCycle* cycle) {
  PetscFunctionBegin;
  *cycle = DataOf(pc)->cycle;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGSetSweeps_LatticeMG(PC pc, PetscInt sweeps) {
  PetscFunctionBegin;
  PetscCheck(sweeps >= 1 && sweeps <= 1000, PetscObjectComm(AsObject(pc)), PETSC_ERR_ARG_OUTOFRANGE,
             "Sweeps must be 1 to 1000, not %" PetscInt_FMT, sweeps);
  DataOf(pc)->sweeps = sweeps;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGGetSweeps_LatticeMG(PC pc, PetscInt* sweeps) {
  PetscFunctionBegin;
  *sweeps = DataOf(pc)->sweeps;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGSetThreads_LatticeMG(PC pc, PetscInt threads) {
  PetscFunctionBegin;
  PetscCheck(threads >= 1 || threads == PETSC_DEFAULT, PetscObjectComm(AsObject(pc)), PETSC_ERR_ARG_OUTOFRANGE,
             "Threads must be at least 1, or PETSC_DEFAULT, not %" PetscInt_FMT, threads);
  DataOf(pc)->threads = threads == PETSC_DEFAULT ? 0 : threads;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGGetThreads_LatticeMG(PC pc, PetscInt* threads) {
  PetscFunctionBegin;
  *threads = PCLatticeMGOptions_Private(DataOf(pc)).threads;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGSetGrid_LatticeMG(PC pc, PetscInt nx, PetscInt ny, PetscInt nz) {
  PC_LatticeMG* mg = DataOf(pc);

  PetscFunctionBegin;
  PetscCheck(nx > 0 && ny > 0 && nz > 0, PetscObjectComm(AsObject(pc)), PETSC_ERR_ARG_OUTOFRANGE,
             "The grid must have at least one cell along each axis, not %" PetscInt_FMT ",%" PetscInt_FMT
             ",%" PetscInt_FMT,
             nx, ny, nz);
  if (mg->grid != linnet::GridSize{nx, ny, nz}) {
    mg->grid = {nx, ny, nz};
    mg->placement.nonzeros = -1; /* to be placed anew */
    pc->setupcalled = PETSC_FALSE;
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGGetGrid_LatticeMG(PC pc, PetscInt* nx, PetscInt* ny, PetscInt* nz) {
  const PC_LatticeMG* mg = DataOf(pc);
  const linnet::GridSize& size = mg->placement.nonzeros >= 0 ? mg->placement.lattice.size : mg->grid;

  PetscFunctionBegin;
  *nx = size[0];
  *ny = size[1];
  *nz = size[2];
  PetscFunctionReturn(0);
}

PetscErrorCode PCLatticeMGComposeFunctions_Private(PC pc, PetscBool compose) {
  PetscFunctionBegin;
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGSetCycle_C",
                                       compose ? PCLatticeMGSetCycle_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGGetCycle_C",
                                       compose ? PCLatticeMGGetCycle_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGSetSweeps_C",
                                       compose ? PCLatticeMGSetSweeps_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGGetSweeps_C",
                                       compose ? PCLatticeMGGetSweeps_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGSetThreads_C",
                                       compose ? PCLatticeMGSetThreads_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGGetThreads_C",
                                       compose ? PCLatticeMGGetThreads_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGSetGrid_C",
                                       compose ? PCLatticeMGSetGrid_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGGetGrid_C",
                                       compose ? PCLatticeMGGetGrid_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), linnet::fused_cg_name, compose ? PCFusedCG_LatticeMG : nullptr));
  PetscFunctionReturn(0);
}

PetscErrorCode PCSetFromOptions_LatticeMG(PC pc, PetscOptionItems* PetscOptionsObject) {
  const PC_LatticeMG* mg = DataOf(pc);
  PetscInt sweeps = mg->sweeps, threads = PCLatticeMGOptions_Private(mg).threads, count = 3;
  PetscInt grid[3] = {mg->grid[0], mg->grid[1], mg->grid[2]};
  PetscEnum cycle = static_cast<PetscEnum>(mg->cycle);
  PetscBool set;

  PetscFunctionBegin;
  PetscOptionsHeadBegin(PetscOptionsObject, "Lattice multigrid options");
  PetscCall(PetscOptionsEnum("-pc_latticemg_cycle", "Order in which the grids are visited", "PCLatticeMGSetCycle",
                             PCLatticeMGCycleNames_Private, cycle, &cycle, &set));
  if (set)
    PetscCall(PCLatticeMGSetCycle(pc, static_cast<PCLatticeMGCycle>(cycle)));
  PetscCall(PetscOptionsInt("-pc_latticemg_sweeps", "Sweeps before the coarser grid, and after it",
                            "PCLatticeMGSetSweeps", sweeps, &sweeps, &set));
  if (set)
    PetscCall(PCLatticeMGSetSweeps(pc, sweeps));
  PetscCall(
      PetscOptionsInt("-pc_latticemg_threads", "Threads of a cycle", "PCLatticeMGSetThreads", threads, &threads, &set));
  if (set)
    PetscCall(PCLatticeMGSetThreads(pc, threads));
  PetscCall(PetscOptionsIntArray("-pc_latticemg_grid", "Size of the grid of linnet_cells: nx,ny,nz",
                                 "PCLatticeMGSetGrid", grid, &count, &set));
  if (set) {
    PetscCheck(count == 3, PetscObjectComm(AsObject(pc)), PETSC_ERR_ARG_SIZ,
               "-pc_latticemg_grid takes three numbers nx,ny,nz, not %" PetscInt_FMT, count);
    PetscCall(PCLatticeMGSetGrid(pc, grid[0], grid[1], grid[2]));
  }
  PetscOptionsHeadEnd();
  PetscFunctionReturn(0);
}

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
  PCLatticeMGSetSweeps - Sets the number of red-black Gauss-Seidel sweeps of `PCLATTICEMG` before the coarser grid, and
after it

  Logically Collective

  Input Parameters:
+ pc     - the preconditioner
- sweeps - at least 1; the default is 2

  Options Database Key:
. -pc_latticemg_sweeps <2> - sweeps

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
  PCLatticeMGGetSweeps - Gets the number of red-black Gauss-Seidel sweeps of `PCLATTICEMG` before the coarser grid, and
after it

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
  PCLatticeMGSetThreads - Sets the number of threads that run a cycle of `PCLATTICEMG`

  Logically Collective

  Input Parameters:
+ pc     - the preconditioner
- threads - at least 1, or `PETSC_DEFAULT` for as many as OpenMP gives

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
. threads - at least 1, or `PETSC_DEFAULT` for as many as OpenMP gives

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
