// One solve of PCBANDIT: choice, cap, continuation by the safe arm, cost.
#include "bandit.hpp"

#include <utility>

static constexpr PetscInt save_interval = 100;  // solves
static constexpr PetscInt clock_interval = 8;   // iterations between two looks at costs that take a reduction
static constexpr PetscInt fewest_to_halve = 20; // iterations that the KSP may take
static constexpr double least_cap_seconds = 0.01;

/* What the solve has cost so far, in the unit of the cost; the same on all ranks. */
static PetscErrorCode PCBanditCost_Private(PC pc, PetscInt iterations, double* cost) {
  const PC_Bandit* bandit = PCBanditData_Private(pc);
  PetscLogDouble flops;

  PetscFunctionBegin;
  switch (bandit->parameters.cost) {
  case PC_BANDIT_COST_TIME:
    *cost = MPI_Wtime() - bandit->begin;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, cost, 1, MPI_DOUBLE, MPI_MAX, CommOf(pc)));
    break;
  case PC_BANDIT_COST_WORK:
    PetscCall(PetscGetFlops(&flops));
    *cost = flops - bandit->flops;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, cost, 1, MPI_DOUBLE, MPI_SUM, CommOf(pc)));
    break;
  default:
    *cost = static_cast<double>(iterations);
  }
  PetscFunctionReturn(0);
}

/* The KSP's own test, and the end of an arm that costs several times what was expected. */
static PetscErrorCode PCBanditConverged_Private(KSP ksp, PetscInt it, PetscReal norm, KSPConvergedReason* reason,
                                                void* context) {
  PC pc = static_cast<PC>(context);
  PC_Bandit* bandit = PCBanditData_Private(pc);
  const PCBanditParameters& parameters = bandit->parameters;
  double cost;

  PetscFunctionBegin;
  PetscCall((*bandit->converged)(ksp, it, norm, reason, bandit->converged_context));
  if (*reason || it == 0 || !(parameters.cap > 0) || bandit->stopped || ksp->normtype == KSP_NORM_NONE)
    PetscFunctionReturn(0);
  if (it >= ksp->max_it / 2 && ksp->max_it >= fewest_to_halve) /* leaves half for the safe arm */
    bandit->stopped = true;
  if (bandit->play.cap > 0 && (parameters.cost == PC_BANDIT_COST_ITERATIONS || it % clock_interval == 0)) {
    PetscCall(PCBanditCost_Private(pc, it, &cost));
    const bool timed = parameters.cost == PC_BANDIT_COST_TIME;
    bandit->stopped =
        bandit->stopped || cost > (timed ? PetscMax(bandit->play.cap, least_cap_seconds) : bandit->play.cap);
  }
  if (bandit->stopped)
    *reason = KSP_DIVERGED_ITS;
  PetscFunctionReturn(0);
}

/* Arms are compared at equal true residual: the norms of other tests depend on the arm. What the user chose stands. */
static PetscErrorCode PCBanditSetNorm_Private(PC pc, KSP ksp) {
  PetscFunctionBegin;
  if (ksp->normtype_set != KSP_NORM_DEFAULT || ksp->normtype == KSP_NORM_UNPRECONDITIONED ||
      ksp->normtype == KSP_NORM_NONE || !ksp->normsupporttable[KSP_NORM_UNPRECONDITIONED][ksp->pc_side])
    PetscFunctionReturn(0);
  PetscCall(PetscInfo(pc, "convergence is tested in the unpreconditioned norm, which does not depend on the arm\n"));
  PetscCall(KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCBanditRun_Private(KSP ksp);

static PetscErrorCode PreSolve(PC pc, KSP ksp, Vec x) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  const PetscInt safe = PCBanditSafe_Private(bandit);
  linnet::bandits::Context context;

  PetscFunctionBegin;
  const double start = MPI_Wtime();
  if (bandit->parameters.changed)
    PetscCall(PCBanditParseArms_Private(pc));
  PetscCall(PCBanditContext_Private(pc, &context));
  PetscCall(PCBanditPrepare_Private(pc, ksp));
  PetscCall(PCBanditSetNorm_Private(pc, ksp));
  PetscCall(PCBanditDecide_Private(pc, context));
  bandit->begin = MPI_Wtime();
  bandit->statistics.learner_seconds += bandit->begin - start;
  PetscCall(PetscGetFlops(&bandit->flops));

  const bool unplayed = bandit->play.unplayed > 0;
  bandit->set_up_failed = false;
  bandit->stopped = unplayed;
  if (!unplayed)
    PetscCall(PCBanditUse_Private(pc, ksp, static_cast<PetscInt>(bandit->play.arm), bandit->play.value,
                                  &bandit->set_up_failed));
  if (unplayed || bandit->set_up_failed) {
    bool failed;
    const double value = bandit->arms.is_relaxation() ? bandit->arms.values(static_cast<std::size_t>(safe))[0] : 0;
    PetscCall(PCBanditUse_Private(pc, ksp, safe, value, &failed));
    PetscCall(PCBanditCheckSafe_Private(pc));
    bandit->stopped = true; /* no cap */
  }
  bandit->guess_copied = !ksp->guess_zero && x;
  if (bandit->guess_copied) {
    if (!bandit->guess)
      PetscCall(VecDuplicate(x, &bandit->guess));
    PetscCall(VecCopy(x, bandit->guess));
  }
  if (ksp->ops->solve != PCBanditRun_Private) /* else an error came before its turn */
    bandit->run = ksp->ops->solve;
  ksp->ops->solve = PCBanditRun_Private;
  bandit->solving = true;
  PetscFunctionReturn(0);
}

/* The safe arm goes on from the current iterate; from the guess where that is nearer to the solution. */
static PetscErrorCode PCBanditGoOn_Private(PC pc, KSP ksp) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  const Vec b = ksp->vec_rhs, x = ksp->vec_sol;
  const PetscInt safe = PCBanditSafe_Private(bandit);
  const PetscInt iterations = ksp->its, most = ksp->max_it;
  const PetscBool guess_zero = ksp->guess_zero;
  const KSPConvergedReason reason = ksp->reason;
  PetscReal now, before;
  bool failed;
  Vec r;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(b, &r));
  PetscCall(VecNorm(b, NORM_2, &before));
  if (bandit->guess_copied) {
    PetscCall(MatMult(pc->mat, bandit->guess, r));
    PetscCall(VecAYPX(r, -1, b));
    PetscCall(VecNorm(r, NORM_2, &before));
  }
  PetscCall(MatMult(pc->mat, x, r));
  PetscCall(VecAYPX(r, -1, b)); /* r <- b - A x */
  PetscCall(VecNorm(r, NORM_2, &now));
  PetscCall(VecDestroy(&r));
  const bool keep = !PetscIsInfOrNanReal(now) && now <= before;
  PetscCall(PetscInfo(pc, "arm %d ended with %s after %" PetscInt_FMT " iterations; the safe arm goes on from the %s\n",
                      static_cast<int>(bandit->play.arm), KSPConvergedReasons[reason], iterations,
                      keep ? "current iterate" : "initial guess"));
  if (!keep && bandit->guess_copied)
    PetscCall(VecCopy(bandit->guess, x));
  else if (!keep)
    PetscCall(VecSet(x, 0));
  const double value = bandit->arms.is_relaxation() ? bandit->arms.values(static_cast<std::size_t>(safe))[0] : 0;
  PetscCall(PCBanditUse_Private(pc, ksp, safe, value, &failed));
  PetscCall(PCBanditCheckSafe_Private(pc));
  if (failed)
    PetscFunctionReturn(0);
  pc->failedreason = PC_NOERROR;
  ksp->guess_zero = !keep && !bandit->guess_copied ? PETSC_TRUE : PETSC_FALSE;
  ksp->reason = KSP_CONVERGED_ITERATING;
  ksp->max_it = PetscMax(1, most - iterations);
  ksp->its = 0;
  PetscCall((*ksp->ops->solve)(ksp));
  ksp->its += iterations;
  ksp->max_it = most;
  ksp->guess_zero = guess_zero;
  PetscFunctionReturn(0);
}

/* The arm that was chosen, under the cap, and the safe arm after it where it fails. */
static PetscErrorCode PCBanditRunArms_Private(PC pc, KSP ksp) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  const bool played = !(bandit->play.unplayed > 0) && !bandit->set_up_failed;
  const bool other = static_cast<PetscInt>(bandit->play.arm) != PCBanditSafe_Private(bandit);
  const bool may_go_on = played && bandit->parameters.cap > 0 && !ksp->transpose_solve;
  PetscBool dcd;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(ksp), KSPDCD, &dcd));
  bandit->heeds_reason = dcd;
  bandit->raised = false;
  bandit->guarded = may_go_on && (other || bandit->arms.is_relaxation());
  bandit->converged = ksp->converged;
  bandit->converged_context = ksp->cnvP;
  ksp->converged = PCBanditConverged_Private;
  ksp->cnvP = pc;
  const PetscErrorCode ierr = (*ksp->ops->solve)(ksp);
  ksp->converged = bandit->converged;
  ksp->cnvP = bandit->converged_context;
  const bool guarded = std::exchange(bandit->guarded, false);
  PetscCall(ierr);
  if (guarded)
    PetscCall(PCBanditAgree_Private(pc));
  const bool spent = ksp->reason == KSP_DIVERGED_ITS && ksp->its >= ksp->max_it; /* the user's own limit */
  const bool unsolved = ksp->reason < 0 || (bandit->raised && ksp->normtype == KSP_NORM_NONE);
  bandit->failed = bandit->set_up_failed || (played && (ksp->reason < 0 || bandit->raised));
  if (may_go_on && unsolved && (!spent || bandit->raised) && (bandit->stopped || guarded))
    PetscCall(PCBanditGoOn_Private(pc, ksp));
  PetscFunctionReturn(0);
}

/*
   Stands in the KSP's place from PCPreSolve_Bandit() on: KSPSolve() views the reason before PCPostSolve(), so that what
   the safe arm does must have been done by then.
*/
static PetscErrorCode PCBanditRun_Private(KSP ksp) {
  PC pc = ksp->pc;
  PC_Bandit* bandit = PCBanditData_Private(pc);
  const PetscBool error_if_not_converged = ksp->errorifnotconverged;

  PetscFunctionBegin;
  ksp->ops->solve = bandit->run;
  ksp->errorifnotconverged = PETSC_FALSE; /* KSPSolve() asks again */
  const PetscErrorCode ierr = PCBanditGuarded_Private(CommOf(pc), [&] { return PCBanditRunArms_Private(pc, ksp); });
  ksp->errorifnotconverged = error_if_not_converged;
  bandit->solving = !ierr;
  PetscCall(ierr);
  PetscCall(PCBanditCost_Private(pc, ksp->its, &bandit->cost));
  bandit->statistics.solve_seconds += MPI_Wtime() - bandit->begin;
  PetscFunctionReturn(0);
}

static PetscErrorCode PostSolve(PC pc, KSP ksp) {
  PC_Bandit* bandit = PCBanditData_Private(pc);

  PetscFunctionBegin;
  if (!bandit->solving)
    PetscFunctionReturn(0);
  const double begin = MPI_Wtime();
  bandit->solving = false;
  PetscCall(PCBanditLearn_Private(pc, ksp->its));
  bandit->statistics.learner_seconds += MPI_Wtime() - begin;
  if (bandit->tuner && bandit->tuner->solves() % save_interval == 0)
    PetscCall(PCBanditSave_Private(pc));
  PetscFunctionReturn(0);
}

PetscErrorCode PCPreSolve_Bandit(PC pc, KSP ksp, Vec, Vec x) {
  PetscFunctionBegin;
  if (ksp->pc != pc) /* a part of another preconditioner: nothing is learned */
    PetscFunctionReturn(0);
  PetscCall(PCBanditGuarded_Private(CommOf(pc), [&] { return PreSolve(pc, ksp, x); }));
  PetscFunctionReturn(0);
}

PetscErrorCode PCPostSolve_Bandit(PC pc, KSP ksp, Vec, Vec) {
  PetscFunctionBegin;
  PetscCall(PCBanditGuarded_Private(CommOf(pc), [&] { return PostSolve(pc, ksp); }));
  PetscFunctionReturn(0);
}
