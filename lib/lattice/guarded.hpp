#pragma once

#include <petscsys.h>

#include <new>

namespace linnet {

/// Runs `body`, which returns a PetscErrorCode, and turns want of memory in C++ into PETSc's error: no exception
/// crosses PETSc's frames.
template <class Body>
PetscErrorCode Guarded(Body&& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return PetscError(PETSC_COMM_SELF, __LINE__, PETSC_FUNCTION_NAME, __FILE__, PETSC_ERR_MEM, PETSC_ERROR_INITIAL,
                      "no memory for what the solver keeps");
  }
}

} // namespace linnet
