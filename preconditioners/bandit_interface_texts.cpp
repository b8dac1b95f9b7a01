// The public functions of PCBANDIT that take and give texts.
#include "bandit_interface.hpp"

/*@C
  PCBanditSetArms - Sets what `PCBANDIT` chooses from

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- arms - the arms as text

  Options Database Key:
. -pc_bandit_arms <sor_omega=1:1.99:20>

  Level: intermediate

  Notes:
  AXIS [x AXIS ...], with AXIS = NAME=VALUE,VALUE,... or NAME=FROM:TO:COUNT, for values of numeric options; or
  TYPE[:VALUE] [-pc_option value ...]; ..., for whole preconditioners. `PCBANDIT` has examples.

.seealso: `PCBANDIT`, `PCBanditGetArms()`
@*/
PetscErrorCode PCBanditSetArms(PC pc, const char arms[]) {
  PetscFunctionBegin;
  PetscCall(PCBanditSet_Private(pc, &PCBanditParameters::arms, arms, [&] {
    (void)linnet::bandits::parse_arms(arms);
    return PetscErrorCode{0};
  }));
  PetscFunctionReturn(0);
}

/*@C
  PCBanditGetArms - Gets what `PCBANDIT` chooses from

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. arms - valid until it is set anew or the preconditioner is destroyed

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetArms()`
@*/
PetscErrorCode PCBanditGetArms(PC pc, const char* arms[]) {
  PetscFunctionBegin;
  PetscCall(PCBanditGet_Private(pc, &PCBanditParameters::arms, arms));
  PetscFunctionReturn(0);
}

/*@C
  PCBanditSetPolicy - Sets how `PCBANDIT` chooses

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- policy - auto, model, thompson, chebcb, binned, tsallis, tsallis-iw, race or fixed

  Options Database Key:
. -pc_bandit_policy <auto>

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditGetPolicy()`
@*/
PetscErrorCode PCBanditSetPolicy(PC pc, const char policy[]) {
  PetscFunctionBegin;
  PetscCall(PCBanditSet_Private(pc, &PCBanditParameters::policy, policy, [&] {
    PetscCheck(linnet::bandits::is_policy(policy), PCBanditComm_Private(pc), PETSC_ERR_ARG_UNKNOWN_TYPE,
               "bandit: policy '%s': expected one of %s", policy, linnet::bandits::policy_names);
    return PetscErrorCode{0};
  }));
  PetscFunctionReturn(0);
}

/*@C
  PCBanditGetPolicy - Gets how `PCBANDIT` chooses

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. policy - valid until it is set anew or the preconditioner is destroyed

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetPolicy()`
@*/
PetscErrorCode PCBanditGetPolicy(PC pc, const char* policy[]) {
  PetscFunctionBegin;
  PetscCall(PCBanditGet_Private(pc, &PCBanditParameters::policy, policy));
  PetscFunctionReturn(0);
}

/*@C
  PCBanditSetState - Sets the file in which `PCBANDIT` keeps what it has learned

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- file - its name; empty: none

  Options Database Key:
. -pc_bandit_state <file>

  Level: intermediate

  Notes:
  It is read at the first solve and written every 100 solves and when the preconditioner is destroyed, by the first
  rank. A file that is damaged, of another version, or of other arms, policy, cost, number of ranks, type of `KSP` or
  tag is refused with one line on standard error: the run starts afresh, and the file is kept as FILE.refused.

.seealso: `PCBANDIT`, `PCBanditGetState()`
@*/
PetscErrorCode PCBanditSetState(PC pc, const char file[]) {
  PetscFunctionBegin;
  PetscCall(PCBanditSet_Private(pc, &PCBanditParameters::state, file));
  PetscFunctionReturn(0);
}

/*@C
  PCBanditGetState - Gets the file in which `PCBANDIT` keeps what it has learned

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. file - valid until it is set anew or the preconditioner is destroyed

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetState()`
@*/
PetscErrorCode PCBanditGetState(PC pc, const char* file[]) {
  PetscFunctionBegin;
  PetscCall(PCBanditGet_Private(pc, &PCBanditParameters::state, file));
  PetscFunctionReturn(0);
}

/*@C
  PCBanditSetTag - Sets the tag of the state file of `PCBANDIT`

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- tag - any text, such as the name of a problem

  Options Database Key:
. -pc_bandit_tag <text>

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditGetTag()`
@*/
PetscErrorCode PCBanditSetTag(PC pc, const char tag[]) {
  PetscFunctionBegin;
  PetscCall(PCBanditSet_Private(pc, &PCBanditParameters::tag, tag));
  PetscFunctionReturn(0);
}

/*@C
  PCBanditGetTag - Gets the tag of the state file of `PCBANDIT`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. tag - valid until it is set anew or the preconditioner is destroyed

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetTag()`
@*/
PetscErrorCode PCBanditGetTag(PC pc, const char* tag[]) {
  PetscFunctionBegin;
  PetscCall(PCBanditGet_Private(pc, &PCBanditParameters::tag, tag));
  PetscFunctionReturn(0);
}

/*@C
  PCBanditSetLog - Sets the file that gets a line for each solve of `PCBANDIT`

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- file - its name; empty: none

  Options Database Key:
. -pc_bandit_log <file>

  Level: intermediate

  Notes:
  Comma-separated values under a line of names: solve, context, arm, value, probability of the choice, cost,
  iterations, outcome. With the probabilities other policies can be judged off-line.

.seealso: `PCBANDIT`, `PCBanditGetLog()`
@*/
PetscErrorCode PCBanditSetLog(PC pc, const char file[]) {
  PetscFunctionBegin;
  PetscCall(PCBanditSet_Private(pc, &PCBanditParameters::log, file));
  PetscFunctionReturn(0);
}

/*@C
  PCBanditGetLog - Gets the file that gets a line for each solve of `PCBANDIT`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. file - valid until it is set anew or the preconditioner is destroyed

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetLog()`
@*/
PetscErrorCode PCBanditGetLog(PC pc, const char* file[]) {
  PetscFunctionBegin;
  PetscCall(PCBanditGet_Private(pc, &PCBanditParameters::log, file));
  PetscFunctionReturn(0);
}
