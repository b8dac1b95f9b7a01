// Every safeguard of KSPDCD fires where it must, and convergence is never claimed without the residual to show for it.
#include "ksp/fixture.hpp"

#include <limits>

namespace linnet::test {
namespace {

const double nan = std::numeric_limits<double>::quiet_NaN();

PetscErrorCode copy(Vec r, Vec z) {
  return VecCopy(r, z);
}

/// z = r, but for one application, which `spoil` makes bad on the last rank alone.
ShellPC identity_spoilt_once(int application, std::function<void(PetscScalar*, PetscInt)> spoil) {
  auto count = std::make_shared<int>(0);
  return {[=](Vec r, Vec z) {
    PetscMPIInt rank = 0, size = 0;
    PetscInt n = 0;
    PetscScalar* value = nullptr;
    MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
    MPI_Comm_size(PETSC_COMM_WORLD, &size);
    PetscCall(VecCopy(r, z));
    if (++*count != application || rank != size - 1)
      return static_cast<PetscErrorCode>(0);
    PetscCall(VecGetLocalSize(z, &n));
    PetscCall(VecGetArray(z, &value));
    spoil(value, n);
    return VecRestoreArray(z, &value);
  }};
}

TEST(DCDSafeguard, ReplacesADirectionThatIsNotFinite) {
  const OwnedMat A = laplacian(16);
  const OwnedVec b = noise(A);
  for (const double bad : {nan, std::numeric_limits<double>::infinity()}) {
    for (const KSPNormType norm : {KSP_NORM_UNPRECONDITIONED, KSP_NORM_PRECONDITIONED, KSP_NORM_NATURAL}) {
      ShellPC spoilt = identity_spoilt_once(4, [bad](PetscScalar* z, PetscInt n) { z[n / 2] = bad; });
      const OwnedKSP ksp = make_ksp(KSPDCD, A);
      attach(ksp, spoilt);
      KSPSetNormType(ksp, norm);
      const Outcome outcome = solve(ksp, b);
      EXPECT_GT(outcome.reason, 0);
      EXPECT_EQ(outcome.replaced[KSP_DCD_NOT_FINITE], 1);
      EXPECT_LE(outcome.residual, 1e-7);
    }
  }
}

TEST(DCDSafeguard, EndsAtADirectionThatIsNotFiniteWhenSwitchedOff) {
  const OwnedMat A = laplacian(16);
  const OwnedVec b = noise(A);
  ShellPC spoilt = identity_spoilt_once(4, [](PetscScalar* z, PetscInt) { z[0] = nan; });
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  attach(ksp, spoilt);
  KSPDCDSetSafeguard(ksp, PETSC_FALSE);
  const Outcome outcome = solve(ksp, b);
  EXPECT_EQ(outcome.reason, KSP_DIVERGED_NANORINF);
  EXPECT_EQ(outcome.iterations, 3);
}

TEST(DCDSafeguard, ReplacesADirectionThatDoesNotDescend) {
  const OwnedMat A = laplacian(16);
  const OwnedVec b = noise(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A), jacobi = make_ksp(KSPCG, A);
  ShellPC uphill{negate};
  attach(ksp, uphill);
  set_pc(jacobi, PCJACOBI);
  const Outcome outcome = solve(ksp, b), expected = solve(jacobi, b);
  EXPECT_EQ(outcome.reason, KSP_CONVERGED_RTOL);
  EXPECT_EQ(outcome.replaced[KSP_DCD_NO_DESCENT], outcome.iterations);
  EXPECT_EQ(outcome.iterations, expected.iterations) << "every direction is Jacobi's";
}

TEST(DCDSafeguard, ReplacesAZeroDirection) {
  const OwnedMat A = laplacian(16);
  const OwnedVec b = noise(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  ShellPC zero{[](Vec, Vec z) { return VecSet(z, 0); }};
  attach(ksp, zero);
  const Outcome outcome = solve(ksp, b);
  EXPECT_EQ(outcome.reason, KSP_CONVERGED_RTOL);
  EXPECT_EQ(outcome.replaced[KSP_DCD_NO_DESCENT], outcome.iterations);
}

// A = diag(1, 2, 3, 0): a direction along the last axis has no curvature; b has a part there only by the first
// direction.
TEST(DCDSafeguard, ReplacesADirectionWithoutCurvature) {
  const OwnedMat A = diagonal_matrix({1, 2, 3, 4, 5, 0});
  const OwnedVec b = zeros(A);
  VecSet(b, 1);
  ShellPC towards_the_null_space{[](Vec r, Vec z) {
    PetscCall(VecCopy(r, z));
    PetscCall(VecScale(z, 1e-30));
    PetscCall(VecSetValue(z, 5, 1.0, INSERT_VALUES));
    PetscCall(VecAssemblyBegin(z));
    return VecAssemblyEnd(z);
  }};
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  attach(ksp, towards_the_null_space);
  KSPSetTolerances(ksp, 1e-8, PETSC_DEFAULT, PETSC_DEFAULT, 3);
  const Outcome outcome = solve(ksp, b);
  EXPECT_EQ(outcome.replaced[KSP_DCD_NO_CURVATURE], 3);
  EXPECT_LT(outcome.reason, 0) << "b has a part that A cannot reach";
}

TEST(DCDSafeguard, UsesTheFallbackThatIsSet) {
  const OwnedMat A = laplacian(20);
  const OwnedVec b = noise(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A), reference = make_ksp(KSPCG, A);
  ShellPC useless{[](Vec, Vec z) { return VecSet(z, nan); }};
  PC fallback = nullptr;
  attach(ksp, useless);
  LINNET_CALL(KSPDCDGetFallbackPC(ksp, &fallback));
  LINNET_CALL(PCSetType(fallback, PCSOR));
  set_pc(reference, PCSOR);
  const Outcome outcome = solve(ksp, b), expected = solve(reference, b);
  EXPECT_EQ(outcome.iterations, expected.iterations);
  EXPECT_EQ(outcome.replaced[KSP_DCD_NOT_FINITE], outcome.iterations);
}

TEST(DCDSafeguard, TakesTheResidualWhereTheMatrixHasNoDiagonalToGive) {
  const OwnedMat A = laplacian(12);
  const OwnedVec b = noise(A), x = zeros(A);
  CountingMat shell(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, shell.shell);
  ShellPC useless{[](Vec, Vec z) { return VecSet(z, nan); }};
  attach(ksp, useless);
  EXPECT_EQ(solve(ksp, b, x).reason, KSP_CONVERGED_RTOL);
}

TEST(DCDSafeguard, EndsAtAnIndefiniteOperator) {
  const OwnedKSP ksp = make_ksp(KSPDCD, nullptr);
  for (const PetscInt negative : {0, 7, 19}) {
    std::vector<double> diagonal(20, 1.0);
    for (std::size_t i = 0; i < diagonal.size(); i++)
      diagonal[i] = 1 + static_cast<double>(i);
    diagonal[static_cast<std::size_t>(negative)] *= -1;
    const OwnedMat A = diagonal_matrix(diagonal);
    const OwnedVec b = noise(A, 5);
    KSPReset(ksp);
    KSPSetOperators(ksp, A, A);
    set_pc(ksp, PCNONE);
    EXPECT_EQ(solve(ksp, b).reason, KSP_DIVERGED_INDEFINITE_MAT);
  }
}

TEST(DCDSafeguard, EndsAtANegativeDefiniteOperatorButSolvesItWhenSwitchedOff) {
  const OwnedMat A = laplacian(10);
  MatScale(A, -1);
  const OwnedVec b = noise(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  set_pc(ksp, PCNONE);
  EXPECT_EQ(solve(ksp, b).reason, KSP_DIVERGED_INDEFINITE_MAT);
  KSPDCDSetSafeguard(ksp, PETSC_FALSE);
  const Outcome outcome = solve(ksp, b);
  EXPECT_EQ(outcome.reason, KSP_CONVERGED_RTOL);
  EXPECT_LE(outcome.residual, 1e-8);
}

TEST(DCDSafeguard, EndsAtTheZeroOperator) {
  const OwnedMat A = diagonal_matrix({0, 0, 0, 0});
  const OwnedVec b = noise(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  set_pc(ksp, PCNONE);
  EXPECT_EQ(solve(ksp, b).reason, KSP_DIVERGED_INDEFINITE_MAT);
}

TEST(DCDSafeguard, EndsAtOnceWhenTheMatrixHasANaN) {
  const OwnedMat A = laplacian(8);
  MatSetValue(A, 5, 5, nan, INSERT_VALUES);
  MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
  MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
  const OwnedVec b = noise(A);
  for (const char* pc : {PCNONE, PCJACOBI}) {
    const OwnedKSP ksp = make_ksp(KSPDCD, A);
    set_pc(ksp, pc);
    const Outcome outcome = solve(ksp, b);
    EXPECT_EQ(outcome.reason, KSP_DIVERGED_NANORINF) << pc;
    EXPECT_EQ(outcome.iterations, 0) << pc;
  }
}

TEST(DCDSafeguard, EndsAtOnceWhenTheRightHandSideHasANaN) {
  const OwnedMat A = laplacian(8);
  const OwnedVec b = noise(A);
  VecSetValue(b, 3, nan, INSERT_VALUES);
  VecAssemblyBegin(b);
  VecAssemblyEnd(b);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  set_pc(ksp, PCNONE);
  EXPECT_EQ(solve(ksp, b).reason, KSP_DIVERGED_NANORINF);
}

TEST(DCDSafeguard, ReportsAPreconditionerThatFails) {
  const OwnedMat A = laplacian(8);
  const OwnedVec b = noise(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  PC pc = nullptr;
  ShellPC failing{[&](Vec, Vec z) {
    PetscCall(PCSetFailedReason(pc, PC_SUBPC_ERROR));
    return VecSet(z, nan);
  }};
  attach(ksp, failing);
  KSPGetPC(ksp, &pc);
  EXPECT_EQ(solve(ksp, b).reason, KSP_DIVERGED_PC_FAILED);
}

TEST(DCDSafeguard, HasNoNaturalNormForAnIndefinitePreconditioner) {
  const OwnedMat A = laplacian(8);
  const OwnedVec b = noise(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  ShellPC uphill{negate};
  attach(ksp, uphill);
  KSPSetNormType(ksp, KSP_NORM_NATURAL);
  EXPECT_EQ(solve(ksp, b).reason, KSP_DIVERGED_INDEFINITE_PC);
}

// Diagonal operators and preconditioners of every signature; a converged reason must be true.
TEST(DCDSafeguard, NeverClaimsConvergenceThatTheResidualDoesNotShow) {
  const unsigned n = 4;
  for (unsigned signs_of_A = 0; signs_of_A < 1U << n; signs_of_A++)
    for (unsigned signs_of_M = 0; signs_of_M < 1U << n; signs_of_M++)
      for (const KSPNormType norm : {KSP_NORM_UNPRECONDITIONED, KSP_NORM_PRECONDITIONED, KSP_NORM_NATURAL}) {
        std::vector<double> a(n), m(n);
        for (unsigned i = 0; i < n; i++) {
          a[i] = (signs_of_A >> i & 1U ? -1.0 : 1.0) * (1 + i);
          m[i] = (signs_of_M >> i & 1U ? -1.0 : 1.0) / (2 + i * i);
        }
        const OwnedMat A = diagonal_matrix(a), M = diagonal_matrix(m);
        const OwnedVec b = zeros(A);
        VecSet(b, 1);
        const OwnedKSP ksp = make_ksp(KSPDCD, A);
        ShellPC shell{[&](Vec r, Vec z) { return MatMult(M, r, z); }};
        attach(ksp, shell);
        KSPSetNormType(ksp, norm);
        KSPSetTolerances(ksp, 1e-8, PETSC_DEFAULT, PETSC_DEFAULT, 50);
        const Outcome outcome = solve(ksp, b);
        if (outcome.reason > 0)
          EXPECT_LE(outcome.residual, 1e-6) << signs_of_A << " " << signs_of_M;
        else if (signs_of_A == 0 && norm == KSP_NORM_UNPRECONDITIONED)
          ADD_FAILURE() << "not converged with an SPD operator, preconditioner " << signs_of_M;
      }
}

// cond(A) = 1e14: the recurrence passes 1e-15 while the true residual cannot.
TEST(DCDSafeguard, GivesUpWhereRoundingForbidsTheTolerance) {
  std::vector<double> diagonal(60);
  for (std::size_t i = 0; i < diagonal.size(); i++)
    diagonal[i] = std::pow(10.0, -14.0 * static_cast<double>(i) / 59);
  const OwnedMat D = diagonal_matrix(diagonal);
  const OwnedMat A = banded_matrix(60, 1, [&](PetscInt i, PetscInt j) {
    const double di = diagonal[static_cast<std::size_t>(i)], dj = diagonal[static_cast<std::size_t>(j)];
    return i == j ? di : 0.4 * std::min(di, dj);
  });
  const OwnedVec b = noise(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  set_pc(ksp, PCJACOBI);
  KSPSetTolerances(ksp, 1e-17, 1e-300, PETSC_DEFAULT, 100000);
  const Outcome outcome = solve(ksp, b);
  EXPECT_EQ(outcome.reason, KSP_DIVERGED_BREAKDOWN);
  EXPECT_LT(outcome.iterations, 100000);
}

TEST(DCDSafeguard, CopesWithTheResidualAsDirection) {
  const OwnedMat A = laplacian(8);
  const OwnedVec b = noise(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  ShellPC identity{copy};
  attach(ksp, identity);
  EXPECT_EQ(solve(ksp, b).replaced, (std::array<PetscInt, KSP_DCD_REPLACEMENT_KINDS>{}));
}

} // namespace
} // namespace linnet::test
