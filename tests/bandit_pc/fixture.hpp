#pragma once

#include "support/petsc_systems.hpp"

#include <linnet/linnet.h>

#include <cmath>

namespace linnet::test {

inline int ranks() {
  PetscMPIInt n = 1;
  MPI_Comm_size(PETSC_COMM_WORLD, &n);
  return n;
}

/// b_r = sin(1 + 1.7 r) + 0.3
inline OwnedVec oracle_right_side(Mat A) {
  OwnedVec b;
  PetscInt first = 0, last = 0;
  MatCreateVecs(A, b.out(), nullptr);
  VecGetOwnershipRange(b, &first, &last);
  for (PetscInt r = first; r < last; r++)
    VecSetValue(b, r, std::sin(1 + 1.7 * r) + 0.3, INSERT_VALUES);
  VecAssemblyBegin(b);
  VecAssemblyEnd(b);
  return b;
}

/// A KSP around a bandit.
struct Bandit {
  OwnedKSP ksp;
  PC pc = nullptr;

  Bandit(const char* type, Mat A, const char* arms, const char* policy = "auto") {
    LinnetInitialize();
    KSPCreate(PETSC_COMM_WORLD, ksp.out());
    KSPSetType(ksp, type);
    KSPSetOperators(ksp, A, A);
    KSPSetTolerances(ksp, 1e-8, PETSC_DEFAULT, PETSC_DEFAULT, 2000);
    KSPGetPC(ksp, &pc);
    PCSetType(pc, PCBANDIT);
    EXPECT_EQ(PCBanditSetArms(pc, arms), 0);
    EXPECT_EQ(PCBanditSetPolicy(pc, policy), 0);
  }
  struct Solved {
    PetscInt iterations = -1;
    KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
    double residual = -1;
    PetscInt arm = -1;
    PetscReal value = -1;
  };
  Solved solve(Vec b) {
    Solved s;
    Mat A = nullptr;
    KSPGetOperators(ksp, &A, nullptr);
    const OwnedVec x = zeros(A);
    EXPECT_EQ(KSPSolve(ksp, b, x), 0);
    KSPGetIterationNumber(ksp, &s.iterations);
    KSPGetConvergedReason(ksp, &s.reason);
    s.residual = relative_residual(A, x, b);
    PCBanditGetArm(pc, &s.arm, &s.value, nullptr);
    return s;
  }
  PCBanditStatistics statistics() {
    PCBanditStatistics s = {};
    EXPECT_EQ(PCBanditGetStatistics(pc, &s), 0);
    return s;
  }
};

} // namespace linnet::test
