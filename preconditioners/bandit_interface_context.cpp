// The public functions of PCBANDIT for contexts and for what came of the solves.
#include "bandit_interface.hpp"

static constexpr auto most_numbers = static_cast<PetscInt>(linnet::bandits::most_numbers);

/*@
  PCBanditSetContext - Gives `PCBANDIT` the numbers that tell the next system from others

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
. n - how many, at most 16; 0: none
- values - time steps, coefficients, shifts

  Level: intermediate

  Notes:
  They hold for all solves until they are set anew. A `Vec` with them for entries composed on the matrix, or on the
  preconditioner, as "linnet_context" does the same. All contexts must be of as many numbers. The policies thompson,
  chebcb and binned take all of them; the closed form of the policy model takes the first one, which should be the one
  that matters most, and hands over to thompson where the others matter.

.seealso: `PCBANDIT`, `PCBanditSetContextInterval()`, `PCBanditSetContextSource()`
@*/
PetscErrorCode PCBanditSetContext(PC pc, PetscInt n, const PetscReal values[]) {
  PCBanditParameters* parameters = nullptr;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, n, 2);
  PetscCheck(n >= 0 && n <= most_numbers, PCBanditComm_Private(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "A context must be of 0 to %" PetscInt_FMT " numbers, not %" PetscInt_FMT, most_numbers, n);
  if (n > 0)
    PetscValidRealPointer(values, 3);
  for (PetscInt k = 0; k < n; k++)
    PetscValidLogicalCollectiveReal(pc, values[k], 3);
  PetscTryMethod(pc, PCBANDIT_PARAMETERS, (PC, PCBanditParameters**), (pc, &parameters));
  if (parameters)
    PetscCall(PCBanditGuarded_Private(PCBanditComm_Private(pc), [&] {
      parameters->context.assign(values, values + n);
      return PetscErrorCode{0};
    }));
  PetscFunctionReturn(0);
}

/*@
  PCBanditSetContextInterval - Sets the intervals of the contexts that are given to `PCBANDIT`

  Logically Collective

  Input Parameters:
+ pc - the preconditioner
. n - numbers of a context; 0: the intervals are widened as contexts come
. lowest - the lower end for each number
- highest - the upper ends

  Options Database Key:
. -pc_bandit_context_interval <lowest,highest,...> - the two ends for each number

  Level: intermediate

  Notes:
  Contexts outside are moved to the ends. For what is taken from the matrix they do not count.

.seealso: `PCBANDIT`, `PCBanditSetContext()`, `PCBanditGetContextInterval()`
@*/
PetscErrorCode PCBanditSetContextInterval(PC pc, PetscInt n, const PetscReal lowest[], const PetscReal highest[]) {
  std::vector<linnet::bandits::Interval> intervals;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  PetscValidLogicalCollectiveInt(pc, n, 2);
  PetscCheck(n >= 0 && n <= most_numbers, PCBanditComm_Private(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "A context must be of 0 to %" PetscInt_FMT " numbers, not %" PetscInt_FMT, most_numbers, n);
  if (n > 0) {
    PetscValidRealPointer(lowest, 3);
    PetscValidRealPointer(highest, 4);
  }
  for (PetscInt k = 0; k < n; k++) {
    PetscValidLogicalCollectiveReal(pc, lowest[k], 3);
    PetscValidLogicalCollectiveReal(pc, highest[k], 4);
    PetscCheck(lowest[k] < highest[k] && !PetscIsInfOrNanReal(highest[k] - lowest[k]), PCBanditComm_Private(pc),
               PETSC_ERR_ARG_OUTOFRANGE, "The interval of a context must be lowest < highest and finite, not %g to %g",
               static_cast<double>(lowest[k]), static_cast<double>(highest[k]));
    PetscCall(PCBanditGuarded_Private(PCBanditComm_Private(pc), [&] {
      intervals.push_back({lowest[k], highest[k]});
      return PetscErrorCode{0};
    }));
  }
  PetscCall(PCBanditSet_Private(pc, &PCBanditParameters::intervals, intervals));
  PetscFunctionReturn(0);
}

/*@
  PCBanditGetContextInterval - Gets the intervals of the contexts that are given to `PCBANDIT`

  Not Collective

  Input Parameters:
+ pc - the preconditioner, of type `PCBANDIT`
- n - entries of the arrays

  Output Parameters:
+ n - numbers of a context; 0: the intervals are widened as contexts come
. lowest - the lower ends, or `NULL`
- highest - the upper ends, or `NULL`

  Level: intermediate

.seealso: `PCBANDIT`, `PCBanditSetContextInterval()`
@*/
PetscErrorCode PCBanditGetContextInterval(PC pc, PetscInt* n, PetscReal lowest[], PetscReal highest[]) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidIntPointer(n, 2);
  PetscCall(PCBanditParameters_Private(pc, &parameters));
  const auto size = static_cast<PetscInt>(parameters->intervals.size());
  for (PetscInt k = 0; k < PetscMin(*n, size); k++) {
    const auto& of = parameters->intervals[static_cast<std::size_t>(k)];
    if (lowest)
      lowest[k] = of.lowest;
    if (highest)
      highest[k] = of.highest;
  }
  *n = size;
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
