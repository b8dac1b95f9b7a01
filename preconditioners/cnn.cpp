// PCCNN: a convolutional network between exact sweeps on the lattice of a matrix.
#include "cnn.hpp"
#include "base/error.hpp"
#include "lattice/guarded.hpp"
#include "lattice/local_rows.hpp"
#include "latticemg.hpp"
#include "learned/shipped.hpp"

PetscLogEvent PC_CNN_SetUp, PC_CNN_Network;

static PC_CNN* DataOf(PC pc) {
  return static_cast<PC_CNN*>(pc->data);
}

static MPI_Comm CommOf(PC pc) {
  return PetscObjectComm(reinterpret_cast<PetscObject>(pc));
}

/* Runs `body` on the first rank; what it throws is a refusal on all. */
template <class Body>
static PetscErrorCode OnFirstRank(PC pc, std::string* refusal, Body&& body) {
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(CommOf(pc), &rank));
  if (rank == 0) {
    try {
      *refusal = body();
    } catch (const std::exception& error) {
      *refusal = error.what();
    }
  }
  PetscCall(linnet::AgreeOnRefusal(CommOf(pc), refusal));
  PetscFunctionReturn(0);
}

/* The lattice of the matrix, by a PCLATTICEMG of its own; `whole`: on the first rank */
static PetscErrorCode PCCNNSetUpLattice_Private(PC pc, bool whole) {
  PC_CNN* cnn = DataOf(pc);
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
    PetscCall(PCSetFromOptions(cnn->lattice));
  }
  mg = static_cast<PC_LatticeMG*>(cnn->lattice->data);
  if (mg->whole != whole)
    cnn->lattice->setupcalled = PETSC_FALSE;
  mg->whole = whole;
  if (cnn->grid[0] > 0)
    PetscCall(PCLatticeMGSetGrid(cnn->lattice, cnn->grid[0], cnn->grid[1], cnn->grid[2]));
  PetscCall(PCLatticeMGSetThreads(cnn->lattice, PCCNNThreads_Private(cnn)));
  PetscCall(PCGetDM(pc, &dm));
  PetscCall(PCSetDM(cnn->lattice, dm));
  PetscCall(PCSetOperators(cnn->lattice, pc->mat, pc->pmat));
  PetscCall(PCSetUp(cnn->lattice));
  PetscFunctionReturn(0);
}

/* Loads the model and conditions the network on the operator. */
static PetscErrorCode PCCNNSetUpNetwork_Private(PC pc, std::string* refusal) {
  PC_CNN* cnn = DataOf(pc);
  PC_LatticeMG* mg = static_cast<PC_LatticeMG*>(cnn->lattice->data);
  PetscMPIInt ranks;
  MatNullSpace constants;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(CommOf(pc), &ranks));
  PetscCall(MatGetNullSpace(pc->pmat, &constants));
  const linnet::LatticeOperator& op = ranks > 1 ? mg->op : mg->placement.op;
  PetscCall(OnFirstRank(pc, refusal, [&] {
    const bool volume = op.size[0] > 1 && op.size[1] > 1 && op.size[2] > 1;
    const std::string name = cnn->model.empty() ? linnet::learned::default_model(volume ? 3 : 2) : cnn->model;
    if (!cnn->loaded || cnn->loaded_as != name) {
      cnn->loaded = std::make_shared<linnet::learned::Model>(linnet::learned::find_model(name));
      cnn->loaded_as = name;
    }
    return std::string();
  }));
  if (!refusal->empty())
    PetscFunctionReturn(0);
  PetscCall(OnFirstRank(pc, &cnn->outside,
                        [&] { return linnet::cnn::NetworkCycle::outside(*cnn->loaded, op, constants != nullptr); }));
  if (!cnn->outside.empty())
    PetscFunctionReturn(0);
  PetscCall(OnFirstRank(pc, refusal, [&] {
    linnet::cnn::NetworkOptions options;
    options.precision = cnn->precision == PC_CNN_PRECISION_F32    ? linnet::learned::Precision::f32
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
  PC_CNN* cnn = DataOf(pc);

  PetscFunctionBegin;
  PetscCheck(cnn->fallback != "none", CommOf(pc), PETSC_ERR_SUP,
             "cnn refused: %s; its model was not trained for that, and -pc_cnn_fallback is none", cnn->outside.c_str());
  PetscCall(PetscInfo(pc, "outside of what the model was trained for (%s): %s instead\n", cnn->outside.c_str(),
                      cnn->fallback.c_str()));
  if (cnn->fallback == PCLATTICEMG) {
    PetscCall(PCCNNSetUpLattice_Private(pc, false));
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
  PC_CNN* cnn = DataOf(pc);
  std::string refusal;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(PC_CNN_SetUp, pc, pc->pmat, nullptr, nullptr));
  PetscCall(PCCNNSetUpLattice_Private(pc, true));
  PetscCall(linnet::Guarded([&] { return PCCNNSetUpNetwork_Private(pc, &refusal); }));
  PetscCheck(refusal.empty(), CommOf(pc), PETSC_ERR_USER, "cnn refused: %s", refusal.c_str());
  if (!cnn->outside.empty())
    PetscCall(PCCNNSetUpFallback_Private(pc));
  PetscCall(PetscLogEventEnd(PC_CNN_SetUp, pc, pc->pmat, nullptr, nullptr));
  PetscFunctionReturn(0);
}

/* z <- M r of the rows of the whole grid */
static PetscErrorCode PCCNNNetwork_Private(PC pc, const PetscScalar* r, PetscScalar* z) {
  PC_CNN* cnn = DataOf(pc);

  PetscFunctionBegin;
  try {
    cnn->network.apply(r, z);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    SETERRQ(PETSC_COMM_SELF, PETSC_ERR_LIB, "cnn: %s", error.what());
  }
  PetscCall(PetscLogFlops(cnn->network.flops()));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCApply_CNN(PC pc, Vec r, Vec z) {
  PC_CNN* cnn = DataOf(pc);
  const PetscScalar* from;
  PetscScalar* to;

  PetscFunctionBegin;
  if (!cnn->outside.empty()) {
    PetscCall(PCApply(cnn->other ? cnn->other : cnn->lattice, r, z));
    PetscFunctionReturn(0);
  }
  PC_LatticeMG* mg = static_cast<PC_LatticeMG*>(cnn->lattice->data);
  PetscCall(PetscLogEventBegin(PC_CNN_Network, pc, r, z, nullptr));
  PetscCall(VecGetArrayRead(r, &from));
  PetscCall(VecGetArrayWrite(z, &to));
  PetscCall(linnet::Guarded([&] {
    if (mg->active_ranks == 0)
      return PCCNNNetwork_Private(pc, from, to);
    mg->exchange.to_slabs(from, mg->r.data());
    if (mg->layout.ranks.slab == 0)
      PetscCall(PCCNNNetwork_Private(pc, mg->r.data(), mg->z.data()));
    mg->exchange.to_rows(mg->z.data(), to);
    return PetscErrorCode{0};
  }));
  PetscCall(VecRestoreArrayWrite(z, &to));
  PetscCall(VecRestoreArrayRead(r, &from));
  PetscCall(PetscLogEventEnd(PC_CNN_Network, pc, r, z, nullptr));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCReset_CNN(PC pc) {
  PC_CNN* cnn = DataOf(pc);

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
  delete DataOf(pc);
  pc->data = nullptr;
  PetscFunctionReturn(0);
}

/*MC
   PCCNN - A convolutional network that stands in for the inverse of a Poisson operator on a grid, given as a plain AIJ
   matrix

   Options Database Keys:
+   -pc_cnn_model <name or file>    - a shipped model (hybrid2d, hybrid3d) or a model file (default: by dimension)
.   -pc_cnn_precision <auto>        - auto, f32 or bf16
.   -pc_cnn_backend <onednn>        - onednn or reference
.   -pc_cnn_threads <n>             - threads of an application (default: as many as OpenMP gives)
.   -pc_cnn_grid <nx,ny,nz>         - size of the grid of an IS composed on the matrix as "linnet_cells"
-   -pc_cnn_fallback <latticemg>    - type of PC that replaces the network where its model was not trained for the
                                      operator, or none

   Level: intermediate

   Notes:
   The grid is taken as by `PCLATTICEMG`. Red-black Gauss-Seidel sweeps with the matrix itself, a network on the
residual that they leave, and the sweeps in reverse. The network of the shipped models is linear in the residual; it
reads the operator's coefficients once, in `PCSetUp()`. It is not symmetric: use `KSPDCD` (or `KSPFCG`, `KSPFGMRES`)
around it.

   A model names the classes of operators that it was trained on in its metadata (`linnet info`): voxel Laplacians (one
   size of coupling, any shape of the domain, closed or open sides), closed (singular), shift, stretched, jumps or
   smooth. For others, and for periodic grids, the fallback takes over, which the view shows.

   On several ranks the operator, and in each application the residual, are gathered on the first rank, which runs the
   network with its threads: the same operator on any number of ranks, but no faster on more of them.

   There is no `PCApplyTranspose()` of a network.

   References:
.  * - A. Kaneda, O. Akar, J. Chen, V. Kala, D. Hyde, J. Teran, A deep conjugate direction method for iteratively
solving linear systems, ICML 2023

.seealso: `PCCreate()`, `PCSetType()`, `KSPDCD`, `PCLATTICEMG`, `PCCNNSetModel()`, `PCCNNSetPrecision()`,
`PCCNNSetBackend()`, `PCCNNSetThreads()`, `PCCNNSetGrid()`, `PCCNNSetFallback()`
M*/
PetscErrorCode PCCreate_CNN(PC pc) {
  PetscFunctionBegin;
  PetscCall(linnet::Guarded([&] {
    pc->data = new PC_CNN;
    return PetscErrorCode{0};
  }));
  pc->ops->setup = PCSetUp_CNN;
  pc->ops->apply = PCApply_CNN;
  pc->ops->reset = PCReset_CNN;
  pc->ops->destroy = PCDestroy_CNN;
  pc->ops->view = PCView_CNN;
  pc->ops->setfromoptions = PCSetFromOptions_CNN;
  PetscCall(PCCNNComposeFunctions_Private(pc, PETSC_TRUE));
  PetscFunctionReturn(0);
}
