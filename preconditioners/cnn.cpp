// PCCNN: a trained network on the lattice of a matrix: between exact sweeps, or a multigrid cycle.
#include "cnn.hpp"
#include "base/error.hpp"
#include "cnn/cycle_model.hpp"
#include "lattice/guarded.hpp"
#include "lattice/local_rows.hpp"
#include "latticemg.hpp"
#include "learned/shipped.hpp"

PetscLogEvent PC_CNN_SetUp, PC_CNN_Network, PC_CNN_Transfer;

/* Runs `body`; what it throws on some rank is a refusal on all. */
template <class Body>
static PetscErrorCode Attempt(PC pc, std::string* refusal, Body&& body) {
  PetscFunctionBegin;
  try {
    *refusal = body();
  } catch (const std::exception& error) {
    *refusal = error.what();
  }
  PetscCall(linnet::AgreeOnRefusal(CommOf(pc), refusal));
  PetscFunctionReturn(0);
}

/* The model that was named, or that of its kind for so many dimensions; read once. Throws InputError. */
static const linnet::learned::Model& ModelFor(PC_CNN* cnn, int dimension) {
  const std::string name = linnet::learned::model_for(cnn->model, dimension);
  if (!cnn->loaded || cnn->loaded_as != name) {
    cnn->loaded.reset();
    cnn->loaded = linnet::learned::share_model(name);
    cnn->loaded_as = name;
  }
  return *cnn->loaded;
}

static const linnet::learned::Model& ModelFor(PC_CNN* cnn, const PC_LatticeMG* mg) {
  return ModelFor(cnn, PCLatticeMGDimension_Private(mg));
}

/* The lattice of the matrix, by a PCLATTICEMG of its own; `network`: as a network needs it. *refusal: what is wrong
   with the model; *no_lattice: what the PCLATTICEMG has against the matrix, which is an error where it is null. */
static PetscErrorCode PCCNNSetUpLattice_Private(PC pc, bool network, std::string* refusal, std::string* no_lattice) {
  PC_CNN* cnn = PCCNNData_Private(pc);
  PC_LatticeMG* mg;
  DM dm;

  PetscFunctionBegin;
  if (!cnn->lattice) {
    const char* prefix;
    PetscCall(PCCreate(CommOf(pc), &cnn->lattice));
    PetscCall(PetscObjectIncrementTabLevel(reinterpret_cast<PetscObject>(cnn->lattice),
                                           reinterpret_cast<PetscObject>(pc), 1));
    PetscCall(PCGetOptionsPrefix(pc, &prefix));
    PetscCall(PCSetOptionsPrefix(cnn->lattice, prefix));
    PetscCall(PCAppendOptionsPrefix(cnn->lattice, "cnn_"));
    PetscCall(PCSetType(cnn->lattice, PCLATTICEMG));
    if (cnn->symmetric) /* V cycles: as many as W cycles have on the finest grid */
      PetscCall(PCLatticeMGSetSweeps(cnn->lattice, 3));
    PetscCall(PCSetFromOptions(cnn->lattice));
  }
  if (cnn->symmetric)
    PetscCall(PCLatticeMGSetCycle(cnn->lattice, PC_LATTICEMG_CYCLE_V));
  mg = static_cast<PC_LatticeMG*>(cnn->lattice->data);
  if (mg->finest_only != network || cnn->planned != cnn->model || !cnn->loaded)
    cnn->lattice->setupcalled = PETSC_FALSE;
  cnn->planned = cnn->model;
  mg->finest_only = network;
  mg->learned = nullptr;
  if (cnn->cycle)
    mg->learned = [cnn](int dimension) { return linnet::cnn::cycle_weights(ModelFor(cnn, dimension)); };
  mg->plan = [cnn, mg, pc, refusal](const linnet::latticemg::CoarseningPlan& plan, PetscMPIInt ranks) {
    linnet::latticemg::SlabPlan slabs{
        {0, static_cast<int>(mg->placement.where().size[static_cast<std::size_t>(plan.axis[2])])}, 0, 0, false};
    (void)Attempt(pc, refusal, [&] {
      slabs = linnet::cnn::NetworkCycle::plan_slabs(ModelFor(cnn, mg), plan, mg->placement.where(), ranks);
      return std::string();
    });
    return slabs;
  };
  if (cnn->grid[0] > 0)
    PetscCall(PCLatticeMGSetGrid(cnn->lattice, cnn->grid[0], cnn->grid[1], cnn->grid[2]));
  PetscCall(PCLatticeMGSetThreads(cnn->lattice, PCCNNThreads_Private(cnn)));
  PetscCall(PCGetDM(pc, &dm));
  PetscCall(PCSetDM(cnn->lattice, dm));
  PetscCall(PCSetOperators(cnn->lattice, pc->mat, pc->pmat));
  mg->refused = no_lattice;
  PetscCall(PCSetUp(cnn->lattice));
  mg->refused = nullptr;
  if (no_lattice && !no_lattice->empty())
    cnn->lattice->setupcalled = PETSC_FALSE;
  PetscFunctionReturn(0);
}

/* Finds out whether the model is a cycle: which of two it is by dimension is not known yet. */
static PetscErrorCode PCCNNLoad_Private(PC pc, std::string* refusal) {
  PC_CNN* cnn = PCCNNData_Private(pc);

  PetscFunctionBegin;
  PetscCall(Attempt(pc, refusal, [&] {
    const linnet::learned::Model& model = ModelFor(cnn, 3);
    cnn->cycle = model.architecture.cycle;
    if (cnn->cycle)
      (void)linnet::cnn::cycle_weights(model);
    return cnn->symmetric && !cnn->cycle ? linnet::cnn::NetworkCycle::not_symmetric(model) : std::string();
  }));
  PetscFunctionReturn(0);
}

/* Loads the model and conditions the network on the operator. */
static PetscErrorCode PCCNNSetUpNetwork_Private(PC pc, std::string* refusal) {
  PC_CNN* cnn = PCCNNData_Private(pc);
  PC_LatticeMG* mg = static_cast<PC_LatticeMG*>(cnn->lattice->data);
  MatNullSpace constants;

  PetscFunctionBegin;
  PetscCall(MatGetNullSpace(pc->pmat, &constants));
  PetscCall(Attempt(pc, refusal, [&] {
    const linnet::learned::Model& model = ModelFor(cnn, mg);
    cnn->outside = mg->multigrid.raised()
                       ? "rows sum to less than zero"
                       : linnet::cnn::NetworkCycle::outside(model, mg->placement.where(), mg->placement.coefficients(),
                                                            constants != nullptr);
    return std::string();
  }));
  if (!refusal->empty() || !cnn->outside.empty())
    PetscFunctionReturn(0);
  PetscCall(Attempt(pc, refusal, [&] {
    if (mg->active_ranks > 0 && mg->layout.ranks.slab < 0)
      return std::string();
    linnet::cnn::NetworkOptions options;
    const bool exact = cnn->precision == PC_CNN_PRECISION_F32 ||
                       (cnn->symmetric && cnn->precision == PC_CNN_PRECISION_AUTO); /* symmetric to rounding */
    options.precision = exact                                     ? linnet::learned::Precision::f32
                        : cnn->precision == PC_CNN_PRECISION_BF16 ? linnet::learned::Precision::bf16
                                                                  : linnet::learned::Precision::automatic;
    options.backend =
        cnn->backend == PC_CNN_BACKEND_REFERENCE ? linnet::cnn::Backend::reference : linnet::cnn::Backend::onednn;
    options.threads = PCCNNThreads_Private(cnn);
    cnn->network.build(&mg->multigrid, cnn->loaded, options);
    return std::string();
  }));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCCNNSetUpFallback_Private(PC pc) {
  PC_CNN* cnn = PCCNNData_Private(pc);

  PetscFunctionBegin;
  PetscCheck(cnn->fallback != "none", CommOf(pc), PETSC_ERR_SUP,
             "cnn refused: %s; its model was not trained for that, and -pc_cnn_fallback is none", cnn->outside.c_str());
  if (cnn->warned != cnn->outside) { /* once for a reason */
    PetscCall(PetscFPrintf(CommOf(pc), PETSC_STDERR,
                           "cnn: %s, which its model was not trained for: %s is used instead (-pc_cnn_fallback)\n",
                           cnn->outside.c_str(), cnn->fallback.c_str()));
    cnn->warned = cnn->outside;
  }
  if (cnn->fallback == PCLATTICEMG) {
    PetscCall(PCCNNSetUpLattice_Private(pc, false, nullptr, nullptr));
    PetscFunctionReturn(0);
  }
  if (!cnn->other) {
    const char* prefix;
    PetscCall(PCCreate(CommOf(pc), &cnn->other));
    PetscCall(PCGetOptionsPrefix(pc, &prefix));
    PetscCall(PCSetOptionsPrefix(cnn->other, prefix));
    PetscCall(PCAppendOptionsPrefix(cnn->other, "cnn_fallback_"));
    PetscCall(PCSetType(cnn->other, cnn->fallback.c_str()));
    PetscCall(PCSetFromOptions(cnn->other));
  }
  PetscCall(PCSetOperators(cnn->other, pc->mat, pc->pmat));
  PetscCall(PCSetUp(cnn->other));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCSetUp_CNN(PC pc) {
  PC_CNN* cnn = PCCNNData_Private(pc);
  std::string refusal, no_lattice;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(PC_CNN_SetUp, pc, pc->pmat, nullptr, nullptr));
  cnn->outside.clear();
  PetscCall(PCCNNLoad_Private(pc, &refusal));
  PetscCheck(refusal.empty(), CommOf(pc), PETSC_ERR_USER, "cnn refused: %s", refusal.c_str());
  PetscCall(PCCNNSetUpLattice_Private(pc, !cnn->cycle, &refusal, &no_lattice));
  if (!no_lattice.empty()) {
    PetscCheck(cnn->fallback != PCLATTICEMG && cnn->fallback != "none", CommOf(pc), PETSC_ERR_SUP,
               "cnn refused: %s; -pc_cnn_fallback TYPE names a preconditioner for such matrices, such as gamg",
               no_lattice.c_str());
    cnn->outside = no_lattice;
  } else if (cnn->cycle) {
    PetscCall(Attempt(pc, &refusal, [&] {
      (void)ModelFor(cnn, static_cast<PC_LatticeMG*>(cnn->lattice->data));
      return std::string();
    }));
  } else if (refusal.empty())
    PetscCall(linnet::Guarded([&] { return PCCNNSetUpNetwork_Private(pc, &refusal); }));
  PetscCheck(refusal.empty(), CommOf(pc), PETSC_ERR_USER, "cnn refused: %s", refusal.c_str());
  if (!cnn->outside.empty())
    PetscCall(PCCNNSetUpFallback_Private(pc));
  PetscCall(PetscLogEventEnd(PC_CNN_SetUp, pc, pc->pmat, nullptr, nullptr));
  PetscFunctionReturn(0);
}

/* z <- M r or M^T r, or the symmetric form, of the rows of the slab of this rank */
static PetscErrorCode PCCNNNetwork_Private(PC pc, PetscBool transpose, const PetscScalar* r, PetscScalar* z) {
  PC_CNN* cnn = PCCNNData_Private(pc);

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(PC_CNN_Network, pc, nullptr, nullptr, nullptr));
  try {
    if (cnn->symmetric)
      cnn->network.apply_symmetric(r, z);
    else if (transpose)
      cnn->network.apply_transpose(r, z);
    else
      cnn->network.apply(r, z);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    SETERRQ(PETSC_COMM_SELF, PETSC_ERR_LIB, "cnn: %s", error.what());
  }
  PetscCall(PetscLogFlops((cnn->symmetric ? 2 : 1) * cnn->network.flops()));
  PetscCall(PetscLogEventEnd(PC_CNN_Network, pc, nullptr, nullptr, nullptr));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCCNNApply_Private(PC pc, PetscBool transpose, Vec r, Vec z) {
  Vec of_symmetric = r;
  PC_CNN* cnn = PCCNNData_Private(pc);
  const PetscScalar* from;
  PetscScalar* to;

  PetscFunctionBegin;
  if (cnn->stand_in()) {
    PetscCall((transpose ? PCApplyTranspose : PCApply)(cnn->stand_in(), r, z));
    PetscFunctionReturn(0);
  }
  PetscCheck(!transpose || !cnn->loaded->architecture.unit_residual, CommOf(pc), PETSC_ERR_SUP,
             "The network '%s' is not linear and has no transpose", cnn->loaded->architecture.name.c_str());
  PC_LatticeMG* mg = static_cast<PC_LatticeMG*>(cnn->lattice->data);
  if (!transpose)
    PetscCall(PCLatticeMGSymmetrise_Private(mg, r, &of_symmetric));
  PetscCall(VecGetArrayRead(of_symmetric, &from));
  PetscCall(VecGetArrayWrite(z, &to));
  PetscCall(linnet::Guarded([&] {
    if (mg->active_ranks == 0)
      return PCCNNNetwork_Private(pc, transpose, from, to);
    PetscCall(PetscLogEventBegin(PC_CNN_Transfer, pc, r, z, nullptr));
    PCLatticeMGReserve_Private(mg);
    mg->exchange.to_slabs(from, mg->r.data());
    PetscCall(PetscLogEventEnd(PC_CNN_Transfer, pc, r, z, nullptr));
    if (mg->layout.ranks.slab >= 0)
      PetscCall(PCCNNNetwork_Private(pc, transpose, mg->r.data(), mg->z.data()));
    PetscCall(PetscLogEventBegin(PC_CNN_Transfer, pc, r, z, nullptr));
    mg->exchange.to_rows(mg->z.data(), to);
    PetscCall(PetscLogEventEnd(PC_CNN_Transfer, pc, r, z, nullptr));
    return PetscErrorCode{0};
  }));
  PetscCall(VecRestoreArrayWrite(z, &to));
  PetscCall(VecRestoreArrayRead(of_symmetric, &from));
  if (transpose)
    PetscCall(PCLatticeMGSymmetriseTranspose_Private(mg, z));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCApply_CNN(PC pc, Vec r, Vec z) {
  PetscFunctionBegin;
  PetscCall(PCCNNApply_Private(pc, PETSC_FALSE, r, z));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCApplyTranspose_CNN(PC pc, Vec r, Vec z) {
  PetscFunctionBegin;
  PetscCall(PCCNNApply_Private(pc, PETSC_TRUE, r, z));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCReset_CNN(PC pc) {
  PC_CNN* cnn = PCCNNData_Private(pc);

  PetscFunctionBegin;
  cnn->network = {};
  PetscCall(PCDestroy(&cnn->lattice));
  PetscCall(PCDestroy(&cnn->other));
  cnn->outside.clear();
  PetscFunctionReturn(0);
}

static PetscErrorCode PCDestroy_CNN(PC pc) {
  PetscFunctionBegin;
  PetscCall(PCReset_CNN(pc));
  PetscCall(PCCNNComposeFunctions_Private(pc, PETSC_FALSE));
  delete PCCNNData_Private(pc);
  pc->data = nullptr;
  PetscFunctionReturn(0);
}

/*MC
   PCCNN - A trained network that stands in for the inverse of a Poisson operator on a grid, given as a plain matrix

   Options Database Keys:
+   -pc_cnn_model <cycle>           - a shipped model (cycle2d, cycle3d, hybrid2d, hybrid3d; cycle and hybrid: by the
                                      dimension of the grid), or a model file
.   -pc_cnn_precision <auto>        - auto, f32 or bf16
.   -pc_cnn_backend <onednn>        - onednn or reference
.   -pc_cnn_threads <n>             - threads of an application (default: OMP_NUM_THREADS, or
                                     the rank's share of the processors of its node)
.   -pc_cnn_grid <nx,ny,nz>         - size of the grid of an IS composed on the matrix as "linnet_cells"
.   -pc_cnn_symmetric <false>       - symmetric and positive definite whatever the model, for KSPCG
-   -pc_cnn_fallback <latticemg>    - type of PC that replaces the network where its model was not trained for the
                                      operator, or none

   Level: intermediate

   Notes:
   The grid is taken as by `PCLATTICEMG`. Models are of two kinds.

   The default ones are multigrid cycles: networks whose convolutions are those of the operator on its grids, or on
   aggregates of its cells where grids do not serve (thin walls, jumps, stretched cells), with few trained numbers. They
   are `PCLATTICEMG` with the numbers that training gave it, and it runs them: in single precision, symmetric, for all
operators that it takes; backend and precision mean nothing to them. `KSPDCD` around them is fused with them.

   The others are convolutional networks for oneDNN. Red-black Gauss-Seidel sweeps with the matrix itself, a network on
   the residual that they leave, and the sweeps in reverse. The network of hybrid2d and hybrid3d is linear in the
   residual; it reads the operator's coefficients once, in `PCSetUp()`. It is not symmetric: use `KSPDCD` (or `KSPFCG`,
   `KSPFGMRES`) around it, or `PCCNNSetSymmetric()`.

   `PCCNNSetSymmetric()` makes either kind symmetric and, on all rows that have an entry, positive definite: for
   singular matrices too, with any numbers in the model, up to rounding. With A the operator, S the sweeps before the
   network C, and N = C + S^T (I - A C) the network and the sweeps after it, the preconditioner is S + S^T - S^T A S +
   (I - S^T A) N^T A N (I - A S) in place of S + N (I - A S): the network twice and a product with A; in f32 unless
   bf16 is asked for. The first three terms are symmetric Gauss-Seidel, which is definite; the last one is
   semidefinite, as A is. What is nearly exact stays so; small eigenvalues of a poor network are squared.

   Cycles become V cycles, of three sweeps: on each level the first three terms as above, and (I - S^T A) P B P^T (I - A
S), P the transfer and B the cycle of the next level. Half sweeps over-relax by less than 2, which makes the first terms
   definite; B is semidefinite by induction from the direct solve. Factors of the coarser operators change B alone:
   they matter for the largest eigenvalue, not for the sign of the smallest. (A W cycle has 2 B - B A B in place of B,
   A the operator of the next level: not semidefinite where B A has an eigenvalue above 2.) Training fits couplings
   and excess of coarser grids to W cycles; V cycles have the classical ones there. A fallback that is `PCLATTICEMG`
   is a V cycle too; any other is taken as it is.

   The rest of these notes is about networks.

   A model names the classes of operators that it was trained on in its metadata (`linnet info`): voxel Laplacians (one
   size of coupling, any shape of the domain, closed or open sides), closed (singular), shift, stretched, jumps or
   smooth. For others, and for periodic grids, the fallback takes over, which the view shows. So it does for matrices
   that have no grid or that `PCLATTICEMG` refuses, unless it is `PCLATTICEMG`: then `PETSC_ERR_SUP`, and one line that
   says why.

   Ranks share the finer grids of the network in slabs of planes across the longest axis, whatever rows of the matrix
   they have, and tell each other the planes that a convolution needs from the next slab; coarser grids are gathered and
   computed by each rank. The operator is that of one rank to rounding. As many ranks have a slab as fit the grid
   (`-pc_view` tells them).

   `PCApplyTranspose()` runs the transposed network, which is made, and conditioned on the operator, when it is first
   asked for; there is none of a network that is not linear. `PCMatApply()` goes through the columns.

   References:
+  * - A. Kaneda, O. Akar, J. Chen, V. Kala, D. Hyde, J. Teran, A deep conjugate direction method for iteratively
       solving linear systems, ICML 2023
-  * - J. Bramble, J. Pasciak, J. Xu, The analysis of multigrid algorithms with nonnested spaces or noninherited
       quadratic forms, Math. Comp. 56 (1991): V cycles are definite, others where coarser forms are large enough

.seealso: `PCCreate()`, `PCSetType()`, `KSPDCD`, `PCLATTICEMG`, `PCCNNSetModel()`, `PCCNNSetPrecision()`,
`PCCNNSetBackend()`, `PCCNNSetThreads()`, `PCCNNSetGrid()`, `PCCNNSetFallback()`, `PCCNNSetSymmetric()`
M*/
PetscErrorCode PCCreate_CNN(PC pc) {
  PetscFunctionBegin;
  PetscCall(linnet::Guarded([&] {
    pc->data = new PC_CNN;
    return PetscErrorCode{0};
  }));
  pc->ops->setup = PCSetUp_CNN;
  pc->ops->apply = PCApply_CNN;
  pc->ops->applytranspose = PCApplyTranspose_CNN;
  pc->ops->reset = PCReset_CNN;
  pc->ops->destroy = PCDestroy_CNN;
  pc->ops->view = PCView_CNN;
  pc->ops->setfromoptions = PCSetFromOptions_CNN;
  PetscCall(PCCNNComposeFunctions_Private(pc, PETSC_TRUE));
  PetscFunctionReturn(0);
}
