// KSPDCD as an object of PETSc: parameters, options, prefixes, view, monitors, reasons, reuse.
#include "ksp/fixture.hpp"

namespace linnet::test {
namespace {

std::string view(KSP ksp) {
  return view_text<KSP>(ksp, KSPView);
}

TEST(DCDObject, KeepsWhatItsSettersSet) {
  const OwnedMat A = laplacian(4);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  PetscInt directions = 0, recompute = 0;
  PetscBool safeguard = PETSC_TRUE;
  LINNET_CALL(KSPDCDGetDirections(ksp, &directions));
  LINNET_CALL(KSPDCDGetRecompute(ksp, &recompute));
  EXPECT_EQ(directions, 2);
  EXPECT_EQ(recompute, 50);
  LINNET_CALL(KSPDCDSetDirections(ksp, -1));
  LINNET_CALL(KSPDCDSetRecompute(ksp, 7));
  LINNET_CALL(KSPDCDSetSafeguard(ksp, PETSC_FALSE));
  LINNET_CALL(KSPDCDGetDirections(ksp, &directions));
  LINNET_CALL(KSPDCDGetRecompute(ksp, &recompute));
  LINNET_CALL(KSPDCDGetSafeguard(ksp, &safeguard));
  EXPECT_EQ(directions, -1);
  EXPECT_EQ(recompute, 7);
  EXPECT_FALSE(safeguard);
}

TEST(DCDObject, RefusesParametersOutOfRange) {
  const OwnedMat A = laplacian(4);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  LINNET_CALL(PetscPushErrorHandler(PetscReturnErrorHandler, nullptr));
  EXPECT_EQ(KSPDCDSetDirections(ksp, -2), PETSC_ERR_ARG_OUTOFRANGE);
  EXPECT_EQ(KSPDCDSetRecompute(ksp, -1), PETSC_ERR_ARG_OUTOFRANGE);
  LINNET_CALL(PetscPopErrorHandler());
}

TEST(DCDObject, IgnoresItsSettersOnOtherTypes) {
  const OwnedMat A = laplacian(4);
  const OwnedKSP ksp = make_ksp(KSPCG, A);
  LINNET_CALL(KSPDCDSetDirections(ksp, 3));
}

TEST(DCDObject, ReadsItsOptionsUnderAPrefix) {
  const OwnedMat A = laplacian(4);
  const OwnedKSP ksp = make_ksp(KSPCG, A);
  PetscInt directions = 0, recompute = 0;
  PetscBool safeguard = PETSC_TRUE, sor = PETSC_FALSE;
  PC fallback = nullptr;
  LINNET_CALL(PetscOptionsInsertString(nullptr, "-p_ksp_type dcd -p_ksp_dcd_directions 5 -p_ksp_dcd_recompute 11 "
                                                "-p_ksp_dcd_safeguard false -p_ksp_dcd_fallback_pc_type sor"));
  LINNET_CALL(KSPSetOptionsPrefix(ksp, "p_"));
  LINNET_CALL(KSPSetFromOptions(ksp));
  LINNET_CALL(KSPDCDGetDirections(ksp, &directions));
  LINNET_CALL(KSPDCDGetRecompute(ksp, &recompute));
  LINNET_CALL(KSPDCDGetSafeguard(ksp, &safeguard));
  LINNET_CALL(KSPDCDGetFallbackPC(ksp, &fallback));
  LINNET_CALL(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(fallback), PCSOR, &sor));
  EXPECT_EQ(directions, 5);
  EXPECT_EQ(recompute, 11);
  EXPECT_FALSE(safeguard);
  EXPECT_TRUE(sor);
  for (const char* option : {"-p_ksp_type", "-p_ksp_dcd_directions", "-p_ksp_dcd_recompute", "-p_ksp_dcd_safeguard",
                             "-p_ksp_dcd_fallback_pc_type"})
    LINNET_CALL(PetscOptionsClearValue(nullptr, option));
}

TEST(DCDObject, ShowsEveryParameterThatAffectsTheAnswer) {
  const OwnedMat A = laplacian(8);
  const OwnedVec b = noise(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  ShellPC uphill{negate};
  attach(ksp, uphill);
  const PetscInt iterations = solve(ksp, b).iterations;
  const std::string text = view(ksp);
  if (!first_rank())
    return;
  EXPECT_NE(text.find("type: dcd"), std::string::npos) << text;
  EXPECT_NE(text.find("previous directions kept: 2"), std::string::npos) << text;
  EXPECT_NE(text.find("recomputed every 50 iterations"), std::string::npos) << text;
  EXPECT_NE(text.find("0 not finite, " + std::to_string(iterations) + " no descent, 0 no curvature"), std::string::npos)
      << text;
  EXPECT_NE(text.find("type: jacobi"), std::string::npos) << text;
}

TEST(DCDObject, CallsMonitorAndHistoryAtEveryIteration) {
  const OwnedMat A = laplacian(12);
  const OwnedVec b = noise(A);
  for (const KSPNormType norm : {KSP_NORM_UNPRECONDITIONED, KSP_NORM_PRECONDITIONED, KSP_NORM_NATURAL}) {
    const OwnedKSP ksp = make_ksp(KSPDCD, A);
    std::vector<std::pair<PetscInt, double>> seen;
    set_pc(ksp, PCSOR);
    LINNET_CALL(KSPSetNormType(ksp, norm));
    LINNET_CALL(KSPMonitorSet(
        ksp,
        [](KSP, PetscInt iteration, PetscReal value, void* log) {
          static_cast<std::vector<std::pair<PetscInt, double>>*>(log)->emplace_back(iteration, value);
          return PetscErrorCode(0);
        },
        &seen, nullptr));
    const Outcome outcome = solve(ksp, b);
    ASSERT_EQ(seen.size(), static_cast<std::size_t>(outcome.iterations) + 1);
    ASSERT_EQ(outcome.history.size(), seen.size());
    for (std::size_t i = 0; i < seen.size(); i++) {
      EXPECT_EQ(seen[i].first, static_cast<PetscInt>(i));
      EXPECT_EQ(seen[i].second, outcome.history[i]);
    }
  }
}

TEST(DCDObject, GivesTheReasonForEachEnd) {
  const OwnedMat A = laplacian(12);
  const OwnedVec b = noise(A), zero = zeros(A), x = zeros(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  set_pc(ksp, PCJACOBI);
  EXPECT_EQ(solve(ksp, b).reason, KSP_CONVERGED_RTOL);

  LINNET_CALL(KSPSetTolerances(ksp, 1e-8, PETSC_DEFAULT, PETSC_DEFAULT, 3));
  EXPECT_EQ(solve(ksp, b).reason, KSP_DIVERGED_ITS);
  EXPECT_EQ(solve(ksp, b).iterations, 3);

  LINNET_CALL(KSPSetTolerances(ksp, 1e-30, 1e-2, PETSC_DEFAULT, 1000));
  EXPECT_EQ(solve(ksp, b).reason, KSP_CONVERGED_ATOL);

  LINNET_CALL(KSPSolve(ksp, zero, x));
  KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
  LINNET_CALL(KSPGetConvergedReason(ksp, &reason));
  EXPECT_EQ(reason, KSP_CONVERGED_ATOL) << "b = 0";

  LINNET_CALL(KSPSetTolerances(ksp, 1e-30, 1e-30, 1.0 + 1e-9, 1000));
  set_pc(ksp, PCNONE);
  LINNET_CALL(KSPDCDSetDirections(ksp, 2));
  const OwnedVec smooth = zeros(A);
  LINNET_CALL(VecSet(smooth, 1));
  EXPECT_EQ(solve(ksp, smooth).reason, KSP_DIVERGED_DTOL) << "CG's residual norm rises from a smooth right-hand side";
}

TEST(DCDObject, ConvergesAtOnceFromTheSolution) {
  const OwnedMat A = laplacian(12);
  const OwnedVec x = noise(A), b = zeros(A);
  LINNET_CALL(MatMult(A, x, b));
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  set_pc(ksp, PCJACOBI);
  LINNET_CALL(KSPSetInitialGuessNonzero(ksp, PETSC_TRUE));
  EXPECT_EQ(solve(ksp, b, x).iterations, 0);
}

TEST(DCDObject, IsReusedForOtherSizesParametersAndOperators) {
  const OwnedMat small = laplacian(7), large = laplacian(18);
  const OwnedKSP ksp = make_ksp(KSPDCD, small);
  set_pc(ksp, PCJACOBI);
  EXPECT_LE(solve(ksp, noise(small)).residual, 1e-8);
  for (const PetscInt directions : {0, 4, -1, 1, 2}) {
    LINNET_CALL(KSPDCDSetDirections(ksp, directions));
    EXPECT_LE(solve(ksp, noise(small)).residual, 1e-8) << directions;
  }
  LINNET_CALL(MatShift(small, 3));
  EXPECT_LE(solve(ksp, noise(small)).residual, 1e-8) << "new values";
  LINNET_CALL(KSPReset(ksp));
  LINNET_CALL(KSPSetOperators(ksp, large, large));
  EXPECT_LE(solve(ksp, noise(large)).residual, 1e-8) << "new size";
  LINNET_CALL(KSPSetType(ksp, KSPCG));
  LINNET_CALL(KSPSetType(ksp, KSPDCD));
  EXPECT_LE(solve(ksp, noise(large)).residual, 1e-8) << "there and back";
}

TEST(DCDObject, SolvesASystemOfOneUnknown) {
  const OwnedMat A = diagonal_matrix({4});
  const OwnedVec b = noise(A);
  const OwnedKSP ksp = make_ksp(KSPDCD, A);
  set_pc(ksp, PCNONE);
  for (const KSPNormType norm : {KSP_NORM_UNPRECONDITIONED, KSP_NORM_NONE}) {
    LINNET_CALL(KSPSetNormType(ksp, norm));
    const Outcome outcome = solve(ksp, b);
    EXPECT_GT(outcome.reason, 0);
    EXPECT_LE(outcome.residual, 1e-15);
  }
}

TEST(DCDObject, RegistersOnceHoweverOftenItIsAsked) {
  LINNET_CALL(LinnetInitialize());
  LINNET_CALL(LinnetInitialize());
}

} // namespace
} // namespace linnet::test
