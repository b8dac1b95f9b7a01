// Groups of cells, pairs of nodes, and the graphs that are left of them.
#include <gtest/gtest.h>

#include "latticemg/couplings.hpp"
#include "latticemg/systems.hpp"

#include <numeric>
#include <set>

using namespace linnet;
using namespace linnet::latticemg;
using namespace latticemg_test;
using voxels::Coefficients;
using voxels::Domain;

namespace {

std::vector<System> systems() {
  std::vector<System> all;
  for (const auto& [domain, coefficients] :
       std::vector<std::pair<Domain, Coefficients>>{{voxels::box(12, 11, 10), voxels::voxel()},
                                                    {voxels::noise(13, 12, 11, 0.4, 4), voxels::voxel()},
                                                    {voxels::balls(19, 6, 9), voxels::variable(9)},
                                                    {voxels::torus(9, 8, 7, {true, true, true}), voxels::variable(2)},
                                                    {voxels::maze(14, 17, 7), voxels::neumann()},
                                                    {voxels::box(31, 26, 1), voxels::stretched()}})
    all.emplace_back(domain, coefficients, true);
  return all;
}

TEST(CellGroups, AreTheStronglyCoupledCellsOfABlock) {
  for (const System& system : systems()) {
    CellGroups groups;
    group_cells(system.op, BoxPlanes::all(system.op), 1, &groups);
    std::set<int> used;
    std::map<int, std::array<int, 3>> block;
    for (std::size_t c = 0; c < system.op.cell_count(); ++c) {
      const bool coupled = system.op.links[c] & 63;
      EXPECT_EQ(groups.of[c] >= 0, coupled);
      if (!coupled)
        continue;
      used.insert(groups.of[c]);
      const int x = static_cast<int>(c) % system.op.size[0], rest = static_cast<int>(c) / system.op.size[0];
      const std::array<int, 3> own{x / 2, rest % system.op.size[1] / 2, rest / system.op.size[1] / 2};
      EXPECT_EQ(block.emplace(groups.of[c], own).first->second, own);
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
  const auto group = [&](int x, int y, int z) { return groups.of[system.op.index(x, y, z)]; };
  EXPECT_NE(group(0, 0, 0), group(1, 0, 0));
  EXPECT_NE(group(2, 2, 0), group(2, 3, 0));
  EXPECT_EQ(group(2, 0, 0), group(3, 1, 1));
  EXPECT_EQ(group(2, 2, 0), group(3, 2, 1));
}

TEST(Contraction, OfCellsKeepsTheExcessAndNearlyTheCouplings) {
  for (const System& system : systems()) {
    CellGroups groups;
    Graph graph;
    group_cells(system.op, BoxPlanes::all(system.op), 1, &groups);
    contract(system.op, groups, Border{}, 1, least_part, 1, 1, &graph);
    ASSERT_EQ(graph.nodes(), groups.count);
    expect_contracted(graph, summed(couplings_of(system.op), groups.of.data()), least_part);
    double excess = 0;
    for (std::size_t c = 0; c < system.op.cell_count(); ++c)
      excess += system.op.links[c] & 63 ? system.op.excess_of(c) : 0;
    EXPECT_NEAR(total_excess(graph), excess, 1e-5 * (1 + excess));
  }
}

TEST(Pairing, JoinsEachNodeThatHasLinksWithStronglyCoupledOnes) {
  for (const System& system : systems()) {
    CellGroups groups;
    Graph graph, coarse;
    group_cells(system.op, BoxPlanes::all(system.op), 1, &groups);
    contract(system.op, groups, Border{}, 1, least_part, 1, 1, &graph);
    const GraphCouplings fine = couplings_of(graph);
    Pairing pairing;
    pair_up(graph, least_strength, 2, &pairing);
    std::vector<int> members(static_cast<std::size_t>(pairing.count), 0);
    for (int i = 0; i < graph.nodes(); ++i) {
      EXPECT_EQ(pairing.of[static_cast<std::size_t>(i)] >= 0, graph.links(i) > 0);
      if (graph.links(i) > 0)
        ++members[static_cast<std::size_t>(pairing.of[static_cast<std::size_t>(i)])];
    }
    for (int I = 0; I < pairing.count; ++I) {
      const int* member = pairing.member.data() + std::ptrdiff_t{3} * I;
      const int listed = 1 + (member[1] >= 0) + (member[2] >= 0);
      EXPECT_EQ(members[static_cast<std::size_t>(I)], listed);
      for (int s = 0; s < listed; ++s)
        EXPECT_EQ(pairing.of[static_cast<std::size_t>(member[s])], I);
      double most = 0;
      for (int s = 0; s < listed; ++s)
        for (int t = 0; t < s; ++t)
          if (const auto at = fine.find({member[s], member[t]}); at != fine.end())
            most = std::max(most, at->second);
      EXPECT_TRUE(listed == 1 || most > 0);
    }
    EXPECT_LT(pairing.count, 0.75 * graph.nodes());
    contract(graph, pairing, least_part, 0.5F, 1, &coarse);
    expect_contracted(coarse, summed(fine, pairing.of.data()), least_part);
    EXPECT_NEAR(total_excess(coarse), total_excess(graph) / 2, 1e-5 * (1 + total_excess(graph)));
  }
}

TEST(Pairing, LeavesOutNodesWithoutLinks) {
  Graph graph;
  graph.count = 1;
  graph.first.resize(2);
  graph.degree.resize(1);
  graph.first[0] = graph.first[1] = graph.degree[0] = 0;
  Pairing pairing;
  pair_up(graph, least_strength, 2, &pairing);
  EXPECT_EQ(pairing.count, 0);
  EXPECT_EQ(pairing.of[0], -1);
}

TEST(Pairing, GoesAlongTheStrongestCouplingOfAChain) {
  // 0 =10= 1 -1- 2 =10= 3
  Graph chain;
  chain.count = 4;
  chain.first.resize(5);
  chain.degree.resize(4);
  chain.own_excess.resize(4);
  chain.neighbour.resize(6);
  chain.coupling.resize(6);
  const int first[5] = {0, 1, 3, 5, 6}, neighbour[6] = {1, 0, 2, 1, 3, 2};
  const float coupling[6] = {10, 10, 1, 1, 10, 10};
  for (std::size_t i = 0; i < 5; ++i)
    chain.first[i] = first[i];
  for (std::size_t i = 0; i < 4; ++i) {
    chain.degree[i] = first[i + 1] - first[i];
    chain.own_excess[i] = 0;
  }
  std::copy_n(neighbour, 6, chain.neighbour.begin());
  std::copy_n(coupling, 6, chain.coupling.begin());
  Pairing pairing;
  pair_up(chain, least_strength, 2, &pairing);
  EXPECT_EQ(std::vector<int>(pairing.of.begin(), pairing.of.end()), (std::vector<int>{0, 0, 1, 1}));
  Graph coarse;
  contract(chain, pairing, least_part, 1, 1, &coarse);
  // The resistances between the middles of the pairs: 0.5 / 10 + 1 + 0.5 / 10.
  EXPECT_FLOAT_EQ(coarse.coupling[static_cast<std::size_t>(coarse.first[0])], 1 / 1.1F);
}

TEST(Aggregates, ShrinkToALevelThatIsSolved) {
  for (const System& system : systems()) {
    Multigrid multigrid;
    ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 1, Coarsening::automatic, Aggregation::always),
              "");
    const std::vector<long long> sizes = multigrid.aggregates().sizes();
    ASSERT_FALSE(sizes.empty());
    EXPECT_LE(sizes.back(), coarsest_nodes);
    for (std::size_t l = 1; l < sizes.size(); ++l)
      EXPECT_LT(sizes[l], 0.75 * sizes[l - 1]);
  }
}

} // namespace
