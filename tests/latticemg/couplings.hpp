// The couplings of graphs, and what they must be after nodes are joined.
#pragma once

#include <gtest/gtest.h>

#include "latticemg/aggregates/aggregates.hpp"

#include <map>
#include <vector>

namespace latticemg_test {

using namespace linnet;
using namespace linnet::latticemg;

// The least part of its Galerkin coupling that a link keeps.
inline constexpr float least_part = 0.6F;

using GraphCouplings = std::map<std::pair<int, int>, double>;

inline GraphCouplings couplings_of(const Graph& graph) {
  GraphCouplings all;
  for (int i = 0; i < graph.nodes(); ++i)
    graph.for_each_link(i, [&](int j, float w) { all[{i, j}] += w; });
  return all;
}

// Galerkin's, by node of the coarse graph.
inline GraphCouplings summed(const GraphCouplings& fine, const int* aggregate) {
  GraphCouplings coarse;
  for (const auto& [nodes, w] : fine)
    if (aggregate[nodes.first] >= 0 && aggregate[nodes.second] >= 0 &&
        aggregate[nodes.first] != aggregate[nodes.second])
      coarse[{aggregate[nodes.first], aggregate[nodes.second]}] += w;
  return coarse;
}

inline GraphCouplings couplings_of(const LatticeOperator& op) {
  GraphCouplings all;
  for (std::size_t c = 0; c < op.cell_count(); ++c)
    for (Direction d = 0; d < 6; ++d)
      if (op.links[c] >> d & 1)
        all[{static_cast<int>(c), static_cast<int>(op.neighbour(c, d))}] += op.coupling(c, d);
  return all;
}

inline double total_excess(const Graph& graph) {
  double sum = 0;
  for (int i = 0; i < graph.nodes(); ++i)
    sum += graph.excess(i);
  return sum;
}

// Symmetric, the same pairs as Galerkin's, and between `least` of that and all of it.
inline void expect_contracted(const Graph& graph, const GraphCouplings& galerkin, double least) {
  const GraphCouplings own = couplings_of(graph);
  ASSERT_EQ(own.size(), galerkin.size());
  for (const auto& [nodes, w] : own) {
    EXPECT_FLOAT_EQ(static_cast<float>(own.at({nodes.second, nodes.first})), static_cast<float>(w));
    EXPECT_LE(w, 1.0001 * galerkin.at(nodes));
    EXPECT_GE(w, 0.9999 * least * galerkin.at(nodes));
  }
}

// `coarse` is the graph of the groups, by node of the fine one, with half the excess; links with nodes in none are
// excess.
inline void expect_graph_of_groups(const Graph& fine, const int* group, const Graph& coarse) {
  expect_contracted(coarse, summed(couplings_of(fine), group), least_part);
  double excess = 0;
  for (int i = 0; i < fine.nodes(); ++i)
    if (group[i] >= 0) {
      excess += fine.excess(i);
      fine.for_each_link(i, [&](int j, float w) { excess += group[j] < 0 ? w : 0; });
    }
  EXPECT_NEAR(total_excess(coarse), excess / 2, 1e-5 * (1 + excess));
}

// By cell of a whole lattice, -1: none.
inline std::vector<int> groups_of_cells(const LatticeOperator& op, const CellGroups& groups) {
  std::vector<int> of(op.cell_count(), -1);
  const Blocks blocks(op, groups.own);
  for (int line = 0; line < blocks.lines(); ++line)
    blocks.for_each_coupled(line, [&](const Blocks::Corner& corner) {
      groups.in_blocks[static_cast<std::size_t>(corner.place)].for_each_group([&](int group, unsigned mask) {
        slots::for_each(mask, [&](unsigned slot) {
          of.at(static_cast<std::size_t>(corner.first + blocks.cell_step(slot))) = group;
        });
      });
    });
  return of;
}

// Of the cells of a whole lattice.
inline Graph graph_of_groups(const LatticeOperator& op, CellGroups* groups) {
  Graph graph;
  group_cells(op, BoxPlanes::all(op), 1, groups);
  contract(op, *groups, Border{}, 1, least_part, 1, 1, &graph);
  return graph;
}

} // namespace latticemg_test
