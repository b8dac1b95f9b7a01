#include "cli/petsc.hpp"

#include <algorithm>
#include <cctype>

namespace linnet {

namespace {

// The message of the error in flight. PETSc calls its handler once where the error arises and once for each caller.
std::string& message_in_flight() {
  static std::string message;
  return message;
}

} // namespace

PetscErrorCode QuietPetscErrors::keep(MPI_Comm, int, const char*, const char*, PetscErrorCode error,
                                      PetscErrorType kind, const char* message, void*) {
  if (kind == PETSC_ERROR_INITIAL || message_in_flight().empty())
    message_in_flight() = message ? message : "";
  return error;
}

void compose_cells(Mat A, IS cells) {
  check(PetscObjectCompose(reinterpret_cast<PetscObject>(A), "linnet_cells", reinterpret_cast<PetscObject>(cells)));
}

SolverTypes solver_types(KSP ksp) {
  PC pc = nullptr;
  KSPType ksp_type = nullptr;
  PCType pc_type = nullptr;
  check(KSPGetPC(ksp, &pc));
  check(KSPGetType(ksp, &ksp_type));
  check(PCGetType(pc, &pc_type));
  return {ksp_type, pc_type};
}

std::string one_line(std::string text) {
  const auto is_control = [](unsigned char c) { return std::iscntrl(c) != 0; };
  std::replace_if(text.begin(), text.end(), is_control, ' ');
  const size_t last = text.find_last_not_of(" \t\r");
  text.resize(last == std::string::npos ? 0 : last + 1);
  return text;
}

bool succeeded(PetscErrorCode error) {
  message_in_flight().clear();
  return error == 0;
}

void check(PetscErrorCode error) {
  if (error == 0)
    return;
  std::string message = one_line(std::exchange(message_in_flight(), {}));
  if (message.empty()) {
    const char* text = nullptr;
    (void)PetscErrorMessage(error, &text, nullptr);
    message = text ? one_line(text) : "PETSc error " + std::to_string(error);
  }
  throw PetscFailure(error, message);
}

} // namespace linnet
