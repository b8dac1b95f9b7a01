// From an operator to the levels of the multigrid: forms, coarsening, memory, refusals.
#include <gtest/gtest.h>

#include "latticemg/systems.hpp"

using namespace linnet;
using namespace linnet::latticemg;
using namespace latticemg_test;
using voxels::Coefficients;
using voxels::Domain;

namespace {

TEST(FinestGrid, HasNoCouplingsOfItsOwnWhereTheyAreOfOneSize) {
  using voxels::torus;
  const struct {
    voxels::Domain domain;
    Coefficients coefficients;
    Couplings couplings;
  } expected[]{
      {voxels::balls(21, 8, 3), voxels::voxel(), Couplings::ones},
      {voxels::box(33, 34, 1), voxels::voxel(), Couplings::flat_ones},
      {voxels::box(18, 11, 16), anisotropic(), Couplings::uniform},
      {voxels::maze(14, 17, 7), voxels::voxel(), Couplings::flat_ones},
      {voxels::box(17, 18, 11), voxels::thin_walls(), Couplings::wall_ones},
      {voxels::box(33, 34, 1), voxels::thin_walls(), Couplings::wall_ones},
      {voxels::box(18, 11, 16), voxels::thin_walls(5), Couplings::walls},
      {voxels::balls(20, 6, 8), few_excesses(9), Couplings::uniform}, // more diagonals than ones have
      {torus(16, 12, 14, {true, false, true}), voxels::voxel(), Couplings::wall_ones},
      {torus(16, 12, 13, {true, false, true}), voxels::voxel(), Couplings::general}, // cells of a colour are coupled
      {torus(16, 12, 13, {true, false, true}), voxels::own_excess(2), Couplings::general},
      {voxels::balls(20, 6, 8), voxels::own_excess(2), Couplings::diagonals},
      {voxels::balls(20, 6, 8), few_excesses(99), Couplings::diagonals}, // more diagonals than codes
      {torus(16, 12, 14, {true, false, true}), voxels::own_excess(2), Couplings::wall_diagonals},
      {voxels::box(17, 18, 11), walled(), Couplings::wall_diagonals},
      {voxels::balls(19, 6, 9), voxels::variable(9), Couplings::general},
  };
  for (const auto& e : expected) {
    const System system(e.domain, e.coefficients);
    Multigrid multigrid;
    ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 2), "");
    EXPECT_EQ(multigrid.levels()[0].couplings, e.couplings) << &e - expected;
  }
}

TEST(CoarseningPlan, HalvesTheStrongAxesUntilTheOthersAreAsStrong) {
  // Couplings 1 : 0.3 : 7 become 1 : 0.3 : 7/4, then 1/4 : 0.3 : 7/16, within a factor of 3 of each other.
  const System system(voxels::box(18, 11, 16), anisotropic());
  const CoarseningPlan plan = plan_coarsening(system.op, Coarsening::automatic, 10, 1);
  EXPECT_TRUE(plan.semi);
  EXPECT_EQ(plan.axis, (std::array<int, 3>{2, 1, 0}));
  const std::vector<std::array<bool, 3>> halved{
      {true, false, false}, {true, false, true}, {true, true, true}, {true, true, true}};
  EXPECT_EQ(plan.halved, halved);
  EXPECT_FALSE(plan_coarsening(system.op, Coarsening::full, 10, 1).semi);
  EXPECT_FALSE(plan_coarsening(System(voxels::box(9, 8, 7), voxels::voxel()).op, Coarsening::semi, 10, 1).semi);
}

TEST(CoarseningPlan, IsTheSameOnAnyThreads) {
  const System system(voxels::balls(19, 6, 9), voxels::stretched());
  EXPECT_EQ(plan_coarsening(system.op, Coarsening::semi, 10, 1), plan_coarsening(system.op, Coarsening::semi, 10, 3));
}

Coefficients own_excess(std::uint64_t seed) {
  return voxels::own_excess(seed);
}
// Few enough for codes of the operator, too many for those of the levels.
Coefficients many_excesses(std::uint64_t seed) {
  return few_excesses(90 + static_cast<int>(seed));
}

TEST(Setup, TakesNewValuesAndNewObstaclesIntoTheSameMemory) {
  for (const auto& coefficients : {voxels::variable, own_excess, many_excesses}) {
    const System first(voxels::balls(20, 6, 1), coefficients(1), true);
    const System second(voxels::balls(20, 6, 2), coefficients(2), true);
    Multigrid reused, fresh;
    ASSERT_EQ(reused.build(first.op, first.lattice, first.rows, 1), "");
    const float* memory = reused.levels()[0].u;
    const std::vector<double> r = noise(first.rows, 5);
    apply(&reused, {}, r);
    ASSERT_EQ(reused.build(second.op, second.lattice, second.rows, 1), "");
    ASSERT_EQ(fresh.build(second.op, second.lattice, second.rows, 1), "");
    EXPECT_EQ(reused.levels()[0].u, memory);
    EXPECT_EQ(apply(&reused, {}, r), apply(&fresh, {}, r));
  }
}

TEST(Setup, ChangesBetweenFormsAndSizes) {
  Multigrid reused;
  for (const auto& [domain, coefficients] :
       {std::pair{voxels::box(20, 18, 19), voxels::voxel()}, std::pair{voxels::box(20, 18, 19), voxels::variable(3)},
        std::pair{voxels::box(20, 18, 19), voxels::voxel()}, std::pair{voxels::box(20, 18, 19), voxels::own_excess(3)},
        std::pair{voxels::box(20, 18, 19), walled()}, std::pair{voxels::box(20, 18, 19), voxels::thin_walls()},
        std::pair{voxels::box(20, 18, 19), voxels::variable(3)},
        std::pair{voxels::box(20, 18, 19), voxels::own_excess(4)}, std::pair{voxels::box(9, 30, 1), voxels::voxel()},
        std::pair{voxels::box(1, 1, 1), shifted(1)},
        std::pair{voxels::torus(9, 9, 9, {true, false, true}), voxels::voxel()},
        std::pair{voxels::box(9, 9, 9), voxels::voxel()}}) {
    const System system(domain, coefficients);
    Multigrid fresh;
    ASSERT_EQ(reused.build(system.op, system.lattice, system.rows, 1), "");
    ASSERT_EQ(fresh.build(system.op, system.lattice, system.rows, 1), "");
    const std::vector<double> r = noise(system.rows, 6);
    EXPECT_EQ(apply(&reused, {}, r), apply(&fresh, {}, r));
  }
}

// Couplings are harmonic means of k(x, y); prescribed values at the highest y, or the lowest too.
template <class K>
Coefficients harmonic(bool both, const K& k) {
  return {[=](const Domain& d, int c, int axis) {
            const auto at = d.at(c);
            const double own = k(at[0], at[1]), next = k(at[0] + (axis == 0), at[1] + (axis == 1));
            return 2 * own * next / (own + next);
          },
          [=](const Domain& d, int c) { return d.at(c)[1] + 1 == d.size[1] || (both && d.at(c)[1] == 0); }};
}

TEST(Setup, TakesAggregatesForLargeRegionsOfFarLargerCoefficientsOnly) {
  const auto aggregated = [](const Domain& domain, const Coefficients& coefficients) {
    const System system(domain, coefficients);
    Multigrid multigrid;
    EXPECT_EQ(multigrid.build(system.op, system.lattice, system.rows, 2, Coarsening::automatic, Aggregation::automatic),
              "");
    return multigrid.aggregated();
  };
  const auto layers = harmonic(true, [](int, int y) { return y / 20 % 2 ? 3.0 : 1.0; });
  const auto corner = harmonic(false, [](int x, int y) { return x < 150 && y < 110 ? 1e4 : 1.0; });
  EXPECT_FALSE(aggregated(voxels::box(300, 200, 1), layers));
  EXPECT_TRUE(aggregated(voxels::box(200, 250, 1), corner));
}

TEST(Setup, SaysWhyItRefuses) {
  Coefficients negative_coupling = voxels::voxel(), negative_excess = voxels::voxel(), own = voxels::own_excess(2);
  negative_coupling.coupling = [](const Domain&, int c, int) { return c == 40 ? -0.5 : 1; };
  negative_excess.excess = [](const Domain&, int c) { return c == 44 ? -6.25 : 1; };
  own.excess = [](const Domain&, int c) { return c == 44 ? -6.25 : 0.001 * c; };
  const System coupling(voxels::box(9, 9, 9), negative_coupling), excess(voxels::box(9, 9, 9), negative_excess);
  const System own_excess(voxels::box(9, 9, 9), own);
  const System decoupled(voxels::box(1, 1, 1), shifted(-2)), wide(voxels::box(9, 9, 9), shifted(1e30));
  Multigrid multigrid;
  EXPECT_EQ(multigrid.build(coupling.op, coupling.lattice, coupling.rows, 1).find("a coupling is -0.5, "), 0U);
  for (const System* s : {&excess, &own_excess})
    EXPECT_EQ(multigrid.build(s->op, s->lattice, s->rows, 1).find("the diagonal of cell (8, 4, 0) is -"), 0U);
  EXPECT_EQ(multigrid.build(wide.op, wide.lattice, wide.rows, 1),
            "the coefficients go from 1 to 1e+30, a wider range than single precision holds");
  EXPECT_EQ(multigrid.build(decoupled.op, decoupled.lattice, decoupled.rows, 1)
                .find("the diagonal of cell (0, 0, 0) is -2: "),
            0U);
}

} // namespace
