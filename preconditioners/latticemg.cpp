// PCLATTICEMG: geometric multigrid on the lattice of a matrix.
#include "latticemg.hpp"
#include "lattice/guarded.hpp"
#include "lattice/local_rows.hpp"

#include <numeric>

PetscLogEvent PC_LatticeMG_SetUp, PC_LatticeMG_Cycle, PC_LatticeMG_CG;

static PC_LatticeMG* DataOf(PC pc) {
  return static_cast<PC_LatticeMG*>(pc->data);
}

/* The cells of all rows on the first rank. */
static PetscErrorCode PCLatticeMGGatherLattice_Private(MPI_Comm comm, const linnet::Lattice& part,
                                                       linnet::Lattice* whole) {
  PetscMPIInt ranks, rank, rows = static_cast<PetscMPIInt>(part.cells.size());
  std::vector<PetscMPIInt> count, first;

  PetscFunctionBegin;
  whole->size = part.size;
  whole->periodic = part.periodic;
  whole->natural = part.natural;
  whole->cells.clear();
  if (part.natural)
    PetscFunctionReturn(0);
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  count.resize(static_cast<std::size_t>(ranks));
  first.resize(count.size());
  PetscCallMPI(MPI_Gather(&rows, 1, MPI_INT, count.data(), 1, MPI_INT, 0, comm));
  if (rank == 0) {
    std::exclusive_scan(count.begin(), count.end(), first.begin(), 0);
    whole->cells.resize(static_cast<std::size_t>(first.back()) + static_cast<std::size_t>(count.back()));
  }
  PetscCallMPI(MPI_Gatherv(part.cells.data(), rows, MPIU_INT, whole->cells.data(), count.data(), first.data(), MPIU_INT,
                           0, comm));
  PetscFunctionReturn(0);
}

/* The matrix and its operator on the first rank; what was gathered before is filled again where the nonzeros are the
 * same. */
static PetscErrorCode PCLatticeMGGather_Private(PC pc, std::string* refusal) {
  PC_LatticeMG* mg = DataOf(pc);
  MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(pc));
  const linnet::LatticePlacement& placement = mg->placement;
  PetscMPIInt rank;
  PetscInt rows;
  IS all;
  Vec v;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (mg->matrix != placement.matrix || mg->nonzeros != placement.nonzeros) {
    PetscCall(MatDestroySubMatrices(mg->gathered ? 1 : 0, &mg->gathered));
    PetscCall(VecScatterDestroy(&mg->to_first));
    PetscCall(VecDestroy(&mg->r));
    PetscCall(VecDestroy(&mg->z));
    PetscCall(MatCreateVecs(pc->pmat, &v, nullptr));
    PetscCall(VecScatterCreateToZero(v, &mg->to_first, &mg->r));
    PetscCall(VecDuplicate(mg->r, &mg->z));
    PetscCall(VecDestroy(&v));
  }
  PetscCall(PCLatticeMGGatherLattice_Private(comm, placement.lattice, &mg->lattice));
  PetscCall(MatGetSize(pc->pmat, &rows, nullptr));
  PetscCall(ISCreateStride(PETSC_COMM_SELF, rank == 0 ? rows : 0, 0, 1, &all));
  PetscCall(MatCreateSubMatrices(pc->pmat, 1, &all, &all, mg->gathered ? MAT_REUSE_MATRIX : MAT_INITIAL_MATRIX,
                                 &mg->gathered));
  PetscCall(ISDestroy(&all));
  mg->matrix = placement.matrix;
  mg->nonzeros = placement.nonzeros;
  if (rank == 0)
    PetscCall(linnet::BuildLatticeOperator(mg->gathered[0], mg->lattice, &mg->op, refusal));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGSetUpGuarded_Private(PC pc, std::string* refusal) {
  PC_LatticeMG* mg = DataOf(pc);
  MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(pc));
  PetscMPIInt ranks, rank;
  PetscInt rows;
  DM dm;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(PCGetDM(pc, &dm));
  PetscCall(
      linnet::UpdateLatticePlacement(pc->pmat, dm, mg->grid[0] > 0 ? &mg->grid : nullptr, &mg->placement, refusal));
  if (!refusal->empty())
    PetscFunctionReturn(0);
  if (ranks > 1)
    PetscCall(PCLatticeMGGather_Private(pc, refusal));
  if (rank == 0 && refusal->empty()) {
    PetscCall(MatGetSize(pc->pmat, &rows, nullptr));
    *refusal =
        mg->multigrid.build(ranks > 1 ? mg->op : mg->placement.op, ranks > 1 ? mg->lattice : mg->placement.lattice,
                            rows, PCLatticeMGOptions_Private(mg).threads, PCLatticeMGCoarsening_Private(mg));
  }
  PetscCall(linnet::AgreeOnRefusal(comm, refusal));
  PetscCall(PetscObjectStateGet(reinterpret_cast<PetscObject>(pc->pmat), &mg->values));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCSetUp_LatticeMG(PC pc) {
  std::string refusal;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(PC_LatticeMG_SetUp, pc, pc->pmat, nullptr, nullptr));
  PetscCall(linnet::Guarded([&] { return PCLatticeMGSetUpGuarded_Private(pc, &refusal); }));
  PetscCall(PetscLogEventEnd(PC_LatticeMG_SetUp, pc, pc->pmat, nullptr, nullptr));
  PetscCheck(refusal.empty(), PetscObjectComm(reinterpret_cast<PetscObject>(pc)), PETSC_ERR_SUP,
             "latticemg refused: %s", refusal.c_str());
  PetscFunctionReturn(0);
}

/* z <- M r of vectors that the first rank holds whole */
static PetscErrorCode PCLatticeMGCycle_Private(PC_LatticeMG* mg, Vec r, Vec z) {
  const linnet::latticemg::CycleOptions options = PCLatticeMGOptions_Private(mg);
  const PetscScalar* from;
  PetscScalar* to;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(r, &from));
  PetscCall(VecGetArrayWrite(z, &to));
  PetscCall(linnet::Guarded([&] {
    mg->multigrid.apply(options, from, to);
    return PetscErrorCode{0};
  }));
  PetscCall(VecRestoreArrayWrite(z, &to));
  PetscCall(VecRestoreArrayRead(r, &from));
  PetscCall(PetscLogFlops(mg->multigrid.flops(options)));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCApply_LatticeMG(PC pc, Vec r, Vec z) {
  PC_LatticeMG* mg = DataOf(pc);
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PetscObjectComm(reinterpret_cast<PetscObject>(pc)), &rank));
  PetscCall(PetscLogEventBegin(PC_LatticeMG_Cycle, pc, r, z, nullptr));
  if (!mg->to_first) {
    PetscCall(PCLatticeMGCycle_Private(mg, r, z));
  } else {
    PetscCall(VecScatterBegin(mg->to_first, r, mg->r, INSERT_VALUES, SCATTER_FORWARD));
    PetscCall(VecScatterEnd(mg->to_first, r, mg->r, INSERT_VALUES, SCATTER_FORWARD));
    if (rank == 0)
      PetscCall(PCLatticeMGCycle_Private(mg, mg->r, mg->z));
    PetscCall(VecScatterBegin(mg->to_first, mg->z, z, INSERT_VALUES, SCATTER_REVERSE));
    PetscCall(VecScatterEnd(mg->to_first, mg->z, z, INSERT_VALUES, SCATTER_REVERSE));
  }
  PetscCall(PetscLogEventEnd(PC_LatticeMG_Cycle, pc, r, z, nullptr));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCReset_LatticeMG(PC pc) {
  PC_LatticeMG* mg = DataOf(pc);

  PetscFunctionBegin;
  PetscCall(MatDestroySubMatrices(mg->gathered ? 1 : 0, &mg->gathered));
  PetscCall(VecScatterDestroy(&mg->to_first));
  PetscCall(VecDestroy(&mg->r));
  PetscCall(VecDestroy(&mg->z));
  mg->matrix = 0;
  mg->nonzeros = mg->values = -1;
  mg->lattice = {};
  mg->op = {};
  mg->placement = {};
  mg->multigrid = {};
  PetscFunctionReturn(0);
}

static PetscErrorCode PCDestroy_LatticeMG(PC pc) {
  PetscFunctionBegin;
  PetscCall(PCReset_LatticeMG(pc));
  PetscCall(PCLatticeMGComposeFunctions_Private(pc, PETSC_FALSE));
  delete DataOf(pc);
  pc->data = nullptr;
  PetscFunctionReturn(0);
}

/*MC
   PCLATTICEMG - Geometric multigrid on the lattice of a matrix: symmetric M-matrices with the 5- or 7-point graph of a
   grid, given as plain AIJ matrices

   Options Database Keys:
+   -pc_latticemg_cycle <w>     - v or w
.   -pc_latticemg_coarsening <auto> - axes that get larger cells on the coarser grids: auto, full or semi
.   -pc_latticemg_sweeps <2>    - red-black Gauss-Seidel sweeps before the coarser grid, and after it
.   -pc_latticemg_threads <n>   - threads of a cycle (default: as many as OpenMP gives)
-   -pc_latticemg_grid <nx,ny,nz> - size of the grid of an IS composed on the matrix as "linnet_cells"

   Level: intermediate

   Notes:
   The grid is taken from the first source there is: the `DM` of the PC (a `DMDA` with one degree of freedom, of any
   decomposition, periodic or not); an `IS` composed on the matrix as "linnet_cells", one cell number i + nx (j + ny k)
   for each local row, with `PCLatticeMGSetGrid()`; the matrix itself, from which it is recovered. Every entry is
checked against it. Rows may be all cells, those without unknowns as the identity, or the active ones only.

   The matrix may have any coefficients as long as it is symmetric and has no coupling (-a_ij) and no row sum below
   zero; `PETSC_ERR_SUP` and one line that says why otherwise. Components with all row sums zero are singular: attach
their constants with `MatSetNullSpace()`. Rows that are coupled with none are solved exactly.

   The preconditioner is linear and symmetric, positive definite with v; with w as long as one cycle does not amplify
   any error, which sudden jumps of the coefficients can bring about. It works in single precision, on residuals scaled
to unit size. The same input gives the same bits, whatever the number of threads or ranks.

   Where the couplings of two axes differ, coarser grids are made along the strong ones first
   (`PCLatticeMGSetCoarsening()`).

   On several ranks the matrix, and in each application the residual, are gathered on the first rank, which runs the
cycle with its threads: the same operator on any number of ranks, but no faster on more of them.

   `KSPDCD` around it is fused with it (`KSPDCDSetFused()`), which saves about half of the time of an iteration.

   References:
+  * - A. McAdams, E. Sifakis, J. Teran, A parallel multigrid Poisson solver for fluids simulation on large grids,
        SCA 2010
.  * - D. Braess, Towards algebraic multigrid for elliptic problems of second order, Computing 55 (1995): the
        Galerkin operator of piecewise constant transfer, divided by two
-  * - H. Shao, L. Huang, D. Michels, A fast unsmoothed aggregation algebraic multigrid framework for the large-scale
   simulation of incompressible flow, ACM Trans. Graph. 41 (2022)

.seealso: `PCCreate()`, `PCSetType()`, `KSPDCD`, `KSPDCDSetFused()`, `PCMG`, `PCLatticeMGSetCycle()`,
`PCLatticeMGSetCoarsening()`, `PCLatticeMGSetSweeps()`, `PCLatticeMGSetThreads()`, `PCLatticeMGSetGrid()`
M*/
PetscErrorCode PCCreate_LatticeMG(PC pc) {
  PetscFunctionBegin;
  PetscCall(linnet::Guarded([&] {
    pc->data = new PC_LatticeMG;
    return PetscErrorCode{0};
  }));
  pc->ops->setup = PCSetUp_LatticeMG;
  pc->ops->apply = PCApply_LatticeMG;
  pc->ops->applytranspose = PCApply_LatticeMG;
  pc->ops->reset = PCReset_LatticeMG;
  pc->ops->destroy = PCDestroy_LatticeMG;
  pc->ops->view = PCView_LatticeMG;
  pc->ops->setfromoptions = PCSetFromOptions_LatticeMG;
  PetscCall(PCLatticeMGComposeFunctions_Private(pc, PETSC_TRUE));
  PetscFunctionReturn(0);
}
