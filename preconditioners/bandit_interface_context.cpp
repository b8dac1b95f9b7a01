// The public functions of PCBANDIT for contexts and for what came of the solves.
#include "bandit_interface.hpp"

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
  PetscCall(PCBanditTryParameters_Private(pc, &parameters));
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
  PetscCheck(!PetscIsInfOrNanReal(highest - lowest), PCBanditComm_Private(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The interval of the contexts must be finite, not %g to %g", static_cast<double>(lowest),
             static_cast<double>(highest));
  PetscCall(PCBanditTryParameters_Private(pc, &parameters));
  if (parameters)
    PetscCall(PCBanditAssign_Private(parameters, parameters->interval, std::array<PetscReal, 2>{lowest, highest}));
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
  PetscCall(PCBanditParameters_Private(pc, &parameters));
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
  PetscCall(PCBanditParameters_Private(pc, &parameters));
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
  PetscCall(PCBanditParameters_Private(pc, &parameters));
  PetscCall(PCBanditGuarded_Private(PCBanditComm_Private(pc), [&] {
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
  PetscCall(PCBanditParameters_Private(pc, &parameters));
  PetscCall(PCBanditGuarded_Private(PCBanditComm_Private(pc), [&] { return PCBanditShareStatistics_Private(pc); }));
  *statistics = PCBanditData_Private(pc)->statistics;
  PetscFunctionReturn(0);
}
