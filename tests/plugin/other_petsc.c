/* Preloaded, it makes a program's PETSc look like another one: LINNET_TEST_PETSC is minor, complex or index64. */
#include <petscsys.h>
#include <stdlib.h>
#include <string.h>

static int pretends(const char* what) {
  const char* other = getenv("LINNET_TEST_PETSC");
  return other && strcmp(other, what) == 0;
}

PetscErrorCode PetscGetVersionNumber(PetscInt* major, PetscInt* minor, PetscInt* subminor, PetscInt* release) {
  *major = PETSC_VERSION_MAJOR;
  *minor = PETSC_VERSION_MINOR + (pretends("minor") ? 1 : 0);
  if (subminor)
    *subminor = 0;
  if (release)
    *release = 1;
  return 0;
}

PetscErrorCode PetscDataTypeFromString(const char* name, PetscDataType* type, PetscBool* found) {
  *type = pretends("complex") && strcmp(name, "scalar") == 0 ? PETSC_COMPLEX : PETSC_DOUBLE;
  *found = PETSC_TRUE;
  return 0;
}

PetscErrorCode PetscDataTypeGetSize(PetscDataType type, size_t* size) {
  *size = type == PETSC_INT ? (pretends("index64") ? 8 : sizeof(PetscInt)) : 8;
  return 0;
}
