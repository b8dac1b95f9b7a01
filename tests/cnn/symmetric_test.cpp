// PCCNN made symmetric and positive definite, whatever its model: as a dense matrix, around KSPCG, on any ranks.
#include "cnn/cycle_model.hpp"
#include "cnn/model_file.hpp"
#include "latticemg/solve.hpp"
#include "learned/architectures.hpp"
#include "learned/shipped.hpp"

#include <Eigen/Dense>

using namespace latticemg_test;
using namespace voxels;

namespace {

OwnedKSP symmetric_solver(Mat A, const char* model, const char* type = KSPCG) {
  OwnedKSP ksp = make_solver(A, type);
  PCSetType(pc_of(ksp), PCCNN);
  PCCNNSetModel(pc_of(ksp), model);
  EXPECT_EQ(static_cast<int>(PCCNNSetSymmetric(pc_of(ksp), PETSC_TRUE)), 0);
  return ksp;
}

std::string fallback_reason(PC pc) {
  const char *type = nullptr, *why = nullptr;
  EXPECT_EQ(static_cast<int>(PCCNNGetFallback(pc, &type, &why)), 0);
  return why;
}

// The network of a model that knows all classes, with random weights; `gain` times what keeps the size of fields.
linnet::learned::Model random_network(int dimension, std::uint64_t seed, float gain) {
  linnet::learned::Model model = make_model(linnet::learned::hybrid_architecture(dimension, {8, 4, 4, 1, 1}), seed);
  model.provenance["classes"] = "voxel,closed,shift,stretched,jumps,smooth";
  for (auto& [name, tensor] : model.tensors)
    for (float& value : tensor.values)
      value *= gain;
  return model;
}

// Numbers anywhere in their ranges, factors from a quarter on.
linnet::latticemg::CycleWeights random_weights(std::uint64_t seed) {
  linnet::latticemg::WeightList list{};
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& range = linnet::latticemg::weight_ranges.at(i);
    const double least = std::max(range.least, 0.25);
    list.at(i) = least + (range.most - least) * voxels::random(seed, i);
  }
  return linnet::latticemg::weights_of(list);
}

struct System {
  const char* name;
  Domain domain;
  Coefficients coefficients;
  bool singular = false;
};

// Couplings of 1 and of 1e4, in blocks.
Coefficients jumping() {
  return {[](const Domain& d, int c, int) {
            const auto at = d.at(c);
            return (at[0] / 3 + at[1] / 3 + at[2] / 3) % 2 ? 1e4 : 1.0;
          },
          voxel().excess};
}

// Of two levels.
std::vector<System> systems() {
  return {{"box", box(9, 5, 7), voxel()},
          {"flat", box(15, 21, 1), voxel()},
          {"closed", box(7, 9, 5), neumann(), true},
          {"flat and closed", box(21, 13, 1), neumann(), true},
          {"solids", largest_component(noise(7, 7, 9, 0.25, 3)), voxel()},
          {"flat, solids", largest_component(noise(21, 19, 1, 0.2, 3)), voxel()},
          {"excess of its own", box(7, 7, 6), own_excess(2)},
          {"walls and excess of its own", box(7, 6, 8), {thin_walls().coupling, own_excess(3).excess}},
          {"variable", box(5, 8, 9), variable(2)},
          {"jumps", box(7, 7, 7), jumping()},
          {"flat, jumps", box(19, 17, 1), jumping()}};
}
// Those that networks do not take, and of three levels.
std::vector<System> more_systems() {
  return {{"periodic", torus(6, 7, 8, {true, true, false}), voxel()},
          {"flat and periodic", torus(18, 17, 1, {true, true, false}), neumann(), true},
          {"long, jumps", box(5, 5, 29), jumping()},
          {"larger, flat and closed", box(25, 21, 1), neumann(), true},
          {"larger, flat, solids", largest_component(noise(25, 24, 1, 0.2, 3)), voxel()}};
}

// D^1/2 M D^1/2 with the diagonal D of A, by unit vectors; on the first rank, on others it is empty.
Eigen::MatrixXd scaled_matrix(PC pc, Mat A) {
  const OwnedVec e = zeros(A), z = zeros(A), diagonal = zeros(A);
  const PetscInt* ranges = nullptr;
  PetscMPIInt ranks = 0, rank = 0;
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  VecGetOwnershipRanges(e, &ranges);
  const PetscInt first = ranges[rank], last = ranges[rank + 1];
  std::vector<int> counts(static_cast<std::size_t>(ranks));
  for (int p = 0; p < ranks; ++p)
    counts[static_cast<std::size_t>(p)] = ranges[p + 1] - ranges[p];
  MatGetDiagonal(A, diagonal);
  const std::vector<double> d = on_first_rank(diagonal);
  const Eigen::Map<const Eigen::VectorXd> root(d.data(), static_cast<Eigen::Index>(d.size()));
  Eigen::MatrixXd M(root.size(), root.size());
  for (PetscInt c = 0; c < ranges[ranks]; ++c) {
    PetscScalar* unit = nullptr;
    VecGetArrayWrite(e, &unit);
    for (PetscInt i = first; i < last; ++i)
      unit[i - first] = i == c ? 1 : 0;
    VecRestoreArrayWrite(e, &unit);
    EXPECT_EQ(static_cast<int>(PCApply(pc, e, z)), 0);
    const PetscScalar* column = nullptr;
    VecGetArrayRead(z, &column);
    MPI_Gatherv(column, last - first, MPI_DOUBLE, M.data() + c * M.rows(), counts.data(), ranges, MPI_DOUBLE, 0,
                PETSC_COMM_WORLD);
    VecRestoreArrayRead(z, &column);
  }
  return root.cwiseSqrt().asDiagonal() * M * root.cwiseSqrt().asDiagonal();
}

double least_eigenvalue(const Eigen::MatrixXd& M) {
  return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>((M + M.transpose()) / 2, Eigen::EigenvaluesOnly)
      .eigenvalues()(0);
}

// D^1/2 M D^1/2 of a model; symmetric to rounding, and definite on all unknowns, constants of singular operators
// included.
Eigen::MatrixXd definite_matrix(const System& s, const char* model, bool trained) {
  const OwnedMat A = system(s.domain, s.coefficients, s.singular);
  compose_cells(A, s.domain);
  const OwnedKSP ksp = symmetric_solver(A, model);
  PC pc = pc_of(ksp);
  EXPECT_EQ(static_cast<int>(PCCNNSetGrid(pc, s.domain.size[0], s.domain.size[1], s.domain.size[2])), 0);
  EXPECT_EQ(static_cast<int>(PCSetUp(pc)), 0);
  EXPECT_TRUE(!trained || fallback_reason(pc).empty()) << s.name << ": " << fallback_reason(pc);
  Eigen::MatrixXd M = scaled_matrix(pc, A);
  if (!first_rank())
    return M;
  const double size = M.cwiseAbs().maxCoeff();
  EXPECT_TRUE(std::isfinite(size)) << s.name;
  EXPECT_LE((M - M.transpose()).cwiseAbs().maxCoeff(), 1e-5 * size) << s.name << ", " << model;
  EXPECT_GT(least_eigenvalue(M), 0) << s.name << ", " << model;
  return M;
}

TEST(CNNSymmetric, IsDefiniteWithTheShippedModels) {
  for (const auto& list : {systems(), more_systems()})
    for (const System& s : list)
      for (const char* model : {"cycle", "hybrid"}) // the fallback where hybrid was not trained
        (void)definite_matrix(s, model, std::string(model) == "cycle");
}

// D^1/2 S D^1/2 of two red-black Gauss-Seidel sweeps from zero and two black-red ones.
Eigen::MatrixXd sweeps_alone(const System& s) {
  const OwnedMat A = on_each_process(system(s.domain, s.coefficients));
  const std::vector<int> cells = compact(s.domain).cell_of_row;
  const auto n = static_cast<Eigen::Index>(cells.size());
  Eigen::MatrixXd u = Eigen::MatrixXd::Zero(n, n);
  Eigen::VectorXd diagonal(n);
  for (const int colour : {0, 1, 0, 1, 1, 0, 1, 0})
    for (PetscInt row = 0; row < n; ++row) {
      const auto at = s.domain.at(cells[static_cast<std::size_t>(row)]);
      if ((at[0] + at[1] + at[2]) % 2 != colour)
        continue;
      PetscInt count = 0;
      const PetscInt* columns = nullptr;
      const PetscScalar* values = nullptr;
      MatGetRow(A, row, &count, &columns, &values);
      Eigen::RowVectorXd left = Eigen::RowVectorXd::Unit(n, row);
      for (PetscInt e = 0; e < count; ++e)
        if (columns[e] == row)
          diagonal(row) = values[e];
        else
          left -= values[e] * u.row(columns[e]);
      MatRestoreRow(A, row, &count, &columns, &values);
      u.row(row) = left / diagonal(row);
    }
  const Eigen::VectorXd root = diagonal.cwiseSqrt();
  return root.asDiagonal() * u * root.asDiagonal();
}

// M_s is at least the sweeps around the network, whatever this is.
TEST(CNNSymmetric, IsNoLessThanItsSweepsWithRandomNetworks) {
  std::uint64_t seed = 0;
  for (const System& s : systems()) {
    const Eigen::MatrixXd sweeps = sweeps_alone(s);
    for (const float gain : {0.0F, 0.7F, 1.3F}) {
      const ModelFile file(random_network(s.domain.size[2] > 1 ? 3 : 2, ++seed, gain));
      const Eigen::MatrixXd M = definite_matrix(s, file.name(), true);
      if (first_rank()) {
        EXPECT_GE(least_eigenvalue(M - sweeps), -1e-5 * M.cwiseAbs().maxCoeff()) << s.name << ", gain " << gain;
      }
    }
  }
}

TEST(CNNSymmetric, IsDefiniteWithRandomNumbersOfCycles) {
  std::uint64_t seed = 0;
  for (const auto& list : {systems(), more_systems()})
    for (const System& s : list) {
      const ModelFile file(linnet::cnn::cycle_model(random_weights(++seed), s.domain.size[2] > 1 ? 3 : 2));
      (void)definite_matrix(s, file.name(), true);
    }
}

// Sides, solids and numbers of iterations as they come.
TEST(CNNSymmetric, LetsPlainConjugateGradientsConverge) {
  for (const System& s :
       {System{"balls", largest_component(balls(24, 6, 5)), voxel()},
        System{"flat", largest_component(noise(64, 61, 1, 0.05, 3)), voxel()},
        System{"closed", box(20, 21, 22), neumann(), true}, System{"jumps", box(21, 20, 19), jumping()}})
    for (const char* model : {"cycle", "hybrid"}) {
      const OwnedMat A = system(s.domain, s.coefficients, s.singular);
      const OwnedKSP ksp = symmetric_solver(A, model), plain = symmetric_solver(A, model, KSPDCD);
      LINNET_CALL(PCCNNSetSymmetric(pc_of(plain), PETSC_FALSE));
      const Outcome outcome = solve(ksp), with_dcd = solve(plain);
      EXPECT_GT(outcome.reason, 0) << s.name;
      EXPECT_LE(outcome.residual, 1.01e-6) << s.name;
      EXPECT_LE(outcome.iterations, 2 * with_dcd.iterations) << s.name << ", " << model;
      // Conjugate directions around a symmetric preconditioner are those of conjugate gradients.
      LINNET_CALL(PCCNNSetSymmetric(pc_of(plain), PETSC_TRUE));
      EXPECT_LE(std::abs(solve(plain).iterations - outcome.iterations), 1) << s.name << ", " << model;
      LINNET_CALL(PCCNNSetSymmetric(pc_of(plain), PETSC_FALSE));
      EXPECT_EQ(solve(plain).iterations, with_dcd.iterations) << "as before it was set";
    }
}

TEST(CNNSymmetric, IsItsOwnTransposeAndTakesSeveralVectors) {
  const OwnedMat A = system(largest_component(balls(16, 4, 5)), voxel());
  for (const char* model : {"cycle", "hybrid"}) {
    const OwnedKSP ksp = symmetric_solver(A, model);
    PC pc = pc_of(ksp);
    LINNET_CALL(PCSetUp(pc));
    const OwnedMat X = random_columns(A, 2);
    OwnedMat Y;
    LINNET_CALL(MatDuplicate(X, MAT_DO_NOT_COPY_VALUES, Y.out()));
    LINNET_CALL(PCMatApply(pc, X, Y));
    for (PetscInt c = 0; c < 2; ++c)
      for (const auto apply : {PCApply, PCApplyTranspose}) {
        Vec x = nullptr, y = nullptr;
        const OwnedVec z = zeros(A);
        PetscReal distance = 1;
        LINNET_CALL(MatDenseGetColumnVecRead(X, c, &x));
        LINNET_CALL(MatDenseGetColumnVecRead(Y, c, &y));
        LINNET_CALL(apply(pc, x, z));
        LINNET_CALL(VecAXPY(z, -1, y));
        LINNET_CALL(VecNorm(z, NORM_INFINITY, &distance));
        EXPECT_EQ(distance, 0);
        LINNET_CALL(MatDenseRestoreColumnVecRead(Y, c, &y));
        LINNET_CALL(MatDenseRestoreColumnVecRead(X, c, &x));
      }
    EXPECT_EQ(static_cast<int>(KSPMatSolve(ksp, X, Y)), 0);
  }
}

// Identity rows of cells without unknowns; a residual that is not finite.
TEST(CNNSymmetric, SolvesRowsCoupledWithNoneAndHandsOnWhatIsNotFinite) {
  const Domain domain = noise(12, 11, 10, 0.2, 3);
  const OwnedMat A = owned(matrix(domain, full(domain), voxel()));
  for (const char* model : {"cycle", "hybrid"}) {
    const OwnedKSP ksp = symmetric_solver(A, model);
    PC pc = pc_of(ksp);
    const OwnedVec r = latticemg_test::noise(A), z = zeros(A);
    LINNET_CALL(PCSetUp(pc));
    LINNET_CALL(PCApply(pc, r, z));
    const std::vector<double> from = everywhere(r), to = everywhere(z);
    for (std::size_t c = 0; c < from.size(); ++c)
      if (!domain.active[c]) {
        EXPECT_EQ(from[c], to[c]);
      }
    if (first_rank()) {
      LINNET_CALL(VecSetValue(r, 5, NAN, INSERT_VALUES));
    }
    LINNET_CALL(VecAssemblyBegin(r));
    LINNET_CALL(VecAssemblyEnd(r));
    LINNET_CALL(PCApply(pc, r, z));
    EXPECT_TRUE(std::isnan(everywhere(z)[0]));
    EXPECT_GT(solve(ksp).reason, 0);
  }
}

// Shared where the grid is large enough.
TEST(CNNSymmetric, IsTheSameOperatorOnAnyNumberOfRanks) {
  const Domain domain = largest_component(voxels::noise(33, 29, 71, 0.1, 3));
  const OwnedMat A = system(domain, voxel()), alone = on_each_process(A);
  OwnedPC split, whole;
  LINNET_CALL(LinnetInitialize());
  for (auto& [M, pc] : {std::pair{static_cast<Mat>(A), &split}, std::pair{static_cast<Mat>(alone), &whole}}) {
    compose_cells(M, domain);
    LINNET_CALL(PCCreate(PetscObjectComm(reinterpret_cast<PetscObject>(M)), pc->out()));
    LINNET_CALL(PCSetType(*pc, PCCNN));
    LINNET_CALL(PCCNNSetModel(*pc, "hybrid3d"));
    LINNET_CALL(PCCNNSetSymmetric(*pc, PETSC_TRUE));
    LINNET_CALL(PCCNNSetGrid(*pc, domain.size[0], domain.size[1], domain.size[2]));
    LINNET_CALL(PCSetOperators(*pc, M, M));
    LINNET_CALL(PCSetUp(*pc));
  }
  PetscMPIInt ranks = 0;
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  if (const std::string text = view(split); first_rank() && ranks > 1) {
    EXPECT_NE(text.find("shared by " + std::to_string(ranks) + " of "), std::string::npos) << text;
  }
  const OwnedVec r = latticemg_test::noise(A, 1), z = zeros(A), one_r = zeros(alone), one_z = zeros(alone);
  LINNET_CALL(PCApply(split, r, z));
  const std::vector<double> all_r = everywhere(r), all_z = everywhere(z);
  PetscScalar* values = nullptr;
  LINNET_CALL(VecGetArray(one_r, &values));
  std::copy(all_r.begin(), all_r.end(), values);
  LINNET_CALL(VecRestoreArray(one_r, &values));
  LINNET_CALL(PCApply(whole, one_r, one_z));
  const std::vector<double> alone_z = everywhere(one_z);
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < all_z.size(); ++i) {
    difference += (all_z[i] - alone_z[i]) * (all_z[i] - alone_z[i]);
    size += alone_z[i] * alone_z[i];
  }
  EXPECT_LE(std::sqrt(difference / size), 1e-5);
}

TEST(CNNSymmetric, IsSetByItsOptionShownAndRefusedForNetworksThatAreNotLinear) {
  const OwnedMat A = system(box(12, 11, 10), voxel());
  const OwnedKSP ksp = symmetric_solver(A, "hybrid3d");
  PC pc = pc_of(ksp);
  PetscBool symmetric = PETSC_FALSE;
  LINNET_CALL(PCCNNSetSymmetric(pc, PETSC_FALSE));
  LINNET_CALL(PetscOptionsInsertString(nullptr, "-s_pc_cnn_symmetric"));
  LINNET_CALL(KSPSetOptionsPrefix(ksp, "s_"));
  LINNET_CALL(KSPSetFromOptions(ksp));
  LINNET_CALL(PetscOptionsClearValue(nullptr, "-s_pc_cnn_symmetric"));
  LINNET_CALL(PCCNNGetSymmetric(pc, &symmetric));
  EXPECT_EQ(symmetric, PETSC_TRUE);
  for (const auto& [model, lines] :
       {std::pair{"hybrid3d", std::vector<const char*>{"symmetric: TRUE", "the network, the operator, the transposed",
                                                       "run by oneDNN, f32"}},
        std::pair{"cycle3d",
                  std::vector<const char*>{"symmetric: TRUE", "in V cycles", "cycle: v", "sweeps before and after: 3",
                                           "couplings 0.5, 0.5, 0.5; excess 1, 1, 1; red half sweeps 1.325"}}}) {
    LINNET_CALL(PCCNNSetModel(pc, model));
    LINNET_CALL(PCSetUp(pc));
    const std::string text = view(pc);
    for (const char* line : lines)
      EXPECT_EQ(text.find(line) == std::string::npos, !first_rank()) << line << " in\n" << text;
  }
  const ModelFile file(make_model(linnet::learned::dcdm_architecture(64, 3), 1));
  LINNET_CALL(PCCNNSetModel(pc, file.name()));
  static std::string message;
  LINNET_CALL(PetscPushErrorHandler(
      [](MPI_Comm, int, const char*, const char*, PetscErrorCode code, PetscErrorType type, const char* text, void*) {
        if (type == PETSC_ERROR_INITIAL)
          message = text;
        return code;
      },
      nullptr));
  EXPECT_EQ(PCSetUp(pc), PETSC_ERR_USER);
  LINNET_CALL(PetscPopErrorHandler());
  EXPECT_EQ(message.find("cnn refused: the network '"), 0U) << message;
  EXPECT_NE(message.find("is not linear and has no symmetric form (-pc_cnn_symmetric)"), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

} // namespace
