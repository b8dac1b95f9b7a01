#pragma once

#include "support/petsc_systems.hpp"

#include <linnet/linnet.h>

#include <array>
#include <string>

namespace linnet::test {

/// How a solve ended.
struct Outcome {
  PetscInt iterations = -1;
  KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
  double residual = -1; ///< ||b - A x|| / ||b||
  std::vector<double> history;
  std::array<PetscInt, KSP_DCD_REPLACEMENT_KINDS> replaced = {};
};

/// A KSP of the type, for A, with no options read.
inline OwnedKSP make_ksp(const char* type, Mat A, Mat P = nullptr) {
  OwnedKSP ksp;
  LinnetInitialize();
  KSPCreate(PETSC_COMM_WORLD, ksp.out());
  KSPSetType(ksp, type);
  KSPSetOperators(ksp, A, P ? P : A);
  KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED);
  KSPSetTolerances(ksp, 1e-8, PETSC_DEFAULT, PETSC_DEFAULT, 1000);
  return ksp;
}

inline void set_pc(KSP ksp, const char* type) {
  PC pc = nullptr;
  KSPGetPC(ksp, &pc);
  PCSetType(pc, type);
}

inline void attach(KSP ksp, ShellPC& shell) {
  PC pc = nullptr;
  KSPGetPC(ksp, &pc);
  shell.attach(pc);
}

inline Outcome solve(KSP ksp, Vec b, Vec x) {
  Outcome outcome;
  const PetscReal* history = nullptr;
  PetscInt length = 0;
  Mat A = nullptr;
  PetscBool dcd = PETSC_FALSE;
  KSPSetResidualHistory(ksp, nullptr, 20000, PETSC_TRUE);
  EXPECT_EQ(KSPSolve(ksp, b, x), 0);
  KSPGetIterationNumber(ksp, &outcome.iterations);
  KSPGetConvergedReason(ksp, &outcome.reason);
  KSPGetResidualHistory(ksp, &history, &length);
  outcome.history.assign(history, history + length);
  KSPGetOperators(ksp, &A, nullptr);
  outcome.residual = relative_residual(A, x, b);
  PetscObjectTypeCompare(reinterpret_cast<PetscObject>(static_cast<KSP>(ksp)), KSPDCD, &dcd);
  if (dcd)
    KSPDCDGetReplacements(ksp, outcome.replaced.data());
  return outcome;
}

inline Outcome solve(KSP ksp, Vec b) {
  Mat A = nullptr;
  KSPGetOperators(ksp, &A, nullptr);
  const OwnedVec x = zeros(A);
  return solve(ksp, b, x);
}

} // namespace linnet::test
