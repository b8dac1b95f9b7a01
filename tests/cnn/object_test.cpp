// PCCNN as an object of PETSc: what it takes in iterations, parameters, options, fallbacks, refusals, ranks.
#include "latticemg/solve.hpp"
#include "support/bf16.hpp"

#include <cstdio>

using namespace latticemg_test;
using namespace voxels;

namespace {

// With the convolutional network for grids of so many dimensions.
OwnedKSP cnn_solver(Mat A, int dimension = 3) {
  OwnedKSP ksp = make_solver(A, KSPDCD);
  PCSetType(pc_of(ksp), PCCNN);
  PCCNNSetModel(pc_of(ksp), dimension == 3 ? "hybrid3d" : "hybrid2d");
  return ksp;
}

bool first_rank() {
  PetscMPIInt rank = 0;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  return rank == 0;
}

PetscInt iterations_of_icc(Mat A) {
  const OwnedKSP ksp = make_solver(A);
  PetscMPIInt ranks = 0;
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  PCSetType(pc_of(ksp), ranks > 1 ? PCBJACOBI : PCICC);
  return solve(ksp).iterations;
}

std::string fallback_reason(PC pc) {
  const char *type = nullptr, *why = nullptr;
  EXPECT_EQ(static_cast<int>(PCCNNGetFallback(pc, &type, &why)), 0);
  return why;
}

TEST(CNNObject, TakesAThirdOfTheIterationsOfIncompleteCholesky) {
  for (const Domain& domain : {largest_component(balls(32, 8, 5)), largest_component(noise(64, 61, 1, 0.05, 3))}) {
    const OwnedMat A = system(domain, voxel());
    const OwnedKSP ksp = cnn_solver(A, domain.size[2] > 1 ? 3 : 2);
    const Outcome outcome = solve(ksp);
    EXPECT_GT(outcome.reason, 0);
    EXPECT_LE(outcome.residual, 1.01e-6);
    EXPECT_EQ(fallback_reason(pc_of(ksp)), "");
    EXPECT_LE(3 * outcome.iterations, iterations_of_icc(A));
  }
}

TEST(CNNObject, TakesThemWithTheReferenceBackendAndInEitherPrecisionToo) {
  const OwnedMat A = system(largest_component(balls(20, 4, 5)), voxel());
  std::vector<PetscInt> counts;
  for (const auto& [precision, backend] :
       {std::pair{PC_CNN_PRECISION_F32, PC_CNN_BACKEND_REFERENCE},
        std::pair{PC_CNN_PRECISION_F32, PC_CNN_BACKEND_ONEDNN},
        std::pair{has_bf16() ? PC_CNN_PRECISION_BF16 : PC_CNN_PRECISION_F32, PC_CNN_BACKEND_ONEDNN}}) {
    const OwnedKSP ksp = cnn_solver(A);
    LINNET_CALL(PCCNNSetPrecision(pc_of(ksp), precision));
    LINNET_CALL(PCCNNSetBackend(pc_of(ksp), backend));
    counts.push_back(solve(ksp).iterations);
  }
  EXPECT_EQ(counts[0], counts[1]);
  EXPECT_LE(std::abs(counts[0] - counts[2]), 1);
}

TEST(CNNObject, KeepsWhatItsSettersSet) {
  const OwnedMat A = system(box(8, 8, 8), voxel());
  OwnedKSP ksp = make_solver(A, KSPDCD);
  LINNET_CALL(PCSetType(pc_of(ksp), PCCNN));
  PC pc = pc_of(ksp);
  const char *model = nullptr, *type = nullptr;
  PCCNNPrecision precision = PC_CNN_PRECISION_BF16;
  PCCNNBackend backend = PC_CNN_BACKEND_REFERENCE;
  PetscInt threads = 0, grid[3];
  LINNET_CALL(PCCNNGetModel(pc, &model));
  LINNET_CALL(PCCNNGetPrecision(pc, &precision));
  LINNET_CALL(PCCNNGetBackend(pc, &backend));
  LINNET_CALL(PCCNNGetFallback(pc, &type, nullptr));
  EXPECT_STREQ(model, "");
  EXPECT_EQ(precision, PC_CNN_PRECISION_AUTO);
  EXPECT_EQ(backend, PC_CNN_BACKEND_ONEDNN);
  EXPECT_STREQ(type, PCLATTICEMG);
  LINNET_CALL(PCCNNSetModel(pc, "hybrid3d"));
  LINNET_CALL(PCCNNSetThreads(pc, 2));
  LINNET_CALL(PCCNNSetGrid(pc, 4, 5, 6));
  LINNET_CALL(PCCNNSetFallback(pc, PCJACOBI));
  LINNET_CALL(PCCNNGetModel(pc, &model));
  LINNET_CALL(PCCNNGetThreads(pc, &threads));
  LINNET_CALL(PCCNNGetGrid(pc, &grid[0], &grid[1], &grid[2]));
  LINNET_CALL(PCCNNGetFallback(pc, &type, nullptr));
  EXPECT_STREQ(model, "hybrid3d");
  EXPECT_EQ(threads, 2);
  EXPECT_EQ(grid[0] + 10 * grid[1] + 100 * grid[2], 654);
  EXPECT_STREQ(type, PCJACOBI);
}

TEST(CNNObject, ReadsItsOptionsUnderAPrefix) {
  const OwnedMat A = system(box(8, 8, 8), voxel());
  const OwnedKSP ksp = cnn_solver(A);
  PC pc = pc_of(ksp);
  LINNET_CALL(PetscOptionsInsertString(
      nullptr, "-q_pc_cnn_model hybrid2d -q_pc_cnn_precision f32 -q_pc_cnn_backend reference -q_pc_cnn_threads 3 "
               "-q_pc_cnn_grid 7,8,9 -q_pc_cnn_fallback none"));
  LINNET_CALL(KSPSetOptionsPrefix(ksp, "q_"));
  LINNET_CALL(KSPSetFromOptions(ksp));
  const char *model = nullptr, *type = nullptr;
  PCCNNPrecision precision = PC_CNN_PRECISION_AUTO;
  PCCNNBackend backend = PC_CNN_BACKEND_ONEDNN;
  PetscInt threads = 0, grid[3];
  LINNET_CALL(PCCNNGetModel(pc, &model));
  LINNET_CALL(PCCNNGetPrecision(pc, &precision));
  LINNET_CALL(PCCNNGetBackend(pc, &backend));
  LINNET_CALL(PCCNNGetThreads(pc, &threads));
  LINNET_CALL(PCCNNGetGrid(pc, &grid[0], &grid[1], &grid[2]));
  LINNET_CALL(PCCNNGetFallback(pc, &type, nullptr));
  EXPECT_STREQ(model, "hybrid2d");
  EXPECT_EQ(precision, PC_CNN_PRECISION_F32);
  EXPECT_EQ(backend, PC_CNN_BACKEND_REFERENCE);
  EXPECT_EQ(threads, 3);
  EXPECT_EQ(grid[0] + 10 * grid[1] + 100 * grid[2], 987);
  EXPECT_STREQ(type, "none");
  for (const char* option : {"-q_pc_cnn_model", "-q_pc_cnn_precision", "-q_pc_cnn_backend", "-q_pc_cnn_threads",
                             "-q_pc_cnn_grid", "-q_pc_cnn_fallback"})
    LINNET_CALL(PetscOptionsClearValue(nullptr, option));
}

TEST(CNNObject, RefusesParametersOutOfRange) {
  const OwnedMat A = system(box(4, 4, 4), voxel());
  const OwnedKSP ksp = cnn_solver(A);
  PC pc = pc_of(ksp);
  LINNET_CALL(PetscPushErrorHandler(PetscReturnErrorHandler, nullptr));
  EXPECT_EQ(PCCNNSetPrecision(pc, static_cast<PCCNNPrecision>(3)), PETSC_ERR_ARG_OUTOFRANGE);
  EXPECT_EQ(PCCNNSetThreads(pc, 0), PETSC_ERR_ARG_OUTOFRANGE);
  EXPECT_EQ(PCCNNSetGrid(pc, 4, 0, 1), PETSC_ERR_ARG_OUTOFRANGE);
  EXPECT_EQ(PCCNNSetFallback(pc, PCCNN), PETSC_ERR_ARG_WRONG);
  LINNET_CALL(PetscPopErrorHandler());
}

TEST(CNNObject, FallsBackWhereItsModelWasNotTrained) {
  const OwnedMat jumps = system(box(12, 11, 10), variable(2)), singular = system(box(12, 11, 10), neumann(), true);
  for (Mat A : {static_cast<Mat>(jumps), static_cast<Mat>(singular)}) {
    const OwnedKSP ksp = cnn_solver(A), multigrid = make_solver(A, KSPDCD);
    const Outcome outcome = solve(ksp);
    EXPECT_EQ(outcome.iterations, solve(multigrid).iterations);
    EXPECT_NE(fallback_reason(pc_of(ksp)), "");
    if (const std::string text = view(pc_of(ksp)); first_rank()) {
      EXPECT_NE(text.find("the fallback is used: "), std::string::npos) << text;
      EXPECT_NE(text.find("cycle: w"), std::string::npos) << text;
    }
    LINNET_CALL(PCCNNSetFallback(pc_of(ksp), PCJACOBI));
    EXPECT_GT(solve(ksp).iterations, 2 * outcome.iterations);
  }
}

std::string message_of(PC pc, PetscErrorCode expected) {
  static std::string message;
  message.clear();
  PetscPushErrorHandler(
      [](MPI_Comm, int, const char*, const char*, PetscErrorCode code, PetscErrorType type, const char* text, void*) {
        if (type == PETSC_ERROR_INITIAL)
          message = text;
        return code;
      },
      nullptr);
  EXPECT_EQ(PCSetUp(pc), expected);
  PetscPopErrorHandler();
  return message;
}

TEST(CNNObject, SaysInOneLineWhyItRefuses) {
  const OwnedMat A = system(box(8, 8, 8), voxel()), jumps = system(box(8, 8, 8), variable(2));
  const OwnedMat no_lattice = owned(graph(5, {{0, 1}, {1, 2}, {2, 0}, {3, 4}}));
  OwnedKSP ksp = cnn_solver(A);
  LINNET_CALL(PCCNNSetModel(pc_of(ksp), "no/such.safetensors"));
  EXPECT_NE(message_of(pc_of(ksp), PETSC_ERR_USER).find("cnn refused: no/such.safetensors: there is no such model"),
            std::string::npos);
  LINNET_CALL(PCCNNSetModel(pc_of(ksp), "/dev/null"));
  EXPECT_NE(message_of(pc_of(ksp), PETSC_ERR_USER).find("cnn refused: /dev/null: "), std::string::npos);
  LINNET_CALL(PCCNNSetModel(pc_of(ksp), "hybrid3d"));
  EXPECT_EQ(static_cast<int>(PCSetUp(pc_of(ksp))), 0);
  ksp = cnn_solver(jumps);
  LINNET_CALL(PCCNNSetFallback(pc_of(ksp), "none"));
  EXPECT_NE(message_of(pc_of(ksp), PETSC_ERR_SUP).find("-pc_cnn_fallback is none"), std::string::npos);
  ksp = cnn_solver(no_lattice);
  const std::string message = message_of(pc_of(ksp), PETSC_ERR_SUP);
  EXPECT_EQ(message.find("cnn refused: "), 0U) << message;
  EXPECT_NE(message.find("-pc_cnn_fallback"), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST(CNNObject, HandsMatricesWithoutAGridToAnotherFallback) {
  const OwnedMat A = owned(graph(5, {{0, 1}, {1, 2}, {2, 0}, {3, 4}}));
  const OwnedKSP ksp = cnn_solver(A);
  LINNET_CALL(PCCNNSetFallback(pc_of(ksp), PCJACOBI));
  const Outcome outcome = solve(ksp);
  EXPECT_GT(outcome.reason, 0);
  EXPECT_LE(outcome.residual, 1.01e-6);
  EXPECT_NE(fallback_reason(pc_of(ksp)), "");
  const OwnedMat lattice = system(box(12, 11, 10), voxel());
  LINNET_CALL(KSPReset(ksp));
  LINNET_CALL(KSPSetOperators(ksp, lattice, lattice));
  EXPECT_GT(solve(ksp).reason, 0);
  EXPECT_EQ(fallback_reason(pc_of(ksp)), "");
}

TEST(CNNObject, ShowsItsNetwork) {
  const OwnedMat A = system(box(12, 11, 10), voxel());
  const OwnedKSP ksp = cnn_solver(A);
  LINNET_CALL(PCCNNSetThreads(pc_of(ksp), 2));
  LINNET_CALL(PCCNNSetPrecision(pc_of(ksp), PC_CNN_PRECISION_F32));
  LINNET_CALL(PCSetUp(pc_of(ksp)));
  const std::string text = view(pc_of(ksp));
  if (!first_rank())
    return;
  for (const char* expected : {"type: cnn", "precision: f32", "threads: 2", "fallback: latticemg", "network: hybrid, ",
                               "run by oneDNN, f32, 2 threads", "sweeps before and after: 2", "Gflop", "lattice:"})
    EXPECT_NE(text.find(expected), std::string::npos) << expected << " in\n" << text;
}

// Each column as by itself.
TEST(CNNObject, AppliesToSeveralVectors) {
  const OwnedMat A = system(box(8, 9, 10), voxel());
  const OwnedKSP ksp = cnn_solver(A);
  PC pc = pc_of(ksp);
  LINNET_CALL(PCSetUp(pc));
  const OwnedMat X = random_columns(A, 3);
  OwnedMat Y;
  LINNET_CALL(MatDuplicate(X, MAT_DO_NOT_COPY_VALUES, Y.out()));
  LINNET_CALL(PCMatApply(pc, X, Y));
  for (PetscInt c = 0; c < 3; ++c) {
    Vec x = nullptr, y = nullptr;
    const OwnedVec z = zeros(A);
    PetscReal distance = 0;
    LINNET_CALL(MatDenseGetColumnVecRead(X, c, &x));
    LINNET_CALL(MatDenseGetColumnVecRead(Y, c, &y));
    LINNET_CALL(PCApply(pc, x, z));
    LINNET_CALL(VecAXPY(z, -1, y));
    LINNET_CALL(VecNorm(z, NORM_2, &distance));
    EXPECT_EQ(distance, 0);
    LINNET_CALL(MatDenseRestoreColumnVecRead(Y, c, &y));
    LINNET_CALL(MatDenseRestoreColumnVecRead(X, c, &x));
  }
}

TEST(CNNObject, SolvesForSeveralRightHandSides) {
  const OwnedMat A = system(box(16, 15, 14), voxel());
  const OwnedKSP ksp = cnn_solver(A);
  const OwnedMat B = random_columns(A, 3);
  OwnedMat X;
  LINNET_CALL(MatDuplicate(B, MAT_DO_NOT_COPY_VALUES, X.out()));
  LINNET_CALL(KSPMatSolve(ksp, B, X));
  for (PetscInt c = 0; c < 3; ++c) {
    Vec b = nullptr, x = nullptr;
    LINNET_CALL(MatDenseGetColumnVecRead(B, c, &b));
    LINNET_CALL(MatDenseGetColumnVecRead(X, c, &x));
    EXPECT_LE(relative_residual(A, x, b), 1.01e-6);
    LINNET_CALL(MatDenseRestoreColumnVecRead(X, c, &x));
    LINNET_CALL(MatDenseRestoreColumnVecRead(B, c, &b));
  }
}

TEST(CNNObject, FollowsNewValuesAndNewSizes) {
  const OwnedMat A = system(box(14, 13, 12), voxel());
  const OwnedKSP ksp = cnn_solver(A);
  const PetscInt iterations = solve(ksp).iterations;
  LINNET_CALL(MatScale(A, 8));
  EXPECT_EQ(solve(ksp).iterations, iterations);
  const OwnedMat B = system(box(9, 21, 1), voxel());
  LINNET_CALL(KSPReset(ksp));
  LINNET_CALL(KSPSetOperators(ksp, B, B));
  LINNET_CALL(PCCNNSetModel(pc_of(ksp), "hybrid2d"));
  const Outcome other = solve(ksp);
  EXPECT_GT(other.reason, 0);
  EXPECT_EQ(fallback_reason(pc_of(ksp)), "");
}

TEST(CNNObject, AppliesItsTranspose) {
  const OwnedMat A = system(largest_component(balls(18, 4, 5)), voxel()), jumps = system(box(9, 8, 7), variable(2));
  for (Mat matrix : {static_cast<Mat>(A), static_cast<Mat>(jumps)}) { // the network, the fallback
    const OwnedKSP ksp = cnn_solver(matrix);
    PC pc = pc_of(ksp);
    LINNET_CALL(PCCNNSetPrecision(pc, PC_CNN_PRECISION_F32));
    LINNET_CALL(PCSetUp(pc));
    for (int values = 0; values < 2; ++values) {
      const OwnedVec x = noise(matrix, 1), y = noise(matrix, 2), Mx = zeros(matrix), Ty = zeros(matrix);
      PetscScalar one = 0, two = 0, forward = 0;
      LINNET_CALL(PCApply(pc, x, Mx));
      LINNET_CALL(PCApplyTranspose(pc, y, Ty));
      LINNET_CALL(VecDot(Mx, y, &one));
      LINNET_CALL(VecDot(x, Ty, &two));
      PetscReal size = 0, length = 0;
      LINNET_CALL(VecNorm(Mx, NORM_2, &size));
      LINNET_CALL(VecNorm(y, NORM_2, &length));
      EXPECT_NEAR(one, two, 1e-6 * size * length);
      LINNET_CALL(PCApply(pc, y, Mx));
      LINNET_CALL(VecDot(Mx, x, &forward));
      EXPECT_EQ(std::abs(forward - one) > 1e-5 * size * length, matrix == A); // the network is not symmetric
      LINNET_CALL(MatScale(matrix, 3));
      LINNET_CALL(PCSetOperators(pc, matrix, matrix));
      LINNET_CALL(PCSetUp(pc));
    }
  }
}

// Rows of boundary values that are not taken out of the others, as PETSc's ksp ex45 has them.
TEST(CNNObject, TakesRowsThatFixTheirUnknown) {
  const OwnedMat A = system(box(21, 20, 19), voxel());
  fix_rows(A, 6, [](PetscInt row) {
    const PetscInt i = row % 21, j = row / 21 % 20, k = row / 420;
    return i == 0 || j == 0 || k == 0 || i == 20 || j == 19 || k == 18;
  });
  for (const auto& [type, krylov] : {std::pair{PCCNN, KSPDCD}, {PCLATTICEMG, KSPDCD}, {PCLATTICEMG, KSPCG}}) {
    const OwnedKSP ksp = cnn_solver(A);
    LINNET_CALL(KSPSetType(ksp, krylov));
    LINNET_CALL(PCSetType(pc_of(ksp), type));
    const Outcome outcome = solve(ksp);
    EXPECT_GT(outcome.reason, 0);
    EXPECT_LE(outcome.residual, 1.01e-6);
    EXPECT_LE(outcome.iterations, 6);
    if (type == std::string(PCCNN)) {
      EXPECT_EQ(fallback_reason(pc_of(ksp)), "");
    }
  }
}

// M r and M^T r of all ranks against those of one: shared where the grid is large enough.
TEST(CNNObject, IsTheSameOperatorOnAnyNumberOfRanks) {
  PetscMPIInt ranks = 0;
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  for (const auto& [domain, precision, slabs] :
       {std::tuple{largest_component(voxels::noise(33, 29, 71, 0.1, 3)), PC_CNN_PRECISION_F32, 4},
        std::tuple{largest_component(voxels::noise(131, 290, 1, 0.1, 3)), PC_CNN_PRECISION_F32, 2},
        std::tuple{largest_component(voxels::noise(40, 90, 24, 0.1, 4)), PC_CNN_PRECISION_AUTO, 5}}) {
    const OwnedMat A = system(domain, voxel());
    const OwnedMat alone = on_each_process(A);
    const auto pc_for = [&, precision = precision](Mat M, const Domain& d, OwnedPC* pc) {
      compose_cells(M, d);
      PCCreate(PetscObjectComm(reinterpret_cast<PetscObject>(M)), pc->out());
      PCSetType(*pc, PCCNN);
      PCCNNSetModel(*pc, d.size[2] > 1 ? "hybrid3d" : "hybrid2d");
      PCSetOperators(*pc, M, M);
      EXPECT_EQ(static_cast<int>(PCCNNSetPrecision(*pc, precision)), 0);
      EXPECT_EQ(static_cast<int>(PCCNNSetGrid(*pc, d.size[0], d.size[1], d.size[2])), 0);
      EXPECT_EQ(static_cast<int>(PCSetUp(*pc)), 0);
    };
    OwnedPC split, whole;
    LINNET_CALL(LinnetInitialize());
    pc_for(A, domain, &split);
    pc_for(alone, domain, &whole);
    const std::string text = view(split);
    if (first_rank() && ranks > 1) {
      EXPECT_NE(text.find("shared by " + std::to_string(std::min(ranks, slabs)) + " of "), std::string::npos) << text;
    }
    const OwnedVec r = latticemg_test::noise(A), z = zeros(A);
    for (const auto apply : {PCApply, PCApplyTranspose}) {
      LINNET_CALL(apply(split, r, z));
      const std::vector<double> all_r = on_first_rank(r), all_z = on_first_rank(z);
      if (!first_rank())
        continue;
      const OwnedVec one_r = zeros(alone), one_z = zeros(alone);
      PetscScalar* values = nullptr;
      VecGetArray(one_r, &values);
      std::copy(all_r.begin(), all_r.end(), values);
      VecRestoreArray(one_r, &values);
      LINNET_CALL(apply(whole, one_r, one_z));
      VecGetArray(one_z, &values);
      double difference = 0, size = 0;
      for (std::size_t i = 0; i < all_z.size(); ++i) {
        difference += (all_z[i] - values[i]) * (all_z[i] - values[i]);
        size += values[i] * values[i];
      }
      VecRestoreArray(one_z, &values);
      EXPECT_LE(std::sqrt(difference / size), precision == PC_CNN_PRECISION_F32 ? 1e-5 : 1e-2);
    }
  }
}

} // namespace
