// Solves with KSPDCD around PCLATTICEMG, fused or not.
#pragma once

#include "latticemg/solve.hpp"

namespace latticemg_test {

struct Solve {
  OwnedVec x;
  PetscInt iterations = -1;
  KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
  PetscBool fused = PETSC_FALSE;
  std::vector<double> history;
};

inline OwnedKSP make_dcd(Mat A, const voxels::Domain& d, int threads = 2) {
  OwnedKSP ksp = make_solver(A, KSPDCD);
  if (!d.periodic[0] && !d.periodic[1] && !d.periodic[2])
    compose_cells(A, d);
  PCLatticeMGSetGrid(pc_of(ksp), d.size[0], d.size[1], d.size[2]);
  PCLatticeMGSetThreads(pc_of(ksp), threads);
  return ksp;
}

inline Solve run(KSP ksp, Vec b, Vec guess = nullptr) {
  Mat A = nullptr;
  const PetscReal* history = nullptr;
  PetscInt count = 0;
  Solve s;
  KSPGetOperators(ksp, &A, nullptr);
  s.x = zeros(A);
  if (guess)
    VecCopy(guess, s.x);
  KSPSetInitialGuessNonzero(ksp, guess ? PETSC_TRUE : PETSC_FALSE);
  KSPSetResidualHistory(ksp, nullptr, PETSC_DECIDE, PETSC_TRUE);
  EXPECT_EQ(static_cast<int>(KSPSolve(ksp, b, s.x)), 0);
  KSPGetIterationNumber(ksp, &s.iterations);
  KSPGetConvergedReason(ksp, &s.reason);
  KSPGetResidualHistory(ksp, &history, &count);
  s.history.assign(history, history + count);
  KSPDCDGetFused(ksp, nullptr, &s.fused);
  return s;
}

inline double difference(Vec x, Vec y) {
  OwnedVec d;
  PetscReal norm = 0, size = 0;
  VecDuplicate(x, d.out());
  VecWAXPY(d, -1, x, y);
  VecNorm(d, NORM_2, &norm);
  VecNorm(x, NORM_2, &size);
  return norm / size;
}

inline double norm_of(Vec x) {
  PetscReal norm = 0;
  VecNorm(x, NORM_2, &norm);
  return norm;
}

inline std::string view(KSP ksp) {
  return view_text<KSP>(ksp, KSPView);
}

} // namespace latticemg_test
