// PCNYSTROM: a randomised low-rank approximation as a preconditioner.
#include "nystrom.hpp"

#include "lattice/guarded.hpp"
#include "mfac.hpp"

#include <algorithm>
#include <cmath>

PetscLogEvent PC_Nystrom_SetUp, PC_Nystrom_Apply;

/* Whether more vectors would not help: see PCNystromSetAdaptive(). */
static bool Enough(const std::vector<double>& eigenvalues, double damping) {
  const double last = eigenvalues.back();
  return last <= 10 * damping || last <= 1e-14 * eigenvalues.front() ||
         last > 0.75 * eigenvalues[eigenvalues.size() / 2];
}

static PetscErrorCode PCNystromSetUpGuarded_Private(PC pc) {
  PC_Nystrom* nystrom = PCNystromData_Private(pc);
  PCNystromSketch sketch;
  PetscInt n, columns, local;
  bool definite = true;

  PetscFunctionBegin;
  PetscCall(MatGetSize(pc->pmat, &n, &columns));
  PetscCheck(n == columns && n > 0, CommOf(pc), PETSC_ERR_ARG_SIZ,
             "nystrom needs a square operator, not %" PetscInt_FMT " x %" PetscInt_FMT, n, columns);
  PetscCall(MatGetLocalSize(pc->pmat, &local, nullptr));
  sketch.comm = CommOf(pc);
  sketch.sum = PCMFACReduction_Private(pc);
  sketch.damping = nystrom->damping;
  sketch.omega = linnet::mfac::Rows(0, local, linnet::mfac::Precision::f64);
  sketch.product = linnet::mfac::Rows(0, local, linnet::mfac::Precision::f64);
  const PetscInt most = std::min(nystrom->rank, n);
  for (PetscInt rank = nystrom->adaptive ? std::min<PetscInt>(32, most) : most;; rank = std::min(2 * rank, most)) {
    PetscCall(PCNystromGrow_Private(pc->pmat, nystrom->seed, rank, &sketch));
    PetscCall(PCNystromFactor_Private(&sketch, rank == most, &nystrom->U, &nystrom->eigenvalues, &definite));
    PetscCheck(definite, CommOf(pc), PETSC_ERR_MAT_CH_ZRPVT,
               "nystrom needs an operator that is symmetric positive %s: its products with random vectors show that it "
               "is not, or they are not finite",
               nystrom->damping > 0 ? "definite with the damping taken off it" : "definite");
    if (rank == most || Enough(nystrom->eigenvalues, nystrom->damping))
      break;
  }
  nystrom->products = static_cast<PetscInt>(nystrom->U.rows());
  /* z = r + U ((last + damping) / (eigenvalues + damping) - 1) U^T r: the identity off the range */
  const double last = nystrom->eigenvalues.back() + nystrom->damping;
  /* factors of -1 would leave rounding errors of any sign in the range */
  const double floor = 1000 * std::numeric_limits<double>::epsilon() * nystrom->eigenvalues.front();
  nystrom->factor.clear();
  for (const double eigenvalue : nystrom->eigenvalues)
    nystrom->factor.push_back(std::max(last, floor) / std::max(eigenvalue + nystrom->damping, floor) - 1);
  nystrom->y.resize(nystrom->factor.size());
  PetscFunctionReturn(0);
}

static PetscErrorCode PCSetUp_Nystrom(PC pc) {
  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(PC_Nystrom_SetUp, pc, pc->pmat, nullptr, nullptr));
  PetscCall(linnet::Guarded([&] { return PCNystromSetUpGuarded_Private(pc); }));
  PetscCall(PetscLogEventEnd(PC_Nystrom_SetUp, pc, pc->pmat, nullptr, nullptr));
  PetscFunctionReturn(0);
}

/* X <- P^-1 X for columns ldx apart */
static PetscErrorCode PCNystromSolve_Private(PC pc, PetscScalar* X, PetscInt ldx, PetscInt count) {
  PC_Nystrom* nystrom = PCNystromData_Private(pc);
  const std::size_t rank = nystrom->factor.size();

  PetscFunctionBegin;
  PetscCall(linnet::Guarded([&] {
    nystrom->y.resize(rank * static_cast<std::size_t>(count));
    nystrom->U.multiply(X, ldx, count, nystrom->y.data(), nystrom->U.rows());
    return PetscErrorCode{0};
  }));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, nystrom->y.data(), static_cast<int>(nystrom->y.size()), MPI_DOUBLE, MPI_SUM,
                             CommOf(pc)));
  for (std::size_t k = 0; k < nystrom->y.size(); k++)
    nystrom->y[k] *= nystrom->factor[k % rank];
  PetscCall(linnet::Guarded([&] {
    nystrom->U.multiply_transposed(nystrom->y.data(), count, 1, X, ldx, nystrom->U.rows());
    return PetscErrorCode{0};
  }));
  PetscCall(PetscLogFlops(4.0 * static_cast<double>(rank) * static_cast<double>(nystrom->U.columns()) * count));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCApply_Nystrom(PC pc, Vec r, Vec z) {
  PetscScalar* numbers;
  PetscInt local;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(PC_Nystrom_Apply, pc, r, z, nullptr));
  PetscCall(VecCopy(r, z));
  PetscCall(VecGetLocalSize(z, &local));
  PetscCall(VecGetArray(z, &numbers));
  PetscCall(PCNystromSolve_Private(pc, numbers, local, 1));
  PetscCall(VecRestoreArray(z, &numbers));
  PetscCall(PetscLogEventEnd(PC_Nystrom_Apply, pc, r, z, nullptr));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCMatApply_Nystrom(PC pc, Mat R, Mat Z) {
  PetscScalar* numbers;
  PetscInt ld, count;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(PC_Nystrom_Apply, pc, R, Z, nullptr));
  PetscCall(MatCopy(R, Z, SAME_NONZERO_PATTERN));
  PetscCall(MatGetSize(Z, nullptr, &count));
  PetscCall(MatDenseGetLDA(Z, &ld));
  PetscCall(MatDenseGetArray(Z, &numbers));
  PetscCall(PCNystromSolve_Private(pc, numbers, ld, count));
  PetscCall(MatDenseRestoreArray(Z, &numbers));
  PetscCall(PetscLogEventEnd(PC_Nystrom_Apply, pc, R, Z, nullptr));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCReset_Nystrom(PC pc) {
  PC_Nystrom* nystrom = PCNystromData_Private(pc);

  PetscFunctionBegin;
  nystrom->U = {};
  nystrom->eigenvalues = {};
  nystrom->factor = {};
  nystrom->y = {};
  PetscFunctionReturn(0);
}

static PetscErrorCode PCDestroy_Nystrom(PC pc) {
  PetscFunctionBegin;
  PetscCall(PCNystromComposeFunctions_Private(pc, PETSC_FALSE));
  delete PCNystromData_Private(pc);
  pc->data = nullptr;
  PetscFunctionReturn(0);
}

/*MC
   PCNYSTROM - A randomised Nystrom approximation of a symmetric positive definite operator as a preconditioner: only
   products with the operator are needed

   Options Database Keys:
+   -pc_nystrom_rank <256>      - the largest rank
.   -pc_nystrom_adaptive <true> - find a rank up to it that serves as well
.   -pc_nystrom_damping <0>     - multiple of the identity that the operator is known to contain
-   -pc_nystrom_seed <1>        - of the random vectors

   Level: intermediate

   Notes:
   With the operator H + damping I, orthonormal random vectors Omega and Y = H Omega, H ~ Y (Omega^T Y)^{-1} Y^T =
   U Lambda U^T by the stabilised construction (a shift of about eps |Y|, a Cholesky factor, an orthonormal basis and a
   singular value decomposition), and with l the last of the eigenvalues
   P^{-1} = (l + damping) U (Lambda + damping I)^{-1} U^T + I - U U^T. It pays where the eigenvalues decay: those that
   are found become one, and the condition number is about (l + damping) over the least one.

   The setup takes as many products as the rank, an application two passes over U and one sum of as many numbers over
   the ranks. The same seed gives the same random vectors on any number of ranks.

   An operator that is not symmetric positive semidefinite after the damping is taken off it is refused with
   `PETSC_ERR_MAT_CH_ZRPVT` where its products with the random vectors show it.

   Reference:
.  * - Z. Frangella, J. Tropp, M. Udell, Randomized Nystrom preconditioning, SIAM J. Matrix Anal. Appl. 44 (2023)

.seealso: `PCCreate()`, `PCSetType()`, `PCMFAC`, `PCNystromSetRank()`, `PCNystromSetAdaptive()`,
`PCNystromSetDamping()`, `PCNystromSetSeed()`, `PCNystromGetEigenvalues()`
M*/
PetscErrorCode PCCreate_Nystrom(PC pc) {
  PetscFunctionBegin;
  PetscCall(linnet::Guarded([&] {
    pc->data = new PC_Nystrom;
    return PetscErrorCode{0};
  }));
  pc->ops->setup = PCSetUp_Nystrom;
  pc->ops->apply = PCApply_Nystrom;
  pc->ops->applytranspose = PCApply_Nystrom;
  pc->ops->matapply = PCMatApply_Nystrom;
  pc->ops->reset = PCReset_Nystrom;
  pc->ops->destroy = PCDestroy_Nystrom;
  pc->ops->view = PCView_Nystrom;
  pc->ops->setfromoptions = PCSetFromOptions_Nystrom;
  PetscCall(PCNystromComposeFunctions_Private(pc, PETSC_TRUE));
  PetscFunctionReturn(0);
}
