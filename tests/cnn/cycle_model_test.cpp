// PCCNN with a multigrid cycle for its model: the default one, others from files, and how they are fitted.
#include "base/error.hpp"
#include "cnn/cycle_model.hpp"
#include "cnn/cycle_training.hpp"
#include "cnn/model_file.hpp"
#include "latticemg/solve.hpp"
#include "learned/shipped.hpp"
#include "learned/train/classes.hpp"

#include <cmath>

using namespace latticemg_test;
using namespace voxels;
using linnet::cnn::CycleSystem;

namespace {

OwnedKSP cycle_solver(Mat A, const char* model = nullptr) {
  OwnedKSP ksp = make_solver(A, KSPDCD);
  PCSetType(pc_of(ksp), PCCNN);
  if (model)
    PCCNNSetModel(pc_of(ksp), model);
  return ksp;
}

std::string reason_for_fallback(PC pc) {
  const char *type = nullptr, *why = nullptr;
  EXPECT_EQ(static_cast<int>(PCCNNGetFallback(pc, &type, &why)), 0);
  return why;
}

constexpr linnet::latticemg::CycleWeights others{
    {0.5F, 0.4375F, 0.5F}, {0.875F, 0.75F, 1}, 1.125F, {{0.5F, 0.625F, 0.75F}, {1, 1.125F, 0.875F}, 1.25F}};

// Plates with holes, one cell thick.
Domain plates(int n) {
  Domain d = box(n, n, n);
  for (int c = 0; c < d.cells(); ++c) {
    const auto at = d.at(c);
    if (at[1] % 4 == 3 && (at[0] + 5 * at[1]) % n > 1)
      d.active[static_cast<std::size_t>(c)] = false;
  }
  return largest_component(d);
}

TEST(CycleModel, IsTheDefaultAndTakesFewerIterationsThanTheClassicalCycle) {
  PetscInt sum = 0, classical = 0;
  for (const auto& [domain, coefficients, singular] :
       {std::tuple{largest_component(balls(40, 12, 5)), voxel(), false},
        std::tuple{largest_component(balls(49, 8, 2)), voxel(), false},
        std::tuple{largest_component(noise(200, 190, 1, 0.05, 3)), voxel(), false},
        std::tuple{maze(32, 31, 30), neumann(), true}, std::tuple{plates(36), voxel(), false},
        std::tuple{box(30, 31, 32), variable(4), false}}) {
    const OwnedMat A = system(domain, coefficients, singular);
    const OwnedKSP ksp = cycle_solver(A), plain = make_solver(A, KSPDCD);
    for (KSP solver : {static_cast<KSP>(ksp), static_cast<KSP>(plain)})
      LINNET_CALL(KSPSetTolerances(solver, 1e-10, PETSC_DEFAULT, PETSC_DEFAULT, 300));
    const Outcome outcome = solve(ksp);
    EXPECT_GT(outcome.reason, 0);
    EXPECT_LE(outcome.residual, 1.01e-10);
    EXPECT_EQ(reason_for_fallback(pc_of(ksp)), "");
    const char* model = nullptr;
    LINNET_CALL(PCCNNGetModel(pc_of(ksp), &model));
    EXPECT_STREQ(model, domain.size[2] > 1 ? "cycle3d" : "cycle2d");
    PetscBool fused = PETSC_FALSE;
    LINNET_CALL(KSPDCDGetFused(ksp, nullptr, &fused));
    EXPECT_EQ(fused, PETSC_TRUE);
    const PetscInt of_plain = solve(plain).iterations;
    EXPECT_LE(outcome.iterations, of_plain + 2);
    sum += outcome.iterations;
    classical += of_plain;
  }
  EXPECT_LE(sum, 0.95 * classical);
}

// Coefficients of 20 inside, 1 elsewhere; couplings are harmonic means.
template <class Inside>
Coefficients inclusions(const Inside& inside) {
  return {[=](const Domain& d, int c, int axis) {
            const int ends = inside(d.at(c)) + inside(d.at(d.neighbour(c, 2 * axis + 1)));
            return ends == 2 ? 20.0 : ends == 1 ? 40.0 / 21 : 1.0;
          },
          voxel().excess};
}

// What is around a region of large coefficients follows it; other regions beside it do not.
TEST(CycleModel, KeepsToGridsWhereRegionsOfLargeCoefficientsLieInTheOpen) {
  const auto ball = [](const std::array<int, 3>& x) {
    return std::hypot(x[0] - 19.0, x[1] - 24.0, x[2] - 26.0) < 8.0 ? 1 : 0;
  };
  const auto slabs = [](const std::array<int, 3>& x) { return x[0] % 4 == 3 ? 0 : 1; };
  for (const auto& [coefficients, coarsening] :
       {std::pair{inclusions(ball), "coarsening: full"}, std::pair{inclusions(slabs), "coarsening: aggregates"}}) {
    const OwnedMat A = system(box(48, 46, 44), coefficients);
    const OwnedKSP ksp = cycle_solver(A);
    EXPECT_LE(solve(ksp).iterations, 7);
    const std::string text = view(pc_of(ksp));
    if (first_rank()) {
      EXPECT_NE(text.find(coarsening), std::string::npos) << text;
    }
  }
}

TEST(CycleModel, OfAFileIsTheCycleWithItsNumbers) {
  const ModelFile file(linnet::cnn::cycle_model(others, 3));
  for (const Domain& domain : {largest_component(balls(24, 6, 5)), plates(20)}) {
    const OwnedMat A = system(domain, voxel());
    const OwnedKSP ksp = cycle_solver(A, file.name()), multigrid = make_solver(A);
    const linnet::latticemg::WeightList list = list_of(others);
    LINNET_CALL(PCLatticeMGSetWeights(pc_of(multigrid), list.data()));
    const OwnedVec x = noise(A, 1), y = zeros(A), z = zeros(A);
    PetscReal distance = 0;
    const auto compare = [&](bool same) {
      for (KSP of : {static_cast<KSP>(ksp), static_cast<KSP>(multigrid)})
        LINNET_CALL(PCSetUp(pc_of(of)));
      LINNET_CALL(PCApply(pc_of(ksp), x, y));
      LINNET_CALL(PCApplyTranspose(pc_of(multigrid), x, z));
      LINNET_CALL(VecAXPY(z, -1, y));
      LINNET_CALL(VecNorm(z, NORM_INFINITY, &distance));
      EXPECT_EQ(distance == 0, same);
    };
    compare(true);
    LINNET_CALL(PCCNNSetModel(pc_of(ksp), "cycle3d"));
    compare(false);
    LINNET_CALL(PCCNNSetModel(pc_of(ksp), file.name()));
    compare(true);
  }
}

TEST(CycleModel, IsShown) {
  const OwnedMat A = system(box(12, 11, 10), voxel());
  const OwnedKSP ksp = cycle_solver(A);
  LINNET_CALL(PCSetUp(pc_of(ksp)));
  const std::string text = view(pc_of(ksp));
  PetscMPIInt rank = 0;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  for (const char* expected : {"type: cnn", "network: cycle, 14 parameters, run by the multigrid of the lattice",
                               "lattice:", "cycle: w", "weights: couplings "})
    EXPECT_EQ(text.find(expected) == std::string::npos, rank > 0) << expected << " in\n" << text;
}

TEST(CycleModel, KeepsItsNumbersAndRefusesThoseOutOfRange) {
  linnet::learned::Model model = linnet::cnn::cycle_model(others, 3);
  EXPECT_EQ(model.parameters(), linnet::latticemg::weight_count);
  const ModelFile file(model);
  EXPECT_EQ(linnet::cnn::cycle_weights(linnet::learned::read_model(file.name())), others);
  for (auto& [name, tensor] : model.tensors)
    for (float& value : tensor.values)
      for (const float wrong : {0.0F, -1.0F, 2.5F, NAN}) {
        const float right = value;
        value = wrong;
        EXPECT_THROW((void)linnet::cnn::cycle_weights(model), linnet::InputError) << name << " " << wrong;
        value = right;
      }
}

TEST(CycleModel, IsFittedToSystemsWithTheSameResultOnAnyThreads) {
  using linnet::learned::OperatorClass;
  linnet::learned::Draw draw(5);
  std::vector<linnet::learned::GridOperator> systems;
  for (const OperatorClass what : {OperatorClass::voxel, OperatorClass::walls, OperatorClass::closed})
    systems.push_back(random_operator(what, 3, 16, &draw));
  const auto fit = [&](int threads) {
    linnet::cnn::CycleFitOptions options;
    options.rounds = 1;
    options.threads = threads;
    return linnet::cnn::fit_cycle(systems, linnet::latticemg::classical_weights, options,
                                  [](const linnet::cnn::CycleFit&) { return true; });
  };
  const linnet::cnn::CycleFit one = fit(1), two = fit(2);
  EXPECT_EQ(one.weights, two.weights);
  EXPECT_EQ(one.grids.systems + one.aggregates.systems, 3);
  // What it found is what a solve finds.
  double before = 0, after = 0;
  for (std::size_t s = 0; s < systems.size(); ++s) {
    CycleSystem system(systems[s], s + 1);
    before +=
        system.solve(linnet::latticemg::classical_weights, linnet::latticemg::Aggregation::automatic, 1e-10).digits();
    after += system.solve(one.weights, linnet::latticemg::Aggregation::automatic, 1e-10).digits();
  }
  EXPECT_GT(after, 1.05 * before);
}

TEST(CycleModel, EndsItsFitWhereItIsTold) {
  linnet::learned::Draw draw(5);
  const std::vector<linnet::learned::GridOperator> systems = {
      random_operator(linnet::learned::OperatorClass::voxel, 2, 24, &draw)};
  int steps = 0;
  const linnet::cnn::CycleFit fit = linnet::cnn::fit_cycle(systems, linnet::latticemg::classical_weights, {},
                                                           [&](const linnet::cnn::CycleFit&) { return ++steps < 3; });
  EXPECT_EQ(fit.steps, 3);
  EXPECT_EQ(steps, 3);
}

} // namespace
