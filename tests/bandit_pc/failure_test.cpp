// PCBANDIT where arms fail: the safe arm goes on, the failing one is set aside; the saved state survives or is refused.
#include "bandit_pc/fixture.hpp"

#include <petsc/private/pcimpl.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

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

// What is written to stderr while it lives; on the first rank, which is where lines of the bandit come from.
class CapturedErrors {
public:
  CapturedErrors() { testing::internal::CaptureStderr(); }
  ~CapturedErrors() { (void)text(); }
  CapturedErrors(const CapturedErrors&) = delete;
  CapturedErrors& operator=(const CapturedErrors&) = delete;
  void expect_once(const std::string& part) {
    const std::string& all = text();
    const std::size_t at = all.find(part);
    EXPECT_EQ(at != std::string::npos, first_rank()) << part << " in\n" << all;
    EXPECT_TRUE(at == std::string::npos || all.find(part, at + 1) == std::string::npos) << "twice in\n" << all;
  }

private:
  const std::string& text() {
    if (!ended_)
      text_ = testing::internal::GetCapturedStderr();
    ended_ = true;
    return text_;
  }
  bool ended_ = false;
  std::string text_;
};

// The type "raising": the identity, until the last rank raises an error in the fourth application; with
// -pc_raising_setup in its setup.
struct Raising {
  int applications = 0;
  PetscBool in_setup = PETSC_FALSE;
};

Raising* raising(PC pc) {
  return static_cast<Raising*>(pc->data);
}

bool last_rank() {
  PetscMPIInt rank = 0;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  return rank == ranks() - 1;
}

PetscErrorCode create_raising(PC pc) {
  PetscFunctionBegin;
  pc->data = new Raising;
  pc->ops->setfromoptions = [](PC self, PetscOptionItems* PetscOptionsObject) {
    PetscFunctionBegin;
    PetscCall(PetscOptionsBool("-pc_raising_setup", "", "", PETSC_FALSE, &raising(self)->in_setup, nullptr));
    PetscFunctionReturn(0);
  };
  pc->ops->setup = [](PC self) {
    PetscFunctionBegin;
    PetscCheck(!raising(self)->in_setup || !last_rank(), PETSC_COMM_SELF, PETSC_ERR_USER, "no setup");
    PetscFunctionReturn(0);
  };
  pc->ops->apply = [](PC self, Vec r, Vec z) {
    PetscFunctionBegin;
    const int applications = ++raising(self)->applications;
    PetscCheck(applications < 4 || !last_rank(), PETSC_COMM_SELF, PETSC_ERR_USER, "application %d", applications);
    PetscCall(VecCopy(r, z));
    PetscCall(VecScale(z, 0.1));
    PetscFunctionReturn(0);
  };
  pc->ops->destroy = [](PC self) {
    PetscFunctionBegin;
    delete raising(self);
    self->data = nullptr;
    PetscFunctionReturn(0);
  };
  PetscFunctionReturn(0);
}

void register_raising() {
  LINNET_CALL(LinnetInitialize());
  LINNET_CALL(PCRegister("raising", create_raising));
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

// A zero on the diagonal: SOR raises an error in its first sweep, on the rank that has the row.
TEST(BanditFailure, AnErrorThatAnArmRaisesIsItsFailure) {
  const OwnedMat A = banded_matrix(40, 1, [](PetscInt i, PetscInt j) { return i == j ? (i == 38 ? 0 : 4) : -1; });
  Bandit bandit(KSPGMRES, A, "jacobi; sor:1", "tsallis");
  CapturedErrors captured;
  PetscInt raised = 0;
  for (unsigned k = 1; k <= 40; k++) {
    const Bandit::Solved s = bandit.solve(noise(A, k));
    EXPECT_GT(s.reason, 0) << k;
    EXPECT_LT(s.residual, 1e-6) << k;
    raised += s.arm == 1;
  }
  const PCBanditStatistics s = bandit.statistics();
  EXPECT_GE(raised, s.failures);
  EXPECT_GE(s.failures, 1);
  EXPECT_LE(s.failures, 4); // three in a row, then it is set aside
  captured.expect_once("linnet: bandit: arm 'sor:1' raised an error, the safe arm 'jacobi' goes on: Zero diagonal");
}

TEST(BanditFailure, TheSafeArmGoesOnAfterAnErrorInEveryKSP) {
  register_raising();
  const OwnedMat A = laplacian(12);
  for (const char* type : {KSPCG, KSPDCD, KSPGMRES, KSPFCG, KSPBCGS, KSPRICHARDSON}) {
    Bandit bandit(type, A, "sor:1.3; raising", "race");
    CapturedErrors captured;
    EXPECT_GT(bandit.solve(noise(A, 1)).reason, 0) << type;
    const Bandit::Solved s = bandit.solve(noise(A, 2)); // the second arm
    EXPECT_EQ(s.arm, 1) << type;
    EXPECT_GT(s.reason, 0) << type;
    EXPECT_LT(s.residual, 1e-5) << type;
    EXPECT_EQ(bandit.statistics().failures, 1) << type;
    EXPECT_GT(bandit.solve(noise(A, 3)).reason, 0) << type;
    captured.expect_once("arm 'raising' raised an error, the safe arm 'sor:1.3' goes on: application 4");
  }
}

TEST(BanditFailure, TheIterateBeforeAnErrorIsKept) {
  register_raising();
  const OwnedMat A = laplacian(12);
  Bandit bandit(KSPCG, A, "sor:1.3; raising", "race");
  EXPECT_GT(bandit.solve(noise(A, 1)).reason, 0);
  std::vector<std::pair<PetscInt, PetscReal>> norms; // iteration, |b - A x|
  LINNET_CALL(KSPMonitorSet(
      bandit.ksp,
      [](KSP, PetscInt iteration, PetscReal norm, void* seen) {
        static_cast<decltype(norms)*>(seen)->emplace_back(iteration, norm);
        return PetscErrorCode{0};
      },
      &norms, nullptr));
  const CapturedErrors captured;
  bandit.solve(noise(A, 2));
  ASSERT_GT(norms.size(), 5U);
  EXPECT_EQ(norms[3].first, 3); // three applications went well
  EXPECT_EQ(norms[4].first, 0);
  EXPECT_LT(norms[3].second, norms[0].second);
  EXPECT_NEAR(norms[4].second, norms[3].second, 1e-12 * norms[0].second);
}

TEST(BanditFailure, AnErrorInTheSetupIsAFailureToo) {
  register_raising();
  const OwnedMat A = laplacian(10);
  Bandit bandit(KSPCG, A, "jacobi; raising -pc_raising_setup", "race");
  CapturedErrors captured;
  for (unsigned k = 1; k <= 3; k++)
    EXPECT_GT(bandit.solve(noise(A, k)).reason, 0) << k;
  EXPECT_EQ(bandit.statistics().failures, 1);
  captured.expect_once("arm 'raising -pc_raising_setup' raised an error, the safe arm 'jacobi' goes on: no setup");
}

TEST(BanditFailure, AnErrorOfTheSafeArmIsTheUsers) {
  register_raising();
  const OwnedMat A = laplacian(10);
  const OwnedVec b = noise(A), x = zeros(A);
  const Quiet quiet;
  for (const char* arms : {"raising -pc_raising_setup; jacobi", "raising; jacobi"}) {
    if (ranks() > 1 && std::string(arms) == "raising; jacobi") // the last rank alone would leave the iteration
      continue;
    Bandit bandit(KSPCG, A, arms, "fixed");
    EXPECT_NE(KSPSolve(bandit.ksp, b, x), 0) << arms;
  }
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
