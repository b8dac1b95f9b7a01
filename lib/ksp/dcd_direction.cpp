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
  PetscCall(PetscRealloc(static_cast<size_t>(capacity) * sizeof(Vec), &dcd->Sp));
  PetscCall(PetscRealloc(static_cast<size_t>(capacity) * sizeof(Vec), &dcd->basis));
  PetscCall(PetscRealloc(static_cast<size_t>(capacity) * sizeof(Vec), &dcd->image));
  PetscCall(PetscRealloc(static_cast<size_t>(capacity) * sizeof(Vec), &dcd->dual));
  PetscCall(PetscRealloc(static_cast<size_t>(capacity) * sizeof(PetscReal), &dcd->a));
  PetscCall(PetscRealloc(static_cast<size_t>(capacity) * sizeof(PetscReal), &dcd->norm));
  PetscCall(PetscRealloc(static_cast<size_t>(capacity) * sizeof(PetscScalar), &dcd->coef));
  for (PetscInt i = dcd->capacity; i < capacity; i++)
    dcd->p[i] = dcd->Ap[i] = dcd->Sp[i] = nullptr;
  dcd->capacity = capacity;
  PetscFunctionReturn(0);
}

PetscErrorCode KSPDCDFreeDirections_Private(KSP ksp) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  for (PetscInt i = 0; i < dcd->capacity; i++) {
    PetscCall(VecDestroy(&dcd->p[i]));
    PetscCall(VecDestroy(&dcd->Ap[i]));
    PetscCall(VecDestroy(&dcd->Sp[i]));
  }
  PetscCall(VecDestroy(&dcd->q));
  PetscCall(VecDestroy(&dcd->factors));
  PetscCall(VecDestroy(&dcd->root));
  PetscCall(VecDestroy(&dcd->Sq));
  PetscCall(VecDestroy(&dcd->weighted));
  PetscCall(PetscFree(dcd->p));
  PetscCall(PetscFree(dcd->Ap));
  PetscCall(PetscFree(dcd->Sp));
  PetscCall(PetscFree(dcd->basis));
  PetscCall(PetscFree(dcd->image));
  PetscCall(PetscFree(dcd->dual));
  PetscCall(PetscFree(dcd->a));
  PetscCall(PetscFree(dcd->norm));
  PetscCall(PetscFree(dcd->coef));
  dcd->capacity = dcd->stored = dcd->slot = 0;
  PetscFunctionReturn(0);
}

/* q <- M r of the fallback. */
static PetscErrorCode KSPDCDApplyFallback_Private(KSP ksp, Vec r, Vec q) {
  PetscBool jacobi, has_diagonal = PETSC_TRUE;
  Mat Amat, Pmat;
  PC fallback;

  PetscFunctionBegin;
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

PetscErrorCode KSPDCDReplace_Private(KSP ksp, KSPDCDReplacement kind, Vec r) {
  static const char* const reasons[] = {"is not finite", "is no descent direction", "has no positive curvature"};
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  dcd->replacements[kind]++;
  PetscCall(PetscInfo(ksp, "iteration %" PetscInt_FMT ": the direction %s, replaced by the fallback's\n", ksp->its,
                      reasons[kind]));
  PetscCall(KSPDCDApplyFallback_Private(ksp, r, dcd->q));
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

PetscErrorCode KSPDCDMultiplyByFactors_Private(KSP ksp, Vec q, Vec* room, Vec* Sq) {
  const KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  *Sq = q;
  if (!dcd->factors)
    PetscFunctionReturn(0);
  if (!*room)
    PetscCall(VecDuplicate(q, room));
  PetscCall(VecPointwiseMult(*room, q, dcd->factors));
  *Sq = *room;
  PetscFunctionReturn(0);
}

PetscErrorCode KSPDCDNormBegin_Private(KSP ksp, Vec v, PetscReal* norm) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  if (dcd->factors) {
    PetscCall(VecPointwiseMult(dcd->weighted, v, dcd->root));
    PetscCall(VecNorm(dcd->weighted, NORM_2, norm));
  } else {
    PetscCall(VecNormBegin(v, NORM_2, norm));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode KSPDCDNormEnd_Private(KSP ksp, Vec v, PetscReal* norm) {
  const KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  if (!dcd->factors)
    PetscCall(VecNormEnd(v, NORM_2, norm));
  PetscFunctionReturn(0);
}

/* Gathers pointers to the stored directions, the slot to be written left out. */
static PetscErrorCode KSPDCDGather_Private(KSP ksp) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  for (PetscInt i = 0; i < dcd->stored; i++) {
    const PetscInt from = (dcd->slot + dcd->capacity - 1 - i) % dcd->capacity;

    dcd->basis[i] = dcd->p[from];
    dcd->dual[i] = dcd->factors ? dcd->Sp[from] : dcd->p[from];
    dcd->image[i] = dcd->Ap[from];
  }
  PetscFunctionReturn(0);
}

/* d <- d - sum_i (p_i, A d) / a_i p_i and A d likewise, the inner products given in coef and overwritten; adds the size
   of what was subtracted, sum_i |c_i| ||p_i||, to *size. */
static PetscErrorCode KSPDCDSubtract_Private(KSP ksp, Vec d, Vec Ad, PetscReal* size) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  for (PetscInt i = 0; i < dcd->stored; i++) {
    const PetscInt from = (dcd->slot + dcd->capacity - 1 - i) % dcd->capacity;

    dcd->coef[i] = -dcd->coef[i] / dcd->a[from];
    *size += PetscAbsScalar(dcd->coef[i]) * dcd->norm[from];
  }
  PetscCall(VecMAXPY(d, dcd->stored, dcd->coef, dcd->basis));
  PetscCall(VecMAXPY(Ad, dcd->stored, dcd->coef, dcd->image));
  PetscFunctionReturn(0);
}

/* What a direction must be, in the order of the checks. */
enum DCDVerdict { DCD_GOOD, DCD_NOT_FINITE, DCD_NO_DESCENT, DCD_NO_CURVATURE, DCD_ENDED };

static KSPDCDReplacement Kind(DCDVerdict verdict) {
  return static_cast<KSPDCDReplacement>(verdict - DCD_NOT_FINITE + KSP_DCD_NOT_FINITE);
}

/*
   Inner products of the raw direction q in one reduction: slope = (r, S q); coef = (S p_i, A q); norm_A, from the first
   direction of a solve; *norm_r where it is negative, not known.
*/
static PetscErrorCode KSPDCDCheckRaw_Private(KSP ksp, Vec r, PetscReal* norm_r, Vec q, Vec Aq, DCDVerdict* verdict) {
  Vec Sq;
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);
  const bool norm_unknown = *norm_r < 0, first = dcd->norm_A == 0;
  PetscScalar slope;
  PetscReal norm_q = 1, norm_Aq = 0;
  bool finite_Aq;

  PetscFunctionBegin;
  PetscCall(KSPDCDMultiplyByFactors_Private(ksp, q, &dcd->Sq, &Sq));
  PetscCall(VecDotBegin(r, Sq, &slope));
  if (norm_unknown)
    PetscCall(KSPDCDNormBegin_Private(ksp, r, norm_r));
  if (first) {
    PetscCall(KSPDCDNormBegin_Private(ksp, q, &norm_q));
    PetscCall(KSPDCDNormBegin_Private(ksp, Aq, &norm_Aq));
  }
  if (dcd->stored)
    PetscCall(VecMDotBegin(Aq, dcd->stored, dcd->dual, dcd->coef));
  PetscCall(VecDotEnd(r, Sq, &slope));
  if (norm_unknown)
    PetscCall(KSPDCDNormEnd_Private(ksp, r, norm_r));
  if (first) {
    PetscCall(KSPDCDNormEnd_Private(ksp, q, &norm_q));
    PetscCall(KSPDCDNormEnd_Private(ksp, Aq, &norm_Aq));
  }
  if (dcd->stored)
    PetscCall(VecMDotEnd(Aq, dcd->stored, dcd->dual, dcd->coef));

  finite_Aq = !PetscIsInfOrNanReal(norm_Aq);
  for (PetscInt i = 0; i < dcd->stored; i++)
    finite_Aq = finite_Aq && !PetscIsInfOrNanScalar(dcd->coef[i]);
  *verdict = DCD_GOOD;
  if (*norm_r == 0) {
    ksp->reason = KSP_CONVERGED_ATOL;
    *verdict = DCD_ENDED;
  } else if (PetscIsInfOrNanScalar(slope) || PetscIsInfOrNanReal(norm_q)) {
    *verdict = DCD_NOT_FINITE;
  } else if (!finite_Aq) {
    PetscCall(
        PetscInfo(ksp, "iteration %" PetscInt_FMT ": the operator made Inf or NaN of a finite direction\n", ksp->its));
    ksp->reason = KSP_DIVERGED_NANORINF;
    *verdict = DCD_ENDED;
  } else if (dcd->safeguard && slope <= 0) {
    *verdict = DCD_NO_DESCENT;
  } else if (first && norm_q > 0) {
    dcd->norm_A = norm_Aq / norm_q;
  }
  PetscFunctionReturn(0);
}

/* Checks curvature and slope of d = q - ..., where the parts had the given size; ends the solve where A is seen to be
   indefinite. */
static PetscErrorCode KSPDCDCheckDirection_Private(KSP ksp, PetscReal norm_r, const DCDDirection* direction,
                                                   PetscReal size, DCDVerdict* verdict) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);
  const PetscReal curvature = direction->curvature, norm_d = direction->norm;

  PetscFunctionBegin;
  *verdict = DCD_GOOD;
  if (PetscIsInfOrNanReal(norm_d) || PetscIsInfOrNanReal(curvature) || PetscIsInfOrNanReal(direction->slope)) {
    *verdict = DCD_NOT_FINITE; /* overflow in the orthogonalisation */
  } else if (!dcd->safeguard) {
    *verdict = curvature == 0 ? DCD_NO_CURVATURE : DCD_GOOD;
  } else {
    if (norm_d > 0)
      dcd->norm_A = PetscMax(dcd->norm_A, PetscAbsReal(curvature) / norm_d / norm_d);
    const PetscReal uncertain = curvature_tolerance * dcd->norm_A * norm_d * (norm_d + size);
    if (curvature < -uncertain) {
      PetscCall(PetscInfo(ksp,
                          "iteration %" PetscInt_FMT ": (d, A d) = %g < 0: the operator is not positive definite\n",
                          ksp->its, static_cast<double>(curvature)));
      ksp->reason = KSP_DIVERGED_INDEFINITE_MAT;
      *verdict = DCD_ENDED;
    } else if (curvature <= uncertain) {
      *verdict = DCD_NO_CURVATURE;
    } else if (direction->slope <= dcd_descent_tolerance * norm_d * norm_r) {
      *verdict = DCD_NO_DESCENT;
    }
  }
  PetscFunctionReturn(0);
}

/*
   d <- q - sum_i (p_i, A q) / a_i p_i in p[slot], A d by the same combination in Ap[slot], and the checks of both. The
   vector of q itself becomes p[slot], and the one that was there q.

   (S p_i, A d) = 0 keeps r orthogonal to the stored S p_i whether S A is symmetric or not; with (q, A p_i), equal where
   A is symmetric, an operator whose Dirichlet rows alone are not symmetric takes several times the iterations.
*/
static PetscErrorCode KSPDCDTry_Private(KSP ksp, Vec r, PetscReal* norm_r, DCDDirection* direction,
                                        DCDVerdict* verdict) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);
  const Vec d = dcd->q, Ad = dcd->Ap[dcd->slot];
  const Vec other[2] = {Ad, r};
  const bool twice = dcd->stored > 2; /* many directions: one pass of Gram-Schmidt loses A-orthogonality */
  PetscReal size = 0;
  PetscScalar product[2];
  Mat Amat;
  Vec Sd;

  PetscFunctionBegin;
  PetscCall(PCGetOperators(ksp->pc, &Amat, nullptr));
  PetscCall(KSP_MatMult(ksp, Amat, d, Ad));
  PetscCall(KSPDCDGather_Private(ksp));
  PetscCall(PetscLogEventBegin(KSP_DCD_Orthogonalization, ksp, d, r, 0));
  PetscCall(KSPDCDCheckRaw_Private(ksp, r, norm_r, d, Ad, verdict));
  if (*verdict == DCD_GOOD) {
    if (dcd->stored)
      PetscCall(KSPDCDSubtract_Private(ksp, d, Ad, &size));
    if (twice) {
      PetscCall(VecMDot(Ad, dcd->stored, dcd->dual, dcd->coef));
      PetscCall(KSPDCDSubtract_Private(ksp, d, Ad, &size));
    }
    PetscCall(KSPDCDMultiplyByFactors_Private(ksp, d, &dcd->Sp[dcd->slot], &Sd));
    PetscCall(VecMDotBegin(Sd, 2, other, product));
    PetscCall(KSPDCDNormBegin_Private(ksp, d, &direction->norm));
    PetscCall(VecMDotEnd(Sd, 2, other, product));
    PetscCall(KSPDCDNormEnd_Private(ksp, d, &direction->norm));
    direction->curvature = product[0];
    direction->slope = product[1];
    PetscCall(KSPDCDCheckDirection_Private(ksp, *norm_r, direction, size, verdict));
  }
  PetscCall(PetscLogEventEnd(KSP_DCD_Orthogonalization, ksp, d, r, 0));
  if (*verdict == DCD_GOOD) {
    dcd->q = dcd->p[dcd->slot];
    dcd->p[dcd->slot] = d;
  }
  PetscFunctionReturn(0);
}

/* Candidates in turn: the preconditioner's direction; the fallback's; the fallback's with the stored ones forgotten. */
PetscErrorCode KSPDCDFindDirection_Private(KSP ksp, Vec r, PetscReal norm_r, DCDDirection* direction) {
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
      PetscCall(KSPDCDReplace_Private(ksp, Kind(verdict), r));
    } else if (candidate == 2) {
      if (!dcd->stored)
        break;
      dcd->stored = dcd->slot = 0;
      PetscCall(KSPDCDApplyFallback_Private(ksp, r, dcd->q));
    }
    PetscCall(KSPDCDTry_Private(ksp, r, &norm_r, direction, &verdict));
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
  dcd->norm[dcd->slot] = direction->norm;
  dcd->stored = dcd->directions < 0 ? dcd->stored + 1 : PetscMin(dcd->stored + 1, dcd->directions);
  dcd->slot = (dcd->slot + 1) % dcd->capacity;
  PetscFunctionReturn(0);
}
