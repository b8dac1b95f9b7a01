// The public functions of PCBANDIT.
#include "bandit.hpp"

static MPI_Comm CommOf(PC pc) {
  return PetscObjectComm(reinterpret_cast<PetscObject>(pc));
}

/* null where the PC is of another type: setters do nothing then */
static PetscErrorCode Parameters(PC pc, PCBanditParameters** parameters) {
  PetscFunctionBegin;
  *parameters = nullptr;
  PetscTryMethod(pc, PCBANDIT_PARAMETERS, (PC, PCBanditParameters**), (pc, parameters));
  PetscFunctionReturn(0);
}

static PetscErrorCode Demand(PC pc, PCBanditParameters** parameters) {
  PetscFunctionBegin;
  *parameters = nullptr;
  PetscUseMethod(pc, PCBANDIT_PARAMETERS, (PC, PCBanditParameters**), (pc, parameters));
  PetscFunctionReturn(0);
}

/* What changes the learner makes it anew at the next solve. */
template <class T, class U>
static PetscErrorCode Assign(PCBanditParameters* parameters, T& field, const U& value) {
  PetscFunctionBegin;
  if (field != value)
    parameters->changed = PETSC_TRUE;
  field = value;
  PetscFunctionReturn(0);
}

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
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidCharPointer(arms, 2);
  PetscCall(Parameters(pc, &parameters));
  if (parameters)
    PetscCall(PCBanditGuarded_Private(CommOf(pc), [&] {
      (void)linnet::bandits::parse_arms(arms);
      return Assign(parameters, parameters->arms, std::string(arms));
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
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(arms, 2);
  PetscCall(Demand(pc, &parameters));
  *arms = parameters->arms.c_str();
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
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidCharPointer(policy, 2);
  PetscCall(Parameters(pc, &parameters));
  if (parameters)
    PetscCall(PCBanditGuarded_Private(CommOf(pc), [&] {
      PetscCheck(linnet::bandits::is_policy(policy), CommOf(pc), PETSC_ERR_ARG_UNKNOWN_TYPE,
                 "bandit: policy '%s': expected one of %s", policy, linnet::bandits::policy_names);
      return Assign(parameters, parameters->policy, std::string(policy));
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
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(policy, 2);
  PetscCall(Demand(pc, &parameters));
  *policy = parameters->policy.c_str();
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
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidCharPointer(file, 2);
  PetscCall(Parameters(pc, &parameters));
  if (parameters)
    PetscCall(
        PCBanditGuarded_Private(CommOf(pc), [&] { return Assign(parameters, parameters->state, std::string(file)); }));
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
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(file, 2);
  PetscCall(Demand(pc, &parameters));
  *file = parameters->state.c_str();
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
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidCharPointer(tag, 2);
  PetscCall(Parameters(pc, &parameters));
  if (parameters)
    PetscCall(
        PCBanditGuarded_Private(CommOf(pc), [&] { return Assign(parameters, parameters->tag, std::string(tag)); }));
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
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(tag, 2);
  PetscCall(Demand(pc, &parameters));
  *tag = parameters->tag.c_str();
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
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidCharPointer(file, 2);
  PetscCall(Parameters(pc, &parameters));
  if (parameters)
    PetscCall(
        PCBanditGuarded_Private(CommOf(pc), [&] { return Assign(parameters, parameters->log, std::string(file)); }));
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
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(file, 2);
  PetscCall(Demand(pc, &parameters));
  *file = parameters->log.c_str();
  PetscFunctionReturn(0);
}

/*@
  PCBanditSetCost - Sets what `PCBANDIT` charges for a solve

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- cost - `PC_BANDIT_COST_ITERATIONS` (the default), `_TIME` or `_WORK`

  Options Database Key:
. -pc_bandit_cost <iterations> - iterations, time or work

  Level: intermediate

  Notes:
  Work is what PETSc logs as floating point operations, the same in every run; libraries outside PETSc log none.

.seealso: `PCBANDIT`, `PCBanditGetCost()`
@*/
PetscErrorCode PCBanditSetCost(PC pc, PCBanditCost cost) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveEnum(pc, cost, 2);
  PetscCheck(cost >= PC_BANDIT_COST_ITERATIONS && cost <= PC_BANDIT_COST_WORK, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The cost must be PC_BANDIT_COST_ITERATIONS, _TIME or _WORK, not %d", static_cast<int>(cost));
  PetscCall(Parameters(pc, &parameters));
  if (parameters)
    PetscCall(Assign(parameters, parameters->cost, cost));
  PetscFunctionReturn(0);
}

/*@
  PCBanditGetCost - Gets what `PCBANDIT` charges for a solve

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. cost - `PC_BANDIT_COST_ITERATIONS` (the default), `_TIME` or `_WORK`

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetCost()`
@*/
PetscErrorCode PCBanditGetCost(PC pc, PCBanditCost* cost) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(cost, 2);
  PetscCall(Demand(pc, &parameters));
  *cost = parameters->cost;
  PetscFunctionReturn(0);
}

/*@
  PCBanditSetContextSource - Sets where `PCBANDIT` takes its contexts from

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- source - `PC_BANDIT_CONTEXT_AUTO` (the default), `_GIVEN`, `_MATRIX` or `_NONE`

  Options Database Key:
. -pc_bandit_context <auto> - auto, given, matrix or none

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditGetContextSource()`
@*/
PetscErrorCode PCBanditSetContextSource(PC pc, PCBanditContextSource source) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveEnum(pc, source, 2);
  PetscCheck(source >= PC_BANDIT_CONTEXT_AUTO && source <= PC_BANDIT_CONTEXT_NONE, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The source must be PC_BANDIT_CONTEXT_AUTO, _GIVEN, _MATRIX or _NONE, not %d", static_cast<int>(source));
  PetscCall(Parameters(pc, &parameters));
  if (parameters)
    PetscCall(Assign(parameters, parameters->source, source));
  PetscFunctionReturn(0);
}

/*@
  PCBanditGetContextSource - Gets where `PCBANDIT` takes its contexts from

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. source - `PC_BANDIT_CONTEXT_AUTO` (the default), `_GIVEN`, `_MATRIX` or `_NONE`

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetContextSource()`
@*/
PetscErrorCode PCBanditGetContextSource(PC pc, PCBanditContextSource* source) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(source, 2);
  PetscCall(Demand(pc, &parameters));
  *source = parameters->source;
  PetscFunctionReturn(0);
}

/*@
  PCBanditSetSeed - Sets the seed of the choices of `PCBANDIT`

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- seed - not negative

  Options Database Key:
. -pc_bandit_seed <1>

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditGetSeed()`
@*/
PetscErrorCode PCBanditSetSeed(PC pc, PetscInt seed) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, seed, 2);
  PetscCheck(seed >= 0, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE, "The seed must not be negative, not %" PetscInt_FMT,
             seed);
  PetscCall(Parameters(pc, &parameters));
  if (parameters)
    PetscCall(Assign(parameters, parameters->seed, seed));
  PetscFunctionReturn(0);
}

/*@
  PCBanditGetSeed - Gets the seed of the choices of `PCBANDIT`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. seed - not negative

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetSeed()`
@*/
PetscErrorCode PCBanditGetSeed(PC pc, PetscInt* seed) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidIntPointer(seed, 2);
  PetscCall(Demand(pc, &parameters));
  *seed = parameters->seed;
  PetscFunctionReturn(0);
}

/*@
  PCBanditSetSafeArm - Sets the arm that takes over where another fails

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- arm - its number from 0, or `PETSC_DEFAULT` for the first

  Options Database Key:
. -pc_bandit_safe <0>

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditGetSafeArm()`
@*/
PetscErrorCode PCBanditSetSafeArm(PC pc, PetscInt arm) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, arm, 2);
  PetscCheck(arm >= 0 || arm == PETSC_DEFAULT, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The safe arm must be a number from 0, not %" PetscInt_FMT, arm);
  PetscCall(Parameters(pc, &parameters));
  if (parameters)
    PetscCall(Assign(parameters, parameters->safe, arm));
  PetscFunctionReturn(0);
}

/*@
  PCBanditGetSafeArm - Gets the arm that takes over where another fails

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. arm - its number from 0, or `PETSC_DEFAULT` for the first

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetSafeArm()`
@*/
PetscErrorCode PCBanditGetSafeArm(PC pc, PetscInt* arm) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidIntPointer(arm, 2);
  PetscCall(Demand(pc, &parameters));
  *arm = parameters->safe;
  PetscFunctionReturn(0);
}

/*@
  PCBanditSetCap - Sets the multiple of the expected cost at which an arm is stopped

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- factor - at least 4, or 0: no arm is stopped and no other takes over

  Options Database Key:
. -pc_bandit_cap <5>

  Level: intermediate

  Notes:
  Lower caps would stop arms whose cost merely scatters. Until ten solves have been learned from, and at all times, an
  arm is stopped at half of the iterations that the `KSP` may take.

.seealso: `PCBANDIT`, `PCBanditGetCap()`
@*/
PetscErrorCode PCBanditSetCap(PC pc, PetscReal factor) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveReal(pc, factor, 2);
  PetscCheck(factor == 0 || factor >= 4, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The cap must be 0 or at least 4 expected costs, not %g", static_cast<double>(factor));
  PetscCall(Parameters(pc, &parameters));
  if (parameters)
    PetscCall(Assign(parameters, parameters->cap, factor));
  PetscFunctionReturn(0);
}

/*@
  PCBanditGetCap - Gets the multiple of the expected cost at which an arm is stopped

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. factor - at least 4, or 0: no arm is stopped and no other takes over

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetCap()`
@*/
PetscErrorCode PCBanditGetCap(PC pc, PetscReal* factor) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidRealPointer(factor, 2);
  PetscCall(Demand(pc, &parameters));
  *factor = parameters->cap;
  PetscFunctionReturn(0);
}

/*@
  PCBanditSetContext - Gives `PCBANDIT` the number that tells the next system from others

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
- context - a time step, a coefficient, a shift; `PETSC_INFINITY`: none

  Level: intermediate

  Notes:
  It holds for all solves until it is set anew. A `Vec` of one entry composed on the matrix, or on the preconditioner,
as "linnet_context" does the same.

.seealso: `PCBANDIT`, `PCBanditSetContextInterval()`, `PCBanditSetContextSource()`
@*/
PetscErrorCode PCBanditSetContext(PC pc, PetscReal context) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveReal(pc, context, 2);
  PetscCall(Parameters(pc, &parameters));
  if (parameters)
    parameters->context = context;
  PetscFunctionReturn(0);
}

/*@
  PCBanditSetContextInterval - Sets the interval of the contexts of `PCBANDIT`

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
. lowest - its lower end
- highest - its upper end; not above the lower one: the interval is widened as contexts come

  Options Database Key:
. -pc_bandit_context_interval <lowest,highest>

  Level: intermediate

  Notes:
  Contexts outside it are moved to its ends.

.seealso: `PCBANDIT`, `PCBanditSetContext()`, `PCBanditGetContextInterval()`
@*/
PetscErrorCode PCBanditSetContextInterval(PC pc, PetscReal lowest, PetscReal highest) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveReal(pc, lowest, 2);
  PetscValidLogicalCollectiveReal(pc, highest, 3);
  PetscCheck(!PetscIsInfOrNanReal(highest - lowest), CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The interval of the contexts must be finite, not %g to %g", static_cast<double>(lowest),
             static_cast<double>(highest));
  PetscCall(Parameters(pc, &parameters));
  if (parameters)
    PetscCall(Assign(parameters, parameters->interval, std::array<PetscReal, 2>{lowest, highest}));
  PetscFunctionReturn(0);
}

/*@
  PCBanditGetContextInterval - Gets the interval of the contexts of `PCBANDIT`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameters:
+ lowest - its lower end
- highest - its upper end; below the lower one where none was set

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetContextInterval()`
@*/
PetscErrorCode PCBanditGetContextInterval(PC pc, PetscReal* lowest, PetscReal* highest) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidRealPointer(lowest, 2);
  PetscValidRealPointer(highest, 3);
  PetscCall(Demand(pc, &parameters));
  *lowest = parameters->interval[0];
  *highest = parameters->interval[1];
  PetscFunctionReturn(0);
}

/*@
  PCBanditGetArm - Gets the last choice of `PCBANDIT`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameters:
+ arm - its number from 0; the nearest one where the value lies between arms
. value - of the parameter where arms are values of one option, else the number
- probability - of the choice

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetArms()`, `PCBanditGetStatistics()`
@*/
PetscErrorCode PCBanditGetArm(PC pc, PetscInt* arm, PetscReal* value, PetscReal* probability) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscCall(Demand(pc, &parameters));
  const PCBanditPlay& play = PCBanditData_Private(pc)->play;
  if (arm)
    *arm = static_cast<PetscInt>(play.arm);
  if (value)
    *value = play.value;
  if (probability)
    *probability = play.probability;
  PetscFunctionReturn(0);
}

/*@
  PCBanditGetArmCount - Gets the number of arms of `PCBANDIT`

  Not Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. count - of what it chooses from

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetArms()`, `PCBanditGetArm()`
@*/
PetscErrorCode PCBanditGetArmCount(PC pc, PetscInt* count) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidIntPointer(count, 2);
  PetscCall(Demand(pc, &parameters));
  PetscCall(PCBanditGuarded_Private(CommOf(pc), [&] {
    *count = static_cast<PetscInt>(linnet::bandits::parse_arms(parameters->arms).size());
    return PetscErrorCode{0};
  }));
  PetscFunctionReturn(0);
}

/*@C
  PCBanditGetStatistics - Gets counts and seconds of `PCBANDIT`

  Collective

  Input Parameter:
. pc - the preconditioner, of type `PCBANDIT`

  Output Parameter:
. statistics - solves, failures, total cost, seconds of the learner and of the solves

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditGetArm()`
@*/
PetscErrorCode PCBanditGetStatistics(PC pc, PCBanditStatistics* statistics) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidPointer(statistics, 2);
  PetscCall(Demand(pc, &parameters));
  PetscCall(PCBanditGuarded_Private(CommOf(pc), [&] { return PCBanditShareStatistics_Private(pc); }));
  *statistics = PCBanditData_Private(pc)->statistics;
  PetscFunctionReturn(0);
}
