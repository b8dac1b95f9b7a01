// Groups of nodes, and the graphs that are left of them.
#include <gtest/gtest.h>

#include "latticemg/couplings.hpp"
#include "latticemg/grouped_systems.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

using namespace linnet;
using namespace linnet::latticemg;
using namespace latticemg_test;
using voxels::Coefficients;
using voxels::Domain;

namespace {

// Couplings between each node and the next one.
Graph chain_of(const std::vector<float>& couplings) {
  Graph chain;
  chain.count = static_cast<int>(couplings.size()) + 1;
  const auto nodes = couplings.size() + 1;
  chain.first.resize(nodes + 1);
  chain.degree.resize(nodes);
  chain.own_excess.resize(nodes);
  chain.neighbour.resize(2 * couplings.size());
  chain.coupling.resize(2 * couplings.size());
  std::size_t end = 0;
  for (std::size_t i = 0; i < nodes; ++i) {
    chain.first[i] = static_cast<std::int64_t>(end);
    for (const std::size_t j : {i - 1, i + 1})
      if (j < nodes) {
        chain.neighbour[end] = static_cast<int>(j);
        chain.coupling[end++] = couplings[std::min(i, j)];
      }
    chain.degree[i] = static_cast<int>(static_cast<std::int64_t>(end) - chain.first[i]);
    chain.own_excess[i] = 0;
  }
  chain.first[nodes] = static_cast<std::int64_t>(end);
  return chain;
}

float strongest(const Graph& graph, int i) {
  float most = 0;
  graph.for_each_link(i, [&](int, float w) { most = std::max(most, w); });
  return most;
}

// That of 2 x 2 x 2 blocks, in which a node lies.
int block_of_blocks(const NodeBlocks& blocks, int node) {
  const int b = blocks.of[static_cast<std::size_t>(node)], rest = b / blocks.size[0];
  const int x = b % blocks.size[0] / 2, y = rest % blocks.size[1] / 2, z = rest / blocks.size[1] / 2;
  return x + (blocks.size[0] + 1) / 2 * (y + (blocks.size[1] + 1) / 2 * z);
}

// Each node with links is listed once, by its group; others by none.
void expect_partition(const Graph& graph, const NodeGroups& groups) {
  std::vector<int> times(static_cast<std::size_t>(graph.nodes()), 0);
  for (int I = 0; I < groups.count; ++I) {
    EXPECT_GT(groups.members(I), 0);
    groups.for_each_member(I, [&](int i, int) {
      EXPECT_EQ(groups.of[static_cast<std::size_t>(i)], I);
      ++times[static_cast<std::size_t>(i)];
    });
  }
  for (int i = 0; i < graph.nodes(); ++i) {
    EXPECT_EQ(times[static_cast<std::size_t>(i)], graph.links(i) > 0);
    EXPECT_EQ(groups.of[static_cast<std::size_t>(i)] >= 0, graph.links(i) > 0);
  }
}

TEST(Pairing, JoinsEachNodeThatHasLinksWithStronglyCoupledOnes) {
  for (const System& system : systems_with_groups()) {
    CellGroups groups;
    Graph graph = graph_of_groups(system.op, &groups), coarse;
    const GraphCouplings fine = couplings_of(graph);
    NodeGroups pairs;
    pair_up(graph, least_strength, 2, &pairs);
    expect_partition(graph, pairs);
    for (int I = 0; I < pairs.count; ++I) {
      double most = 0;
      EXPECT_LE(pairs.members(I), most_in_group);
      pairs.for_each_member(I, [&](int i, int) {
        pairs.for_each_member(I, [&](int j, int) {
          if (const auto at = fine.find({i, j}); at != fine.end())
            most = std::max(most, at->second);
        });
      });
      EXPECT_TRUE(pairs.members(I) == 1 || most > 0);
    }
    EXPECT_LT(pairs.count, 0.75 * graph.nodes());
    contract(graph, pairs, least_part, 0.5F, 1, &coarse);
    expect_graph_of_groups(graph, pairs.of.data(), coarse);
  }
}

TEST(NodeBlocks, JoinStronglyCoupledNodesOfABlock) {
  for (const System& system : systems_with_groups()) {
    CellGroups groups;
    Graph graph = graph_of_groups(system.op, &groups);
    const NodeBlocks* blocks = &groups.lie;
    GroupedNodes next[2];
    for (GroupedNodes& grouped : next) {
      Graph coarse;
      group_nodes(graph, *blocks, 2, &grouped);
      const NodeGroups& joined = grouped.groups;
      const NodeBlocks& coarse_blocks = grouped.lie;
      expect_partition(graph, joined);
      for (int i = 0; i < graph.nodes(); ++i) {
        const int own = joined.of[static_cast<std::size_t>(i)];
        if (own < 0)
          continue;
        EXPECT_EQ(coarse_blocks.of[static_cast<std::size_t>(own)], block_of_blocks(*blocks, i));
        graph.for_each_link(i, [&](int j, float w) { // strong for both: in one group
          if (block_of_blocks(*blocks, i) == block_of_blocks(*blocks, j) &&
              w >= least_strength_of_blocks * std::max(strongest(graph, i), strongest(graph, j))) {
            EXPECT_EQ(joined.of[static_cast<std::size_t>(j)], own);
          }
        });
      }
      for (int line = 0; line < coarse_blocks.lines(); ++line)
        for (int I = coarse_blocks.first[static_cast<std::size_t>(line)];
             I < coarse_blocks.first[static_cast<std::size_t>(line) + 1]; ++I)
          EXPECT_EQ(coarse_blocks.of[static_cast<std::size_t>(I)] / coarse_blocks.size[0], line);
      contract(graph, *blocks, least_part, 0.5F, 2, &grouped, &coarse);
      expect_graph_of_groups(graph, joined.of.data(), coarse);
      graph = std::move(coarse);
      blocks = &grouped.lie;
    }
  }
}

TEST(NodeBlocks, OfABoxAreBoxesOfHalfTheCouplings) {
  const System system(voxels::box(16, 16, 8), voxels::voxel(), true);
  CellGroups groups;
  Graph graph, coarse;
  group_cells(system.op, BoxPlanes::all(system.op), 1, &groups);
  contract(system.op, groups, Border{}, 1, 0.1F, 1, 1, &graph);
  GroupedNodes joined;
  group_nodes(graph, groups.lie, 1, &joined);
  EXPECT_EQ(joined.groups.count, 4 * 4 * 2);
  contract(graph, groups.lie, 0.1F, 1, 1, &joined, &coarse);
  // 4 x 4 faces of cells between the blocks, four cells apart.
  for (const auto& [nodes, w] : couplings_of(coarse))
    EXPECT_FLOAT_EQ(static_cast<float>(w), 16 / 4.0F);
}

// A line of blocks of a node each.
NodeBlocks line_of_blocks(int nodes) {
  NodeBlocks blocks;
  blocks.size = {nodes, 1, 1};
  blocks.of.resize(static_cast<std::size_t>(nodes));
  blocks.first.resize(2);
  std::iota(blocks.of.begin(), blocks.of.end(), 0);
  blocks.first[0] = 0;
  blocks.first[1] = nodes;
  return blocks;
}

TEST(NodeBlocks, LetSingleNodesJoinWhatIsStrongForThem) {
  // 0 =9= 1 -1- 2 in a block: the coupling with 1 is the strongest one of 2, but weak for 1.
  const Graph chain = chain_of({9, 1});
  NodeBlocks blocks = line_of_blocks(3);
  GroupedNodes joined;
  const auto of = [&] { return std::vector<int>(joined.groups.of.begin(), joined.groups.of.end()); };
  group_nodes(chain, blocks, 1, &joined);
  EXPECT_EQ(of(), (std::vector<int>{0, 0, 1})); // another block
  blocks.size = {2, 1, 1};
  blocks.of[2] = 1; // two nodes of one block
  group_nodes(chain, blocks, 1, &joined);
  EXPECT_EQ(of(), (std::vector<int>{0, 0, 0}));
}

TEST(NodeBlocks, AndPairsLeaveOutNodesHeldByTheirExcess) {
  Graph chain = chain_of({1, 1, 1, 1, 1, 1}), coarse;
  chain.own_excess[0] = 15;
  chain.own_excess[3] = 17;
  GroupedNodes grouped;
  NodeGroups& joined = grouped.groups;
  const auto of = [&] { return std::vector<int>(joined.of.begin(), joined.of.end()); };
  group_nodes(chain, line_of_blocks(7), 1, &grouped);
  EXPECT_EQ(of(), (std::vector<int>{0, 0, 1, -1, 2, 2, 3}));
  EXPECT_EQ(std::vector<int>(grouped.lie.of.begin(), grouped.lie.of.end()), (std::vector<int>{0, 1, 2, 3}));
  contract(chain, line_of_blocks(7), least_part, 0.5F, 1, &grouped, &coarse);
  const auto excess = [&] { return std::vector<float>(coarse.own_excess.begin(), coarse.own_excess.end()); };
  EXPECT_EQ(excess(), (std::vector<float>{7.5, 0.5, 0.5, 0})); // with their links
  for (const float least : {least_strength, 0.0F}) {
    pair_up(chain, least, 1, &joined);
    EXPECT_EQ(of(), (std::vector<int>{0, 0, 0, -1, 1, 1, 1}));
    contract(chain, joined, least_part, 0.5F, 1, &coarse);
    EXPECT_EQ(excess(), (std::vector<float>{8, 0.5}));
    EXPECT_TRUE(couplings_of(coarse).empty());
  }
}

TEST(Pairing, LeavesOutNodesWithoutLinks) {
  Graph graph;
  graph.count = 1;
  graph.first.resize(2);
  graph.degree.resize(1);
  graph.own_excess.resize(1);
  graph.first[0] = graph.first[1] = graph.degree[0] = 0;
  graph.own_excess[0] = 0;
  NodeGroups pairs;
  pair_up(graph, least_strength, 2, &pairs);
  EXPECT_EQ(pairs.count, 0);
  EXPECT_EQ(pairs.of[0], -1);
}

TEST(Pairing, GoesAlongTheStrongestCouplingOfAChain) {
  // 0 =10= 1 -1- 2 =10= 3
  const Graph chain = chain_of({10, 1, 10});
  NodeGroups pairs;
  pair_up(chain, least_strength, 2, &pairs);
  EXPECT_EQ(std::vector<int>(pairs.of.begin(), pairs.of.end()), (std::vector<int>{0, 0, 1, 1}));
  Graph coarse;
  contract(chain, pairs, least_part, 1, 1, &coarse);
  // The resistances between the middles of the pairs: 0.5 / 10 + 1 + 0.5 / 10.
  EXPECT_FLOAT_EQ(coarse.coupling[static_cast<std::size_t>(coarse.first[0])], 1 / 1.1F);
}

// The places of the nodes, and the first block of each colour.
void expect_no_links_within_colours(const Graph& graph, const GraphLevel& level, const Buffer<int>& place) {
  const auto colour = [&](int node) {
    const int of_node = place[static_cast<std::size_t>(node)] / block;
    return std::upper_bound(level.colours.begin(), level.colours.end(), of_node) - level.colours.begin();
  };
  std::set<int> used;
  for (int i = 0; i < graph.nodes(); ++i) {
    EXPECT_TRUE(used.insert(place[static_cast<std::size_t>(i)]).second);
    graph.for_each_link(i, [&](int j, float) { EXPECT_NE(colour(i), colour(j)) << i << " " << j; });
  }
}

TEST(GraphLevel, HasTheOperatorOfTheGraphInColours) {
  for (const System& system : systems_with_groups()) {
    CellGroups groups;
    Graph graph = graph_of_groups(system.op, &groups);
    for (const NodeBlocks* blocks : {static_cast<const NodeBlocks*>(nullptr), &std::as_const(groups.lie)}) {
      GraphLevel level;
      Buffer<int> place;
      set_operator(graph, blocks, 2, &level, &place);
      level.clear_fields(1);
      expect_no_links_within_colours(graph, level, place);
      const auto at = [&](int node) { return static_cast<std::size_t>(place[static_cast<std::size_t>(node)]); };
      for (int i = 0; i < graph.nodes(); ++i) {
        level.u[at(i)] = static_cast<float>(voxels::random(1, static_cast<std::size_t>(i)));
        level.b[at(i)] = static_cast<float>(voxels::random(2, static_cast<std::size_t>(i)));
      }
      const auto residual = [&](int i) {
        double r = level.b[at(i)] - double{graph.excess(i)} * level.u[at(i)], size = std::abs(r);
        graph.for_each_link(i, [&](int j, float w) {
          r -= double{w} * (level.u[at(i)] - level.u[at(j)]);
          size += double{w};
        });
        return std::pair(r, size);
      };
      constexpr double rounding = 0x1.01p-8; // of couplings, and 1e-6 for all else
      graph_kernels().residual(level, 0, level.colours.back(), level.residual.data());
      for (int i = 0; i < graph.nodes(); ++i)
        EXPECT_NEAR(level.residual[at(i)], residual(i).first, rounding * residual(i).second);
      graph_kernels().relax(level, level.colours[1], level.colours[2], level.u.data());
      for (int i = 0; i < graph.nodes(); ++i)
        if (level.colours[1] * block <= place[static_cast<std::size_t>(i)] &&
            place[static_cast<std::size_t>(i)] < level.colours[2] * block) {
          EXPECT_NEAR(residual(i).first, 0, rounding * residual(i).second);
        }
      for (int i = 0; i < graph.nodes(); ++i)
        level.u[at(i)] = 1;
      graph_kernels().residual(level, 0, level.colours.back(), level.residual.data());
      for (int i = 0; i < graph.nodes(); ++i) // rows sum to their excess
        EXPECT_NEAR(level.residual[at(i)], level.b[at(i)] - graph.excess(i), 1e-6 * residual(i).second);
    }
  }
}

TEST(GraphLevel, OfABoxHasTwoColoursAndPlainColumns) {
  const System system(voxels::box(64, 8, 6), voxels::voxel(), true);
  CellGroups groups;
  const Graph graph = graph_of_groups(system.op, &groups);
  GraphLevel level;
  Buffer<int> place;
  set_operator(graph, &groups.lie, 1, &level, &place);
  EXPECT_EQ(level.colours.size(), 3);
  for (const BlockLinks& links : level.links)
    EXPECT_LE(links.columns - links.plain, 1); // where a line ends
}

TEST(Aggregates, ShrinkToALevelThatIsSolved) {
  for (const System& system : systems_with_groups()) {
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
