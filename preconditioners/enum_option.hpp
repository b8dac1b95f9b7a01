#pragma once

#include <petscsys.h>

/* PetscOptionsEnum() for an enumeration of ours: in C++ a PetscEnum, which has one enumerator, holds no value above 1.
 */
template <class Enum>
PetscErrorCode EnumOption(PetscOptionItems* PetscOptionsObject, const char* option, const char* text,
                          const char* setter, const char* const* names, Enum* value, PetscBool* set) {
  PetscInt count = 0, chosen = static_cast<PetscInt>(*value);

  PetscFunctionBegin;
  while (names[count])
    ++count;
  count -= 2; /* the last two are the name of the type and the prefix of its values */
  PetscCall(PetscOptionsEList(option, text, setter, names, count, names[chosen], &chosen, set));
  *value = static_cast<Enum>(chosen);
  PetscFunctionReturn(0);
}
