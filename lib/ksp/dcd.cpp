// KSPDCD: truncated flexible conjugate directions around any preconditioner, with safeguards.
#include "ksp/dcd.hpp"
#include "ksp/fixed.hpp"
#include "ksp/row_factors.hpp"

// Refusals of the true residual in a row, without halving it, after which the accuracy asked for is out of reach.
static constexpr PetscInt stagnation_limit = 5;

static PetscErrorCode KSPSetUp_DCD(KSP ksp) {
  PetscBool diagonalscale;

  PetscFunctionBegin;
  PetscCall(PCGetDiagonalScale(ksp->pc, &diagonalscale));
  PetscCheck(!diagonalscale, PetscObjectComm(reinterpret_cast<PetscObject>(ksp)), PETSC_ERR_SUP,
             "Krylov method %s does not support diagonal scaling", reinterpret_cast<PetscObject>(ksp)->type_name);
  /* the vectors may have changed their layout */
  PetscCall(KSPDCDFreeDirections_Private(ksp));
  PetscFunctionReturn(0);
}

/* The vectors of the plain iteration; a fused one needs none. */
static PetscErrorCode KSPDCDCreateVectors_Private(KSP ksp) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  if (!dcd->q) {
    PetscCall(KSPSetWorkVecs(ksp, 1));
    PetscCall(VecDuplicate(ksp->work[0], &dcd->q));
  }
  PetscCall(KSPDCDReserve_Private(ksp, dcd->directions < 0 ? 8 : dcd->directions + 1));
  PetscFunctionReturn(0);
}

/* The factors that make the rows of the matrix symmetric, where the preconditioner knows some: A^T is symmetric by
   their inverses. */
static PetscErrorCode KSPDCDFindFactors_Private(KSP ksp) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);
  linnet::RowFactorsFunction find = nullptr;
  Vec factors = nullptr;

  PetscFunctionBegin;
  PetscCall(VecDestroy(&dcd->factors));
  PetscCall(PetscObjectQueryFunction(reinterpret_cast<PetscObject>(ksp->pc), linnet::row_factors_name, &find));
  if (find)
    PetscCall(find(ksp->pc, &factors));
  if (!factors)
    PetscFunctionReturn(0);
  PetscCall(VecDuplicate(factors, &dcd->factors));
  PetscCall(VecCopy(factors, dcd->factors));
  if (ksp->transpose_solve)
    PetscCall(VecReciprocal(dcd->factors));
  PetscCall(VecDestroy(&dcd->root));
  PetscCall(VecDuplicate(factors, &dcd->root));
  PetscCall(VecCopy(dcd->factors, dcd->root));
  PetscCall(VecSqrtAbs(dcd->root));
  if (!dcd->weighted)
    PetscCall(VecDuplicate(factors, &dcd->weighted));
  PetscFunctionReturn(0);
}

PetscErrorCode KSPDCDResidual_Private(KSP ksp, Vec r) {
  Mat Amat;

  PetscFunctionBegin;
  PetscCall(PCGetOperators(ksp->pc, &Amat, nullptr));
  PetscCall(KSP_MatMult(ksp, Amat, ksp->vec_sol, r));
  PetscCall(VecAYPX(r, -1.0, ksp->vec_rhs));
  PetscFunctionReturn(0);
}

/*
   The norm that the convergence test asks for; q <- M r for those that need it.

     unpreconditioned  ||r||        preconditioned  ||M r||        natural  sqrt (r, S M r)

   Where M r is not finite the direction is replaced and the norm of the iteration before stands: it asked for another
   iteration. Where (r, S M r) <= 0 there is no natural norm.
*/
static PetscErrorCode KSPDCDNorm_Private(KSP ksp, Vec r, PetscReal* norm) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);
  const Vec q = dcd->q;
  Vec Sq = nullptr;
  const bool natural = ksp->normtype == KSP_NORM_NATURAL;
  PetscScalar rq = 0;
  PetscReal norm_r = 0, norm_q;

  PetscFunctionBegin;
  *norm = 0;
  if (ksp->normtype == KSP_NORM_NONE)
    PetscFunctionReturn(0);
  if (ksp->normtype == KSP_NORM_UNPRECONDITIONED) {
    PetscCall(VecNorm(r, NORM_2, norm));
    PetscFunctionReturn(0);
  }
  PetscCall(KSP_PCApply(ksp, r, q));
  if (natural) {
    PetscCall(KSPDCDMultiplyByFactors_Private(ksp, q, &dcd->Sq, &Sq));
    PetscCall(KSPDCDNormBegin_Private(ksp, q, &norm_q));
    PetscCall(KSPDCDNormBegin_Private(ksp, r, &norm_r));
    PetscCall(VecDotBegin(r, Sq, &rq));
    PetscCall(KSPDCDNormEnd_Private(ksp, q, &norm_q));
    PetscCall(KSPDCDNormEnd_Private(ksp, r, &norm_r));
    PetscCall(VecDotEnd(r, Sq, &rq));
  } else {
    PetscCall(VecNorm(q, NORM_2, &norm_q));
  }

  *norm = natural ? PetscSqrtReal(PetscAbsScalar(rq)) : norm_q;
  if (PetscIsInfOrNanReal(*norm) && ksp->its > 0) {
    PetscCall(KSPDCDCheckPC_Private(ksp));
    if (ksp->reason)
      PetscFunctionReturn(0);
    PetscCall(KSPDCDReplace_Private(ksp, KSP_DCD_NOT_FINITE, r));
    *norm = ksp->rnorm;
  } else if (natural && norm_r > 0 && rq <= dcd_descent_tolerance * norm_r * norm_q) {
    PetscCall(PetscInfo(ksp, "iteration %" PetscInt_FMT ": (r, M r) = %g is not positive: no natural norm\n", ksp->its,
                        static_cast<double>(rq)));
    ksp->reason = KSP_DIVERGED_INDEFINITE_PC;
  }
  PetscFunctionReturn(0);
}

bool KSPDCDClaimsConvergence_Private(KSPConvergedReason reason) {
  return reason > 0 && reason != KSP_CONVERGED_ITS;
}

PetscErrorCode KSPDCDRefuse_Private(KSP ksp, PetscReal norm) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  PetscCall(PetscInfo(
      ksp, "iteration %" PetscInt_FMT ": converged by the recurrence, but not by the true residual, norm %g\n",
      ksp->its, static_cast<double>(norm)));
  dcd->stagnated = dcd->unconfirmed && norm > 0.5 * dcd->refused ? dcd->stagnated + 1 : 0;
  dcd->refused = norm;
  dcd->unconfirmed++;
  if (dcd->stagnated >= stagnation_limit) {
    PetscCall(PetscInfo(
        ksp, "the true residual does not fall any more: the accuracy asked for is out of reach of rounding\n"));
    ksp->reason = KSP_DIVERGED_BREAKDOWN;
  }
  PetscFunctionReturn(0);
}

/*
   Norm, convergence, history and monitors of the current iterate. Convergence is declared on r = b - A x only: where
   r comes from the recurrence (exact is false) it is computed anew first.
*/
static PetscErrorCode KSPDCDTest_Private(KSP ksp, Vec r, bool exact) {
  PetscReal norm;

  PetscFunctionBegin;
  PetscCall(KSPDCDNorm_Private(ksp, r, &norm));
  if (ksp->reason)
    PetscFunctionReturn(0);
  KSPCheckNorm(ksp, norm);
  PetscCall((*ksp->converged)(ksp, ksp->its, norm, &ksp->reason, ksp->cnvP));
  if (KSPDCDClaimsConvergence_Private(ksp->reason) && !exact) {
    ksp->reason = KSP_CONVERGED_ITERATING;
    PetscCall(KSPDCDResidual_Private(ksp, r));
    PetscCall(KSPDCDNorm_Private(ksp, r, &norm));
    if (ksp->reason)
      PetscFunctionReturn(0);
    KSPCheckNorm(ksp, norm);
    PetscCall((*ksp->converged)(ksp, ksp->its, norm, &ksp->reason, ksp->cnvP));
    if (!ksp->reason)
      PetscCall(KSPDCDRefuse_Private(ksp, norm));
  }
  ksp->rnorm = norm;
  PetscCall(KSPLogResidualHistory(ksp, norm));
  PetscCall(KSPLogErrorHistory(ksp));
  PetscCall(KSPMonitor(ksp, ksp->its, norm));
  PetscFunctionReturn(0);
}

/* An iteration that solves the rows which the preconditioner knows to fix their unknown, if r is not zero there. */
static PetscErrorCode KSPDCDSolveFixed_Private(KSP ksp, Vec r) {
  linnet::SolveFixedFunction solve = nullptr;
  PetscBool any = PETSC_FALSE;
  PetscReal norm = 0;
  Vec e;

  PetscFunctionBegin;
  PetscCall(PetscObjectQueryFunction(reinterpret_cast<PetscObject>(ksp->pc), linnet::solve_fixed_name, &solve));
  if (!solve || ksp->reason || ksp->max_it == 0)
    PetscFunctionReturn(0);
  PetscCall(VecDuplicate(r, &e));
  PetscCall(solve(ksp->pc, r, e, &any));
  if (any)
    PetscCall(VecNorm(e, NORM_2, &norm));
  if (norm > 0) {
    PetscCall(VecAXPY(ksp->vec_sol, 1, e));
    PetscCall(KSPDCDResidual_Private(ksp, r));
    ksp->its++;
    PetscCall(KSPDCDTest_Private(ksp, r, true));
  }
  PetscCall(VecDestroy(&e));
  PetscFunctionReturn(0);
}

static PetscErrorCode KSPSolve_DCD(KSP ksp) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);
  const Vec x = ksp->vec_sol;
  Vec r;
  const bool norm_applies_pc = ksp->normtype == KSP_NORM_PRECONDITIONED || ksp->normtype == KSP_NORM_NATURAL;
  bool norm_is_known; /* ||r||, as the checks of a direction take it */
  bool exact = true;  /* r = b - A x, not the recurrence's */
  bool done, moved;
  DCDDirection direction = {0, 0, 0};

  PetscFunctionBegin;
  ksp->its = 0;
  ksp->reason = KSP_CONVERGED_ITERATING;
  dcd->stored = dcd->slot = dcd->unconfirmed = dcd->stagnated = 0;
  dcd->norm_A = dcd->refused = 0;
  PetscCall(PetscArrayzero(dcd->replacements, KSP_DCD_REPLACEMENT_KINDS));
  PetscCall(KSPDCDSolveFused_Private(ksp, &done, &moved));
  if (done)
    PetscFunctionReturn(0);
  PetscCall(KSPDCDFindFactors_Private(ksp));
  norm_is_known = ksp->normtype == KSP_NORM_UNPRECONDITIONED && !dcd->factors;
  PetscCall(KSPDCDCreateVectors_Private(ksp));
  r = ksp->work[0];
  if (ksp->guess_zero && !moved)
    PetscCall(VecCopy(ksp->vec_rhs, r)); /*  r <- b        */
  else
    PetscCall(KSPDCDResidual_Private(ksp, r)); /*  r <- b - A x  */
  if (!moved)
    PetscCall(KSPDCDTest_Private(ksp, r, exact));
  PetscCall(KSPDCDSolveFixed_Private(ksp, r));
  while (!ksp->reason && ksp->its < ksp->max_it) {
    if (!norm_applies_pc)
      PetscCall(KSP_PCApply(ksp, r, dcd->q)); /*  q <- M r  */
    PetscCall(KSPDCDFindDirection_Private(ksp, r, norm_is_known ? ksp->rnorm : -1, &direction));
    if (KSPDCDClaimsConvergence_Private(ksp->reason) && !exact) { /* r = 0, by the recurrence */
      ksp->reason = KSP_CONVERGED_ITERATING;
      exact = true;
      PetscCall(KSPDCDResidual_Private(ksp, r));
      continue;
    }
    if (ksp->reason)
      break;
    const PetscReal step = direction.slope / direction.curvature;
    PetscCall(VecAXPY(x, step, dcd->p[dcd->slot]));   /*  x <- x + (d, r) / (d, A d)   d  */
    PetscCall(VecAXPY(r, -step, dcd->Ap[dcd->slot])); /*  r <- r - (d, r) / (d, A d) A d  */
    PetscCall(KSPDCDKeepDirection_Private(ksp, &direction));
    PetscCall(PetscObjectSAWsTakeAccess(reinterpret_cast<PetscObject>(ksp)));
    ksp->its++;
    PetscCall(PetscObjectSAWsGrantAccess(reinterpret_cast<PetscObject>(ksp)));
    exact = dcd->recompute > 0 && ksp->its % dcd->recompute == 0;
    if (exact)
      PetscCall(KSPDCDResidual_Private(ksp, r));
    PetscCall(KSPDCDTest_Private(ksp, r, exact));
  }
  if (!ksp->reason)
    ksp->reason = KSP_DIVERGED_ITS;
  PetscFunctionReturn(0);
}

static PetscErrorCode KSPReset_DCD(KSP ksp) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  PetscCall(KSPDCDFreeDirections_Private(ksp));
  if (dcd->fallback)
    PetscCall(PCReset(dcd->fallback));
  PetscFunctionReturn(0);
}

static PetscErrorCode KSPDestroy_DCD(KSP ksp) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);

  PetscFunctionBegin;
  PetscCall(KSPReset_DCD(ksp));
  PetscCall(PCDestroy(&dcd->fallback));
  PetscCall(KSPDCDComposeFunctions_Private(ksp, PETSC_FALSE));
  PetscCall(KSPDestroyDefault(ksp));
  PetscFunctionReturn(0);
}

/*MC
   KSPDCD - Deep conjugate directions: truncated flexible conjugate directions with exact line search, for symmetric
   positive (semi)definite operators and any preconditioner, a nonlinear or slightly nonsymmetric one too

   Options Database Keys:
+   -ksp_dcd_directions 2     - previous directions that a new one is made A-orthogonal to; 0: none, -1: all
.   -ksp_dcd_recompute 50     - iterations after which r = b - A x is computed anew; 0: only before convergence is
                                declared
.   -ksp_dcd_safeguard true   - check every direction and replace a bad one for that iteration
.   -ksp_dcd_fused true       - leave the iteration to a preconditioner that can fuse it with its own work
-   -ksp_dcd_fallback_pc_type jacobi - the preconditioner that makes the replacement, with all its options under this
                                       prefix

   Level: intermediate

   Notes:
   One product and one application of the preconditioner an iteration; three reductions, as in `KSPCG`,

$      q = M r
$      d = q - sum_i (p_i, A q) / (p_i, A p_i) p_i     over the directions kept
$      x = x + (d, r) / (d, A d) d,   r = r - (d, r) / (d, A d) A d

   The scale of M cancels. With a symmetric positive definite linear M and one direction or more the iterates are those
   of `KSPCG`; with all directions kept the method ends after n steps for any nonsingular M, in exact arithmetic.

   Safeguards, on globally reduced numbers: a direction that is not finite, that is no descent direction ((d, r) <=
   1e-14 ||d|| ||r||), or whose curvature is zero to rounding (|(d, A d)| <= eps ||A|| (d, d)) is replaced in that
   iteration; `KSPDCDGetReplacements()` and -ksp_view count them. A curvature below zero proves that the operator is not
   positive definite: `KSP_DIVERGED_INDEFINITE_MAT`. With -ksp_dcd_safeguard false the signs are not looked at, which is
   the method as published, and works for negative definite operators.

   Convergence is declared on the norm of b - A x computed anew, never on the recurrence alone. Where rounding keeps the
   true residual above the tolerance the solve ends with `KSP_DIVERGED_BREAKDOWN`.

   Norms: unpreconditioned (default), preconditioned, natural, none; left preconditioning only.

   References:
+  * - A. Kaneda, O. Akar, J. Chen, V. Kala, D. Hyde, J. Teran, A Deep Conjugate Direction Method for Iteratively
       Solving Linear Systems, ICML 2023
-  * - Y. Notay, Flexible Conjugate Gradients, SIAM J. Sci. Comput. 22 (2000)

.seealso: `KSPCreate()`, `KSPSetType()`, `KSPCG`, `KSPFCG`, `KSPDCDSetDirections()`, `KSPDCDSetRecompute()`,
          `KSPDCDSetSafeguard()`, `KSPDCDSetFallbackPC()`, `KSPDCDGetReplacements()`, `KSPDCDSetFused()`
M*/
PetscErrorCode KSPCreate_DCD(KSP ksp) {
  KSP_DCD* dcd;

  PetscFunctionBegin;
  PetscCall(PetscNew(&dcd));
  dcd->directions = 2;
  dcd->recompute = 50;
  dcd->safeguard = PETSC_TRUE;
  dcd->fused = PETSC_TRUE;
  ksp->data = dcd;

  PetscCall(KSPSetSupportedNorm(ksp, KSP_NORM_UNPRECONDITIONED, PC_LEFT, 3));
  PetscCall(KSPSetSupportedNorm(ksp, KSP_NORM_PRECONDITIONED, PC_LEFT, 2));
  PetscCall(KSPSetSupportedNorm(ksp, KSP_NORM_NATURAL, PC_LEFT, 2));
  PetscCall(KSPSetSupportedNorm(ksp, KSP_NORM_NONE, PC_LEFT, 1));

  ksp->ops->setup = KSPSetUp_DCD;
  ksp->ops->solve = KSPSolve_DCD;
  ksp->ops->reset = KSPReset_DCD;
  ksp->ops->destroy = KSPDestroy_DCD;
  ksp->ops->view = KSPView_DCD;
  ksp->ops->setfromoptions = KSPSetFromOptions_DCD;
  ksp->ops->buildsolution = KSPBuildSolution_DCD;
  ksp->ops->buildresidual = KSPBuildResidualDefault;
  PetscCall(KSPDCDComposeFunctions_Private(ksp, PETSC_TRUE));
  PetscFunctionReturn(0);
}
