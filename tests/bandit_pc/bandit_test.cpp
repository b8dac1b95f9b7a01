// PCBANDIT around SOR and around whole preconditioners, in every kind of KSP.
#include "bandit_pc/fixture.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace linnet::test;

namespace {

// The counts of stationary SOR and of CG with SSOR on the 10 x 10 Laplacian.
struct Count {
  const char* omega;
  int sor, ssor_cg;
};
constexpr Count counts[] = {{"1", 211, 15},  {"1.2", 138, 13}, {"1.4", 83, 12}, {"1.5", 59, 13}, {"1.56", 40, 13},
                            {"1.6", 42, 13}, {"1.7", 55, 15},  {"1.8", 87, 16}, {"1.9", 180, 18}};

std::string log_file() {
  return (std::filesystem::temp_directory_path() / ("linnet_bandit_context_" + std::to_string(ranks()))).string();
}

// The contexts in a log, solve by solve; takes the log away.
std::vector<std::string> logged_contexts(const std::string& file) {
  std::vector<std::string> contexts;
  std::ifstream log(file);
  std::string line;
  std::getline(log, line);
  while (std::getline(log, line)) {
    const auto begin = line.find(',') + 1;
    contexts.push_back(line.substr(begin, line.find(',', begin) - begin));
  }
  log.close();
  std::filesystem::remove(file);
  return contexts;
}

} // namespace

TEST(Bandit, TakesTheIterationsOfSORAndOfSSORCG) {
  if (ranks() > 1) // sweeps stop at the ranks' borders
    return;
  const OwnedMat A = laplacian(10);
  const OwnedVec b = oracle_right_side(A);
  for (const Count& count : counts) {
    const std::string arms = std::string("sor_omega=") + count.omega;
    EXPECT_EQ(Bandit(KSPRICHARDSON, A, arms.c_str()).solve(b).iterations, count.sor) << count.omega;
    EXPECT_EQ(Bandit(KSPCG, A, arms.c_str()).solve(b).iterations, count.ssor_cg) << count.omega;
  }
}

TEST(Bandit, ConvergesInEveryKSPAndPlaysTheSameArmOnAllRanks) {
  const OwnedMat A = laplacian(12);
  for (const char* type : {KSPCG, KSPDCD, KSPRICHARDSON, KSPGMRES, KSPFCG}) {
    Bandit bandit(type, A, "sor_omega=1:1.4:8"); // sweeps of blocks may diverge above
    for (unsigned k = 1; k <= 6; k++) {
      const OwnedVec b = noise(A, k);
      const Bandit::Solved s = bandit.solve(b);
      EXPECT_GT(s.reason, 0) << type;
      EXPECT_LT(s.residual, std::string(type) == KSPGMRES ? 1e-5 : 1.1e-8) << type;
      PetscReal least = s.value, most = s.value;
      MPI_Allreduce(MPI_IN_PLACE, &least, 1, MPIU_REAL, MPI_MIN, PETSC_COMM_WORLD);
      MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_REAL, MPI_MAX, PETSC_COMM_WORLD);
      EXPECT_EQ(least, most);
    }
    EXPECT_EQ(bandit.statistics().solves, 6);
    EXPECT_EQ(bandit.statistics().failures, 0) << type;
  }
}

TEST(Bandit, FindsAGoodOmega) {
  const OwnedMat A = laplacian(20);
  Bandit bandit(KSPRICHARDSON, A, "sor_omega=1:1.95:12");
  PetscInt late = 0;
  for (unsigned k = 1; k <= 40; k++) {
    const PetscInt iterations = bandit.solve(noise(A, k)).iterations;
    late += k > 30 ? iterations : 0;
  }
  Bandit first(KSPRICHARDSON, A, "sor_omega=1");
  EXPECT_LT(late, 10 * first.solve(noise(A, 1)).iterations / 3);
}

TEST(Bandit, ChoosesBetweenWholePreconditioners) {
  const OwnedMat A = laplacian(24);
  Bandit bandit(KSPCG, A, "none; jacobi; sor:1.5; icc:1; gamg -pc_gamg_threshold 0.01", "thompson");
  EXPECT_EQ(PCBanditSetCost(bandit.pc, PC_BANDIT_COST_WORK), 0);
  for (unsigned k = 1; k <= 30; k++)
    EXPECT_GT(bandit.solve(noise(A, k)).reason, 0);
  const PCBanditStatistics s = bandit.statistics();
  EXPECT_EQ(s.solves, 30);
  EXPECT_EQ(s.failures, 0);
  EXPECT_GT(s.total_cost, 0);
}

TEST(Bandit, TriesSeveralAxes) {
  const OwnedMat A = laplacian(10);
  Bandit bandit(KSPCG, A, "sor_omega=1,1.5 x sor_its=1,2", "race");
  std::vector<PetscInt> taken;
  taken.reserve(4);
  for (int k = 0; k < 4; k++)
    taken.push_back(bandit.solve(noise(A)).iterations);
  EXPECT_LT(taken[1], taken[0]); // two sweeps
  EXPECT_LT(taken[3], taken[2]);
}

TEST(Bandit, ReadsTheContextFromWhereItIsGiven) {
  const OwnedMat A = laplacian(10);
  const std::string file = log_file();
  {
    Bandit bandit(KSPCG, A, "jacobi; sor", "tsallis");
    LINNET_CALL(PCBanditSetLog(bandit.pc, file.c_str()));
    OwnedVec context;
    VecCreateMPI(PETSC_COMM_WORLD, PETSC_DECIDE, 2, context.out());
    for (PetscInt k = 0; first_rank() && k < 2; k++)
      VecSetValue(context, k, 3 + 2 * static_cast<PetscReal>(k), INSERT_VALUES);
    VecAssemblyBegin(context);
    VecAssemblyEnd(context);
    LINNET_CALL(PetscObjectCompose(reinterpret_cast<PetscObject>(static_cast<Mat>(A)), "linnet_context",
                                   reinterpret_cast<PetscObject>(static_cast<Vec>(context))));
    EXPECT_GT(bandit.solve(noise(A)).reason, 0);
    const PetscReal values[] = {4, -1, 2};
    LINNET_CALL(PCBanditSetContext(bandit.pc, 2, values));
    EXPECT_GT(bandit.solve(noise(A)).reason, 0);
    LINNET_CALL(PCBanditSetContext(bandit.pc, 3, values));
    const OwnedVec b = noise(A), x = zeros(A);
    PetscPushErrorHandler(PetscReturnErrorHandler, nullptr);
    EXPECT_NE(KSPSolve(bandit.ksp, b, x), 0); // of another kind than those before
    EXPECT_NE(PCBanditSetContext(bandit.pc, 17, values), 0);
    PetscPopErrorHandler();
  }
  if (first_rank()) {
    EXPECT_EQ(logged_contexts(file), (std::vector<std::string>{"3;5", "4;-1"}));
  }
}

// q = sum of |off-diagonal| / sum of diagonal entries: 1/q is linear in a shift; 1 - 1/m on an m x m Laplacian.
TEST(Bandit, ReadsTheShiftFromTheMatrix) {
  constexpr PetscInt m = 40;
  const OwnedMat A = laplacian(m);
  const std::string file = log_file();
  {
    Bandit bandit(KSPCG, A, "sor_omega=1:1.9:4");
    LINNET_CALL(PCBanditSetLog(bandit.pc, file.c_str()));
    for (int k = 0; k < 3; k++) {
      EXPECT_GT(bandit.solve(noise(A)).reason, 0);
      LINNET_CALL(MatShift(A, 1));
    }
  }
  if (!first_rank())
    return;
  std::vector<double> inverse;
  for (const std::string& context : logged_contexts(file)) {
    ASSERT_FALSE(context.empty());
    inverse.push_back(1 / std::stod(context));
  }
  ASSERT_EQ(inverse.size(), 3U);
  EXPECT_NEAR(inverse[0], 1 / (1 - 1.0 / m), 0.01);
  EXPECT_NEAR(inverse[1] - inverse[0], inverse[0] / 4, 1e-12); // the diagonal grows from 4 to 5
  EXPECT_NEAR(inverse[2] - inverse[1], inverse[0] / 4, 1e-12);
}

TEST(Bandit, LearnsNothingFromASolveOfNoIterations) {
  const OwnedMat A = laplacian(10);
  Bandit bandit(KSPCG, A, "sor_omega=1:1.9:4");
  const OwnedVec b = zeros(A);
  EXPECT_EQ(bandit.solve(b).iterations, 0);
  EXPECT_EQ(bandit.statistics().solves, 0);
}

TEST(Bandit, HasOptionsWithPrefixesAndShowsThem) {
  const OwnedMat A = laplacian(10);
  Bandit bandit(KSPCG, A, "jacobi; sor");
  PetscOptionsInsertString(nullptr,
                           "-in_pc_bandit_arms sor_omega=1.3 -in_pc_bandit_policy fixed -in_pc_bandit_cost work "
                           "-in_pc_bandit_seed 5 -in_bandit_pc_sor_its 2 -in_pc_bandit_cap 6");
  LINNET_CALL(KSPSetOptionsPrefix(bandit.ksp, "in_"));
  LINNET_CALL(KSPSetFromOptions(bandit.ksp));
  EXPECT_GT(bandit.solve(noise(A)).reason, 0);
  const std::string text = view_text(bandit.pc, PCView);
  if (first_rank()) {
    for (const char* part :
         {"arms: sor_omega=1.3", "policy: fixed", "cost: work", "seed: 5", "cap: 6", "iterations = 2", "omega = 1.3"})
      EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
  PetscOptionsClear(nullptr);
}

TEST(Bandit, ReplaysWithTheSameSeed) {
  const OwnedMat A = laplacian(10);
  std::vector<PetscInt> path[2];
  for (auto& run : path) {
    Bandit bandit(KSPCG, A, "jacobi; sor:1; sor:1.5; none", "tsallis");
    PCBanditSetSeed(bandit.pc, 7);
    for (unsigned k = 1; k <= 20; k++)
      run.push_back(bandit.solve(noise(A, k)).arm);
  }
  EXPECT_EQ(path[0], path[1]);
}

// Each rank sweeps its own rows: Young's formula holds no more, and on three ranks and more large omegas diverge.
TEST(Bandit, PlaysWellWhereSweepsStopAtTheRanksBorders) {
  const OwnedMat A = laplacian(20);
  constexpr unsigned all = 120, judged = 40;
  const auto late = [&](Bandit& bandit, unsigned first) {
    PetscInt sum = 0;
    for (unsigned k = first; k <= all; k++) {
      const Bandit::Solved s = bandit.solve(noise(A, k));
      EXPECT_GT(s.reason, 0);
      sum += k > all - judged ? s.iterations : 0;
    }
    return sum;
  };
  PetscInt best = PETSC_MAX_INT;
  for (const char* arm : {"sor_omega=1.6", "sor_omega=1.65", "sor_omega=1.7", "sor_omega=1.75"}) {
    Bandit fixed(KSPRICHARDSON, A, arm, "fixed");
    best = std::min(best, late(fixed, all - judged + 1));
  }
  Bandit model(KSPRICHARDSON, A, "sor_omega=1:1.9:10", "model");
  EXPECT_LT(late(model, 1), 1.25 * best);
  const std::string text = view_text(model.pc, PCView);
  if (first_rank() && ranks() >= 3) {
    EXPECT_NE(text.find("model-sor, handed over to thompson"), std::string::npos) << text;
  }
}

// One field of two: the bandit has the prefix of its split, and learns from the solves of the inner KSP.
TEST(Bandit, StandsInsideAFieldSplit) {
  const OwnedMat A = laplacian(12);
  OwnedKSP ksp;
  PC pc = nullptr;
  PetscInt first = 0, last = 0;
  LINNET_CALL(KSPCreate(PETSC_COMM_WORLD, ksp.out()));
  LINNET_CALL(LinnetInitialize());
  LINNET_CALL(KSPSetOperators(ksp, A, A));
  LINNET_CALL(KSPGetPC(ksp, &pc));
  LINNET_CALL(PCSetType(pc, PCFIELDSPLIT));
  LINNET_CALL(MatGetOwnershipRange(A, &first, &last));
  const PetscInt middle = first + (last - first) / 2;
  for (int k = 0; k < 2; k++) {
    IS rows = nullptr;
    LINNET_CALL(
        ISCreateStride(PETSC_COMM_WORLD, k == 0 ? middle - first : last - middle, k == 0 ? first : middle, 1, &rows));
    LINNET_CALL(PCFieldSplitSetIS(pc, k == 0 ? "p" : "u", rows));
    LINNET_CALL(ISDestroy(&rows));
  }
  LINNET_CALL(PetscOptionsInsertString(nullptr, "-fieldsplit_p_pc_type bandit -fieldsplit_p_ksp_type cg "
                                                "-fieldsplit_p_ksp_rtol 1e-8 "
                                                "-fieldsplit_p_pc_bandit_arms sor_omega=1,1.3,1.6"));
  LINNET_CALL(KSPSetType(ksp, KSPFGMRES));
  LINNET_CALL(KSPSetFromOptions(ksp));
  const OwnedVec b = noise(A), x = zeros(A);
  LINNET_CALL(KSPSolve(ksp, b, x));
  KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
  PetscInt iterations = 0, splits = 0;
  KSP* inner = nullptr;
  LINNET_CALL(KSPGetConvergedReason(ksp, &reason));
  LINNET_CALL(KSPGetIterationNumber(ksp, &iterations));
  EXPECT_GT(reason, 0);
  LINNET_CALL(PCFieldSplitGetSubKSP(pc, &splits, &inner));
  ASSERT_EQ(splits, 2);
  PC bandit = nullptr;
  PCBanditStatistics s = {};
  LINNET_CALL(KSPGetPC(inner[0], &bandit));
  LINNET_CALL(PCBanditGetStatistics(bandit, &s));
  EXPECT_EQ(s.solves, iterations);
  EXPECT_EQ(s.failures, 0);
  LINNET_CALL(PetscFree(inner));
  LINNET_CALL(PetscOptionsClear(nullptr));
}
