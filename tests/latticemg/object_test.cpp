// PCLATTICEMG as an object of PETSc: parameters, options, sources of the grid, view, reuse.
#include "latticemg/solve.hpp"

#include <petscdmda.h>

using namespace latticemg_test;
using namespace voxels;

namespace {

TEST(LatticeMGObject, KeepsWhatItsSettersSet) {
  const OwnedMat A = system(box(8, 8, 8), voxel());
  const OwnedKSP ksp = make_solver(A);
  PC pc = pc_of(ksp);
  PCLatticeMGCycle cycle = PC_LATTICEMG_CYCLE_V;
  PCLatticeMGCoarsening coarsening = PC_LATTICEMG_COARSENING_FULL;
  PetscInt sweeps = 0, threads = 0, grid[3];
  LINNET_CALL(PCLatticeMGGetCycle(pc, &cycle));
  LINNET_CALL(PCLatticeMGGetCoarsening(pc, &coarsening));
  LINNET_CALL(PCLatticeMGGetSweeps(pc, &sweeps));
  LINNET_CALL(PCLatticeMGGetThreads(pc, &threads));
  EXPECT_EQ(cycle, PC_LATTICEMG_CYCLE_W);
  EXPECT_EQ(coarsening, PC_LATTICEMG_COARSENING_AUTO);
  EXPECT_EQ(sweeps, 2);
  EXPECT_GE(threads, 1);
  LINNET_CALL(PCLatticeMGSetCycle(pc, PC_LATTICEMG_CYCLE_V));
  LINNET_CALL(PCLatticeMGSetCoarsening(pc, PC_LATTICEMG_COARSENING_SEMI));
  LINNET_CALL(PCLatticeMGSetSweeps(pc, 3));
  LINNET_CALL(PCLatticeMGSetThreads(pc, 2));
  LINNET_CALL(PCLatticeMGSetGrid(pc, 4, 5, 6));
  LINNET_CALL(PCLatticeMGGetCycle(pc, &cycle));
  LINNET_CALL(PCLatticeMGGetSweeps(pc, &sweeps));
  LINNET_CALL(PCLatticeMGGetThreads(pc, &threads));
  LINNET_CALL(PCLatticeMGGetGrid(pc, &grid[0], &grid[1], &grid[2]));
  EXPECT_EQ(cycle, PC_LATTICEMG_CYCLE_V);
  LINNET_CALL(PCLatticeMGGetCoarsening(pc, &coarsening));
  EXPECT_EQ(coarsening, PC_LATTICEMG_COARSENING_SEMI);
  EXPECT_EQ(sweeps, 3);
  EXPECT_EQ(threads, 2);
  EXPECT_EQ(grid[0] + 10 * grid[1] + 100 * grid[2], 654);
  LINNET_CALL(PCSetUp(pc));
  LINNET_CALL(PCLatticeMGGetGrid(pc, &grid[0], &grid[1], &grid[2]));
  EXPECT_EQ(grid[0] * grid[1] * grid[2], 512);
}

TEST(LatticeMGObject, HasClassicalWeightsAndTakesOthers) {
  const OwnedMat A = system(box(16, 16, 16), voxel());
  const OwnedKSP ksp = make_solver(A);
  PC pc = pc_of(ksp);
  LINNET_CALL(PCLatticeMGSetCoarsening(pc, PC_LATTICEMG_COARSENING_FULL)); // whatever the weights
  PetscReal weights[PC_LATTICEMG_WEIGHTS];
  const auto look = [&] {
    LINNET_CALL(PCSetUp(pc));
    LINNET_CALL(PCLatticeMGGetWeights(pc, weights));
  };
  look();
  EXPECT_EQ(weights[0], 0.5);
  EXPECT_EQ(weights[5], 1);
  EXPECT_EQ(weights[6], 1);
  EXPECT_EQ(weights[13], 1);
  const PetscReal given[PC_LATTICEMG_WEIGHTS] = {0.5, 0.25, 0.375, 0.75, 1.25,  1,     1.5,
                                                 0.5, 0.75, 0.875, 1,    0.875, 1.125, 1.25};
  LINNET_CALL(PCLatticeMGSetWeights(pc, given));
  look();
  EXPECT_EQ(weights[6], 1.5);
  for (int i = 0; i < PC_LATTICEMG_WEIGHTS; ++i)
    EXPECT_EQ(weights[i], given[i]);
  const std::string text = view_text(pc, PCView);
  if (!text.empty()) { // on the first rank
    EXPECT_NE(text.find("couplings 0.5, 0.25, 0.375; excess 0.75, 1.25, 1; red half sweeps 1.5"), std::string::npos)
        << text;
  }
  LINNET_CALL(PCLatticeMGSetWeights(pc, nullptr));
  look();
  EXPECT_EQ(weights[6], 1);
}

TEST(LatticeMGObject, RefusesParametersOutOfRange) {
  const OwnedMat A = system(box(4, 4, 4), voxel());
  const OwnedKSP ksp = make_solver(A);
  PC pc = pc_of(ksp);
  LINNET_CALL(PetscPushErrorHandler(PetscReturnErrorHandler, nullptr));
  EXPECT_EQ(PCLatticeMGSetCycle(pc, static_cast<PCLatticeMGCycle>(2)), PETSC_ERR_ARG_OUTOFRANGE);
  EXPECT_EQ(PCLatticeMGSetSweeps(pc, 0), PETSC_ERR_ARG_OUTOFRANGE);
  EXPECT_EQ(PCLatticeMGSetThreads(pc, 0), PETSC_ERR_ARG_OUTOFRANGE);
  EXPECT_EQ(PCLatticeMGSetGrid(pc, 4, 0, 1), PETSC_ERR_ARG_OUTOFRANGE);
  for (int i = 0; i < PC_LATTICEMG_WEIGHTS; ++i)
    for (const PetscReal wrong : {0.0, -1.0, 2.5, static_cast<double>(NAN)}) {
      PetscReal weights[PC_LATTICEMG_WEIGHTS] = {0.5, 0.5, 0.5, 1, 1, 1, 1, 0.6, 0.6, 0.8, 1, 1, 1, 1};
      weights[i] = wrong;
      EXPECT_EQ(PCLatticeMGSetWeights(pc, weights), PETSC_ERR_ARG_OUTOFRANGE) << i << ": " << wrong;
    }
  LINNET_CALL(PetscPopErrorHandler());
}

TEST(LatticeMGObject, ReadsItsOptionsUnderAPrefix) {
  const OwnedMat A = system(box(8, 8, 8), voxel());
  const OwnedKSP ksp = make_solver(A);
  PC pc = pc_of(ksp);
  PCLatticeMGCycle cycle = PC_LATTICEMG_CYCLE_W;
  PetscInt sweeps = 0, threads = 0, grid[3];
  LINNET_CALL(PetscOptionsInsertString(
      nullptr, "-q_pc_latticemg_cycle v -q_pc_latticemg_sweeps 4 -q_pc_latticemg_coarsening full "
               "-q_pc_latticemg_threads 3 -q_pc_latticemg_grid 7,8,9"));
  LINNET_CALL(KSPSetOptionsPrefix(ksp, "q_"));
  LINNET_CALL(KSPSetFromOptions(ksp));
  LINNET_CALL(PCLatticeMGGetCycle(pc, &cycle));
  LINNET_CALL(PCLatticeMGGetSweeps(pc, &sweeps));
  LINNET_CALL(PCLatticeMGGetThreads(pc, &threads));
  LINNET_CALL(PCLatticeMGGetGrid(pc, &grid[0], &grid[1], &grid[2]));
  EXPECT_EQ(cycle, PC_LATTICEMG_CYCLE_V);
  PCLatticeMGCoarsening coarsening = PC_LATTICEMG_COARSENING_AUTO;
  LINNET_CALL(PCLatticeMGGetCoarsening(pc, &coarsening));
  EXPECT_EQ(coarsening, PC_LATTICEMG_COARSENING_FULL);
  EXPECT_EQ(sweeps, 4);
  EXPECT_EQ(threads, 3);
  EXPECT_EQ(grid[0] + 10 * grid[1] + 100 * grid[2], 987);
  for (const char* option : {"-q_pc_latticemg_cycle", "-q_pc_latticemg_coarsening", "-q_pc_latticemg_sweeps",
                             "-q_pc_latticemg_threads", "-q_pc_latticemg_grid"})
    LINNET_CALL(PetscOptionsClearValue(nullptr, option));
}

// Couplings 1, 1/25 and 1/144.
Coefficients unequal_spacings() {
  return {[](const Domain&, int, int axis) { return axis == 0   ? 1.0 / 144
                                                    : axis == 1 ? 1.0 / 25
                                                                : 1.0; },
          voxel().excess};
}

TEST(LatticeMGObject, SetUpAnewWithAnotherCoarseningSolvesAsOneThatWasMadeWithIt) {
  const OwnedMat A = system(box(24, 20, 22), unequal_spacings());
  const OwnedKSP ksp = make_solver(A);
  PC pc = pc_of(ksp);
  const PetscInt semi = solve(ksp).iterations;
  std::string text = view(pc);
  if (first_rank()) {
    EXPECT_NE(text.find("coarsening: semi"), std::string::npos) << text;
  }
  LINNET_CALL(PCLatticeMGSetCoarsening(pc, PC_LATTICEMG_COARSENING_FULL));
  const PetscInt full = solve(ksp).iterations;
  text = view(pc);
  if (first_rank()) {
    EXPECT_NE(text.find("coarsening: full"), std::string::npos) << text;
  }
  EXPECT_LT(2 * semi, full);
  LINNET_CALL(PCLatticeMGSetCoarsening(pc, PC_LATTICEMG_COARSENING_AUTO));
  EXPECT_EQ(solve(ksp).iterations, semi);
}

TEST(LatticeMGObject, TakesAggregatesWhereTheOperatorNeedsThemOrWhenTold) {
  const auto aggregated = [](PC pc) {
    PetscBool answer = PETSC_FALSE;
    EXPECT_EQ(static_cast<int>(PCLatticeMGGetAggregated(pc, &answer)), 0);
    return answer == PETSC_TRUE;
  };
  const Coefficients jumping{[](const Domain& d, int c, int) { return d.at(c)[0] % 6 < 3 ? 1.0 : 1e4; },
                             voxel().excess};
  const OwnedMat plain = system(box(24, 20, 22), voxel()), hard = system(box(24, 20, 22), jumping);
  const OwnedKSP easy_ksp = make_solver(plain), hard_ksp = make_solver(hard);
  const PetscInt on_grids = solve(easy_ksp).iterations, on_aggregates = solve(hard_ksp).iterations;
  EXPECT_FALSE(aggregated(pc_of(easy_ksp)));
  EXPECT_TRUE(aggregated(pc_of(hard_ksp)));
  EXPECT_LE(on_aggregates, 15);
  const std::string text = view(pc_of(hard_ksp));
  if (first_rank()) {
    EXPECT_NE(text.find("coarsening: aggregates"), std::string::npos) << text;
  }

  LINNET_CALL(PCLatticeMGSetCoarsening(pc_of(easy_ksp), PC_LATTICEMG_COARSENING_AGGREGATES));
  EXPECT_LE(solve(easy_ksp).iterations, on_grids + 3);
  EXPECT_TRUE(aggregated(pc_of(easy_ksp)));
  LINNET_CALL(PCLatticeMGSetCoarsening(pc_of(easy_ksp), PC_LATTICEMG_COARSENING_FULL));
  EXPECT_EQ(solve(easy_ksp).iterations, on_grids);
  EXPECT_FALSE(aggregated(pc_of(easy_ksp)));
}

TEST(LatticeMGObject, ShowsItsGridAndItsLevels) {
  const OwnedMat A = system(box(12, 11, 10), voxel());
  const OwnedKSP ksp = make_solver(A);
  PC pc = pc_of(ksp);
  LINNET_CALL(PCLatticeMGSetThreads(pc, 2));
  LINNET_CALL(PCSetUp(pc));
  const std::string text = view(pc);
  if (!first_rank())
    return;
  for (const char* expected :
       {"type: latticemg", "cycle: w", "sweeps before and after: 2, on the finest grid 3, on coarse ones 1",
        "threads: 2", "recovered from the matrix", "operator: voxel Laplacian", ", 6 x ", "memory: "})
    EXPECT_NE(text.find(expected), std::string::npos) << expected << " in\n" << text;
}

struct Shared {
  const char* name;
  Domain domain;
  Coefficients coefficients;
  int sweeps = 2;
};

// Of sizes that ranks share, in which slabs end at odd planes, and what is left to one.
std::vector<Shared> shared_cases() {
  return {{"balls", balls(48, 12, 1), voxel()},
          {"variable", balls(44, 10, 2), variable(2)},
          {"beam", beam({90, 14, 60}, 0), voxel()},
          {"beam, periodic",
           beam({90, 14, 60}, 7, {true, false, true}),
           {variable(2).coupling, [](auto&, int) { return 0.1; }}},
          {"odd sizes", box(21, 26, 67), voxel()},
          {"long along x", box(90, 17, 14), variable(3)},
          {"stretched", box(24, 50, 30), stretched()},
          {"unequal spacings", box(40, 36, 45), unequal_spacings()},
          {"plane", box(160, 161, 1), voxel()},
          {"plane on its side", box(1, 90, 131), variable(4)},
          {"holes", voxels::noise(33, 34, 50, 0.4, 5), {voxel().coupling, [](auto&, int) { return 0.5; }}},
          {"walls",
           box(30, 30, 48),
           {[](const Domain&, int c, int axis) { return voxels::random(7, 3 * c + axis) < 0.1 ? 0.0 : 1.0; },
            [](const Domain&, int c) { return 0.01 * (c % 97); }}},
          {"excess of its own", balls(44, 10, 2), own_excess(2)},
          {"excess of its own, periodic", torus(32, 28, 64, {true, false, true}), own_excess(3, 0.5)},
          {"one sweep", balls(40, 8, 6), voxel(), 1},
          {"three sweeps", balls(40, 8, 6), voxel(), 3},
          {"five sweeps", box(20, 20, 96), voxel(), 5},
          {"small", balls(12, 2, 7), voxel()},
          {"torus", torus(32, 28, 64, {true, true, true}), voxel()},
          {"periodic z", torus(32, 28, 64, {false, false, true}), voxel()},
          {"periodic x and y", torus(33, 27, 64, {true, true, false}), voxel()},
          {"torus of odd sizes", torus(33, 27, 45, {true, true, true}), voxel()},
          {"ring of odd lines", torus(33, 40, 48, {true, false, false}), variable(8)}};
}

TEST(LatticeMGObject, OfGridsHasTheSameBitsOnAnyNumberOfRanks) {
  // Given cells, since a recovered lattice may be another reflection.
  LINNET_CALL(LinnetInitialize());
  for (const Shared& c : shared_cases()) {
    SCOPED_TRACE(c.name);
    const OwnedMat A = system(c.domain, c.coefficients);
    const OwnedMat alone = on_each_process(A);
    const auto pc_for = [&](Mat M, OwnedPC* pc) {
      compose_cells(M, c.domain);
      PCCreate(PetscObjectComm(reinterpret_cast<PetscObject>(M)), pc->out());
      PCSetType(*pc, PCLATTICEMG);
      PCSetOperators(*pc, M, M);
      const std::array<PetscInt, 3> size{c.domain.size[0], c.domain.size[1], c.domain.size[2]};
      EXPECT_EQ(static_cast<int>(PCLatticeMGSetGrid(*pc, size[0], size[1], size[2])), 0);
      EXPECT_EQ(static_cast<int>(PCLatticeMGSetSweeps(*pc, c.sweeps)), 0);
      EXPECT_EQ(static_cast<int>(PCLatticeMGSetCoarsening(*pc, PC_LATTICEMG_COARSENING_SEMI)), 0);
      EXPECT_EQ(static_cast<int>(PCSetUp(*pc)), 0);
    };
    OwnedPC split, whole;
    pc_for(A, &split);
    pc_for(alone, &whole);
    const OwnedVec r = noise(A), z = zeros(A);
    LINNET_CALL(PCApply(split, r, z));
    const std::vector<double> all_r = on_first_rank(r), all_z = on_first_rank(z);
    LINNET_CALL(PCApplyTranspose(split, r, z));
    EXPECT_EQ(on_first_rank(z), all_z);
    if (!first_rank())
      continue;
    EXPECT_NE(view(whole).find("from linnet_cells"), std::string::npos);
    const OwnedVec one_r = zeros(alone), one_z = zeros(alone);
    for (PetscInt i = 0; i < static_cast<PetscInt>(all_r.size()); ++i)
      VecSetValue(one_r, i, all_r[static_cast<std::size_t>(i)], INSERT_VALUES);
    LINNET_CALL(PCApply(whole, one_r, one_z));
    const PetscScalar* values = nullptr;
    VecGetArrayRead(one_z, &values);
    EXPECT_TRUE(std::equal(all_z.begin(), all_z.end(), values));
    VecRestoreArrayRead(one_z, &values);
  }
}

TEST(LatticeMGObject, SharesLargeGridsAmongRanksAndSaysSo) {
  const Domain d = balls(48, 12, 1);
  const OwnedMat A = system(d, voxel());
  const OwnedKSP ksp = make_solver(A);
  PetscMPIInt ranks = 0;
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  LINNET_CALL(PCSetUp(pc_of(ksp)));
  const std::string text = view(pc_of(ksp)), count = std::to_string(ranks);
  if (first_rank()) {
    EXPECT_EQ(text.find("ranks with a slab: " + count + " of " + count) != std::string::npos, ranks > 1) << text;
  }
}

TEST(LatticeMGObject, TakesItsGridFromADMDA) {
  DM dm = nullptr;
  LINNET_CALL(DMDACreate3d(PETSC_COMM_WORLD, DM_BOUNDARY_PERIODIC, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE,
                           DMDA_STENCIL_STAR, 17, 12, 13, PETSC_DECIDE, PETSC_DECIDE, PETSC_DECIDE, 1, 1, nullptr,
                           nullptr, nullptr, &dm));
  LINNET_CALL(DMSetUp(dm));
  {
    OwnedMat A;
    DMDALocalInfo info;
    LINNET_CALL(DMCreateMatrix(dm, A.out()));
    LINNET_CALL(DMDAGetLocalInfo(dm, &info));
    for (PetscInt k = info.zs; k < info.zs + info.zm; ++k)
      for (PetscInt j = info.ys; j < info.ys + info.ym; ++j)
        for (PetscInt i = info.xs; i < info.xs + info.xm; ++i) {
          MatStencil row{k, j, i, 0};
          const PetscScalar minus_one = -1, diagonal = 6; // Dirichlet beyond y and z
          LINNET_CALL(MatSetValuesStencil(A, 1, &row, 1, &row, &diagonal, INSERT_VALUES));
          for (int axis = 0; axis < 3; ++axis)
            for (const int step : {-1, 1}) {
              MatStencil to{k + (axis == 2) * step, j + (axis == 1) * step, i + (axis == 0) * step, 0};
              if (to.j >= 0 && to.j < info.my && to.k >= 0 && to.k < info.mz) {
                LINNET_CALL(MatSetValuesStencil(A, 1, &row, 1, &to, &minus_one, INSERT_VALUES));
              }
            }
        }
    LINNET_CALL(MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY));
    LINNET_CALL(MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY));
    const OwnedKSP ksp = make_solver(A);
    LINNET_CALL(KSPSetDM(ksp, dm));
    LINNET_CALL(KSPSetDMActive(ksp, PETSC_FALSE));
    const Outcome outcome = solve(ksp);
    EXPECT_LE(outcome.iterations, 9);
    EXPECT_LE(outcome.residual, 1.01e-6);
    if (const std::string text = view(pc_of(ksp)); first_rank()) {
      EXPECT_NE(text.find("17 x 12 x 13, from the DMDA, periodic in x"), std::string::npos) << text;
    }
  }
  LINNET_CALL(DMDestroy(&dm));
}

TEST(LatticeMGObject, SolvesRowsThatAreCoupledWithNoneExactly) {
  Domain d = balls(16, 4, 1);
  const OwnedMat A = owned(voxels::matrix(d, full(d), voxel()));
  const OwnedKSP ksp = make_solver(A);
  const Outcome outcome = solve(ksp);
  EXPECT_LE(outcome.iterations, 8);
  const OwnedVec r = noise(A), z = zeros(A);
  LINNET_CALL(PCApply(pc_of(ksp), r, z));
  const std::vector<double> from = on_first_rank(r), to = on_first_rank(z);
  for (std::size_t c = 0; c < from.size(); ++c) {
    if (!d.active[c]) {
      ASSERT_EQ(to[c], from[c]);
    }
  }
}

TEST(LatticeMGObject, FollowsNewValuesAndNewSizes) {
  const OwnedMat A = system(box(14, 13, 12), voxel());
  const OwnedKSP ksp = make_solver(A);
  EXPECT_LE(solve(ksp).iterations, 8);
  LINNET_CALL(MatScale(A, 1e-3));
  LINNET_CALL(MatShift(A, 0.5));
  const Outcome shifted = solve(ksp);
  EXPECT_GT(shifted.reason, 0);
  EXPECT_LE(shifted.iterations, 6);
  const OwnedMat B = system(box(9, 21, 1), variable(3));
  LINNET_CALL(KSPReset(ksp));
  LINNET_CALL(KSPSetOperators(ksp, B, B));
  const Outcome other = solve(ksp);
  EXPECT_GT(other.reason, 0);
  EXPECT_LE(other.iterations, 10);
}

} // namespace
