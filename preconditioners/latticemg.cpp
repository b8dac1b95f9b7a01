// PCLATTICEMG: geometric multigrid on the lattice of a matrix.
#include "latticemg.hpp"
#include "lattice/guarded.hpp"
#include "lattice/local_rows.hpp"

PetscLogEvent PC_LatticeMG_SetUp, PC_LatticeMG_Cycle, PC_LatticeMG_CG;

static PetscErrorCode PCLatticeMGSetUpGuarded_Private(PC pc, std::string* refusal) {
  PC_LatticeMG* mg = PCLatticeMGData_Private(pc);
  MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(pc));
  const int threads = PCLatticeMGOptions_Private(mg).threads;
  PetscMPIInt ranks;
  PetscInt rows;
  DM dm;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  PetscCall(PCGetDM(pc, &dm));
  PetscCall(
      linnet::UpdateLatticePlacement(pc->pmat, dm, mg->grid[0] > 0 ? &mg->grid : nullptr, &mg->placement, refusal));
  if (!refusal->empty())
    PetscFunctionReturn(0);
  PetscCall(PCLatticeMGKeepAsymmetry_Private(mg, pc->pmat));
  if (ranks > 1) {
    PetscCall(PCLatticeMGDeal_Private(pc));
    if (mg->row_factors) {
      mg->slab_factors.resize(static_cast<std::size_t>(mg->exchange.slab_rows()));
      mg->exchange.to_slabs(mg->placement.coefficients().row_factors.data(), mg->slab_factors.data());
    }
    *refusal = mg->multigrid.build(mg->op, mg->lattice, mg->exchange.slab_rows(), threads, mg->layout);
  } else {
    PetscCall(MatGetSize(pc->pmat, &rows, nullptr));
    const linnet::LatticeOperator& op = mg->placement.coefficients();
    linnet::latticemg::Layout layout;
    layout.coarsening =
        plan_coarsening(op, PCLatticeMGCoarsening_Private(mg), linnet::latticemg::coarsest_cells, threads);
    layout.aggregation = PCLatticeMGAggregation_Private(mg);
    layout.finest_only = mg->finest_only;
    layout.weights = PCLatticeMGWeights_Private(mg, layout.coarsening);
    *refusal = mg->multigrid.build(op, mg->placement.where(), rows, threads, layout);
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
  if (PCLatticeMGData_Private(pc)->refused)
    *PCLatticeMGData_Private(pc)->refused = refusal;
  else
    PetscCheck(refusal.empty(), PetscObjectComm(reinterpret_cast<PetscObject>(pc)), PETSC_ERR_SUP,
               "latticemg refused: %s", refusal.c_str());
  PetscFunctionReturn(0);
}

static PetscErrorCode PCLatticeMGCycle_Private(PC pc, Vec r, Vec z) {
  PC_LatticeMG* mg = PCLatticeMGData_Private(pc);
  const linnet::latticemg::CycleOptions options = PCLatticeMGOptions_Private(mg);
  const PetscScalar* from;
  PetscScalar* to;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(PC_LatticeMG_Cycle, pc, r, z, nullptr));
  PetscCall(VecGetArrayRead(r, &from));
  PetscCall(VecGetArrayWrite(z, &to));
  PetscCall(linnet::Guarded([&] {
    if (mg->active_ranks > 0) {
      PCLatticeMGReserve_Private(mg);
      mg->exchange.to_slabs(from, mg->r.data());
      mg->multigrid.apply(options, mg->r.data(), mg->z.data());
      mg->exchange.to_rows(mg->z.data(), to);
    } else {
      mg->multigrid.apply(options, from, to);
    }
    return PetscErrorCode{0};
  }));
  PetscCall(VecRestoreArrayWrite(z, &to));
  PetscCall(VecRestoreArrayRead(r, &from));
  PetscCall(PetscLogFlops(mg->multigrid.flops(options)));
  PetscCall(PetscLogEventEnd(PC_LatticeMG_Cycle, pc, r, z, nullptr));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCApply_LatticeMG(PC pc, Vec r, Vec z) {
  Vec of_symmetric;

  PetscFunctionBegin;
  PetscCall(PCLatticeMGSymmetrise_Private(PCLatticeMGData_Private(pc), r, &of_symmetric));
  PetscCall(PCLatticeMGCycle_Private(pc, of_symmetric, z));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCApplyTranspose_LatticeMG(PC pc, Vec r, Vec z) {
  PetscFunctionBegin;
  PetscCall(PCLatticeMGCycle_Private(pc, r, z)); /* symmetric */
  PetscCall(PCLatticeMGSymmetriseTranspose_Private(PCLatticeMGData_Private(pc), z));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCReset_LatticeMG(PC pc) {
  PC_LatticeMG* mg = PCLatticeMGData_Private(pc);

  PetscFunctionBegin;
  PetscCall(PCLatticeMGForgetSlabs_Private(pc));
  PetscCall(PCLatticeMGForgetAsymmetry_Private(mg));
  mg->values = -1;
  mg->layout = {};
  mg->exchange = {};
  mg->lattice = {};
  mg->op = {};
  mg->placement = {};
  for (linnet::Buffer<double>* vector : {&mg->r, &mg->z, &mg->slab_factors, &mg->b_of_others, &mg->x_of_others})
    vector->release();
  PetscFunctionReturn(0);
}

static PetscErrorCode PCDestroy_LatticeMG(PC pc) {
  PetscFunctionBegin;
  PetscCall(PCReset_LatticeMG(pc));
  PetscCall(PCLatticeMGComposeFunctions_Private(pc, PETSC_FALSE));
  delete PCLatticeMGData_Private(pc);
  pc->data = nullptr;
  PetscFunctionReturn(0);
}

/*MC
   PCLATTICEMG - Geometric multigrid on the lattice of a matrix: symmetric M-matrices with the 5- or 7-point graph of a
   grid, given as plain matrices or as `MATLATTICE`

   Options Database Keys:
+   -pc_latticemg_cycle <w>     - v or w
.   -pc_latticemg_coarsening <auto> - the coarser levels: grids halved along all axes (full) or along the strongly
                                      coupled ones (semi), aggregates of strongly coupled cells (aggregates), or what
                                      the operator needs (auto)
.   -pc_latticemg_sweeps <2>    - Gauss-Seidel sweeps of a grid before the coarser one, and after it; in W cycles of the
                                  second one: the finest has one more, those from the third on one less, but one
.   -pc_latticemg_weights <c1,c2,c3,e1,e2,e3,red,...> - factors of couplings and excess from grid to grid, omega of red
                                      half sweeps
.   -pc_latticemg_threads <n>   - threads of a cycle (default: OMP_NUM_THREADS, or the rank's share of
                                 the processors of its node)
-   -pc_latticemg_grid <nx,ny,nz> - size of the grid of an IS composed on the matrix as "linnet_cells"

   Level: intermediate

   Notes:
   A matrix of type `MATLATTICE` is read as it is, and so is AIJ; SBAIJ, BAIJ and IS are by a copy for as long as
   the setup takes. The grid of others is taken from the first source there is: the `DM`
   of the PC (a `DMDA` with one degree of freedom, of any decomposition, periodic or not); an `IS` composed on the
   matrix as "linnet_cells", one cell number i + nx (j + ny k) for each local row, with `PCLatticeMGSetGrid()`; the
   matrix itself, from which it is recovered. Every entry is checked against it. Rows may be all cells, those without
   unknowns as the identity, or the active ones only.

   The matrix may have any coefficients as long as it is symmetric and has no coupling (-a_ij) below zero and a positive
   diagonal; `PETSC_ERR_SUP` and one line that says why otherwise. Components with all row sums zero are singular:
   attach their constants with `MatSetNullSpace()`. Rows that are coupled with none are solved exactly.

   Rows of boundary values may hold nothing but their diagonal while others still refer to them, as in ksp/ex45.c: what
   they say is taken out of the residual of the others first, so that the preconditioner is close to the inverse of the
   matrix as it is, and no more symmetric than that. `KSPDCD` solves these rows first, after which the matrix is
   symmetric for what is left.

   A matrix that is symmetric but for a factor of each row, such as equations that were divided by the volumes of their
   cells or multiplied by -1, or convection by a velocity with a potential, is multiplied by these factors first, as
   long as they differ by no more than 1e20. The
   preconditioner is then symmetric in the inner product of the factors, in which `KSPDCD` works; around it use that, or
   methods for matrices that are not symmetric. Those for symmetric ones will do where all factors are -1.

   Where rows sum to less than zero, as in Newton's method for -Laplace u = f(u) with f' > 0, coarser grids are those of
   the M-matrix with these sums zero, which `-pc_view` tells: the cycle is close to the inverse as long as the matrix is
   well away from singular.

   The preconditioner is linear and symmetric, positive definite with v; with w as long as one cycle does not amplify
   any error, which sudden jumps of the coefficients can bring about. It works in single precision, on residuals scaled
   to unit size. The same input gives the same bits, whatever the number of threads; on grids, whatever the number of
   ranks, while aggregates end where slabs do.

   The numbers of the cycle are the classical ones (`PCLatticeMGSetWeights()`). `PCCNN` runs the same cycle with numbers
   that were fitted to how fast residuals fall, and takes fewer iterations.

   Where the couplings of two axes differ, coarser grids are made along the strong ones first
   (`PCLatticeMGSetCoarsening()`).

   Ranks share the finest grids: each owns a slab of planes across the longest axis, whatever rows of the matrix it has,
   with copies of the planes around it; a half sweep of fewer planes than there are copies needs no message, so that a
   grid takes three exchanges with both neighbours a visit. Coarser grids lie whole on each rank. Aggregates are those
   of each slab, swept over colour by colour with a message after each, until a graph has few nodes and lies whole on
each rank. As many ranks have a slab as make the cycle fastest (`-pc_view` tells them); an odd number of cells around
the axis of the slabs is left to one.

   `KSPDCD` around it is fused with it (`KSPDCDSetFused()`), which saves about half of the time of an iteration.

   References:
+  * - A. McAdams, E. Sifakis, J. Teran, A parallel multigrid Poisson solver for fluids simulation on large grids,
        SCA 2010
.  * - D. Braess, Towards algebraic multigrid for elliptic problems of second order, Computing 55 (1995): the
        Galerkin operator of piecewise constant transfer, divided by two
-  * - H. Shao, L. Huang, D. Michels, A fast unsmoothed aggregation algebraic multigrid framework for the large-scale
        simulation of incompressible flow, ACM Trans. Graph. 41 (2022)

.seealso: `PCCreate()`, `PCSetType()`, `KSPDCD`, `KSPDCDSetFused()`, `PCMG`, `MatCreateLattice()`,
`PCLatticeMGSetCycle()`, `PCLatticeMGSetCoarsening()`, `PCLatticeMGSetSweeps()`, `PCLatticeMGSetWeights()`,
`PCLatticeMGSetThreads()`, `PCLatticeMGSetGrid()`
M*/
PetscErrorCode PCCreate_LatticeMG(PC pc) {
  PetscFunctionBegin;
  PetscCall(linnet::Guarded([&] {
    pc->data = new PC_LatticeMG;
    return PetscErrorCode{0};
  }));
  pc->ops->setup = PCSetUp_LatticeMG;
  pc->ops->apply = PCApply_LatticeMG;
  pc->ops->applytranspose = PCApplyTranspose_LatticeMG;
  pc->ops->reset = PCReset_LatticeMG;
  pc->ops->destroy = PCDestroy_LatticeMG;
  pc->ops->view = PCView_LatticeMG;
  pc->ops->setfromoptions = PCSetFromOptions_LatticeMG;
  PetscCall(PCLatticeMGComposeFunctions_Private(pc, PETSC_TRUE));
  PetscFunctionReturn(0);
}
