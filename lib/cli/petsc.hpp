#pragma once

#include <petscksp.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace linnet {

/// A PETSc call that returned an error. what() is one line.
class PetscFailure : public std::runtime_error {
public:
  PetscFailure(PetscErrorCode error, const std::string& message) : std::runtime_error(message), code(error) {}
  PetscErrorCode code;
};

/// Throws PetscFailure unless `error` is 0. Never call it in a function that PETSc calls.
void check(PetscErrorCode error);

/// Whether the call went well; its error is forgotten.
bool succeeded(PetscErrorCode error);

/// While it lives, PETSc's errors are kept for check() in place of being printed with their stack.
class QuietPetscErrors {
public:
  QuietPetscErrors() { check(PetscPushErrorHandler(&QuietPetscErrors::keep, nullptr)); }
  ~QuietPetscErrors() { (void)PetscPopErrorHandler(); }
  QuietPetscErrors(const QuietPetscErrors&) = delete;
  QuietPetscErrors& operator=(const QuietPetscErrors&) = delete;

private:
  static PetscErrorCode keep(MPI_Comm, int, const char*, const char*, PetscErrorCode, PetscErrorType, const char*,
                             void*);
};

/// Owns a PETSc object.
template <class Object, PetscErrorCode (*destroy)(Object*)>
class Handle {
public:
  Handle() = default;
  Handle(Handle&& other) noexcept : object(std::exchange(other.object, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(object, other.object);
    return *this;
  }
  ~Handle() { (void)destroy(&object); }
  operator Object() const { return object; } // NOLINT(google-explicit-constructor): it is passed to PETSc as is
  /// Where a PETSc function that creates the object puts it.
  Object* out() { return &object; }

private:
  Object object = nullptr;
};
using MatHandle = Handle<Mat, MatDestroy>;
using VecHandle = Handle<Vec, VecDestroy>;
using KspHandle = Handle<KSP, KSPDestroy>;
using IsHandle = Handle<IS, ISDestroy>;
using NullSpaceHandle = Handle<MatNullSpace, MatNullSpaceDestroy>;

/// Composes on A the cell of each local row, where `latticemg` and `cnn` look for it. Collective.
void compose_cells(Mat A, IS cells);

/// The names of a solver's types.
struct SolverTypes {
  std::string ksp, pc;
};
SolverTypes solver_types(KSP ksp);

/// `text` on one line: line breaks and other control characters become spaces, trailing ones go.
std::string one_line(std::string text);

} // namespace linnet
