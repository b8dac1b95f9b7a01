// What ranks tell each other in an application, counted by MPI's profiling interface, beside the surface formula; and
// that solves take the same iterations on any number of them.
#include "latticemg/slabs.hpp"
#include "latticemg/solve.hpp"
#include "scaling/message_count.hpp"
#include "scaling/surface.hpp"

using namespace latticemg_test;
using linnet::MessageCount;

namespace {

using Size = std::array<PetscInt, 3>;

// Couplings 1, p = 0 above the last plane z.
PetscErrorCode cell_of(PetscInt i, PetscInt j, PetscInt k, MatLatticeCell* cell, void* context) {
  const Size& n = *static_cast<const Size*>(context);
  cell->upper[0] = i + 1 < n[0];
  cell->upper[1] = j + 1 < n[1];
  cell->upper[2] = k + 1 < n[2];
  cell->excess = k + 1 == n[2];
  return 0;
}

OwnedMat open_box(MPI_Comm comm, Size size) {
  OwnedMat A;
  LinnetInitialize();
  EXPECT_EQ(static_cast<int>(MatCreateLattice(comm, size.data(), nullptr, cell_of, &size, A.out())), 0);
  return A;
}

int neighbours() {
  return (rank_in_world() > 0) + (rank_in_world() + 1 < ranks_of_world());
}

// Of the second application: the first one sets messages up.
MessageCount of_an_application(PC pc, Mat A) {
  const OwnedVec r = noise(A), z = zeros(A);
  PCApply(pc, r, z);
  const MessageCount before = linnet::messages_sent();
  PCApply(pc, r, z);
  return linnet::messages_sent() - before;
}

TEST(Halo, OfTheCycleIsTheSurfaceFormula) {
  const int ranks = ranks_of_world();
  for (const Size& size : {Size{64, 64, 32 * ranks}, {96, 80, 32 * std::max(3, ranks)}, {48, 64, 64 * ranks}})
    for (const bool w_cycle : {true, false})
      for (const int sweeps : {1, 2}) {
        SCOPED_TRACE(std::to_string(size[0]) + " w " + std::to_string(w_cycle) + " sweeps " + std::to_string(sweeps));
        const OwnedMat A = open_box(PETSC_COMM_WORLD, size);
        const OwnedKSP ksp = make_solver(A);
        PC pc = pc_of(ksp);
        PCLatticeMGSetCycle(pc, w_cycle ? PC_LATTICEMG_CYCLE_W : PC_LATTICEMG_CYCLE_V);
        PCLatticeMGSetSweeps(pc, sweeps);
        PCLatticeMGSetCoarsening(pc, PC_LATTICEMG_COARSENING_FULL);
        LINNET_CALL(PCSetUp(pc));
        const auto grids =
            plan_coarsening(size, linnet::latticemg::CouplingSums{}, linnet::latticemg::Coarsening::full, 128);
        const auto slabs = plan_slabs(grids, size, {}, linnet::latticemg::CycleOptions{w_cycle, sweeps}, ranks);
        ASSERT_EQ(slabs.slabs(), ranks);
        const linnet::CycleSurface surface{
            size[0], size[1], static_cast<int>(grids.halved.size()) + 1, slabs.shared_levels, sweeps, w_cycle, true};
        const auto expected = surface.to_a_neighbour();
        const MessageCount sent = of_an_application(pc, A);
        EXPECT_EQ(sent.messages, neighbours() * expected.messages);
        EXPECT_EQ(sent.bytes, neighbours() * expected.bytes);
        EXPECT_EQ(sent.gathers, ranks > 1 ? expected.gathers : 0);
        EXPECT_EQ(sent.reductions, ranks > 1 ? 1 : 0); // the largest entry of r
      }
}

TEST(Halo, OfAggregatesIsAMessageASweepAndOneACorrection) {
  const int ranks = ranks_of_world();
  for (const int sweeps : {1, 2}) {
    const OwnedMat A = open_box(PETSC_COMM_WORLD, {48, 64, 32 * std::max(4, ranks)});
    const OwnedKSP ksp = make_solver(A);
    PC pc = pc_of(ksp);
    PCLatticeMGSetSweeps(pc, sweeps);
    PCLatticeMGSetCoarsening(pc, PC_LATTICEMG_COARSENING_AGGREGATES);
    LINNET_CALL(PCSetUp(pc));
    const std::string text = view(pc), label = "levels of aggregates they share: ";
    int shared = 0, visits = 1, messages = 3; // of the finest grid: right-hand sides of two colours, corrections of one
    if (ranks > 1 && neighbours() > 0 && text.find(label) != std::string::npos)
      shared = std::stoi(text.substr(text.find(label) + label.size()));
    MPI_Bcast(&shared, 1, MPI_INT, 0, PETSC_COMM_WORLD);
    EXPECT_EQ(shared > 1, ranks > 1);
    for (int l = 0; l < shared; ++l) { // in a box each has an eighth of the nodes: a W cycle visits it twice
      visits *= 2;
      messages += visits * (2 * (l < 2 ? sweeps : std::max(1, sweeps - 1)) + 1);
    }
    const MessageCount sent = of_an_application(pc, A);
    EXPECT_EQ(sent.messages, neighbours() * messages);
    EXPECT_EQ(sent.gathers, ranks > 1 ? visits : 0);
  }
}

TEST(Halo, OfTheNetworkGrowsWithThePlanesAndNotWithTheirNumber) {
  const int ranks = ranks_of_world();
  const auto sent = [&](const Size& size) {
    const OwnedMat A = open_box(PETSC_COMM_WORLD, size);
    const OwnedKSP ksp = make_solver(A, KSPDCD);
    PCSetType(pc_of(ksp), PCCNN);
    PCCNNSetModel(pc_of(ksp), "hybrid3d");
    EXPECT_EQ(static_cast<int>(PCSetUp(pc_of(ksp))), 0);
    return of_an_application(pc_of(ksp), A);
  };
  // So large that all grids of the network are worth sharing; the slabs are across the longest axis.
  const int planes = std::max(128, 32 * ranks);
  const MessageCount one = sent({64, 64, planes}), thicker = sent({64, 64, 2 * planes}), wider = sent({96, 64, planes});
  EXPECT_EQ(one.messages > 0, ranks > 1);
  EXPECT_EQ(one.messages % std::max(1, neighbours()), 0);
  EXPECT_EQ(thicker.messages, one.messages);
  EXPECT_EQ(thicker.bytes, one.bytes);
  EXPECT_EQ(wider.messages, one.messages);
  if (ranks > 1) {
    const double growth = static_cast<double>(wider.bytes) / static_cast<double>(one.bytes);
    EXPECT_GT(growth, 1.2); // 1.5 but for what lies around the cells
    EXPECT_LE(growth, 1.5);
  }
}

TEST(Ranks, TakeTheIterationsOfOneWithinOne) {
  const Size size{48, 40, 32 * ranks_of_world()};
  for (const char* type : {PCLATTICEMG, PCCNN}) {
    const OwnedMat A = open_box(PETSC_COMM_WORLD, size), alone = open_box(PETSC_COMM_SELF, size);
    const OwnedKSP together = make_solver(A, KSPDCD);
    PCSetType(pc_of(together), type);
    OwnedKSP single;
    KSPCreate(PETSC_COMM_SELF, single.out());
    KSPSetType(single, KSPDCD);
    KSPSetOperators(single, alone, alone);
    KSPSetNormType(single, KSP_NORM_UNPRECONDITIONED);
    KSPSetTolerances(single, 1e-6, PETSC_DEFAULT, PETSC_DEFAULT, 300);
    PCSetType(pc_of(single), type);
    const Outcome shared = latticemg_test::solve(together), expected = latticemg_test::solve(single);
    EXPECT_LE(shared.residual, 1e-6) << type;
    EXPECT_LE(std::abs(shared.iterations - expected.iterations), 1) << type;
  }
}

} // namespace
