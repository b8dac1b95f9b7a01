// The parts of lines that kernels work on.
#include <gtest/gtest.h>

#include "latticemg/systems.hpp"

using namespace linnet;
using namespace linnet::latticemg;
using namespace latticemg_test;

namespace {

bool has_unknown(const Level& level, int j, int k, int t) {
  return level.has_unknown(level.at(0, j, k) + t) || level.has_unknown(level.at(1, j, k) + t);
}

TEST(Extents, HoldAllUnknownsInWholeBlocks) {
  for (const auto& coefficients : {voxels::voxel(), voxels::variable(3)}) {
    const System system(voxels::beam({310, 12, 10}, 0), coefficients);
    Multigrid multigrid;
    ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 2), "");
    const std::vector<Level>& levels = multigrid.levels();
    ASSERT_TRUE(levels[0].extent && levels[1].extent);
    EXPECT_EQ(levels[0].extent_of(0, 3).last, 0);
    for (const Level& level : levels)
      for (int k = 0; k < level.size[2]; ++k)
        for (int j = 0; j < level.size[1]; ++j) {
          const Extent extent = level.extent_of(j, k);
          EXPECT_EQ(extent.first % block, 0);
          EXPECT_EQ(extent.last % block, 0);
          for (int t = 0; t < level.count(0); ++t)
            EXPECT_TRUE((extent.first <= t && t < extent.last) || !has_unknown(level, j, k, t));
        }
  }
}

TEST(Extents, OfACoarseLineHoldThoseOfItsFineLines) {
  const System system(voxels::beam({310, 13, 11}, 0), voxels::neumann());
  Multigrid multigrid;
  ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 1), "");
  const Level &fine = multigrid.levels()[0], &coarse = multigrid.levels()[1];
  for (int k = 0; k < fine.size[2]; ++k)
    for (int j = 0; j < fine.size[1]; ++j) {
      const Extent within = fine.extent_of(j, k), extent = coarse.extent_of(j / 2, k / 2);
      if (within.last > 0) {
        EXPECT_LE(2 * extent.first, within.first);
        EXPECT_GE(2 * extent.last, within.last);
      }
    }
}

TEST(Extents, AreWholeLinesWhereMostCellsHaveUnknowns) {
  const System system(voxels::balls(70, 8, 1), voxels::voxel());
  Multigrid multigrid;
  ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 1), "");
  for (const Level& level : multigrid.levels())
    EXPECT_FALSE(level.extent);
}

// What a solve left of the beam that was there before would disturb the next one.
TEST(Extents, OfAMovedObstacleStartFromZeros) {
  const std::array<bool, 3> around[]{{false, false, false}, {true, false, true}};
  for (const auto& periodic : around)
    for (auto coefficients : {voxels::voxel(), voxels::thin_walls(), voxels::variable(3)}) {
      coefficients.excess = [](const voxels::Domain&, int) { return 0.1; }; // the pair is not singular
      Multigrid reused;
      for (const int first : {0, -40, 60, 0}) {
        const System system(voxels::beam({310, 12, 10}, first, periodic), coefficients, true);
        const std::vector<double> b = noise(system.rows, 7);
        const auto solve = [&](Multigrid* multigrid) {
          EXPECT_EQ(multigrid->build(system.op, system.lattice, system.rows, 2), "");
          EXPECT_TRUE(multigrid->levels()[0].extent);
          std::vector<double> x(b.size());
          Multigrid::Outer outer{{b.data(), system.rows}, {x.data(), system.rows}, true, 3, {}, {}};
          outer.judge = [](int iterations, double, double) {
            return iterations == 7 ? Verdict::stop : Verdict::iterate;
          };
          EXPECT_EQ(multigrid->solve({true, 2, 2, nullptr}, outer), OuterEnd::stopped);
          const std::vector<double> z = apply(multigrid, {true, 2}, b);
          x.insert(x.end(), z.begin(), z.end());
          return x;
        };
        Multigrid fresh;
        EXPECT_EQ(solve(&reused), solve(&fresh)) << "beam from " << first;
      }
    }
}

} // namespace
