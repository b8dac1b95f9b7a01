// PCBANDIT: chooses the parameters of an inner preconditioner across a sequence of solves.
#include "bandit.hpp"

/* What plays is set up in PCPreSolve_Bandit(), when the arm is chosen. */
static PetscErrorCode PCSetUp_Bandit(PC pc) {
  PetscFunctionBegin;
  PetscCheck(pc->pmat, CommOf(pc), PETSC_ERR_ORDER, "bandit: expected a matrix before its setup");
  PetscFunctionReturn(0);
}

/* Outside a solve of a KSP of its own nothing is learned: the safe arm plays. */
static PetscErrorCode PCBanditPlaying_Private(PC pc, PC* playing) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  bool failed = false;

  PetscFunctionBegin;
  if (!bandit->solving || !bandit->playing) {
    PetscCall(PCBanditGuarded_Private(CommOf(pc), [&] {
      PetscCall(PCBanditParseArms_Private(pc));
      const auto safe = static_cast<std::size_t>(PCBanditSafe_Private(bandit));
      return PCBanditUse_Private(pc, nullptr, static_cast<PetscInt>(safe),
                                 bandit->arms.is_relaxation() ? bandit->arms.values(safe)[0] : 0, &failed);
    }));
    PetscCall(PCBanditCheckSafe_Private(pc));
  }
  *playing = bandit->playing;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCBanditApply_Private(PC pc, Vec r, Vec z, PetscErrorCode (*apply)(PC, Vec, Vec)) {
  PC playing = nullptr;

  PetscFunctionBegin;
  PetscCall(PCBanditPlaying_Private(pc, &playing));
  if (PCBanditData_Private(pc)->guarded)
    PetscCall(PCBanditTryApply_Private(pc, playing, r, z, apply));
  else
    PetscCall(apply(playing, r, z));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCApply_Bandit(PC pc, Vec r, Vec z) {
  PetscFunctionBegin;
  PetscCall(PCBanditApply_Private(pc, r, z, PCApply));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCApplyTranspose_Bandit(PC pc, Vec r, Vec z) {
  PetscFunctionBegin;
  PetscCall(PCBanditApply_Private(pc, r, z, PCApplyTranspose));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCReset_Bandit(PC pc) {
  PC_Bandit* bandit = PCBanditData_Private(pc);

  PetscFunctionBegin;
  PetscCall(PCBanditResetArms_Private(pc));
  PetscCall(VecDestroy(&bandit->guess));
  bandit->matrix = 0;
  bandit->matrix_state = -1;
  bandit->solving = false;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCBanditGetParameters_Bandit(PC pc, PCBanditParameters** parameters) {
  PetscFunctionBegin;
  *parameters = &PCBanditData_Private(pc)->parameters;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCDestroy_Bandit(PC pc) {
  PC_Bandit* bandit = PCBanditData_Private(pc);

  PetscFunctionBegin;
  PetscCall(PCBanditGuarded_Private(CommOf(pc), [&] { return PCBanditSave_Private(pc); }));
  PetscCall(PCReset_Bandit(pc));
  if (bandit->log)
    (void)std::fclose(bandit->log);
  PetscCall(PetscObjectComposeFunction(reinterpret_cast<PetscObject>(pc), PCBANDIT_PARAMETERS, nullptr));
  delete bandit;
  pc->data = nullptr;
  PetscFunctionReturn(0);
}

/*MC
   PCBANDIT - Chooses the parameters of an inner preconditioner across a sequence of solves, from what each solve cost

   Options Database Keys:
+  -pc_bandit_arms <sor_omega=1:1.99:20> - what it chooses from
.  -pc_bandit_policy <auto>      - auto, model, thompson, chebcb, binned, tsallis, tsallis-iw, race, fixed
.  -pc_bandit_cost <iterations>  - iterations, time or work
.  -pc_bandit_context <auto>     - auto, given, matrix or none
.  -pc_bandit_context_interval <lowest,highest,...> - of each number of the contexts given (default: widened as they
      come)
.  -pc_bandit_safe <0>           - arm that takes over where another fails
.  -pc_bandit_cap <5>            - multiple of the expected cost at which an arm is stopped; 0: none is
.  -pc_bandit_state <file>       - what was learned is read from it at the first solve and kept in it
.  -pc_bandit_tag <text>         - a state file of another tag is refused
.  -pc_bandit_log <file>         - a line of comma-separated values for each solve, with the probability of its choice
-  -pc_bandit_seed <1>           - of the choices

   Level: intermediate

   Notes:
   Arms are the values of one option or the product of several ("sor_omega=1,1.5,1.9 x sor_its=1,2",
   "gamg_threshold=0:0.08:5"), or whole preconditioners with options of their own ("icc; gamg; sor:1.5; hypre
   -pc_hypre_boomeramg_strong_threshold 0.5"). Omegas of a range lie evenly in log(2 - omega), and the policy model
   plays those between too. A preconditioner is built when it is first played, and kept; with the costs time and work a
   solve is charged the setup that it needed. On several ranks icc and ilu act on the block of each rank.

   The options of the inner preconditioner have the prefix "bandit_" (where all arms share one), or "bandit_k_" for
   arm k: -bandit_pc_sor_symmetric.

   The policies: model fits the closed forms of SOR and of conjugate gradients with SSOR, for arms of sor_omega alone,
   and hands over to thompson where they do not fit; thompson samples a Bayesian model of the cost over arm and context;
   chebcb and binned use the context, tsallis and tsallis-iw do not; race tries all arms every hundred solves and keeps
   the cheapest; fixed plays the safe arm. auto is model for sor_omega alone and thompson for all else.

   The context is up to 16 numbers that are known of a system before it is solved and on which its costs depend: a time
   step, a shift (`PCBanditSetContext()`, or a `Vec` composed on the matrix as "linnet_context"). As long as none has
   been given the dominance of the diagonal is taken from the matrix. Of several numbers thompson and chebcb take the
   products of Chebyshev polynomials in each of total degree 3 and 5 at most (fewer from four and three numbers on: 36
   terms at most), binned at most 32 cells (one, from six numbers on), model the first number alone, and hands over
   where the others matter.

   An arm that diverges, cannot be set up, or costs more than the cap times what was expected, is stopped; the safe arm
   goes on from the current iterate within the same `KSPSolve()`: `KSPGetConvergedReason()`, `KSPGetIterationNumber()`
   and -ksp_converged_reason tell of both together. An arm that fails three times in a row is set aside for 50 solves,
   then 100. An error that PETSc raises inside an arm, on one rank or on all, is a failure like any other: one line on
   the standard error stream says what it was, once for each arm. It is the user's where the safe arm raises it, without
   a cap, and in `KSPSolveTranspose()`. Where one rank alone raises it while others wait for that rank inside the
   arm's own communication, they wait for ever, as they would in the arm without a bandit.

   Convergence is tested in the unpreconditioned norm where the `KSP` has it and the user has not chosen another, so
   that arms are compared at equal residual. `KSPRICHARDSON` heeds its tolerances, unlike around `PCSOR`.

   The first rank decides for all. With the costs iterations and work the same seed gives the same choices.

   References:
+  * - M. Khodak, E. Chow, M.-F. Balcan, A. Talwalkar, Learning to relax: setting solver parameters across a sequence of
        linear system instances, ICLR 2024
-  * - J. Zimmert, Y. Seldin, Tsallis-INF: an optimal algorithm for stochastic and adversarial bandits, JMLR 22 (2021)

.seealso: `PCCreate()`, `PCSetType()`, `PCSOR`, `KSPDCD`, `PCBanditSetArms()`, `PCBanditSetPolicy()`,
`PCBanditSetCost()`, `PCBanditSetContext()`, `PCBanditSetState()`, `PCBanditGetStatistics()`
M*/
PetscErrorCode PCCreate_Bandit(PC pc) {
  PetscFunctionBegin;
  PetscCall(PCBanditGuarded_Private(CommOf(pc), [&] {
    pc->data = new PC_Bandit;
    return PetscErrorCode{0};
  }));
  PetscCallMPI(MPI_Comm_rank(CommOf(pc), &PCBanditData_Private(pc)->rank));
  PetscCallMPI(MPI_Comm_size(CommOf(pc), &PCBanditData_Private(pc)->ranks));
  pc->ops->setup = PCSetUp_Bandit;
  pc->ops->apply = PCApply_Bandit;
  pc->ops->applytranspose = PCApplyTranspose_Bandit;
  pc->ops->presolve = PCPreSolve_Bandit;
  pc->ops->postsolve = PCPostSolve_Bandit;
  pc->ops->reset = PCReset_Bandit;
  pc->ops->destroy = PCDestroy_Bandit;
  pc->ops->view = PCView_Bandit;
  pc->ops->setfromoptions = PCSetFromOptions_Bandit;
  PetscCall(
      PetscObjectComposeFunction(reinterpret_cast<PetscObject>(pc), PCBANDIT_PARAMETERS, PCBanditGetParameters_Bandit));
  PetscFunctionReturn(0);
}
