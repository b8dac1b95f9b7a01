// PCLATTICEMG and matrices that are no M-matrix on a grid: near ones, and refusals.
#include "latticemg/solve.hpp"

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
  PetscBool fused = PETSC_TRUE;
  LINNET_CALL(KSPDCDGetFused(ksp, nullptr, &fused));
  EXPECT_FALSE(fused);
  const std::string text = view(pc_of(ksp));
  if (first_rank()) {
    EXPECT_NE(text.find("row sums below zero taken as zero"), std::string::npos) << text;
  }
  LINNET_CALL(MatShift(A, 0.1));
  EXPECT_EQ(solve(ksp).iterations, without);
  LINNET_CALL(KSPDCDGetFused(ksp, nullptr, &fused));
  EXPECT_TRUE(fused);
}

// On a grid that is solved directly, in single precision.
TEST(LatticeMGObject, InvertsRowsThatFixTheirUnknownTogetherWithThoseThatReferToThem) {
  const OwnedMat A = system(box(10, 9, 1), voxel());
  const OwnedKSP ksp = make_solver(A);
  const OwnedVec x = noise(A), b = zeros(A), z = zeros(A);
  for (const double diagonal : {6.0, 2.0}) {
    fix_rows(A, diagonal, [](PetscInt row) { return row % 10 == 0 || row / 10 == 8; });
    LINNET_CALL(KSPSetUp(ksp));
    for (const bool transpose : {false, true}) {
      LINNET_CALL((transpose ? MatMultTranspose : MatMult)(A, x, b));
      LINNET_CALL((transpose ? PCApplyTranspose : PCApply)(pc_of(ksp), b, z));
      PetscReal error = 0, size = 0;
      LINNET_CALL(VecAXPY(z, -1, x));
      LINNET_CALL(VecNorm(z, NORM_2, &error));
      LINNET_CALL(VecNorm(x, NORM_2, &size));
      EXPECT_LE(error, 1e-5 * size) << "diagonal " << diagonal << (transpose ? ", transpose" : "");
    }
  }
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
    PetscInt iterations[2] = {0, 0};
    for (const bool columns : {false, true}) {
      const OwnedMat A = system(seed % 2 ? box(43, 14, 1) : box(10, 38, 1), jumps);
      fix_rows(
          A, 1, [=](PetscInt row) { return random(seed + 100, static_cast<std::uint64_t>(row)) < 0.05; }, columns);
      const OwnedKSP ksp = make_solver(A, KSPDCD);
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
  const OwnedMat nonsymmetric = owned(voxels::matrix(2, {{0, 0, 2}, {0, 1, -1}, {1, 0, -0.5}, {1, 1, 2}}));
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
