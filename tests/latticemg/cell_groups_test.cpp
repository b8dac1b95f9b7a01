// Groups of cells, and the graph that is left of them.
#include <gtest/gtest.h>

#include "latticemg/couplings.hpp"
#include "latticemg/grouped_systems.hpp"

#include <array>
#include <set>

using namespace linnet;
using namespace linnet::latticemg;
using namespace latticemg_test;
using voxels::Coefficients;
using voxels::Domain;

namespace {

bool has_coupled_cell(const LatticeOperator& op, const std::array<int, 3>& block) {
  for (int n = 0; n < 8; ++n) {
    const int i = 2 * block[0] + (n & 1), j = 2 * block[1] + (n >> 1 & 1), k = 2 * block[2] + (n >> 2);
    if (i < op.size[0] && j < op.size[1] && k < op.size[2] && op.links[op.index(i, j, k)] & 63)
      return true;
  }
  return false;
}

TEST(CellGroups, AreTheStronglyCoupledCellsOfABlock) {
  for (const System& system : systems_with_groups()) {
    CellGroups groups;
    group_cells(system.op, BoxPlanes::all(system.op), 2, &groups);
    const std::vector<int> of = groups_of_cells(system.op, groups);
    std::set<int> used;
    std::map<int, std::array<int, 3>> block;
    for (std::size_t c = 0; c < system.op.cell_count(); ++c) {
      const int x = static_cast<int>(c) % system.op.size[0], rest = static_cast<int>(c) / system.op.size[0];
      const std::array<int, 3> own{x / 2, rest % system.op.size[1] / 2, rest / system.op.size[1] / 2};
      const bool coupled = system.op.links[c] & 63;
      if (!has_coupled_cell(system.op, own))
        continue;
      EXPECT_EQ(of[c] >= 0, coupled);
      if (!coupled)
        continue;
      used.insert(of[c]);
      EXPECT_EQ(block.emplace(of[c], own).first->second, own);
    }
    EXPECT_EQ(used.size(), static_cast<std::size_t>(groups.count));
    EXPECT_EQ(*used.rbegin(), groups.count - 1);
  }
}

TEST(CellGroups, OfABoxAreItsBlocks) {
  const System system(voxels::box(8, 6, 4), voxels::voxel(), true);
  CellGroups groups;
  group_cells(system.op, BoxPlanes::all(system.op), 1, &groups);
  EXPECT_EQ(groups.count, 4 * 3 * 2);
  EXPECT_EQ(groups.blocks, groups.count);
  // Four links, each of half the energy but for the bound; excess 1 on the cells at the top.
  Graph graph;
  contract(system.op, groups, Border{}, 1, least_part, 1, 1, &graph);
  for (const auto& [nodes, w] : couplings_of(graph))
    EXPECT_FLOAT_EQ(static_cast<float>(w), least_part * 4);
  EXPECT_FLOAT_EQ(static_cast<float>(total_excess(graph)), 8 * 6);
}

TEST(CellGroups, DoNotReachThroughWallsOrAcrossWeakCouplings) {
  // No coupling between x = 0 and x = 1, and a weak one between y = 2 and y = 3.
  const Coefficients walls{[](const Domain& d, int c, int axis) {
                             const auto at = d.at(c);
                             return axis == 0 && at[0] == 0 ? 0.0 : axis == 1 && at[1] == 2 ? 0.01 : 1.0;
                           },
                           [](const Domain&, int) { return 0.1; }};
  const System system(voxels::box(4, 4, 2), walls, true);
  CellGroups groups;
  group_cells(system.op, BoxPlanes::all(system.op), 1, &groups);
  const std::vector<int> of = groups_of_cells(system.op, groups);
  const auto group = [&](int x, int y, int z) { return of[system.op.index(x, y, z)]; };
  EXPECT_NE(group(0, 0, 0), group(1, 0, 0));
  EXPECT_NE(group(2, 2, 0), group(2, 3, 0));
  EXPECT_EQ(group(2, 0, 0), group(3, 1, 1));
  EXPECT_EQ(group(2, 2, 0), group(3, 2, 1));
}

TEST(CellGroups, LeaveOutCellsHeldByTheirExcess) {
  for (const double w : {1.0, 0.5}) { // along x: the form with one coupling an axis, and that with each cell's
    const Coefficients held{[=](const Domain& d, int c, int axis) { return axis == 0 && d.at(c)[0] == 1 ? w : 1.0; },
                            [](const Domain& d, int c) { return d.at(c)[0] == 0 ? 17.0 : 15.0; }};
    const System system(voxels::box(4, 2, 2), held, true);
    CellGroups groups;
    group_cells(system.op, BoxPlanes::all(system.op), 1, &groups);
    EXPECT_EQ(groups.count, 2);
    const std::vector<int> of = groups_of_cells(system.op, groups);
    for (int c = 0; c < 16; ++c)
      EXPECT_EQ(of[static_cast<std::size_t>(c)], c % 4 == 0 ? -1 : c % 4 / 2) << c;
    Graph graph;
    contract(system.op, groups, Border{}, 1, least_part, 0.5F, 1, &graph);
    EXPECT_EQ(graph.excess(0), 4 * (15 + 1) * 0.5F); // with their links
    EXPECT_EQ(graph.excess(1), 8 * 15 * 0.5F);
    EXPECT_EQ(graph.links(0), 1);
  }
}

TEST(Contraction, OfCellsKeepsTheExcessAndNearlyTheCouplings) {
  for (const System& system : systems_with_groups()) {
    CellGroups groups;
    Graph graph = graph_of_groups(system.op, &groups);
    ASSERT_EQ(graph.nodes(), groups.count);
    expect_contracted(graph, summed(couplings_of(system.op), groups_of_cells(system.op, groups).data()), least_part);
    double excess = 0;
    for (std::size_t c = 0; c < system.op.cell_count(); ++c)
      excess += system.op.links[c] & 63 ? system.op.excess_of(c) : 0;
    EXPECT_NEAR(total_excess(graph), excess, 1e-5 * (1 + excess));
  }
}

// The middles of blocks are further from a door than from a side that is open: by what spreads behind it.
TEST(Contraction, OfCellsBesideADoorCountsWhatSpreadsBehindIt) {
  const auto coupling_through = [](int doors) {
    const Coefficients c{[=](const Domain& d, int cell, int axis) {
                           const auto at = d.at(cell);
                           return axis == 0 && at[0] == 1 && at[1] + 2 * at[2] >= doors ? 0.0 : 1.0;
                         },
                         [](const Domain&, int) { return 0.1; }};
    const System system(voxels::box(4, 2, 2), c, true);
    CellGroups groups;
    Graph graph;
    group_cells(system.op, BoxPlanes::all(system.op), 1, &groups);
    EXPECT_EQ(groups.count, 2);
    contract(system.op, groups, Border{}, 1, 0.1F, 1, 1, &graph);
    return graph.coupling[static_cast<std::size_t>(graph.first[0])];
  };
  // 1 / w = 1 / doors + 2 (0.5 / 4 + part_across (4 / doors - 1) / 8)
  EXPECT_FLOAT_EQ(coupling_through(4), 2);
  EXPECT_FLOAT_EQ(coupling_through(2), static_cast<float>(1 / (0.5 + 0.25 + part_across / 4)));
  EXPECT_FLOAT_EQ(coupling_through(1), static_cast<float>(1 / (1 + 0.25 + part_across * 3 / 4)));
}

} // namespace
