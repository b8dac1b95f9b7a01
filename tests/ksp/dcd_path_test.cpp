// The iteration of KSPDCD against oracles: PETSc's CG, the formulas of steepest descent, termination after n steps.
#include "ksp/fixture.hpp"

namespace linnet::test {
namespace {

struct Case {
  const char* pc;
  KSPNormType norm;
  PetscInt directions;
};

class WalksThePathOfCG : public testing::TestWithParam<Case> {};

TEST_P(WalksThePathOfCG, WithAnSpdLinearPreconditioner) {
  const auto [pc, norm, directions] = GetParam();
  const OwnedMat A = laplacian(31);
  const OwnedVec b = noise(A);
  const OwnedKSP cg = make_ksp(KSPCG, A), dcd = make_ksp(KSPDCD, A);
  for (KSP ksp : {static_cast<KSP>(cg), static_cast<KSP>(dcd)}) {
    set_pc(ksp, pc);
    LINNET_CALL(KSPSetNormType(ksp, norm));
  }
  LINNET_CALL(KSPDCDSetDirections(dcd, directions));

  const Outcome expected = solve(cg, b), found = solve(dcd, b);

  EXPECT_EQ(found.reason, expected.reason);
  EXPECT_EQ(found.iterations, expected.iterations);
  ASSERT_EQ(found.history.size(), expected.history.size());
  for (std::size_t i = 0; i < expected.history.size(); i++)
    EXPECT_NEAR(found.history[i], expected.history[i], 1e-5 * expected.history[i]) << "iteration " << i;
  EXPECT_EQ(found.replaced, decltype(found.replaced){});
}

INSTANTIATE_TEST_SUITE_P(
    DCD, WalksThePathOfCG,
    testing::Values(Case{PCNONE, KSP_NORM_UNPRECONDITIONED, 1}, Case{PCJACOBI, KSP_NORM_UNPRECONDITIONED, 2},
                    Case{PCBJACOBI, KSP_NORM_UNPRECONDITIONED, 2}, Case{PCSOR, KSP_NORM_UNPRECONDITIONED, 2},
                    Case{PCGAMG, KSP_NORM_UNPRECONDITIONED, 2}, Case{PCSOR, KSP_NORM_UNPRECONDITIONED, -1},
                    Case{PCSOR, KSP_NORM_UNPRECONDITIONED, 7}, Case{PCSOR, KSP_NORM_PRECONDITIONED, 2},
                    Case{PCSOR, KSP_NORM_NATURAL, 2}, Case{PCJACOBI, KSP_NORM_NATURAL, 1}));

TEST(DCD, WithoutConvergenceTestTakesTheStepsOfCG) {
  const OwnedMat A = laplacian(20);
  const OwnedVec b = noise(A), x_cg = zeros(A), x_dcd = zeros(A);
  for (const auto& [type, x] : {std::pair<const char*, Vec>{KSPCG, x_cg}, {KSPDCD, x_dcd}}) {
    const OwnedKSP ksp = make_ksp(type, A);
    set_pc(ksp, PCJACOBI);
    LINNET_CALL(KSPSetNormType(ksp, KSP_NORM_NONE));
    LINNET_CALL(KSPSetTolerances(ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, 12));
    LINNET_CALL(KSPSetConvergenceTest(ksp, KSPConvergedSkip, nullptr, nullptr));
    const Outcome outcome = solve(ksp, b, x);
    EXPECT_EQ(outcome.iterations, 12);
    EXPECT_EQ(outcome.reason, KSP_CONVERGED_ITS);
  }
  PetscReal difference = 0, norm = 0;
  LINNET_CALL(VecNorm(x_cg, NORM_2, &norm));
  LINNET_CALL(VecAXPY(x_dcd, -1, x_cg));
  LINNET_CALL(VecNorm(x_dcd, NORM_2, &difference));
  EXPECT_LE(difference, 1e-12 * norm);
}

TEST(DCD, WithoutDirectionsIsPreconditionedSteepestDescent) {
  const OwnedMat A = laplacian(9);
  const OwnedVec b = noise(A), x = zeros(A), r = noise(A), z = zeros(A), Az = zeros(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  set_pc(ksp, PCJACOBI);
  LINNET_CALL(KSPDCDSetDirections(ksp, 0));
  LINNET_CALL(KSPSetTolerances(ksp, 1e-30, PETSC_DEFAULT, PETSC_DEFAULT, 20));
  const Outcome outcome = solve(ksp, b, x);
  ASSERT_EQ(outcome.history.size(), 21U);
  for (const double expected : outcome.history) { // z = r / 4, r <- r - (z, r) / (z, A z) A z
    PetscReal norm = 0;
    PetscScalar zr = 0, zAz = 0;
    LINNET_CALL(VecNorm(r, NORM_2, &norm));
    EXPECT_NEAR(norm, expected, 1e-12 * norm);
    LINNET_CALL(VecCopy(r, z));
    LINNET_CALL(VecScale(z, 0.25));
    LINNET_CALL(MatMult(A, z, Az));
    LINNET_CALL(VecDot(z, r, &zr));
    LINNET_CALL(VecDot(z, Az, &zAz));
    LINNET_CALL(VecAXPY(r, -zr / zAz, Az));
  }
}

// M = diag(+1, -1, +2, -2, ...): symmetric, indefinite. Every direction is kept and replaced ones count too, so the
// A-orthogonal directions span the space after n steps.
TEST(DCD, WithAllDirectionsEndsInNStepsForAnIndefinitePreconditioner) {
  for (const PetscInt m : {3, 5, 7}) {
    const OwnedMat A = laplacian(m);
    const OwnedVec b = noise(A, 3);
    const OwnedKSP ksp = make_ksp(KSPDCD, A);
    ShellPC indefinite{[](Vec r, Vec z) {
      PetscInt first = 0, last = 0;
      PetscCall(VecCopy(r, z));
      PetscCall(VecGetOwnershipRange(z, &first, &last));
      PetscScalar* value = nullptr;
      PetscCall(VecGetArray(z, &value));
      for (PetscInt i = first; i < last; i++)
        value[i - first] *= (i % 2 ? -1.0 : 1.0) * static_cast<double>(1 + i % 3);
      return VecRestoreArray(z, &value);
    }};
    attach(ksp, indefinite);
    LINNET_CALL(KSPDCDSetDirections(ksp, -1));
    const Outcome outcome = solve(ksp, b);
    EXPECT_GT(outcome.reason, 0);
    EXPECT_LE(outcome.iterations, m * m);
    EXPECT_LE(outcome.residual, 1e-8);
  }
}

// The same without replacements: the line search takes a direction of either sign.
TEST(DCD, WithAllDirectionsAndNoSafeguardEndsInNStepsForANonsymmetricPreconditioner) {
  const PetscInt m = 6;
  const OwnedMat A = laplacian(m);
  const OwnedMat shear = banded_matrix(m * m, 1, [](PetscInt i, PetscInt j) {
    return i == j ? 1.0 : j > i ? 1.5 : -0.5;
  });
  const OwnedVec b = noise(A, 4);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  ShellPC nonsymmetric{[&](Vec r, Vec z) { return MatMult(shear, r, z); }};
  attach(ksp, nonsymmetric);
  LINNET_CALL(KSPDCDSetDirections(ksp, -1));
  LINNET_CALL(KSPDCDSetSafeguard(ksp, PETSC_FALSE));
  const Outcome outcome = solve(ksp, b);
  EXPECT_GT(outcome.reason, 0);
  EXPECT_LE(outcome.iterations, m * m);
  EXPECT_LE(outcome.residual, 1e-8);
}

// Identity rows on the boundary whose columns stay in the neighbours' equations: the common way to set a Dirichlet
// value.
TEST(DCD, TakesNoMoreIterationsThanCGWhereDirichletRowsAreNotEliminated) {
  const PetscInt m = 33;
  const OwnedMat A = banded_matrix(m * m, m, [=](PetscInt i, PetscInt j) -> double {
    const PetscInt xi = i % m, yi = i / m, distance = std::abs(xi - j % m) + std::abs(yi - j / m);
    if (xi == 0 || yi == 0 || xi == m - 1 || yi == m - 1)
      return i == j ? 4 : 0;
    return distance == 0 ? 4 : distance == 1 ? -1 : 0;
  });
  LINNET_CALL(MatSetOption(A, MAT_SYMMETRIC, PETSC_FALSE));
  const OwnedVec b = noise(A);
  for (const char* pc : {PCJACOBI, PCSOR}) {
    const OwnedKSP cg = make_ksp(KSPCG, A), dcd = make_ksp(KSPDCD, A);
    set_pc(cg, pc);
    set_pc(dcd, pc);
    const Outcome expected = solve(cg, b), found = solve(dcd, b);
    EXPECT_GT(found.reason, 0) << pc;
    EXPECT_LE(found.iterations, expected.iterations) << pc;
  }
}

TEST(DCD, StartsFromANonzeroGuess) {
  const OwnedMat A = laplacian(16);
  const OwnedVec b = noise(A), x_cg = noise(A, 9), x_dcd = noise(A, 9);
  Outcome outcome[2];
  int i = 0;
  for (const auto& [type, x] : {std::pair<const char*, Vec>{KSPCG, x_cg}, {KSPDCD, x_dcd}}) {
    const OwnedKSP ksp = make_ksp(type, A);
    set_pc(ksp, PCJACOBI);
    LINNET_CALL(KSPSetInitialGuessNonzero(ksp, PETSC_TRUE));
    outcome[i++] = solve(ksp, b, x);
  }
  EXPECT_EQ(outcome[1].iterations, outcome[0].iterations);
  EXPECT_NEAR(outcome[1].history[0], outcome[0].history[0], 1e-12 * outcome[0].history[0]);
  EXPECT_LE(outcome[1].residual, 1e-8);
}

TEST(DCD, SolvesASingularSystemInTheComplementOfItsNullSpace) {
  const OwnedMat A = laplacian(15, true);
  const OwnedVec b = noise(A), x = zeros(A);
  OwnedNullSpace constants;
  LINNET_CALL(MatNullSpaceCreate(PETSC_COMM_WORLD, PETSC_TRUE, 0, nullptr, constants.out()));
  LINNET_CALL(MatSetNullSpace(A, constants));
  LINNET_CALL(MatNullSpaceRemove(constants, b));
  for (const char* pc : {PCNONE, PCJACOBI, PCSOR}) {
    const OwnedKSP cg = make_ksp(KSPCG, A), dcd = make_ksp(KSPDCD, A);
    set_pc(cg, pc);
    set_pc(dcd, pc);
    const Outcome expected = solve(cg, b), found = solve(dcd, b, x);
    PetscScalar sum = 0;
    LINNET_CALL(VecSum(x, &sum));
    EXPECT_EQ(found.iterations, expected.iterations) << pc;
    EXPECT_LE(found.residual, 1e-8) << pc;
    EXPECT_NEAR(sum, 0, 1e-9) << pc;
  }
}

TEST(DCD, TakesOneProductAndOneApplicationAnIteration) {
  const OwnedMat A = laplacian(12);
  const OwnedVec b = noise(A);
  for (const KSPNormType norm : {KSP_NORM_UNPRECONDITIONED, KSP_NORM_PRECONDITIONED, KSP_NORM_NATURAL}) {
    CountingMat counting(A);
    ShellPC identity{[](Vec r, Vec z) { return VecCopy(r, z); }};
    const OwnedKSP ksp = make_ksp(KSPDCD, counting.shell);
    attach(ksp, identity);
    LINNET_CALL(KSPSetNormType(ksp, norm));
    LINNET_CALL(KSPDCDSetRecompute(ksp, 0));
    const OwnedVec x = zeros(A);
    LINNET_CALL(KSPSolve(ksp, b, x));
    PetscInt iterations = 0;
    LINNET_CALL(KSPGetIterationNumber(ksp, &iterations));
    EXPECT_EQ(counting.products, iterations + 1) << "and one to confirm convergence";
    EXPECT_EQ(identity.applications, iterations + (norm == KSP_NORM_UNPRECONDITIONED ? 0 : 2));
  }
}

TEST(DCD, RecomputesTheTrueResidualAtTheInterval) {
  const OwnedMat A = laplacian(24);
  const OwnedVec b = noise(A), x = zeros(A);
  CountingMat counting(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, counting.shell);
  set_pc(ksp, PCNONE);
  LINNET_CALL(KSPDCDSetRecompute(ksp, 10));
  LINNET_CALL(KSPSetTolerances(ksp, 1e-30, PETSC_DEFAULT, PETSC_DEFAULT, 35));
  LINNET_CALL(KSPSolve(ksp, b, x));
  EXPECT_EQ(counting.products, 35 + 3);
}

TEST(DCD, GivesTheSameBitsTwice) {
  const OwnedMat A = laplacian(25);
  const OwnedVec b = noise(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  set_pc(ksp, PCSOR);
  EXPECT_EQ(solve(ksp, b).history, solve(ksp, b).history);
}

TEST(DCD, SolvesTheTransposedSystem) {
  const OwnedMat A = laplacian(10);
  const OwnedVec b = noise(A), x = zeros(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  set_pc(ksp, PCJACOBI);
  LINNET_CALL(KSPSolveTranspose(ksp, b, x));
  EXPECT_LE(relative_residual(A, x, b), 1e-8);
}

} // namespace
} // namespace linnet::test
