// PCLATTICEMG and matrices that are no M-matrix on a grid: near ones, and refusals.
#include "latticemg/solve.hpp"

#include <cmath>

using namespace latticemg_test;
using namespace voxels;

namespace {

// -Laplace - s with the least eigenvalue of -Laplace, 12 sin^2(pi / 26) = 0.174, above s: positive definite.
TEST(LatticeMGObject, PreconditionsRowsThatSumToLessThanZeroByTheMMatrixNearby) {
  const Domain domain = box(12, 12, 12);
  const Coefficients dirichlet{voxel().coupling, [](const Domain& d, int c) {
                                 double sides = 0;
                                 for (int direction = 0; direction < 6; ++direction)
                                   sides += d.neighbour(c, direction) < 0;
                                 return sides;
                               }};
  const OwnedMat A = system(domain, dirichlet);
  const OwnedKSP ksp = make_solver(A, KSPDCD);
  const PetscInt without = solve(ksp).iterations;
  LINNET_CALL(MatShift(A, -0.1));
  const Outcome shifted = solve(ksp);
  EXPECT_GT(shifted.reason, 0);
  EXPECT_LE(shifted.residual, 1.01e-6);
  EXPECT_LE(shifted.iterations, without + 3);
  PetscBool fused = PETSC_FALSE;
  LINNET_CALL(KSPDCDGetFused(ksp, nullptr, &fused));
  EXPECT_TRUE(fused);
  const std::string text = view(pc_of(ksp));
  if (first_rank()) {
    EXPECT_NE(text.find("row sums below zero taken as zero on coarser grids"), std::string::npos) << text;
  }
  LINNET_CALL(MatShift(A, 0.1));
  EXPECT_EQ(solve(ksp).iterations, without);
  LINNET_CALL(KSPDCDGetFused(ksp, nullptr, &fused));
  EXPECT_TRUE(fused);
}

// M A = I and M^T A^T = I on a grid that is solved directly, in single precision.
void expect_inverse(Mat A, double what) {
  const OwnedKSP ksp = make_solver(A);
  const OwnedVec x = noise(A), b = zeros(A), z = zeros(A);
  LINNET_CALL(KSPSetUp(ksp));
  for (const bool transpose : {false, true}) {
    LINNET_CALL((transpose ? MatMultTranspose : MatMult)(A, x, b));
    LINNET_CALL((transpose ? PCApplyTranspose : PCApply)(pc_of(ksp), b, z));
    PetscReal error = 0, size = 0;
    LINNET_CALL(VecAXPY(z, -1, x));
    LINNET_CALL(VecNorm(z, NORM_2, &error));
    LINNET_CALL(VecNorm(x, NORM_2, &size));
    EXPECT_LE(error, 1e-5 * size) << what << (transpose ? ", transpose" : "");
  }
}

TEST(LatticeMGObject, InvertsRowsThatFixTheirUnknownTogetherWithThoseThatReferToThem) {
  const OwnedMat A = system(box(10, 9, 1), voxel());
  for (const double diagonal : {6.0, 2.0}) {
    fix_rows(A, diagonal, [](PetscInt row) { return row % 10 == 0 || row / 10 == 8; });
    expect_inverse(A, diagonal);
  }
}

double volume(int row) {
  return std::pow(10, 2 * random(5, static_cast<std::uint64_t>(row)));
}

// Likewise; rows that fix their unknown among them.
TEST(LatticeMGObject, InvertsMatricesThatFactorsOfRowsMakeSymmetric) {
  for (const double sign : {1.0, -1.0})
    for (const bool fixed : {false, true}) {
      const OwnedMat A = system(box(10, 9, 1), variable(3));
      if (fixed)
        fix_rows(A, 3, [](PetscInt row) { return row % 10 == 0 || row == 44; });
      multiply_rows(A, [&](int row) { return sign / volume(row); });
      expect_inverse(A, sign * (fixed ? 2 : 1));
    }
  const OwnedMat A = system(box(10, 9, 1), voxel());
  LINNET_CALL(MatScale(A, -1));
  expect_inverse(A, 0);
}

// In the inner product of the factors; what it tells are norms of the residual of the matrix as it is.
TEST(LatticeMGObject, OfMatricesThatFactorsOfRowsMakeSymmetricHasTheIterationsOfThese) {
  const Domain d = largest_component(balls(40, 12, 5));
  for (const Coefficients& coefficients : {voxel(), variable(2)}) {
    const OwnedMat symmetric = system(d, coefficients);
    const PetscInt expected = solve(make_solver(symmetric, KSPDCD)).iterations;
    for (const bool volumes : {false, true}) {
      const OwnedMat A = system(d, coefficients);
      multiply_rows(A, [&](int row) { return volumes ? 1 / volume(row) : -1; });
      for (const bool fused : {true, false}) {
        const OwnedKSP ksp = make_solver(A, KSPDCD);
        PetscReal told = 0, first = 0;
        PetscBool taken = PETSC_FALSE;
        LINNET_CALL(KSPDCDSetFused(ksp, fused ? PETSC_TRUE : PETSC_FALSE));
        const Outcome outcome = solve(ksp);
        LINNET_CALL(KSPDCDGetFused(ksp, nullptr, &taken));
        EXPECT_EQ(taken, fused ? PETSC_TRUE : PETSC_FALSE);
        EXPECT_GT(outcome.reason, 0);
        EXPECT_LE(outcome.residual, 1.001e-6);
        EXPECT_LE(std::abs(outcome.iterations - expected), 1);
        LINNET_CALL(KSPGetResidualNorm(ksp, &told));
        LINNET_CALL(VecNorm(noise(A), NORM_2, &first));
        EXPECT_NEAR(told, outcome.residual * first, 1e-4 * told);
      }
      const OwnedKSP other = make_solver(A, volumes ? KSPGMRES : KSPCG); // CG takes both signs
      LINNET_CALL(KSPSetPCSide(other, volumes ? PC_RIGHT : PC_LEFT));
      const Outcome outcome = solve(other);
      EXPECT_GT(outcome.reason, 0);
      EXPECT_LE(outcome.iterations, expected + 3);
    }
  }
}

TEST(LatticeMGObject, SolvesTheTransposeByInverseFactors) {
  const OwnedMat A = system(largest_component(balls(24, 6, 5)), variable(2));
  multiply_rows(A, [](int row) { return 1 / volume(row); });
  const OwnedKSP ksp = make_solver(A, KSPDCD);
  const OwnedVec b = noise(A), x = zeros(A), Ax = zeros(A);
  PetscReal left = 0, all = 0;
  PetscInt iterations = 0;
  LINNET_CALL(KSPSolveTranspose(ksp, b, x));
  LINNET_CALL(KSPGetIterationNumber(ksp, &iterations));
  EXPECT_LE(iterations, 8);
  LINNET_CALL(MatMultTranspose(A, x, Ax));
  LINNET_CALL(VecAXPY(Ax, -1, b));
  LINNET_CALL(VecNorm(Ax, NORM_2, &left));
  LINNET_CALL(VecNorm(b, NORM_2, &all));
  EXPECT_LE(left, 1.001e-6 * all);
}

// What is left is symmetric then, as if their columns were zero too: otherwise steps of conjugate gradients leave
// something on the fixed rows, which grows where coefficients jump.
TEST(LatticeMGObject, HasRowsThatFixTheirUnknownSolvedFirstByDCD) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const auto coefficient = [=](int c) { return random(seed, static_cast<std::uint64_t>(c)) < 0.5 ? 1.0 : 1000.0; };
    const Coefficients jumps{[=](const Domain& d, int c, int axis) {
                               const double own = coefficient(c), other = coefficient(d.neighbour(c, 2 * axis + 1));
                               return 2 * own * other / (own + other);
                             },
                             [](const Domain&, int c) { return c == 0 ? 1.0 : 0.0; }};
    for (const PetscBool fused : {PETSC_FALSE, PETSC_TRUE}) {
      PetscInt iterations[2] = {0, 0};
      for (const bool columns : {false, true}) {
        const OwnedMat A = system(seed % 2 ? box(43, 14, 1) : box(10, 38, 1), jumps);
        fix_rows(
            A, 1, [=](PetscInt row) { return random(seed + 100, static_cast<std::uint64_t>(row)) < 0.05; }, columns);
        const OwnedKSP ksp = make_solver(A, KSPDCD);
        LINNET_CALL(KSPDCDSetFused(ksp, fused));
        LINNET_CALL(KSPSetTolerances(ksp, 1e-9, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
        const Outcome outcome = solve(ksp);
        EXPECT_GT(outcome.reason, 0) << "seed " << seed;
        EXPECT_LE(outcome.residual, 1.01e-9);
        iterations[columns] = outcome.iterations;
      }
      // Three digits more: what they say is as large as the couplings.
      EXPECT_LE(iterations[0], iterations[1] + 5) << "seed " << seed << ": " << iterations[1];
    }
  }
}

TEST(LatticeMGObject, TakesMatricesOfOtherTypes) {
  const OwnedMat plain = system(largest_component(balls(24, 6, 5)), variable(2));
  const PetscInt expected = solve(make_solver(plain, KSPDCD)).iterations;
  for (const char* type : {MATSBAIJ, MATBAIJ, MATIS}) {
    OwnedMat A;
    LINNET_CALL(MatSetOption(plain, MAT_SYMMETRIC, PETSC_TRUE));
    LINNET_CALL(MatConvert(plain, type, MAT_INITIAL_MATRIX, A.out()));
    const OwnedKSP ksp = make_solver(A, KSPDCD);
    const Outcome outcome = solve(ksp);
    EXPECT_GT(outcome.reason, 0) << type;
    EXPECT_LE(outcome.residual, 1.001e-6) << type;
    EXPECT_EQ(outcome.iterations, expected) << type;
    LINNET_CALL(MatScale(A, 3)); // new values
    EXPECT_LE(solve(ksp).residual, 1.001e-6) << type;
  }
}

TEST(LatticeMGObject, SaysInOneLineWhyItRefuses) {
  const auto message_of = [](Mat A) {
    static std::string message;
    message.clear();
    const OwnedKSP ksp = make_solver(A);
    PetscPushErrorHandler(
        [](MPI_Comm, int, const char*, const char*, PetscErrorCode code, PetscErrorType type, const char* text, void*) {
          if (type == PETSC_ERROR_INITIAL)
            message = text;
          return code;
        },
        nullptr);
    EXPECT_EQ(PCSetUp(pc_of(ksp)), PETSC_ERR_SUP);
    PetscPopErrorHandler();
    return message;
  };
  Coefficients negative = voxel(), indefinite = voxel();
  negative.coupling = [](const Domain&, int c, int) { return c == 7 ? -0.5 : 1; };
  indefinite.excess = [](const Domain&, int) { return -7; };
  const OwnedMat no_lattice = owned(graph(5, {{0, 1}, {1, 2}, {2, 0}, {3, 4}}));
  const OwnedMat coupling = system(box(6, 6, 6), negative), excess = system(box(6, 6, 6), indefinite);
  const OwnedMat nonsymmetric = system(box(6, 6, 6), voxel());
  LINNET_CALL(MatSetValue(nonsymmetric, 0, 1, -0.5, INSERT_VALUES));
  LINNET_CALL(MatAssemblyBegin(nonsymmetric, MAT_FINAL_ASSEMBLY));
  LINNET_CALL(MatAssemblyEnd(nonsymmetric, MAT_FINAL_ASSEMBLY));
  for (const auto& [A, expected] : {std::pair<Mat, const char*>{no_lattice, "latticemg refused: "},
                                    {coupling, "latticemg refused: a coupling is -0.5"},
                                    {excess, "the diagonal of cell (0, 0, 0) is -4: "},
                                    {nonsymmetric, "not symmetric"}}) {
    const std::string message = message_of(A);
    EXPECT_NE(message.find(expected), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

} // namespace
