// What PCBANDIT knows of a system before it is solved.
#include "bandit.hpp"

#include <cmath>

static PetscErrorCode SumOfAbsoluteValues(Mat A, PetscReal* sum) {
  const PetscScalar* a = nullptr;
  MatInfo info;

  PetscFunctionBegin;
  PetscCall(MatGetInfo(A, MAT_LOCAL, &info));
  PetscCall(MatSeqAIJGetArrayRead(A, &a));
  const auto entries = static_cast<PetscInt>(info.nz_used);
  for (PetscInt k = 0; k < entries; k++)
    *sum += PetscAbsScalar(a[k]);
  PetscCall(MatSeqAIJRestoreArrayRead(A, &a));
  PetscFunctionReturn(0);
}

/*
   q = sum |a_ij|, i != j, / sum a_ii, over all rows: 1 for a Laplacian far from its boundary, below 1 with a shift or a
   short time step. Young's beta and 1/mu of the SSOR bound are ratios of linear functions of it. PETSC_INFINITY for
   matrices that are no AIJ ones.
*/
static PetscErrorCode MatrixContext(PC pc, PetscReal* q) {
  PetscReal sums[2] = {0, 0};
  PetscBool sequential, distributed;
  PetscScalar trace;
  Vec diagonal;

  PetscFunctionBegin;
  *q = PETSC_INFINITY;
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(pc->pmat), MATSEQAIJ, &sequential));
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(pc->pmat), MATMPIAIJ, &distributed));
  if (!sequential && !distributed)
    PetscFunctionReturn(0);
  if (sequential) {
    PetscCall(SumOfAbsoluteValues(pc->pmat, &sums[0]));
  } else {
    Mat own, off;
    PetscCall(MatMPIAIJGetSeqAIJ(pc->pmat, &own, &off, nullptr));
    PetscCall(SumOfAbsoluteValues(own, &sums[0]));
    PetscCall(SumOfAbsoluteValues(off, &sums[0]));
  }
  PetscCall(MatCreateVecs(pc->pmat, &diagonal, nullptr));
  PetscCall(MatGetDiagonal(pc->pmat, diagonal));
  PetscCall(VecSum(diagonal, &trace));
  PetscCall(VecNorm(diagonal, NORM_1, &sums[1]));
  PetscCall(VecDestroy(&diagonal));
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, sums, 1, MPIU_REAL, MPIU_SUM, PetscObjectComm(reinterpret_cast<PetscObject>(pc))));
  if (PetscRealPart(trace) > 0)
    *q = (sums[0] - sums[1]) / PetscRealPart(trace);
  PetscFunctionReturn(0);
}

/* The one entry of the Vec composed on the matrix or on the PC. */
static PetscErrorCode ComposedContext(PC pc, PetscReal* context) {
  PetscObject object = nullptr;
  PetscScalar value;
  PetscInt size;

  PetscFunctionBegin;
  PetscCall(PetscObjectQuery(reinterpret_cast<PetscObject>(pc->pmat), "linnet_context", &object));
  if (!object)
    PetscCall(PetscObjectQuery(reinterpret_cast<PetscObject>(pc), "linnet_context", &object));
  if (!object)
    PetscFunctionReturn(0);
  PetscValidHeaderSpecific(object, VEC_CLASSID, 1);
  const Vec v = reinterpret_cast<Vec>(object);
  PetscCall(VecGetSize(v, &size));
  PetscCheck(size == 1, PetscObjectComm(reinterpret_cast<PetscObject>(pc)), PETSC_ERR_ARG_SIZ,
             "bandit: linnet_context: expected a Vec of one entry, found %" PetscInt_FMT, size);
  PetscCall(VecSum(v, &value));
  *context = PetscRealPart(value);
  PetscFunctionReturn(0);
}

PetscErrorCode PCBanditContext_Private(PC pc, PetscReal* context) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  const PCBanditContextSource source = bandit->parameters.source;
  const std::string& policy = bandit->parameters.policy;
  PetscObjectState state;
  PetscObjectId id;

  PetscFunctionBegin;
  *context = PETSC_INFINITY;
  if (source == PC_BANDIT_CONTEXT_NONE)
    PetscFunctionReturn(0);
  if (source != PC_BANDIT_CONTEXT_MATRIX) {
    *context = bandit->parameters.context;
    if (PetscIsInfOrNanReal(*context))
      PetscCall(ComposedContext(pc, context));
    if (!PetscIsInfOrNanReal(*context) || source == PC_BANDIT_CONTEXT_GIVEN)
      PetscFunctionReturn(0);
  }
  PetscCall(PetscObjectStateGet(reinterpret_cast<PetscObject>(pc->pmat), &state));
  PetscCall(PetscObjectGetId(reinterpret_cast<PetscObject>(pc->pmat), &id));
  if (id != bandit->matrix || state != bandit->matrix_state) {
    PetscCall(MatrixContext(pc, &bandit->matrix_context));
    PetscCall(PetscObjectStateGet(reinterpret_cast<PetscObject>(pc->pmat), &state));
    bandit->matrix = id;
    bandit->matrix_state = state;
  }
  *context = bandit->matrix_context;
  /* The closed forms are ratios of linear functions of q; for all else what counts is how close it is to 1. */
  const bool closed_form = bandit->arms.is_relaxation() && (policy == "auto" || policy == "model");
  if (!closed_form && !PetscIsInfOrNanReal(*context))
    *context = -std::log(PetscMax(1 - *context, 1e-8));
  PetscFunctionReturn(0);
}
