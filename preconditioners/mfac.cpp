// PCMFAC: the inverse of lambda I + w G^T G by the Gram matrix of its rows.
#include "mfac.hpp"

#include "lattice/guarded.hpp"

#include <cmath>

PetscLogEvent PC_MFAC_SetUp, PC_MFAC_Apply;

using linnet::mfac::Model, linnet::mfac::Primal, linnet::mfac::Rows, linnet::mfac::Window;

linnet::mfac::Precision PCMFACStored_Private(const PC_MFAC* mfac) {
  return mfac->precision == PC_MFAC_PRECISION_F64   ? linnet::mfac::Precision::f64
         : mfac->precision == PC_MFAC_PRECISION_F32 ? linnet::mfac::Precision::f32
                                                    : linnet::mfac::Precision::bf16;
}

linnet::mfac::Reduction PCMFACReduction_Private(PC pc) {
  MPI_Comm comm = CommOf(pc);
  PetscMPIInt ranks = 1;

  MPI_Comm_size(comm, &ranks);
  if (ranks == 1)
    return {};
  return [comm](double* numbers, std::size_t count) {
    MPI_Allreduce(MPI_IN_PLACE, numbers, static_cast<int>(count), MPI_DOUBLE, MPI_SUM, comm);
  };
}

void PCMFACHold_Private(PC pc, Rows rows, PetscInt columns, const Model& model) {
  PC_MFAC* mfac = PCMFACData_Private(pc);
  PetscMPIInt ranks = 1;

  MPI_Comm_size(CommOf(pc), &ranks);
  linnet::mfac::Workload work;
  work.rows = rows.rows();
  work.columns = columns;
  work.one_holder = ranks == 1;
  work.precision = rows.precision();
  const linnet::mfac::Form form = choose_form(work);
  mfac->form = explain(form, work);
  mfac->window.reset();
  mfac->primal.reset();
  mfac->primal_rows = static_cast<PetscInt>(rows.rows());
  if (form == linnet::mfac::Form::primal)
    mfac->primal = std::make_unique<Primal>(rows, rows.rows(), model);
  else
    mfac->window = std::make_unique<Window>(std::move(rows), model, PCMFACReduction_Private(pc));
  const double raised = mfac->primal ? mfac->primal->raised_damping() : mfac->window->raised_damping();
  mfac->used_damping = raised > 0 ? raised : model.damping;
}

/* The window of pushed gradients, of the size of v. */
static PetscErrorCode PCMFACCreateWindow_Private(PC pc, Vec v) {
  PC_MFAC* mfac = PCMFACData_Private(pc);
  PetscInt local, global;

  PetscFunctionBegin;
  PetscCheck(mfac->damping > 0, CommOf(pc), PETSC_ERR_ARG_WRONGSTATE,
             "mfac needs a damping above zero for gradients: PCMFACSetDamping() or -pc_mfac_damping");
  PetscCall(VecGetLocalSize(v, &local));
  PetscCall(VecGetSize(v, &global));
  PetscCheck(global > 0, CommOf(pc), PETSC_ERR_ARG_SIZ, "The gradient is empty");
  PetscCall(linnet::Guarded([&] {
    mfac->window = std::make_unique<Window>(mfac->rank, local, PCMFACStored_Private(mfac), Model{mfac->damping, 0},
                                            PCMFACReduction_Private(pc));
    linnet::mfac::Workload work;
    work.rows = mfac->rank;
    work.columns = global;
    work.slides = true;
    work.precision = PCMFACStored_Private(mfac);
    mfac->form = explain(choose_form(work), work);
    return PetscErrorCode{0};
  }));
  mfac->taken = PC_MFAC_SOURCE_GRADIENTS;
  mfac->used_damping = mfac->damping;
  PetscFunctionReturn(0);
}

PetscErrorCode PCMFACAddGradient_MFAC(PC pc, Vec g) {
  PC_MFAC* mfac = PCMFACData_Private(pc);
  const PetscScalar* numbers;
  PetscInt local;
  bool stored = false;

  PetscFunctionBegin;
  PetscCheck(mfac->source == PC_MFAC_SOURCE_GRADIENTS || mfac->source == PC_MFAC_SOURCE_AUTO, CommOf(pc),
             PETSC_ERR_ORDER, "mfac takes gradients with -pc_mfac_source gradients, not %s",
             PCMFACSourceNames_Private[mfac->source]);
  PetscCheck(mfac->taken == PC_MFAC_SOURCE_GRADIENTS || mfac->taken == PC_MFAC_SOURCE_AUTO, CommOf(pc), PETSC_ERR_ORDER,
             "mfac is set up from another source: call PCReset() before gradients");
  if (!mfac->window)
    PetscCall(PCMFACCreateWindow_Private(pc, g));
  PetscCall(VecGetLocalSize(g, &local));
  PetscCheck(local == mfac->window->rows().columns(), PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "The gradient has %" PetscInt_FMT " local numbers, the earlier ones had %" PetscInt_FMT, local,
             static_cast<PetscInt>(mfac->window->rows().columns()));
  PetscCheck(mfac->mode == PC_MFAC_WINDOW || mfac->window->present() < mfac->window->capacity(), CommOf(pc),
             PETSC_ERR_ORDER,
             "The %" PetscInt_FMT " gradients of mfac are there: -pc_mfac_mode window replaces the oldest one",
             static_cast<PetscInt>(mfac->window->capacity()));
  PetscCall(VecGetArrayRead(g, &numbers));
  const PetscErrorCode ierr = linnet::Guarded([&] {
    stored = mfac->window->push(numbers);
    return PetscErrorCode{0};
  });
  PetscCall(VecRestoreArrayRead(g, &numbers));
  PetscCall(ierr);
  PetscCheck(stored, CommOf(pc), PETSC_ERR_FP,
             "The gradient has an entry that is not finite or does not fit %s: it was not added",
             linnet::mfac::name_of(PCMFACStored_Private(mfac)));
  PetscCall(PetscLogFlops(2.0 * static_cast<double>(mfac->window->present()) * local));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCSetUp_MFAC(PC pc) {
  PC_MFAC* mfac = PCMFACData_Private(pc);
  PCMFACSource source;
  Mat rows = nullptr;
  PetscInt local, columns;

  PetscFunctionBegin;
  PetscCall(PCMFACSource_Private(pc, &source, &rows));
  PetscCall(PetscLogEventBegin(PC_MFAC_SetUp, pc, pc->pmat, nullptr, nullptr));
  if (source == PC_MFAC_SOURCE_GRADIENTS) {
    PetscCall(MatGetLocalSize(pc->pmat, &local, &columns));
    if (!mfac->window) {
      Vec v;
      PetscCall(MatCreateVecs(pc->pmat, &v, nullptr));
      PetscCall(PCMFACCreateWindow_Private(pc, v));
      PetscCall(VecDestroy(&v));
    }
    PetscCheck(local == columns && columns == mfac->window->rows().columns(), PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
               "The gradients have %" PetscInt_FMT " local numbers, the operator has %" PetscInt_FMT
               " local rows and %" PetscInt_FMT " columns",
               static_cast<PetscInt>(mfac->window->rows().columns()), local, columns);
  } else if (source == PC_MFAC_SOURCE_LRC) {
    PetscCall(linnet::Guarded([&] { return PCMFACSetUpLRC_Private(pc); }));
  } else {
    PetscCall(linnet::Guarded([&] { return PCMFACSetUpRows_Private(pc, rows); }));
  }
  mfac->taken = source;
  PetscCall(PetscLogEventEnd(PC_MFAC_SetUp, pc, pc->pmat, nullptr, nullptr));
  PetscFunctionReturn(0);
}

/* X <- F^-1 X for columns of this rank ldx apart; scale: D^{-1/2} or null */
static PetscErrorCode PCMFACSolve_Private(PC_MFAC* mfac, const PetscScalar* scale, PetscInt local, PetscScalar* X,
                                          PetscInt ldx, PetscInt count) {
  PetscFunctionBegin;
  const auto rescale = [&] {
    if (scale)
      for (PetscInt k = 0; k < count; k++)
        for (PetscInt j = 0; j < local; j++)
          X[static_cast<std::size_t>(k) * ldx + j] *= scale[j];
  };
  rescale();
  PetscCall(linnet::Guarded([&] {
    if (mfac->primal)
      mfac->primal->solve(X, ldx, count);
    else
      mfac->window->solve(X, ldx, count);
    return PetscErrorCode{0};
  }));
  rescale();
  const auto rows = static_cast<double>(mfac->window ? mfac->window->present() : 0);
  PetscCall(PetscLogFlops((mfac->primal ? 2.0 * local * local : 4.0 * rows * local) * count));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCApply_MFAC(PC pc, Vec r, Vec z) {
  PC_MFAC* mfac = PCMFACData_Private(pc);
  const PetscScalar* scale = nullptr;
  PetscScalar* numbers;
  PetscInt local;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(PC_MFAC_Apply, pc, r, z, nullptr));
  PetscCall(VecCopy(r, z));
  if (!mfac->none) {
    PetscCall(VecGetLocalSize(z, &local));
    if (mfac->scale)
      PetscCall(VecGetArrayRead(mfac->scale, &scale));
    PetscCall(VecGetArray(z, &numbers));
    PetscCall(PCMFACSolve_Private(mfac, scale, local, numbers, local, 1));
    PetscCall(VecRestoreArray(z, &numbers));
    if (mfac->scale)
      PetscCall(VecRestoreArrayRead(mfac->scale, &scale));
  }
  PetscCall(PetscLogEventEnd(PC_MFAC_Apply, pc, r, z, nullptr));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCMatApply_MFAC(PC pc, Mat R, Mat Z) {
  PC_MFAC* mfac = PCMFACData_Private(pc);
  const PetscScalar* scale = nullptr;
  PetscScalar* numbers;
  PetscInt local, ld, count;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(PC_MFAC_Apply, pc, R, Z, nullptr));
  PetscCall(MatCopy(R, Z, SAME_NONZERO_PATTERN));
  if (!mfac->none) {
    PetscCall(MatGetLocalSize(Z, &local, nullptr));
    PetscCall(MatGetSize(Z, nullptr, &count));
    PetscCall(MatDenseGetLDA(Z, &ld));
    if (mfac->scale)
      PetscCall(VecGetArrayRead(mfac->scale, &scale));
    PetscCall(MatDenseGetArray(Z, &numbers));
    PetscCall(PCMFACSolve_Private(mfac, scale, local, numbers, ld, count));
    PetscCall(MatDenseRestoreArray(Z, &numbers));
    if (mfac->scale)
      PetscCall(VecRestoreArrayRead(mfac->scale, &scale));
  }
  PetscCall(PetscLogEventEnd(PC_MFAC_Apply, pc, R, Z, nullptr));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCReset_MFAC(PC pc) {
  PC_MFAC* mfac = PCMFACData_Private(pc);

  PetscFunctionBegin;
  mfac->window.reset();
  mfac->primal.reset();
  mfac->none = false;
  mfac->taken = PC_MFAC_SOURCE_AUTO;
  PetscCall(VecDestroy(&mfac->scale));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCDestroy_MFAC(PC pc) {
  PetscFunctionBegin;
  PetscCall(PCReset_MFAC(pc));
  PetscCall(PCMFACComposeFunctions_Private(pc, PETSC_FALSE));
  delete PCMFACData_Private(pc);
  pc->data = nullptr;
  PetscFunctionReturn(0);
}

/*MC
   PCMFAC - The inverse of a diagonal plus a sum of outer products, F = lambda I + (1/m) sum_i g_i g_i^T and its kin:
   a direct solver where the operator is of that form, a preconditioner where the g_i are sampled

   Options Database Keys:
+   -pc_mfac_source <auto>   - auto, lrc, rows or gradients
.   -pc_mfac_rank <128>      - rows that are sampled, or gradients that are kept
.   -pc_mfac_damping <L>     - lambda; added to the base of a MATLRC
.   -pc_mfac_mode <static>   - static, or window: a new gradient takes the place of the oldest one
.   -pc_mfac_precision <f64> - f64, f32 or bf16: how rows are stored; sums are in double whatever it is
-   -pc_mfac_seed <1>        - of the rows that are sampled

   Level: intermediate

   Notes:
   Sources:
   - lrc: the operator is a `MATLRC`, A + U C U^T, with A diagonal and positive (a `MATCONSTANTDIAGONAL`, or any matrix
     without entries off its diagonal) and C >= 0. The PC is its exact inverse, whatever the rank: use it with
     `KSPPREONLY`. PETSc itself can multiply with such a matrix but not solve with it.
   - rows: the operator is J^T J + damping I, given as a `MATNORMAL` of J (for `KSPLSQR`, as the second matrix of
     `KSPSetOperators()`), or as any matrix with J composed on it as "linnet_rows". rank rows of J are sampled, and
     (all rows / rank) sum g g^T stands for J^T J. The rule: the damping is raised to the least value at which the
     effective dimension of the sample, sum_i s_i / (s_i + damping), is at most an eighth of its rows; where the largest
     s_i is then below three times the damping nothing is to be gained, and the PC is the identity. With all rows it is
     exact and nothing is raised.
   - gradients: those of `PCMFACAddGradient()`, F = damping I + (1/n) sum g g^T over the n that are there. Without any
     it is damping I.

   Rows are distributed by columns, as the vectors are: an application costs one sum of as many numbers as there are
   rows over the ranks, and `PCMatApply()` shares it among its columns.

   The form is chosen by cost and shown by -pc_view: the Gram matrix of the rows and its Cholesky factor, or F itself
   where it is the smaller. Where rows are dependent and the damping lies below the rounding errors of the Gram matrix
   it is raised above them, which the view tells.

   Reference:
.  * - E. Frantar, E. Kurtic, D. Alistarh, M-FAC: Efficient matrix-free approximations of second-order information,
       NeurIPS 2021

.seealso: `PCCreate()`, `PCSetType()`, `PCNYSTROM`, `PCMFACAddGradient()`, `PCMFACSetDamping()`, `PCMFACSetRank()`,
`PCMFACSetMode()`, `PCMFACSetSource()`, `PCMFACSetPrecision()`, `PCMFACSetSeed()`, `MATLRC`, `MATNORMAL`, `KSPLSQR`
M*/
PetscErrorCode PCCreate_MFAC(PC pc) {
  PetscFunctionBegin;
  PetscCall(linnet::Guarded([&] {
    pc->data = new PC_MFAC;
    return PetscErrorCode{0};
  }));
  pc->ops->setup = PCSetUp_MFAC;
  pc->ops->apply = PCApply_MFAC;
  pc->ops->applytranspose = PCApply_MFAC;
  pc->ops->matapply = PCMatApply_MFAC;
  pc->ops->reset = PCReset_MFAC;
  pc->ops->destroy = PCDestroy_MFAC;
  pc->ops->view = PCView_MFAC;
  pc->ops->setfromoptions = PCSetFromOptions_MFAC;
  PetscCall(PCMFACComposeFunctions_Private(pc, PETSC_TRUE));
  PetscFunctionReturn(0);
}
