// PCNYSTROM: spectra that are known, the rank it finds, refusals.
#include "mfac/operators.hpp"

using namespace mfac_test;

namespace {

/// H^T diag(eigenvalues) H with H = I - 2 v v^T / (v . v): dense, of that spectrum.
OwnedMat with_spectrum(PetscInt n, const std::function<double(PetscInt)>& eigenvalue) {
  std::vector<double> v(static_cast<std::size_t>(n));
  double square = 0, weighted = 0;
  for (PetscInt i = 0; i < n; i++) {
    v[static_cast<std::size_t>(i)] = mixed(i, 3);
    square += v[static_cast<std::size_t>(i)] * v[static_cast<std::size_t>(i)];
  }
  for (PetscInt i = 0; i < n; i++)
    weighted += eigenvalue(i) * v[static_cast<std::size_t>(i)] * v[static_cast<std::size_t>(i)];
  return dense(n, n, [=](PetscInt i, PetscInt j) { // L - t v (L v)^T - t (L v) v^T + t^2 (v . L v) v v^T
    const double t = 2 / square, a = v[static_cast<std::size_t>(i)], b = v[static_cast<std::size_t>(j)];
    return (i == j ? eigenvalue(i) : 0.0) - t * a * b * (eigenvalue(i) + eigenvalue(j)) + t * t * weighted * a * b;
  });
}

PetscInt iterations(Mat A, PCType type, PetscInt rank, double damping, PC* used = nullptr, OwnedKSP* keep = nullptr) {
  OwnedKSP ksp;
  PC pc = nullptr;
  PetscInt its = -1;
  LinnetInitialize();
  KSPCreate(PETSC_COMM_WORLD, ksp.out());
  KSPSetOperators(ksp, A, A);
  KSPSetType(ksp, KSPCG);
  KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED);
  KSPSetTolerances(ksp, 1e-8, PETSC_DEFAULT, PETSC_DEFAULT, 5000);
  KSPGetPC(ksp, &pc);
  PCSetType(pc, type);
  PCNystromSetRank(pc, rank);
  PCNystromSetDamping(pc, damping);
  const OwnedVec b = noise(A), x = zeros(A);
  EXPECT_EQ(static_cast<int>(KSPSolve(ksp, b, x)), 0);
  EXPECT_LT(relative_residual(A, x, b), 2e-8);
  KSPGetIterationNumber(ksp, &its);
  if (keep) {
    *used = pc;
    *keep = std::move(ksp);
  }
  return its;
}

TEST(Nystrom, IsExactForALowRankAndADamping) {
  const OwnedMat A = with_spectrum(80, [](PetscInt i) { return 0.01 + (i < 10 ? 10.0 + i : 0.0); });
  EXPECT_LE(iterations(A, PCNYSTROM, 20, 0.01), 3);
  EXPECT_GT(iterations(A, PCNONE, 20, 0), 3);
}

TEST(Nystrom, FindsTheEigenvaluesOfASpectrumThatDecays) {
  const OwnedMat A = with_spectrum(120, [](PetscInt i) { return std::pow(0.5, i) + 1e-13; });
  const OwnedPC pc = make_pc(A, PCNYSTROM);
  LINNET_CALL(PCNystromSetRank(pc, 40));
  LINNET_CALL(PCNystromSetAdaptive(pc, PETSC_FALSE));
  LINNET_CALL(PCSetUp(pc));
  PetscInt count = 0;
  const PetscReal* eigenvalues = nullptr;
  LINNET_CALL(PCNystromGetEigenvalues(pc, &count, &eigenvalues));
  ASSERT_EQ(count, 40);
  for (int k = 0; k < 20; k++)
    EXPECT_NEAR(eigenvalues[k] / std::pow(0.5, k), 1, 1e-3) << k;
}

TEST(Nystrom, TakesFewerIterationsWhereTheSpectrumDecays) {
  for (const double alpha : {1.0, 2.0}) {
    const OwnedMat A = with_spectrum(200, [&](PetscInt i) { return std::pow(i + 1.0, -alpha) + 1e-5; });
    EXPECT_LT(2 * iterations(A, PCNYSTROM, 64, 1e-5), iterations(A, PCNONE, 64, 0)) << alpha;
  }
}

TEST(Nystrom, FindsItsRank) {
  PC pc = nullptr;
  OwnedKSP ksp;
  PetscInt count = 0;
  const OwnedMat decays = with_spectrum(200, [](PetscInt i) { return std::pow(0.8, i) + 1e-3; });
  iterations(decays, PCNYSTROM, 150, 1e-3, &pc, &ksp);
  LINNET_CALL(PCNystromGetEigenvalues(pc, &count, nullptr));
  EXPECT_EQ(count, 32) << "0.8^32 is below ten times the damping";
  const OwnedMat slow = with_spectrum(200, [](PetscInt i) { return 1 / (i + 1.0) + 1e-7; });
  iterations(slow, PCNYSTROM, 100, 1e-7, &pc, &ksp);
  LINNET_CALL(PCNystromGetEigenvalues(pc, &count, nullptr));
  EXPECT_EQ(count, 100) << "the largest that is allowed";
  const OwnedMat flat = with_spectrum(200, [](PetscInt) { return 1.0; });
  iterations(flat, PCNYSTROM, 150, 0, &pc, &ksp);
  LINNET_CALL(PCNystromGetEigenvalues(pc, &count, nullptr));
  EXPECT_EQ(count, 32);
}

TEST(Nystrom, TakesARankAboveTheSizeOfTheOperator) {
  const OwnedMat A = with_spectrum(12, [](PetscInt i) { return i + 1.0; });
  EXPECT_LE(iterations(A, PCNYSTROM, 500, 0), 3);
}

TEST(Nystrom, AppliesToSeveralColumnsAndShowsItself) {
  const OwnedMat A = with_spectrum(60, [](PetscInt i) { return 1 / (i + 1.0); });
  const OwnedPC pc = make_pc(A, PCNYSTROM);
  expect_columns_alike(A, pc);
  const std::string text = view_text<PC>(pc, PCView);
  if (first_rank()) {
    EXPECT_NE(text.find("in use: 60, eigenvalues 1"), std::string::npos) << text;
  }
}

TEST(Nystrom, IsTheIdentityWhereTheRestOfTheOperatorIsBelowTheRoundingOfTheDamping) {
  for (const double damping : {0.1, 1e30, 1e150}) {
    const OwnedMat A = with_spectrum(12, [=](PetscInt) { return damping; });
    const OwnedPC pc = make_pc(A, PCNYSTROM);
    LINNET_CALL(PCNystromSetDamping(pc, damping));
    const OwnedVec x = noise(A, 3), z = zeros(A);
    LINNET_CALL(PCApply(pc, x, z));
    PetscReal difference = 0;
    VecAXPY(z, -1, x);
    VecNorm(z, NORM_INFINITY, &difference);
    EXPECT_LT(difference, 1e-12) << damping;
  }
}

TEST(Nystrom, RefusesWhatIsNotPositiveDefinite) {
  const auto refusal = [](Mat A, double damping = 0) {
    const OwnedPC pc = make_pc(A, PCNYSTROM);
    PCNystromSetDamping(pc, damping);
    return error_of([&] { return PCSetUp(pc); });
  };
  const OwnedMat negative = with_spectrum(40, [](PetscInt i) { return i % 2 ? 1.0 : -1.0; }),
                 zero = constant_diagonal(40, 0), rectangular = dense(8, 5), small = constant_diagonal(40, 1),
                 broken = dense(10, 10, [](PetscInt i, PetscInt j) { return i == 3 && j == 3 ? std::nan("") : 1.0; });
  EXPECT_EQ(refusal(negative), PETSC_ERR_MAT_CH_ZRPVT);
  EXPECT_EQ(refusal(zero), PETSC_ERR_MAT_CH_ZRPVT);
  EXPECT_EQ(refusal(broken), PETSC_ERR_MAT_CH_ZRPVT);
  EXPECT_EQ(refusal(small, 2), PETSC_ERR_MAT_CH_ZRPVT) << "the damping is larger than the operator";
  EXPECT_EQ(refusal(rectangular), PETSC_ERR_ARG_SIZ);
}

TEST(Nystrom, KeepsParametersAndRefusesThoseOutOfRange) {
  const OwnedMat A = constant_diagonal(8, 1);
  const OwnedPC pc = make_pc(A, PCNYSTROM);
  PetscInt rank = 0, seed = 0;
  PetscReal damping = -1;
  PetscBool adaptive = PETSC_FALSE;
  LINNET_CALL(PCNystromGetRank(pc, &rank));
  LINNET_CALL(PCNystromGetAdaptive(pc, &adaptive));
  EXPECT_EQ(rank, 256);
  EXPECT_EQ(adaptive, PETSC_TRUE);
  LINNET_CALL(PetscOptionsInsertString(nullptr, "-n_pc_nystrom_rank 7 -n_pc_nystrom_damping 0.5 -n_pc_nystrom_adaptive "
                                                "false -n_pc_nystrom_seed 4"));
  LINNET_CALL(PCSetOptionsPrefix(pc, "n_"));
  LINNET_CALL(PCSetFromOptions(pc));
  LINNET_CALL(PCNystromGetRank(pc, &rank));
  LINNET_CALL(PCNystromGetSeed(pc, &seed));
  LINNET_CALL(PCNystromGetDamping(pc, &damping));
  LINNET_CALL(PCNystromGetAdaptive(pc, &adaptive));
  EXPECT_EQ(rank, 7);
  EXPECT_EQ(seed, 4);
  EXPECT_EQ(damping, 0.5);
  EXPECT_EQ(adaptive, PETSC_FALSE);
  EXPECT_EQ(error_of([&] { return PCNystromSetRank(pc, 0); }), PETSC_ERR_ARG_OUTOFRANGE);
  for (const double bad : {-1.0, std::nan(""), HUGE_VAL})
    EXPECT_EQ(error_of([&] { return PCNystromSetDamping(pc, bad); }), PETSC_ERR_ARG_OUTOFRANGE);
}

} // namespace
