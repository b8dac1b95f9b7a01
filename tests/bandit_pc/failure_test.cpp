// PCBANDIT where arms fail: the safe arm goes on, the failing one is set aside; the saved state survives or is refused.
#include "bandit_pc/fixture.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace linnet::test;

namespace {

// Outside a test of ours PETSc's message of an expected error would look like a failure.
struct Quiet {
  Quiet() { PetscPushErrorHandler(PetscReturnErrorHandler, nullptr); }
  ~Quiet() { PetscPopErrorHandler(); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
};

std::string contents(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// A file name of the test's own, the same on all ranks.
std::string scratch(const std::string& name) {
  return (std::filesystem::temp_directory_path() / ("linnet_bandit_" + std::to_string(ranks()) + "_" + name)).string();
}

void replace(const std::string& file, const std::string& text) {
  MPI_Barrier(PETSC_COMM_WORLD);
  if (first_rank())
    std::ofstream(file) << text;
  MPI_Barrier(PETSC_COMM_WORLD);
}

} // namespace

TEST(BanditFailure, TheSafeArmGoesOnWhereAnArmDiverges) {
  const OwnedMat A = laplacian(10); // I - A has the radius 7: Richardson without a preconditioner diverges
  Bandit bandit(KSPRICHARDSON, A, "sor:1.5; none", "tsallis");
  PetscInt others = 0;
  for (unsigned k = 1; k <= 60; k++) {
    const Bandit::Solved s = bandit.solve(noise(A, k));
    EXPECT_EQ(s.reason, KSP_CONVERGED_RTOL);
    EXPECT_LT(s.residual, 1.1e-8);
    others += s.arm == 1;
  }
  const PCBanditStatistics s = bandit.statistics();
  EXPECT_GE(s.failures, 1);
  EXPECT_LE(s.failures, 4); // three in a row, then it is set aside
  EXPECT_GE(others, s.failures);
}

// -ksp_converged_reason and its like are called within KSPSolve().
TEST(BanditFailure, TheReasonIsViewedAfterTheSafeArm) {
  struct Seen {
    int calls = 0;
    KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
    PetscInt iterations = 0;
  } seen;
  const OwnedMat A = laplacian(10);
  Bandit bandit(KSPRICHARDSON, A, "sor:1.5; none", "race");
  LINNET_CALL(KSPConvergedReasonViewSet(
      bandit.ksp,
      [](KSP ksp, void* context) {
        auto* s = static_cast<Seen*>(context);
        s->calls++;
        PetscCall(KSPGetConvergedReason(ksp, &s->reason));
        PetscCall(KSPGetIterationNumber(ksp, &s->iterations));
        return PetscErrorCode{0};
      },
      &seen, nullptr));
  LINNET_CALL(KSPSetErrorIfNotConverged(bandit.ksp, PETSC_TRUE));
  PetscInt total = 0, sum = 0;
  for (unsigned k = 1; k <= 2; k++) { // the second arm diverges
    const Bandit::Solved s = bandit.solve(noise(A, k));
    EXPECT_EQ(s.arm, k - 1);
    EXPECT_EQ(seen.calls, static_cast<int>(k));
    EXPECT_EQ(seen.reason, KSP_CONVERGED_RTOL);
    EXPECT_EQ(seen.iterations, s.iterations);
    sum += s.iterations;
  }
  EXPECT_EQ(bandit.statistics().failures, 1);
  LINNET_CALL(KSPGetTotalIterations(bandit.ksp, &total));
  EXPECT_EQ(total, sum);
}

TEST(BanditFailure, AnArmIsStoppedAtItsCapAndTheIterateIsKept) {
  const OwnedMat A = laplacian(30);
  Bandit bandit(KSPRICHARDSON, A, "sor:1.8; jacobi", "race"); // Jacobi: thousands of sweeps
  const Bandit::Solved first = bandit.solve(noise(A, 1));
  const Bandit::Solved second = bandit.solve(noise(A, 2));
  EXPECT_EQ(second.arm, 1);
  EXPECT_EQ(second.reason, KSP_CONVERGED_RTOL);
  EXPECT_LT(second.residual, 1.1e-8);
  EXPECT_GT(second.iterations, 1000); // half of what may be taken, then the safe arm
  EXPECT_LT(second.iterations, 1000 + 2 * first.iterations);
  EXPECT_EQ(bandit.statistics().failures, 1);
}

TEST(BanditFailure, AnArmThatCannotBeSetUpIsReplaced) {
  const OwnedMat A = banded_matrix(20, 1, [](PetscInt i, PetscInt j) { return i == j ? (i == 7 ? 0 : 2) : -1; });
  Bandit bandit(KSPGMRES, A, "none; jacobi; lu; ilu -pc_factor_shift_type none", "race");
  for (unsigned k = 1; k <= 8; k++)
    EXPECT_GT(bandit.solve(noise(A, k)).reason, 0) << k;
}

TEST(BanditFailure, ANaNInTheRightHandSideTeachesNothing) {
  const OwnedMat A = laplacian(10);
  Bandit bandit(KSPCG, A, "sor_omega=1:1.9:5");
  EXPECT_GT(bandit.solve(noise(A, 1)).reason, 0);
  const OwnedVec b = noise(A, 2);
  LINNET_CALL(VecSet(b, std::nan("")));
  EXPECT_EQ(bandit.solve(b).reason, KSP_DIVERGED_NANORINF);
  EXPECT_GT(bandit.solve(noise(A, 3)).reason, 0);
  EXPECT_EQ(bandit.statistics().solves, 2);
  EXPECT_EQ(bandit.statistics().failures, 0);
}

TEST(BanditFailure, WithoutACapAFailureIsTheKSPs) {
  const OwnedMat A = laplacian(10);
  Bandit bandit(KSPRICHARDSON, A, "none", "fixed");
  LINNET_CALL(PCBanditSetCap(bandit.pc, 0));
  EXPECT_EQ(bandit.solve(noise(A)).reason, KSP_DIVERGED_DTOL);
}

TEST(BanditFailure, StateIsKeptAndADamagedOneRefused) {
  const OwnedMat A = laplacian(10);
  const std::string file = scratch("state");
  const auto run = [&](int solves) {
    Bandit bandit(KSPCG, A, "sor_omega=1:1.9:5", "tsallis");
    EXPECT_EQ(PCBanditSetState(bandit.pc, file.c_str()), 0);
    for (int k = 0; k < solves; k++)
      bandit.solve(noise(A, static_cast<unsigned>(k) + 1));
    return bandit.statistics().solves;
  };
  if (first_rank()) {
    std::filesystem::remove(file);
    std::filesystem::remove(file + ".refused");
  }
  MPI_Barrier(PETSC_COMM_WORLD);
  EXPECT_EQ(run(5), 5);
  MPI_Barrier(PETSC_COMM_WORLD);
  EXPECT_EQ(run(4), 9);
  MPI_Barrier(PETSC_COMM_WORLD);
  std::string text = contents(file);
  text[text.size() / 2] ^= 1;
  replace(file, text);
  EXPECT_EQ(run(3), 3);
  MPI_Barrier(PETSC_COMM_WORLD);
  EXPECT_EQ(contents(file + ".refused"), text); // what was refused is not lost
  EXPECT_EQ(run(2), 5);
  replace(file, "{\"format\":\"another\"}");
  EXPECT_EQ(run(1), 1);
  MPI_Barrier(PETSC_COMM_WORLD);
  if (first_rank()) {
    std::filesystem::remove(file);
    std::filesystem::remove(file + ".refused");
  }
}

TEST(BanditFailure, MistakesAreErrorsInOneLine) {
  const OwnedMat A = laplacian(10);
  Bandit bandit(KSPCG, A, "jacobi");
  const Quiet quiet;
  EXPECT_NE(PCBanditSetArms(bandit.pc, "sor_omega=3"), 0);
  EXPECT_NE(PCBanditSetPolicy(bandit.pc, "best"), 0);
  EXPECT_NE(PCBanditSetCap(bandit.pc, 2), 0);
  EXPECT_NE(PCBanditSetSeed(bandit.pc, -1), 0);
  EXPECT_NE(PCBanditSetSafeArm(bandit.pc, -3), 0);
}

TEST(BanditFailure, UnknownTypesAndOptionsAreErrorsOfTheSolve) {
  const OwnedMat A = laplacian(10);
  const OwnedVec b = noise(A), x = zeros(A);
  for (const char* arms : {"nosuch", "bandit", "jacobi -pc_jacobi_nosuch 1"}) {
    Bandit bandit(KSPCG, A, arms, "tsallis");
    const Quiet quiet;
    EXPECT_NE(KSPSolve(bandit.ksp, b, x), 0) << arms;
  }
}
