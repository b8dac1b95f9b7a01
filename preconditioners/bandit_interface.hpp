#pragma once

// What the public functions of PCBANDIT share.
#include "bandit.hpp"

#include <type_traits>

inline MPI_Comm PCBanditComm_Private(PC pc) {
  return PetscObjectComm(reinterpret_cast<PetscObject>(pc));
}

inline PetscErrorCode PCBanditParameters_Private(PC pc, PCBanditParameters** parameters) {
  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  *parameters = nullptr;
  PetscUseMethod(pc, PCBANDIT_PARAMETERS, (PC, PCBanditParameters**), (pc, parameters));
  PetscFunctionReturn(0);
}

/*
   Sets a parameter after `check`, which may throw; nothing where the PC is of another type. What changes makes the
   learner anew at the next solve.
*/
template <class T, class Value, class Check>
PetscErrorCode PCBanditSet_Private(PC pc, T PCBanditParameters::*field, const Value& value, Check&& check) {
  PCBanditParameters* parameters = nullptr;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(pc, PC_CLASSID, 1);
  if constexpr (std::is_same_v<Value, const char*>)
    PetscValidCharPointer(value, 2);
  PetscTryMethod(pc, PCBANDIT_PARAMETERS, (PC, PCBanditParameters**), (pc, &parameters));
  if (!parameters)
    PetscFunctionReturn(0);
  PetscCall(PCBanditGuarded_Private(PCBanditComm_Private(pc), [&] {
    PetscCall(check());
    T next = value;
    if (parameters->*field != next)
      parameters->changed = PETSC_TRUE;
    parameters->*field = std::move(next);
    return PetscErrorCode{0};
  }));
  PetscFunctionReturn(0);
}

template <class T, class Value>
PetscErrorCode PCBanditSet_Private(PC pc, T PCBanditParameters::*field, const Value& value) {
  return PCBanditSet_Private(pc, field, value, [] { return PetscErrorCode{0}; });
}

template <class T, class Value>
PetscErrorCode PCBanditGet_Private(PC pc, T PCBanditParameters::*field, Value* value) {
  PCBanditParameters* parameters;

  PetscFunctionBegin;
  PetscValidPointer(value, 2);
  PetscCall(PCBanditParameters_Private(pc, &parameters));
  if constexpr (std::is_same_v<T, std::string>)
    *value = (parameters->*field).c_str();
  else
    *value = parameters->*field;
  PetscFunctionReturn(0);
}
