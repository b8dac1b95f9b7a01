// Parameters of PCLATTICEMG: what sets them, options.
#include "base/threads.hpp"
#include "enum_option.hpp"
#include "latticemg.hpp"

#include <algorithm>

const char* const PCLatticeMGCycleNames_Private[] = {"v", "w", "PCLatticeMGCycle", "PC_LATTICEMG_CYCLE_", nullptr};

const char* const PCLatticeMGCoarseningNames_Private[] = {
    "auto", "full", "semi", "aggregates", "PCLatticeMGCoarsening", "PC_LATTICEMG_COARSENING_", nullptr};

static_assert(linnet::latticemg::weight_count == PC_LATTICEMG_WEIGHTS);

linnet::latticemg::CycleOptions PCLatticeMGOptions_Private(const PC_LatticeMG* mg) {
  linnet::latticemg::CycleOptions options;
  options.w_cycle = mg->cycle == PC_LATTICEMG_CYCLE_W;
  options.sweeps = static_cast<int>(mg->sweeps);
  options.threads = mg->threads > 0 ? static_cast<int>(mg->threads) : linnet::default_threads();
  return options;
}

int PCLatticeMGDimension_Private(const PC_LatticeMG* mg) {
  const linnet::GridSize& size = mg->placement.where().size;
  return size[0] > 1 && size[1] > 1 && size[2] > 1 ? 3 : 2;
}

linnet::latticemg::CycleWeights PCLatticeMGWeights_Private(const PC_LatticeMG* mg,
                                                           const linnet::latticemg::CoarseningPlan& plan) {
  if (mg->weighted)
    return mg->weights;
  linnet::latticemg::CycleWeights weights = linnet::latticemg::classical_weights;
  if (!mg->learned || mg->sweeps < 2)
    return weights;
  const linnet::latticemg::CycleWeights learned = mg->learned(PCLatticeMGDimension_Private(mg));
  if (!plan.semi && mg->cycle == PC_LATTICEMG_CYCLE_W)
    weights = learned;
  else if (!plan.semi)
    weights.red = learned.red; /* coarser grids softer than by half are for two visits */
  weights.aggregates = learned.aggregates;
  return weights;
}

linnet::latticemg::Coarsening PCLatticeMGCoarsening_Private(const PC_LatticeMG* mg) {
  using linnet::latticemg::Coarsening;
  return mg->coarsening == PC_LATTICEMG_COARSENING_FULL   ? Coarsening::full
         : mg->coarsening == PC_LATTICEMG_COARSENING_SEMI ? Coarsening::semi
                                                          : Coarsening::automatic;
}

linnet::latticemg::Aggregation PCLatticeMGAggregation_Private(const PC_LatticeMG* mg) {
  using linnet::latticemg::Aggregation;
  if (mg->finest_only)
    return Aggregation::never;
  return mg->coarsening == PC_LATTICEMG_COARSENING_AUTO         ? Aggregation::automatic
         : mg->coarsening == PC_LATTICEMG_COARSENING_AGGREGATES ? Aggregation::always
                                                                : Aggregation::never;
}

static PetscErrorCode PCLatticeMGSetCycle_LatticeMG(PC pc, PCLatticeMGCycle cycle) {
  PetscFunctionBegin;
  PetscCheck(cycle == PC_LATTICEMG_CYCLE_V || cycle == PC_LATTICEMG_CYCLE_W, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The cycle must be PC_LATTICEMG_CYCLE_V or PC_LATTICEMG_CYCLE_W, not %d", static_cast<int>(cycle));
  if (PCLatticeMGData_Private(pc)->cycle != cycle)
    pc->setupcalled = PETSC_FALSE; /* the weights depend on it */
  PCLatticeMGData_Private(pc)->cycle = cycle;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGGetCycle_LatticeMG(PC pc, PCLatticeMGCycle* cycle) {
  PetscFunctionBegin;
  *cycle = PCLatticeMGData_Private(pc)->cycle;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGSetCoarsening_LatticeMG(PC pc, PCLatticeMGCoarsening coarsening) {
  PetscFunctionBegin;
  PetscCheck(coarsening >= PC_LATTICEMG_COARSENING_AUTO && coarsening <= PC_LATTICEMG_COARSENING_AGGREGATES, CommOf(pc),
             PETSC_ERR_ARG_OUTOFRANGE,
             "The coarsening must be PC_LATTICEMG_COARSENING_AUTO, _FULL, _SEMI or _AGGREGATES, not %d",
             static_cast<int>(coarsening));
  if (PCLatticeMGData_Private(pc)->coarsening != coarsening)
    pc->setupcalled = PETSC_FALSE;
  PCLatticeMGData_Private(pc)->coarsening = coarsening;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGGetCoarsening_LatticeMG(PC pc, PCLatticeMGCoarsening* coarsening) {
  PetscFunctionBegin;
  *coarsening = PCLatticeMGData_Private(pc)->coarsening;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGGetAggregated_LatticeMG(PC pc, PetscBool* aggregated) {
  PetscFunctionBegin;
  *aggregated = PCLatticeMGData_Private(pc)->multigrid.aggregated() ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGSetSweeps_LatticeMG(PC pc, PetscInt sweeps) {
  PetscFunctionBegin;
  PetscCheck(sweeps >= 1 && sweeps <= 1000, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "Sweeps must be 1 to 1000, not %" PetscInt_FMT, sweeps);
  if (PCLatticeMGData_Private(pc)->sweeps != sweeps)
    pc->setupcalled =
        PETSC_FALSE; /* the weights depend on them, and how many planes the ranks need of their neighbours */
  PCLatticeMGData_Private(pc)->sweeps = sweeps;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGGetSweeps_LatticeMG(PC pc, PetscInt* sweeps) {
  PetscFunctionBegin;
  *sweeps = PCLatticeMGData_Private(pc)->sweeps;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGSetWeights_LatticeMG(PC pc, const PetscReal values[]) {
  PC_LatticeMG* mg = PCLatticeMGData_Private(pc);

  PetscFunctionBegin;
  linnet::latticemg::WeightList list = list_of(linnet::latticemg::classical_weights);
  if (values) {
    std::copy_n(values, list.size(), list.begin());
    const std::string refusal = linnet::latticemg::refusal_of(list);
    PetscCheck(refusal.empty(), CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE, "Weights: %s", refusal.c_str());
  }
  mg->weighted = values != nullptr;
  mg->weights = linnet::latticemg::weights_of(list);
  pc->setupcalled = PETSC_FALSE;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGGetWeights_LatticeMG(PC pc, PetscReal values[]) {
  const PC_LatticeMG* mg = PCLatticeMGData_Private(pc);
  const linnet::latticemg::WeightList list = list_of(PCLatticeMGWeights_Private(mg, mg->multigrid.layout().coarsening));

  PetscFunctionBegin;
  std::copy(list.begin(), list.end(), values);
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGSetThreads_LatticeMG(PC pc, PetscInt threads) {
  PetscFunctionBegin;
  PetscCheck(threads >= 1 || threads == PETSC_DEFAULT, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "Threads must be at least 1, or PETSC_DEFAULT, not %" PetscInt_FMT, threads);
  PCLatticeMGData_Private(pc)->threads = threads == PETSC_DEFAULT ? 0 : threads;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGGetThreads_LatticeMG(PC pc, PetscInt* threads) {
  PetscFunctionBegin;
  *threads = PCLatticeMGOptions_Private(PCLatticeMGData_Private(pc)).threads;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGSetGrid_LatticeMG(PC pc, PetscInt nx, PetscInt ny, PetscInt nz) {
  PC_LatticeMG* mg = PCLatticeMGData_Private(pc);

  PetscFunctionBegin;
  PetscCheck(nx > 0 && ny > 0 && nz > 0, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
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
  const PC_LatticeMG* mg = PCLatticeMGData_Private(pc);
  const linnet::GridSize& size = mg->placement.nonzeros >= 0 ? mg->placement.where().size : mg->grid;

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
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGSetCoarsening_C",
                                       compose ? PCLatticeMGSetCoarsening_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGGetCoarsening_C",
                                       compose ? PCLatticeMGGetCoarsening_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGGetAggregated_C",
                                       compose ? PCLatticeMGGetAggregated_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGSetSweeps_C",
                                       compose ? PCLatticeMGSetSweeps_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGGetSweeps_C",
                                       compose ? PCLatticeMGGetSweeps_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGSetWeights_C",
                                       compose ? PCLatticeMGSetWeights_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGGetWeights_C",
                                       compose ? PCLatticeMGGetWeights_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGSetThreads_C",
                                       compose ? PCLatticeMGSetThreads_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGGetThreads_C",
                                       compose ? PCLatticeMGGetThreads_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGSetGrid_C",
                                       compose ? PCLatticeMGSetGrid_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCLatticeMGGetGrid_C",
                                       compose ? PCLatticeMGGetGrid_LatticeMG : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), linnet::fused_cg_name, compose ? PCFusedCG_LatticeMG : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(pc), linnet::solve_fixed_name, compose ? PCSolveFixed_LatticeMG : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(pc), linnet::row_factors_name, compose ? PCRowFactors_LatticeMG : nullptr));
  PetscFunctionReturn(0);
}

PetscErrorCode PCSetFromOptions_LatticeMG(PC pc, PetscOptionItems* PetscOptionsObject) {
  const PC_LatticeMG* mg = PCLatticeMGData_Private(pc);
  PetscInt sweeps = mg->sweeps, threads = PCLatticeMGOptions_Private(mg).threads, count = 3,
           numbers = PC_LATTICEMG_WEIGHTS;
  PetscReal weights[PC_LATTICEMG_WEIGHTS] = {};
  PetscInt grid[3] = {mg->grid[0], mg->grid[1], mg->grid[2]};
  PCLatticeMGCycle cycle = mg->cycle;
  PCLatticeMGCoarsening coarsening = mg->coarsening;
  PetscBool set;

  PetscFunctionBegin;
  PetscOptionsHeadBegin(PetscOptionsObject, "Lattice multigrid options");
  PetscCall(EnumOption(PetscOptionsObject, "-pc_latticemg_cycle", "Order in which the grids are visited",
                       "PCLatticeMGSetCycle", PCLatticeMGCycleNames_Private, &cycle, &set));
  if (set)
    PetscCall(PCLatticeMGSetCycle(pc, cycle));
  PetscCall(EnumOption(PetscOptionsObject, "-pc_latticemg_coarsening", "What the coarser levels are",
                       "PCLatticeMGSetCoarsening", PCLatticeMGCoarseningNames_Private, &coarsening, &set));
  if (set)
    PetscCall(PCLatticeMGSetCoarsening(pc, coarsening));
  PetscCall(PetscOptionsInt("-pc_latticemg_sweeps", "Sweeps before the coarser grid, and after it",
                            "PCLatticeMGSetSweeps", sweeps, &sweeps, &set));
  if (set)
    PetscCall(PCLatticeMGSetSweeps(pc, sweeps));
  PetscCall(PetscOptionsRealArray("-pc_latticemg_weights",
                                  "Of grids: factors of couplings (3), of excess (3), omega of red half sweeps; of "
                                  "aggregates: the same (2, 2, 1)",
                                  "PCLatticeMGSetWeights", weights, &numbers, &set));
  if (set) {
    PetscCheck(
        numbers == PC_LATTICEMG_WEIGHTS, CommOf(pc), PETSC_ERR_ARG_SIZ,
        "-pc_latticemg_weights takes fourteen numbers c1,c2,c3,e1,e2,e3,red,c1,c2,c3,e1,e2,e3,red, not %" PetscInt_FMT,
        numbers);
    PetscCall(PCLatticeMGSetWeights(pc, weights));
  }
  PetscCall(
      PetscOptionsInt("-pc_latticemg_threads", "Threads of a cycle", "PCLatticeMGSetThreads", threads, &threads, &set));
  if (set)
    PetscCall(PCLatticeMGSetThreads(pc, threads));
  PetscCall(PetscOptionsIntArray("-pc_latticemg_grid", "Size of the grid of linnet_cells: nx,ny,nz",
                                 "PCLatticeMGSetGrid", grid, &count, &set));
  if (set) {
    PetscCheck(count == 3, CommOf(pc), PETSC_ERR_ARG_SIZ,
               "-pc_latticemg_grid takes three numbers nx,ny,nz, not %" PetscInt_FMT, count);
    PetscCall(PCLatticeMGSetGrid(pc, grid[0], grid[1], grid[2]));
  }
  PetscOptionsHeadEnd();
  PetscFunctionReturn(0);
}
