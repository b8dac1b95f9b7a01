// KSPDCD around a preconditioner that can run conjugate gradients fused with its own passes over memory.
#include "ksp/dcd.hpp"
#include "ksp/fused.hpp"

#include <petsc/private/matimpl.h>

static KSP_DCD* DataOf(KSP ksp) {
  return static_cast<KSP_DCD*>(ksp->data);
}

/* A null space that is given as a function: v less what is left of it is a null vector, for a random v. */
static PetscErrorCode KSPDCDTestFunction_Private(MatNullSpace space, Mat A, PetscBool* holds) {
  constexpr PetscReal rounding = 1e-12;
  Vec v, left, image;
  PetscReal of_any, of_null;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(A, &v, &image));
  PetscCall(VecDuplicate(v, &left));
  PetscCall(VecSetRandom(v, nullptr));
  PetscCall(MatMult(A, v, image));
  PetscCall(VecNorm(image, NORM_2, &of_any));
  PetscCall(VecCopy(v, left));
  PetscCall(MatNullSpaceRemove(space, left));
  PetscCall(VecAXPY(v, -1, left));
  PetscCall(MatMult(A, v, image));
  PetscCall(VecNorm(image, NORM_2, &of_null));
  *holds = of_null <= rounding * of_any ? PETSC_TRUE : PETSC_FALSE;
  PetscCall(VecDestroy(&left));
  PetscCall(VecDestroy(&image));
  PetscCall(VecDestroy(&v));
  PetscFunctionReturn(0);
}

/* The fused iteration leaves null vectors in M r and takes them out of x at the end, which is the same only if A maps
   them to zero. */
static PetscErrorCode KSPDCDNullSpaceHolds_Private(Mat A, PetscBool* holds) {
  MatNullSpace space;

  PetscFunctionBegin;
  *holds = PETSC_TRUE;
  PetscCall(MatGetNullSpace(A, &space));
  if (space && space->remove)
    PetscCall(KSPDCDTestFunction_Private(space, A, holds));
  else if (space)
    PetscCall(MatNullSpaceTest(space, A, holds));
  PetscFunctionReturn(0);
}

/* What keeps the solve from being fused, or nothing. */
static PetscErrorCode KSPDCDFindFused_Private(KSP ksp, linnet::FusedCGFunction* solve, const char** why) {
  KSP_DCD* dcd = DataOf(ksp);
  Mat A, P;
  PetscBool holds = PETSC_TRUE;

  PetscFunctionBegin;
  *solve = nullptr;
  *why = "";
  PetscCall(PCSetUp(ksp->pc)); /* KSPSetUp() leaves new values of the same matrix to the first application */
  PetscCall(PCGetOperators(ksp->pc, &A, &P));
  PetscCall(PetscObjectQueryFunction(reinterpret_cast<PetscObject>(ksp->pc), linnet::fused_cg_name, solve));
  if (!dcd->fused)
    *why = "as was asked for";
  else if (!*solve)
    *why = "the preconditioner has no fused form";
  else if (A != P)
    *why = "the preconditioner is made from another matrix";
  else if (ksp->normtype != KSP_NORM_UNPRECONDITIONED)
    *why = "it is for the unpreconditioned norm";
  else if (ksp->converged != KSPConvergedDefault)
    *why = "the convergence test is not the default";
  else if (dcd->directions == 0)
    *why = "no previous direction is to be kept";
  else if (ksp->dscale || ksp->transpose_solve)
    *why = ksp->dscale ? "the matrix is scaled by its diagonal" : "the transposed system is solved";
  else
    PetscCall(KSPDCDNullSpaceHolds_Private(A, &holds));
  if (!holds)
    *why = "the null space attached is not that of the matrix";
  PetscFunctionReturn(0);
}

/* Convergence, history and monitors of an iterate; as KSPDCDTest_Private() for a residual that it cannot see, of which
   it knows the norm up to a doubt. */
static PetscErrorCode KSPDCDJudge_Private(KSP ksp, PetscInt iterations, PetscReal norm, PetscReal doubt,
                                          bool confirming, linnet::Verdict* verdict) {
  PetscFunctionBegin;
  *verdict = linnet::Verdict::stop;
  PetscCall(PetscObjectSAWsTakeAccess(reinterpret_cast<PetscObject>(ksp)));
  ksp->its = iterations;
  PetscCall(PetscObjectSAWsGrantAccess(reinterpret_cast<PetscObject>(ksp)));
  KSPCheckNorm(ksp, norm);
  PetscCall((*ksp->converged)(ksp, ksp->its, norm, &ksp->reason, ksp->cnvP));
  if (KSPDCDClaimsConvergence_Private(ksp->reason) && doubt > 0) {
    PetscCall((*ksp->converged)(ksp, ksp->its, norm + doubt, &ksp->reason, ksp->cnvP));
    if (!KSPDCDClaimsConvergence_Private(ksp->reason)) {
      ksp->reason = KSP_CONVERGED_ITERATING;
      *verdict = linnet::Verdict::confirm;
      PetscFunctionReturn(0);
    }
  }
  if (confirming && !ksp->reason)
    PetscCall(KSPDCDRefuse_Private(ksp, norm));
  ksp->rnorm = norm;
  PetscCall(KSPLogResidualHistory(ksp, norm));
  PetscCall(KSPLogErrorHistory(ksp));
  PetscCall(KSPMonitor(ksp, ksp->its, norm));
  if (!ksp->reason && ksp->its >= ksp->max_it)
    ksp->reason = KSP_DIVERGED_ITS;
  if (!ksp->reason)
    *verdict = linnet::Verdict::iterate;
  PetscFunctionReturn(0);
}

/* Whether what the fused iteration converged to is an answer for the matrix itself. */
static PetscErrorCode KSPDCDConfirm_Private(KSP ksp, bool* confirmed) {
  PetscReal norm;

  PetscFunctionBegin;
  PetscCall(KSPSetWorkVecs(ksp, 1));
  PetscCall(KSPDCDResidual_Private(ksp, ksp->work[0]));
  PetscCall(VecNorm(ksp->work[0], NORM_2, &norm));
  ksp->reason = KSP_CONVERGED_ITERATING;
  ksp->rnorm = norm;
  PetscCall((*ksp->converged)(ksp, ksp->its, norm, &ksp->reason, ksp->cnvP));
  *confirmed = ksp->reason != KSP_CONVERGED_ITERATING;
  PetscFunctionReturn(0);
}

PetscErrorCode KSPDCDSolveFused_Private(KSP ksp, bool* done, bool* moved) {
  KSP_DCD* dcd = DataOf(ksp);
  linnet::FusedCGFunction solve;
  linnet::FusedCG fused;
  MatNullSpace null_space;
  Mat A;
  PetscErrorCode failure = 0;
  bool confirming = false;

  PetscFunctionBegin;
  *done = *moved = false;
  PetscCall(KSPDCDFindFused_Private(ksp, &solve, &dcd->plain));
  if (*dcd->plain)
    PetscFunctionReturn(0);
  fused.b = ksp->vec_rhs;
  fused.x = ksp->vec_sol;
  fused.guess_zero = ksp->guess_zero;
  fused.recompute = dcd->recompute;
  fused.likely_last = [ksp](PetscReal norm) { return norm <= ksp->ttol || ksp->its + 1 >= ksp->max_it; };
  fused.judge = [&](PetscInt iterations, PetscReal norm, PetscReal doubt) {
    linnet::Verdict verdict = linnet::Verdict::stop;
    failure = KSPDCDJudge_Private(ksp, iterations, norm, doubt, confirming, &verdict);
    confirming = verdict == linnet::Verdict::confirm;
    return failure ? linnet::Verdict::stop : verdict;
  };
  dcd->running = &fused;
  const PetscErrorCode ierr = solve(ksp->pc, &fused);
  dcd->running = nullptr;
  PetscCall(failure);
  PetscCall(ierr);
  dcd->plain = fused.why;
  if (fused.end == linnet::OuterEnd::declined)
    PetscFunctionReturn(0);
  *moved = true;
  *done = fused.end == linnet::OuterEnd::stopped;
  PetscCall(PCGetOperators(ksp->pc, &A, nullptr));
  PetscCall(MatGetNullSpace(A, &null_space));
  if (null_space)
    PetscCall(MatNullSpaceRemove(null_space, ksp->vec_sol));
  if (*done && fused.rounded && KSPDCDClaimsConvergence_Private(ksp->reason)) {
    PetscCall(KSPDCDConfirm_Private(ksp, done));
    if (!*done)
      dcd->plain = "since it left out entries of the size of rounding";
  } else if (!*done) {
    dcd->plain = fused.end == linnet::OuterEnd::stalled
                     ? "since the residual hardly fell any more"
                     : "since it met a preconditioner or a matrix that is not positive definite";
    PetscCall(PetscInfo(ksp, "iteration %" PetscInt_FMT ": %s\n", ksp->its, dcd->plain));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode KSPBuildSolution_DCD(KSP ksp, Vec v, Vec* V) {
  KSP_DCD* dcd = DataOf(ksp);

  PetscFunctionBegin;
  if (!dcd->running) {
    PetscCall(KSPBuildSolutionDefault(ksp, v, V));
    PetscFunctionReturn(0);
  }
  if (!v)
    v = ksp->vec_sol; /* which the fused iteration does not read again */
  PetscCall(dcd->running->copy_iterate(v));
  if (V)
    *V = v;
  PetscFunctionReturn(0);
}

static PetscErrorCode KSPDCDSetFused_DCD(KSP ksp, PetscBool fused) {
  PetscFunctionBegin;
  DataOf(ksp)->fused = fused;
  PetscFunctionReturn(0);
}

static PetscErrorCode KSPDCDGetFused_DCD(KSP ksp, PetscBool* allowed, PetscBool* taken) {
  PetscFunctionBegin;
  if (allowed)
    *allowed = DataOf(ksp)->fused;
  if (taken)
    *taken = DataOf(ksp)->plain && !*DataOf(ksp)->plain ? PETSC_TRUE : PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode KSPDCDComposeFused_Private(KSP ksp, PetscBool compose) {
  const PetscObject object = reinterpret_cast<PetscObject>(ksp);

  PetscFunctionBegin;
  PetscCall(PetscObjectComposeFunction(object, "KSPDCDSetFused_C", compose ? KSPDCDSetFused_DCD : nullptr));
  PetscCall(PetscObjectComposeFunction(object, "KSPDCDGetFused_C", compose ? KSPDCDGetFused_DCD : nullptr));
  PetscFunctionReturn(0);
}

/*@
  KSPDCDSetFused - Sets whether `KSPDCD` leaves the iteration to a preconditioner that can fuse it with its own passes
  over memory

  Logically Collective

  Input Parameters:
+ ksp   - the Krylov method
- fused - `PETSC_TRUE` (the default) to use the fused form where there is one

  Options Database Key:
. -ksp_dcd_fused <true> - whether it is used

  Level: intermediate

  Notes:
  `PCLATTICEMG` has such a form, and `PCCNN` with a model that is a multigrid cycle. It is used where one matrix
  is both the operator and what the preconditioner is made from, with the unpreconditioned norm and the default
  convergence test, and at least one previous direction kept; `-ksp_view` says which form the last solve took,
  and why. In it x is kept in double precision, r and p in single, A p is computed in double precision from the
  rounded p, and convergence is declared on b - A x as always: on what bounds its norm where the distance of r
  from it cannot matter, and otherwise on b - A x computed anew. Monitors get the iterate from
  `KSPBuildSolution()`. Where it breaks down the plain iteration goes on from its last iterate.

.seealso: `KSPDCD`, `KSPDCDGetFused()`, `PCLATTICEMG`, `PCCNN`
@*/
PetscErrorCode KSPDCDSetFused(KSP ksp, PetscBool fused) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(ksp, KSP_CLASSID, 1);
  PetscValidLogicalCollectiveBool(ksp, fused, 2);
  PetscTryMethod(ksp, "KSPDCDSetFused_C", (KSP, PetscBool), (ksp, fused));
  PetscFunctionReturn(0);
}

/*@
  KSPDCDGetFused - Gets whether `KSPDCD` may use, and used, the preconditioner's fused form of the iteration

  Not Collective

  Input Parameter:
. ksp - the Krylov method, of type `KSPDCD`

  Output Parameters:
+ allowed - what `KSPDCDSetFused()` set, or NULL
- taken   - whether the last solve took it to the end, or NULL

  Level: intermediate

.seealso: `KSPDCD`, `KSPDCDSetFused()`
@*/
PetscErrorCode KSPDCDGetFused(KSP ksp, PetscBool* allowed, PetscBool* taken) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(ksp, KSP_CLASSID, 1);
  PetscUseMethod(ksp, "KSPDCDGetFused_C", (KSP, PetscBool*, PetscBool*), (ksp, allowed, taken));
  PetscFunctionReturn(0);
}
