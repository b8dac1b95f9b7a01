// Directions of KSPDCD: storage, A-orthogonalisation, and the checks that a direction must pass.
#include "ksp/dcd.hpp"

#include <limits>

PetscLogEvent KSP_DCD_Orthogonalization;

// Rounding in A d is eps ||A|| ||d||, so |(d, A d)| below this times ||A|| (d, d) has no certain sign.
static constexpr PetscReal curvature_tolerance = std::numeric_limits<PetscReal>::epsilon();

PetscErrorCode KSPDCDReserve_Private(KSP ksp, PetscInt capacity) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  if (capacity <= dcd->capacity)
    PetscFunctionReturn(0);
  PetscCall(PetscRealloc(static_cast<size_t>(capacity) * sizeof(Vec), &dcd->p));
  PetscCall(PetscRealloc(static_cast<size_t>(capacity) * sizeof(Vec), &dcd->Ap));
  PetscCall(PetscRealloc(static_cast<size_t>(capacity) * sizeof(Vec), &dcd->basis));
  PetscCall(PetscRealloc(static_cast<size_t>(capacity) * sizeof(Vec), &dcd->image));
  PetscCall(PetscRealloc(static_cast<size_t>(capacity) * sizeof(PetscReal), &dcd->a));
  PetscCall(PetscRealloc(static_cast<size_t>(capacity) * sizeof(PetscScalar), &dcd->coef));
  for (PetscInt i = dcd->capacity; i < capacity; i++)
    dcd->p[i] = dcd->Ap[i] = nullptr;
  dcd->capacity = capacity;
  PetscFunctionReturn(0);
}

PetscErrorCode KSPDCDFreeDirections_Private(KSP ksp) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  for (PetscInt i = 0; i < dcd->capacity; i++) {
    PetscCall(VecDestroy(&dcd->p[i]));
    PetscCall(VecDestroy(&dcd->Ap[i]));
  }
  PetscCall(PetscFree(dcd->p));
  PetscCall(PetscFree(dcd->Ap));
  PetscCall(PetscFree(dcd->basis));
  PetscCall(PetscFree(dcd->image));
  PetscCall(PetscFree(dcd->a));
  PetscCall(PetscFree(dcd->coef));
  dcd->capacity = dcd->stored = dcd->slot = 0;
  PetscFunctionReturn(0);
}

PetscErrorCode KSPDCDReplace_Private(KSP ksp, KSPDCDReplacement kind, Vec r, Vec q) {
  static const char* const reasons[] = {"is not finite", "is no descent direction", "has no positive curvature"};
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);
  PetscBool jacobi, has_diagonal = PETSC_TRUE;
  Mat Amat, Pmat;
  PC fallback;

  PetscFunctionBegin;
  dcd->replacements[kind]++;
  PetscCall(PetscInfo(ksp, "iteration %" PetscInt_FMT ": the direction %s, replaced by the fallback's\n", ksp->its,
                      reasons[kind]));
  PetscCall(KSPDCDGetFallbackPC(ksp, &fallback));
  PetscCall(PCGetOperators(ksp->pc, &Amat, &Pmat));
  PetscCall(PCSetOperators(fallback, Amat, Pmat));
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(fallback), PCJACOBI, &jacobi));
  if (jacobi)
    PetscCall(MatHasOperation(Pmat, MATOP_GET_DIAGONAL, &has_diagonal));
  if (!has_diagonal)
    PetscCall(PCSetType(fallback, PCNONE));
  PetscCall(PCSetUp(fallback));
  if (ksp->transpose_solve) {
    PetscCall(PCApplyTranspose(fallback, r, q));
    PetscCall(KSP_RemoveNullSpaceTranspose(ksp, q));
  } else {
    PetscCall(PCApply(fallback, r, q));
    PetscCall(KSP_RemoveNullSpace(ksp, q));
  }
  PetscFunctionReturn(0);
}

/* After a result that is not finite: a preconditioner that says itself that it failed, on any rank, ends the solve. */
PetscErrorCode KSPDCDCheckPC_Private(KSP ksp) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);
  PCFailedReason mine;
  PetscMPIInt failed;

  PetscFunctionBegin;
  PetscCall(PCGetFailedReasonRank(ksp->pc, &mine));
  failed = static_cast<PetscMPIInt>(mine);
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, PetscObjectComm(reinterpret_cast<PetscObject>(ksp))));
  if (failed) {
    PetscCall(PCSetFailedReason(ksp->pc, static_cast<PCFailedReason>(failed)));
    ksp->reason = KSP_DIVERGED_PC_FAILED;
  } else if (!dcd->safeguard)
    ksp->reason = KSP_DIVERGED_NANORINF;
  PetscFunctionReturn(0);
}

/* Gathers pointers to the stored directions, the slot to be written left out. */
static PetscErrorCode KSPDCDGather_Private(KSP ksp) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  for (PetscInt i = 0; i < dcd->stored; i++) {
    const PetscInt from = (dcd->slot + dcd->capacity - 1 - i) % dcd->capacity;

    dcd->basis[i] = dcd->p[from];
    dcd->image[i] = dcd->Ap[from];
  }
  PetscFunctionReturn(0);
}

/* d <- d - sum_i (d, A p_i) / a_i p_i, the inner products given in coef and overwritten. */
static PetscErrorCode KSPDCDSubtract_Private(KSP ksp, Vec d) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  for (PetscInt i = 0; i < dcd->stored; i++) {
    const PetscInt from = (dcd->slot + dcd->capacity - 1 - i) % dcd->capacity;

    dcd->coef[i] = -dcd->coef[i] / dcd->a[from];
  }
  PetscCall(VecMAXPY(d, dcd->stored, dcd->coef, dcd->basis));
  PetscFunctionReturn(0);
}

/* What a direction must be, in the order of the checks. */
enum DCDVerdict { DCD_GOOD, DCD_NOT_FINITE, DCD_NO_DESCENT, DCD_NO_CURVATURE, DCD_ENDED };

static KSPDCDReplacement Kind(DCDVerdict verdict) {
  return static_cast<KSPDCDReplacement>(verdict - DCD_NOT_FINITE + KSP_DCD_NOT_FINITE);
}

/* d <- q - sum_i (q, A p_i) / a_i p_i, in p[slot]; q itself is checked in the same reduction. */
static PetscErrorCode KSPDCDOrthogonalize_Private(KSP ksp, Vec r, PetscReal* norm_r, Vec q, DCDVerdict* verdict) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);
  const Vec d = dcd->p[dcd->slot];
  const bool norm_unknown = *norm_r < 0;
  const bool twice = dcd->stored > 2; /* many directions: one pass of Gram-Schmidt loses A-orthogonality */
  PetscScalar slope;
  PetscReal norm_q;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(KSP_DCD_Orthogonalization, ksp, q, r, 0));
  PetscCall(KSPDCDGather_Private(ksp));
  PetscCall(VecDotBegin(r, q, &slope));
  PetscCall(VecNormBegin(q, NORM_2, &norm_q));
  if (norm_unknown)
    PetscCall(VecNormBegin(r, NORM_2, norm_r));
  if (dcd->stored)
    PetscCall(VecMDotBegin(q, dcd->stored, dcd->image, dcd->coef));
  PetscCall(VecDotEnd(r, q, &slope));
  PetscCall(VecNormEnd(q, NORM_2, &norm_q));
  if (norm_unknown)
    PetscCall(VecNormEnd(r, NORM_2, norm_r));
  if (dcd->stored)
    PetscCall(VecMDotEnd(q, dcd->stored, dcd->image, dcd->coef));

  *verdict = DCD_GOOD;
  if (*norm_r == 0) {
    ksp->reason = KSP_CONVERGED_ATOL;
    *verdict = DCD_ENDED;
  } else if (PetscIsInfOrNanScalar(slope) || PetscIsInfOrNanReal(norm_q))
    *verdict = DCD_NOT_FINITE;
  else if (dcd->safeguard && slope <= dcd_descent_tolerance * norm_q * *norm_r)
    *verdict = DCD_NO_DESCENT;
  if (*verdict == DCD_GOOD) {
    PetscCall(VecCopy(q, d));
    if (dcd->stored)
      PetscCall(KSPDCDSubtract_Private(ksp, d));
    if (twice) {
      PetscCall(VecMDot(d, dcd->stored, dcd->image, dcd->coef));
      PetscCall(KSPDCDSubtract_Private(ksp, d));
    }
  }
  PetscCall(PetscLogEventEnd(KSP_DCD_Orthogonalization, ksp, q, r, 0));
  PetscFunctionReturn(0);
}

/* A d in Ap[slot], its curvature and slope. Ends the solve where A itself is at fault. */
static PetscErrorCode KSPDCDMeasure_Private(KSP ksp, Vec r, PetscReal norm_r, DCDDirection* direction,
                                            DCDVerdict* verdict) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);
  const Vec d = dcd->p[dcd->slot], Ad = dcd->Ap[dcd->slot];
  const Vec other[2] = {Ad, r};
  PetscScalar product[2];
  PetscReal norm_d, norm_Ad, uncertain;
  Mat Amat;

  PetscFunctionBegin;
  PetscCall(PCGetOperators(ksp->pc, &Amat, nullptr));
  PetscCall(KSP_MatMult(ksp, Amat, d, Ad));
  PetscCall(VecMDotBegin(d, 2, other, product));
  PetscCall(VecNormBegin(d, NORM_2, &norm_d));
  PetscCall(VecNormBegin(Ad, NORM_2, &norm_Ad));
  PetscCall(VecMDotEnd(d, 2, other, product));
  PetscCall(VecNormEnd(d, NORM_2, &norm_d));
  PetscCall(VecNormEnd(Ad, NORM_2, &norm_Ad));
  direction->curvature = product[0];
  direction->slope = product[1];

  *verdict = DCD_GOOD;
  if (PetscIsInfOrNanReal(norm_d) || PetscIsInfOrNanReal(direction->slope)) {
    *verdict = DCD_NOT_FINITE; /* overflow in the orthogonalisation */
    PetscFunctionReturn(0);
  }
  if (PetscIsInfOrNanReal(direction->curvature)) {
    PetscCall(
        PetscInfo(ksp, "iteration %" PetscInt_FMT ": the operator made Inf or NaN of a finite direction\n", ksp->its));
    ksp->reason = KSP_DIVERGED_NANORINF;
    *verdict = DCD_ENDED;
    PetscFunctionReturn(0);
  }
  if (!dcd->safeguard) {
    if (direction->curvature == 0)
      *verdict = DCD_NO_CURVATURE;
    PetscFunctionReturn(0);
  }
  if (norm_d > 0)
    dcd->norm_A = PetscMax(dcd->norm_A, norm_Ad / norm_d);
  uncertain = curvature_tolerance * dcd->norm_A * norm_d * norm_d;
  if (direction->curvature < -uncertain) {
    PetscCall(PetscInfo(ksp, "iteration %" PetscInt_FMT ": (d, A d) = %g < 0: the operator is not positive definite\n",
                        ksp->its, static_cast<double>(direction->curvature)));
    ksp->reason = KSP_DIVERGED_INDEFINITE_MAT;
    *verdict = DCD_ENDED;
  } else if (direction->curvature <= uncertain)
    *verdict = DCD_NO_CURVATURE;
  else if (direction->slope <= dcd_descent_tolerance * norm_d * norm_r)
    *verdict = DCD_NO_DESCENT;
  PetscFunctionReturn(0);
}

/* Candidates in turn: the preconditioner's direction; the fallback's; the fallback's with all stored directions
 * forgotten. */
PetscErrorCode KSPDCDFindDirection_Private(KSP ksp, Vec r, PetscReal norm_r, Vec q, DCDDirection* direction) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);
  DCDVerdict verdict = DCD_GOOD;

  PetscFunctionBegin;
  if (dcd->directions < 0)
    PetscCall(KSPDCDReserve_Private(ksp, dcd->stored < dcd->capacity ? dcd->capacity : 2 * dcd->capacity));
  if (dcd->directions < 0)
    dcd->slot = dcd->stored;
  if (!dcd->p[dcd->slot])
    PetscCall(VecDuplicate(r, &dcd->p[dcd->slot]));
  if (!dcd->Ap[dcd->slot])
    PetscCall(VecDuplicate(r, &dcd->Ap[dcd->slot]));
  for (PetscInt candidate = 0; candidate < 3; candidate++) {
    if (candidate == 1) {
      if (verdict == DCD_NOT_FINITE)
        PetscCall(KSPDCDCheckPC_Private(ksp));
      else if (!dcd->safeguard)
        ksp->reason = KSP_DIVERGED_BREAKDOWN;
      if (ksp->reason)
        PetscFunctionReturn(0);
      PetscCall(KSPDCDReplace_Private(ksp, Kind(verdict), r, q));
    } else if (candidate == 2) {
      if (!dcd->stored)
        break;
      dcd->stored = dcd->slot = 0;
    }
    PetscCall(KSPDCDOrthogonalize_Private(ksp, r, &norm_r, q, &verdict));
    if (verdict == DCD_GOOD)
      PetscCall(KSPDCDMeasure_Private(ksp, r, norm_r, direction, &verdict));
    if (verdict == DCD_GOOD || verdict == DCD_ENDED)
      PetscFunctionReturn(0);
  }
  /* not even the fallback's direction, which is D^-1 r with D > 0 unless the user set another */
  ksp->reason = verdict == DCD_NO_CURVATURE ? KSP_DIVERGED_INDEFINITE_MAT
                : verdict == DCD_NOT_FINITE ? KSP_DIVERGED_NANORINF
                                            : KSP_DIVERGED_BREAKDOWN;
  PetscFunctionReturn(0);
}

PetscErrorCode KSPDCDKeepDirection_Private(KSP ksp, const DCDDirection* direction) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  dcd->a[dcd->slot] = direction->curvature;
  dcd->stored = dcd->directions < 0 ? dcd->stored + 1 : PetscMin(dcd->stored + 1, dcd->directions);
  dcd->slot = (dcd->slot + 1) % dcd->capacity;
  PetscFunctionReturn(0);
}
