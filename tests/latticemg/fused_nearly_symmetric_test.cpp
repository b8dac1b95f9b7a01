// The fused iteration for matrices that are not quite those of the grid.
#include "latticemg/fused.hpp"

using namespace latticemg_test;
using namespace voxels;

namespace {

// Matrices that are not symmetric by rows that fix their unknown, and by factors of rows: it is told the residuals of
// these, while it solves for the symmetric one.
TEST(Fused, TellsTheResidualsOfMatricesThatAreNearlySymmetric) {
  const Domain d = balls(30, 6, 9);
  for (const bool fixed : {true, false})
    for (const bool factors : {true, false}) {
      const OwnedMat A = system(d, variable(9));
      if (fixed)
        fix_rows(A, 3, [](PetscInt row) { return row % 29 == 0; });
      if (factors)
        multiply_rows(A, [](int row) { return 1e-2 + random(6, static_cast<std::uint64_t>(row)); });
      const OwnedKSP ksp = make_dcd(A, d);
      const OwnedVec b = noise(A), guess = noise(A, 7);
      for (const bool with_guess : {false, true}) {
        SCOPED_TRACE(std::string(fixed ? "fixed rows" : "") + (factors ? ", factors" : "") +
                     (with_guess ? ", guess" : ""));
        KSPDCDSetFused(ksp, PETSC_TRUE);
        const Solve fused = run(ksp, b, with_guess ? static_cast<Vec>(guess) : nullptr);
        KSPDCDSetFused(ksp, PETSC_FALSE);
        const Solve plain = run(ksp, b, with_guess ? static_cast<Vec>(guess) : nullptr);
        EXPECT_TRUE(fused.fused);
        EXPECT_GT(fused.reason, 0);
        EXPECT_LE(relative_residual(A, fused.x, b), 1.001e-6);
        EXPECT_NEAR(fused.history.front(), plain.history.front(), 1e-8 * plain.history.front());
        EXPECT_NEAR(fused.history.back(), relative_residual(A, fused.x, b) * norm_of(b), 1e-3 * fused.history.back());
        EXPECT_LE(fused.iterations, plain.iterations + 1); // the plain one takes an iteration for fixed rows
        EXPECT_GE(fused.iterations, plain.iterations - 2);
      }
      const OwnedVec right = zeros(A);
      MatMult(A, guess, right);
      KSPDCDSetFused(ksp, PETSC_TRUE);
      const Solve solved = run(ksp, right, guess);
      EXPECT_EQ(solved.iterations, 0);
      EXPECT_LE(difference(guess, solved.x), 1e-14);
    }
}

// Upwind convection by a constant velocity v is symmetric by factors like exp(v x / D), over 18 digits here.
TEST(Fused, SolvesForConvectionByAConstantVelocity) {
  const Domain d = box(31, 30, 29);
  const double velocity[] = {0.4, 0.3, 0.7};
  OwnedMat A = system(d, voxel());
  PetscInt first = 0, last = 0;
  LINNET_CALL(MatGetOwnershipRange(A, &first, &last));
  for (PetscInt row = first; row < last; ++row)
    for (int axis = 0; axis < 3; ++axis) { // what comes in from below; nothing comes in at the ends
      const int below = d.neighbour(static_cast<int>(row), 2 * axis);
      if (below >= 0) {
        LINNET_CALL(MatSetValue(A, row, below, -1 - velocity[axis], INSERT_VALUES));
      }
    }
  LINNET_CALL(MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY));
  LINNET_CALL(MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY));
  const OwnedVec sums = zeros(A), ones = zeros(A), b = noise(A);
  LINNET_CALL(VecSet(ones, 1));
  LINNET_CALL(MatMult(A, ones, sums));
  LINNET_CALL(VecScale(sums, -1));
  LINNET_CALL(VecShift(sums, 0.01));
  LINNET_CALL(MatDiagonalSet(A, sums, ADD_VALUES)); // rows sum to 0.01
  for (const PetscBool fused : {PETSC_TRUE, PETSC_FALSE}) {
    const OwnedKSP ksp = make_dcd(A, d);
    KSPDCDSetFused(ksp, fused);
    const Solve s = run(ksp, b);
    EXPECT_EQ(s.fused, fused);
    EXPECT_GT(s.reason, 0);
    EXPECT_LE(s.iterations, 8);
    EXPECT_LE(relative_residual(A, s.x, b), 1.001e-6);
  }
}

// Entries that are rounding of the diagonal are not part of the grid: what they do shows in the last digits only, where
// the plain iteration goes on.
TEST(Fused, AnswersForEntriesThatItLeavesOut) {
  const Domain d = box(20, 18, 19);
  const OwnedMat grid = system(d, variable(4));
  PetscInt first = 0, last = 0;
  OwnedMat stray;
  LINNET_CALL(MatDuplicate(grid, MAT_DO_NOT_COPY_VALUES, stray.out()));
  LINNET_CALL(MatSetOption(stray, MAT_NEW_NONZERO_ALLOCATION_ERR, PETSC_FALSE));
  LINNET_CALL(MatGetOwnershipRange(stray, &first, &last));
  for (PetscInt row = first; row < last; ++row)
    for (const PetscInt column : {row - 7, row + 7})
      if (column >= 0 && column < d.cells()) {
        LINNET_CALL(MatSetValue(stray, row, column, 3e-13, INSERT_VALUES));
      }
  LINNET_CALL(MatAssemblyBegin(stray, MAT_FINAL_ASSEMBLY));
  LINNET_CALL(MatAssemblyEnd(stray, MAT_FINAL_ASSEMBLY));
  LINNET_CALL(MatAXPY(stray, 1, grid, DIFFERENT_NONZERO_PATTERN));
  const OwnedKSP ksp = make_dcd(stray, d), without = make_dcd(grid, d);
  const OwnedVec b = zeros(grid), ones = zeros(grid); // of a large answer
  LINNET_CALL(VecSet(ones, 1));
  LINNET_CALL(MatMult(grid, ones, b));
  for (const double rtol : {1e-6, 1e-13}) {
    KSPSetTolerances(ksp, rtol, PETSC_DEFAULT, PETSC_DEFAULT, 300);
    KSPSetTolerances(without, rtol, PETSC_DEFAULT, PETSC_DEFAULT, 300);
    const Solve s = run(ksp, b), expected = run(without, b);
    EXPECT_GT(s.reason, 0);
    EXPECT_LE(relative_residual(stray, s.x, b), 1.001 * rtol);
    EXPECT_EQ(s.fused, rtol == 1e-6 ? PETSC_TRUE : PETSC_FALSE) << view(ksp);
    EXPECT_LE(s.iterations, expected.iterations + (rtol == 1e-6 ? 0 : 4));
  }
}

} // namespace
