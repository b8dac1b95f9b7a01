// PCMFAC as an object of PETSc: its three sources, parameters, view and refusals.
#include "mfac/operators.hpp"

#include <petsc/private/petscimpl.h>

using namespace mfac_test;

namespace {

OwnedPC make_mfac(Mat A) {
  return make_pc(A, PCMFAC);
}

std::string view(PC pc) {
  return view_text<PC>(pc, PCView);
}

// --- MATLRC: PETSc multiplies, we solve ---

TEST(MFACLowRank, IsTheExactInverseOverAMultipleOfTheIdentity) {
  const OwnedMat base = constant_diagonal(60, 0.3), U = dense(60, 7), A = low_rank(base, U);
  const OwnedPC pc = make_mfac(A);
  EXPECT_LT(defect(A, pc), 1e-12);
  const std::string text = view(pc);
  if (first_rank()) {
    EXPECT_NE(text.find("7 rows from lrc; Gram + Cholesky"), std::string::npos) << text;
  }
}

TEST(MFACLowRank, IsTheExactInverseOverAPositiveDiagonalWithAMiddle) {
  std::vector<double> diagonal(60);
  for (std::size_t i = 0; i < diagonal.size(); i++)
    diagonal[i] = std::pow(10.0, static_cast<double>(i % 7) - 3);
  const OwnedMat base = diagonal_matrix(diagonal), U = dense(60, 4);
  const OwnedVec c = replicated({2, 0, 1e3, 0.5});
  const OwnedMat A = low_rank(base, U, c);
  OwnedPC pc = make_mfac(A);
  EXPECT_LT(defect(A, pc), 1e-9);
  expect_columns_alike(A, pc);
}

TEST(MFACLowRank, TakesMoreColumnsThanRows) {
  const OwnedMat base = constant_diagonal(9, 2), U = dense(9, 20), A = low_rank(base, U);
  const OwnedPC pc = make_mfac(A);
  EXPECT_LT(defect(A, pc), 1e-12);
  PetscMPIInt ranks = 0;
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  const std::string text = view(pc);
  if (ranks == 1) {
    EXPECT_NE(text.find("primal"), std::string::npos);
  }
}

TEST(MFACLowRank, SolvesInOneStepAndFollowsNewValues) {
  const OwnedMat base = constant_diagonal(40, 1), U = dense(40, 5), A = low_rank(base, U);
  OwnedKSP ksp;
  PC pc = nullptr;
  LinnetInitialize();
  KSPCreate(PETSC_COMM_WORLD, ksp.out());
  KSPSetOperators(ksp, A, A);
  KSPSetType(ksp, KSPPREONLY);
  KSPGetPC(ksp, &pc);
  PCSetType(pc, PCMFAC);
  const OwnedVec b = noise(A), x = zeros(A);
  LINNET_CALL(KSPSolve(ksp, b, x));
  EXPECT_LT(relative_residual(A, x, b), 1e-12);
  LINNET_CALL(MatScale(U, 3));
  LINNET_CALL(PetscObjectStateIncrease(reinterpret_cast<PetscObject>(static_cast<Mat>(A))));
  LINNET_CALL(KSPSolve(ksp, b, x));
  EXPECT_LT(relative_residual(A, x, b), 1e-12);
}

TEST(MFACLowRank, AddsADampingToTheBase) {
  const OwnedMat base = constant_diagonal(30, 1), U = dense(30, 5), A = low_rank(base, U);
  const OwnedPC pc = make_mfac(A);
  LINNET_CALL(PCMFACSetDamping(pc, 0.5));
  EXPECT_LT(shifted_defect(A, 0.5, pc), 1e-12);
}

TEST(MFACLowRank, TakesColumnsOfZerosAndNoColumns) {
  const OwnedMat base = constant_diagonal(30, 2), none = dense(30, 0),
                 U = dense(30, 3, [](PetscInt i, PetscInt j) { return j == 1 ? 0.0 : mixed(i, j); });
  for (const Mat columns : {static_cast<Mat>(none), static_cast<Mat>(U)}) {
    const OwnedMat A = low_rank(base, columns);
    const OwnedPC pc = make_mfac(A);
    EXPECT_LT(defect(A, pc), 1e-13);
  }
}

TEST(MFACLowRank, RefusesWhatItCannotInvert) {
  const OwnedMat U = dense(20, 3), V = dense(20, 3, [](PetscInt i, PetscInt j) { return mixed(j, i); });
  const OwnedVec negative = replicated({1, -1, 1});
  const OwnedMat positive = constant_diagonal(20, 1), zero = constant_diagonal(20, 0), coupled = laplacian(4);
  const OwnedMat U16 = dense(16, 3);
  const auto refusal = [](Mat A) {
    const OwnedPC pc = make_mfac(A);
    return error_of([&] { return PCSetUp(pc); });
  };
  const OwnedMat singular = low_rank(zero, U), unsymmetric = low_rank(positive, U, nullptr, V),
                 indefinite = low_rank(positive, U, negative), not_diagonal = low_rank(coupled, U16);
  EXPECT_EQ(refusal(singular), PETSC_ERR_ARG_OUTOFRANGE);
  EXPECT_EQ(refusal(unsymmetric), PETSC_ERR_SUP);
  EXPECT_EQ(refusal(indefinite), PETSC_ERR_SUP);
  EXPECT_EQ(refusal(not_diagonal), PETSC_ERR_SUP);
  for (const double entry : {-1.0, 0.0}) {
    std::vector<double> entries(20, 1.0);
    entries[7] = entry;
    const OwnedMat base = diagonal_matrix(entries), A = low_rank(base, U);
    EXPECT_EQ(refusal(A), PETSC_ERR_ARG_OUTOFRANGE) << entry;
  }
  const OwnedMat bare = low_rank(nullptr, U);
  EXPECT_EQ(refusal(bare), PETSC_ERR_ARG_WRONGSTATE);
  const OwnedMat broken = dense(20, 3, [](PetscInt i, PetscInt j) { return i == 7 && j == 1 ? std::nan("") : 1; }),
                 infinite = low_rank(positive, broken);
  EXPECT_EQ(refusal(infinite), PETSC_ERR_FP);
  EXPECT_EQ(refusal(coupled), PETSC_ERR_SUP) << "a matrix without rows";
}

// --- gradients ---

/// damping z + (1/n) sum g (g . z) - x, relative, for the gradients present
double gradient_defect(PC pc, Mat A, double damping, const std::vector<OwnedVec>& all, std::size_t first,
                       std::size_t end) {
  const OwnedVec x = noise(A, 9), z = zeros(A), r = zeros(A);
  PetscReal norm_r = 0, norm_x = 0;
  EXPECT_EQ(static_cast<int>(PCApply(pc, x, z)), 0);
  VecAXPBYPCZ(r, -1, damping, 0, x, z);
  for (std::size_t k = first; k < end; k++) {
    PetscScalar dot = 0;
    VecDot(all[k], z, &dot);
    VecAXPY(r, dot / static_cast<double>(end - first), all[k]);
  }
  VecNorm(r, NORM_2, &norm_r);
  VecNorm(x, NORM_2, &norm_x);
  return norm_r / norm_x;
}

TEST(MFACGradients, InvertTheirFisherMatrixWhileTheWindowFillsAndSlides) {
  const OwnedMat A = constant_diagonal(50, 1);
  const OwnedPC pc = make_mfac(A);
  LINNET_CALL(PCMFACSetDamping(pc, 0.01));
  LINNET_CALL(PCMFACSetRank(pc, 4));
  LINNET_CALL(PCMFACSetMode(pc, PC_MFAC_WINDOW));
  LINNET_CALL(PCMFACSetSource(pc, PC_MFAC_SOURCE_GRADIENTS));
  std::vector<OwnedVec> all;
  EXPECT_LT(gradient_defect(pc, A, 0.01, all, 0, 0), 1e-14) << "without gradients";
  for (unsigned k = 0; k < 11; k++) {
    all.push_back(noise(A, 20 + k));
    LINNET_CALL(PCMFACAddGradient(pc, all.back()));
    const std::size_t first = all.size() > 4 ? all.size() - 4 : 0;
    EXPECT_LT(gradient_defect(pc, A, 0.01, all, first, all.size()), 1e-11) << k;
  }
  expect_columns_alike(A, pc);
}

TEST(MFACGradients, OfStaticModeAreRefusedWhenTheyAreThere) {
  const OwnedMat A = constant_diagonal(20, 1);
  const OwnedPC pc = make_mfac(A);
  LINNET_CALL(PCMFACSetDamping(pc, 1));
  LINNET_CALL(PCMFACSetRank(pc, 2));
  const OwnedVec g = noise(A);
  LINNET_CALL(PCMFACAddGradient(pc, g));
  LINNET_CALL(PCMFACAddGradient(pc, g));
  EXPECT_EQ(error_of([&] { return PCMFACAddGradient(pc, g); }), PETSC_ERR_ORDER);
  PetscInt rows = 0;
  LINNET_CALL(PCMFACGetRows(pc, &rows, nullptr, nullptr));
  EXPECT_EQ(rows, 2);
  EXPECT_EQ(error_of([&] { return PCMFACSetRank(pc, 5); }), PETSC_ERR_ORDER);
  EXPECT_EQ(error_of([&] { return PCMFACSetDamping(pc, 5); }), PETSC_ERR_ORDER);
}

TEST(MFACGradients, ThatAreNotFiniteChangeNothing) {
  const OwnedMat A = constant_diagonal(20, 1);
  const OwnedPC pc = make_mfac(A);
  LINNET_CALL(PCMFACSetDamping(pc, 1));
  std::vector<OwnedVec> all;
  all.push_back(noise(A));
  LINNET_CALL(PCMFACAddGradient(pc, all.front()));
  const OwnedVec bad = noise(A, 2);
  PetscInt first = 0;
  VecGetOwnershipRange(bad, &first, nullptr);
  if (first == 0)
    VecSetValue(bad, 0, std::nan(""), INSERT_VALUES); // on one rank alone
  VecAssemblyBegin(bad);
  VecAssemblyEnd(bad);
  EXPECT_EQ(error_of([&] { return PCMFACAddGradient(pc, bad); }), PETSC_ERR_FP);
  EXPECT_LT(gradient_defect(pc, A, 1, all, 0, 1), 1e-13);
}

TEST(MFACGradients, NeedADampingAndTheSizeOfTheOperator) {
  const OwnedMat A = constant_diagonal(20, 1), other = constant_diagonal(24, 1);
  const OwnedPC pc = make_mfac(A);
  const OwnedVec g = noise(A), h = noise(other);
  EXPECT_EQ(error_of([&] { return PCMFACAddGradient(pc, g); }), PETSC_ERR_ARG_WRONGSTATE);
  LINNET_CALL(PCMFACSetDamping(pc, 1));
  LINNET_CALL(PCMFACAddGradient(pc, h));
  EXPECT_EQ(error_of([&] { return PCSetUp(pc); }), PETSC_ERR_ARG_SIZ);
  EXPECT_EQ(error_of([&] { return PCMFACAddGradient(pc, g); }), PETSC_ERR_ARG_SIZ);
}

// --- rows ---

TEST(MFACRows, AreTheExactInverseWhenAllAreTaken) {
  const OwnedMat J = dense(30, 50), A = normal(J);
  const OwnedPC pc = make_mfac(A);
  LINNET_CALL(PCMFACSetDamping(pc, 0.2));
  EXPECT_LT(shifted_defect(A, 0.2, pc), 1e-11);
  PetscReal damping = 0;
  PetscInt rows = 0;
  LINNET_CALL(PCMFACGetRows(pc, &rows, &damping, nullptr));
  EXPECT_EQ(rows, 30);
  EXPECT_EQ(damping, 0.2);
}

TEST(MFACRows, AreReadFromASparseMatrixComposedOnTheOperator) {
  const OwnedMat J = laplacian(5), A = constant_diagonal(25, 1), JJ = normal(J);
  LINNET_CALL(PetscObjectCompose(reinterpret_cast<PetscObject>(static_cast<Mat>(A)), "linnet_rows",
                                 reinterpret_cast<PetscObject>(static_cast<Mat>(J))));
  const OwnedPC pc = make_mfac(A);
  LINNET_CALL(PCMFACSetDamping(pc, 0.3));
  EXPECT_LT(shifted_defect(JJ, 0.3, pc), 1e-11);
}

// Rows with singular values i^(-alpha/2): iterations of CG on J^T J + damping I to 1e-8.
PetscInt iterations(double alpha, double damping, PetscInt rank, PCType type, PetscBool* identity = nullptr) {
  const PetscInt n = 400, d = 120;
  const OwnedMat J = dense(
      n, d, [&](PetscInt i, PetscInt j) { return std::pow(j + 1.0, -alpha / 2) * mixed(i, j) * std::sqrt(3.0 / n); });
  // [J; sqrt(damping) I]
  const OwnedMat all = dense(n + d, d, [&](PetscInt i, PetscInt j) {
    return i < n ? std::pow(j + 1.0, -alpha / 2) * mixed(i, j) * std::sqrt(3.0 / n)
                 : (i - n == j ? std::sqrt(damping) : 0.0);
  });
  const OwnedMat A = normal(all);
  PetscObjectCompose(reinterpret_cast<PetscObject>(static_cast<Mat>(A)), "linnet_rows",
                     reinterpret_cast<PetscObject>(static_cast<Mat>(J)));
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
  PCMFACSetDamping(pc, damping);
  PCMFACSetRank(pc, rank);
  PCNystromSetRank(pc, rank);
  const OwnedVec b = noise(A), x = zeros(A);
  EXPECT_EQ(static_cast<int>(KSPSolve(ksp, b, x)), 0);
  EXPECT_LT(relative_residual(A, x, b), 2e-8);
  KSPGetIterationNumber(ksp, &its);
  if (identity)
    PCMFACGetRows(pc, nullptr, nullptr, identity);
  return its;
}

TEST(MFACRows, AreNeverWorseThanNoPreconditioner) {
  for (const double alpha : {0.0, 0.5, 1.0, 2.0})
    for (const double damping : {1e-1, 1e-4}) {
      const PetscInt none = iterations(alpha, damping, 1, PCNONE);
      for (const PetscInt rank : {4, 32, 128})
        EXPECT_LE(iterations(alpha, damping, rank, PCMFAC), none)
            << "alpha " << alpha << ", damping " << damping << ", rank " << rank;
    }
}

TEST(MFACRows, GiveWayToTheIdentityWhereTheSpectrumIsFlatAndHelpWhereItDecays) {
  PetscBool identity = PETSC_FALSE;
  iterations(0, 1e-3, 16, PCMFAC, &identity);
  EXPECT_EQ(identity, PETSC_TRUE);
  const PetscInt with = iterations(2, 1e-4, 128, PCMFAC, &identity);
  EXPECT_EQ(identity, PETSC_FALSE);
  EXPECT_LT(3 * with, 2 * iterations(2, 1e-4, 128, PCNONE));
}

TEST(MFACRows, PreconditionLSQR) {
  const PetscInt n = 300, d = 80;
  const double damping = 1e-4;
  const auto entry = [&](PetscInt i, PetscInt j) {
    return i < n ? mixed(i, j) / (j + 1.0) : (i - n == j ? 1e-2 : 0.0);
  };
  const OwnedMat J = dense(n, d, entry), all = dense(n + d, d, entry), A = normal(all);
  LINNET_CALL(PetscObjectCompose(reinterpret_cast<PetscObject>(static_cast<Mat>(A)), "linnet_rows",
                                 reinterpret_cast<PetscObject>(static_cast<Mat>(J))));
  const auto run = [&](PCType type) {
    OwnedKSP ksp;
    PC pc = nullptr;
    PetscInt its = -1;
    LinnetInitialize();
    KSPCreate(PETSC_COMM_WORLD, ksp.out());
    KSPSetType(ksp, KSPLSQR);
    KSPSetOperators(ksp, all, A);
    KSPSetTolerances(ksp, 1e-10, 1e-50, PETSC_DEFAULT, 2000);
    KSPGetPC(ksp, &pc);
    PCSetType(pc, type);
    PCMFACSetDamping(pc, damping);
    OwnedVec b, x;
    MatCreateVecs(all, x.out(), b.out());
    VecSet(b, 1);
    EXPECT_EQ(static_cast<int>(KSPSolve(ksp, b, x)), 0);
    KSPGetIterationNumber(ksp, &its);
    return its;
  };
  EXPECT_LT(run(PCMFAC), run(PCNONE));
}

TEST(MFACRows, NeedADamping) {
  const OwnedMat J = dense(10, 5), A = normal(J);
  const OwnedPC pc = make_mfac(A);
  EXPECT_EQ(error_of([&] { return PCSetUp(pc); }), PETSC_ERR_ARG_WRONGSTATE);
}

// --- parameters ---

TEST(MFACObject, KeepsWhatItsSettersSetAndReadsItsOptions) {
  const OwnedMat A = constant_diagonal(8, 1);
  const OwnedPC pc = make_mfac(A);
  PetscInt rank = 0, seed = 0;
  PetscReal damping = 0;
  PCMFACMode mode = PC_MFAC_WINDOW;
  PCMFACSource source = PC_MFAC_SOURCE_ROWS;
  PCMFACPrecision precision = PC_MFAC_PRECISION_BF16;
  LINNET_CALL(PCMFACGetRank(pc, &rank));
  LINNET_CALL(PCMFACGetMode(pc, &mode));
  LINNET_CALL(PCMFACGetSource(pc, &source));
  LINNET_CALL(PCMFACGetPrecision(pc, &precision));
  EXPECT_EQ(rank, 128);
  EXPECT_EQ(mode, PC_MFAC_STATIC);
  EXPECT_EQ(source, PC_MFAC_SOURCE_AUTO);
  EXPECT_EQ(precision, PC_MFAC_PRECISION_F64);
  LINNET_CALL(PetscOptionsInsertString(nullptr,
                                       "-q_pc_mfac_rank 9 -q_pc_mfac_damping 0.25 -q_pc_mfac_mode window "
                                       "-q_pc_mfac_source gradients -q_pc_mfac_precision bf16 -q_pc_mfac_seed 3"));
  LINNET_CALL(PCSetOptionsPrefix(pc, "q_"));
  LINNET_CALL(PCSetFromOptions(pc));
  LINNET_CALL(PCMFACGetRank(pc, &rank));
  LINNET_CALL(PCMFACGetSeed(pc, &seed));
  LINNET_CALL(PCMFACGetDamping(pc, &damping));
  LINNET_CALL(PCMFACGetMode(pc, &mode));
  LINNET_CALL(PCMFACGetSource(pc, &source));
  LINNET_CALL(PCMFACGetPrecision(pc, &precision));
  EXPECT_EQ(rank, 9);
  EXPECT_EQ(seed, 3);
  EXPECT_EQ(damping, 0.25);
  EXPECT_EQ(mode, PC_MFAC_WINDOW);
  EXPECT_EQ(source, PC_MFAC_SOURCE_GRADIENTS);
  EXPECT_EQ(precision, PC_MFAC_PRECISION_BF16);
}

TEST(MFACObject, RefusesParametersOutOfRange) {
  const OwnedMat A = constant_diagonal(8, 1);
  const OwnedPC pc = make_mfac(A);
  EXPECT_EQ(error_of([&] { return PCMFACSetRank(pc, 0); }), PETSC_ERR_ARG_OUTOFRANGE);
  for (const double damping : {0.0, -1.0, std::nan(""), HUGE_VAL})
    EXPECT_EQ(error_of([&] { return PCMFACSetDamping(pc, damping); }), PETSC_ERR_ARG_OUTOFRANGE);
  EXPECT_EQ(error_of([&] { return PCMFACSetMode(pc, static_cast<PCMFACMode>(2)); }), PETSC_ERR_ARG_OUTOFRANGE);
  EXPECT_EQ(error_of([&] { return PCMFACSetSource(pc, static_cast<PCMFACSource>(4)); }), PETSC_ERR_ARG_OUTOFRANGE);
  EXPECT_EQ(error_of([&] { return PCMFACSetPrecision(pc, static_cast<PCMFACPrecision>(3)); }),
            PETSC_ERR_ARG_OUTOFRANGE);
  LINNET_CALL(PCMFACSetSource(pc, PC_MFAC_SOURCE_LRC));
  EXPECT_EQ(error_of([&] { return PCSetUp(pc); }), PETSC_ERR_ARG_WRONG);
  LINNET_CALL(PCMFACSetSource(pc, PC_MFAC_SOURCE_ROWS));
  EXPECT_EQ(error_of([&] { return PCSetUp(pc); }), PETSC_ERR_ARG_WRONG);
}

} // namespace
