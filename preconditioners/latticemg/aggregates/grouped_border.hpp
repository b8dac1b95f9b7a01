#pragma once

#include "latticemg/aggregates/border.hpp"
#include "latticemg/aggregates/node_groups.hpp"

#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace linnet::latticemg {

/// The border of a graph whose nodes are groups of another one's.
struct GroupedBorder {
  Border border;
  std::vector<int> of_ghost; ///< by ghost of the finer graph: its group, numbered after those of this rank; -1: none
};

/// T: what the ranks tell of their nodes; told_of(node) of one in a group; know(ghost, its group, told) of each ghost
/// in a group. Collective over the ranks of the border.
template <class T, class ToldOf, class Know>
GroupedBorder grouped_border(const Graph& graph, const NodeGroups& groups, const ToldOf& told_of, const Know& know) {
  const Border& fine = graph.border;
  GroupedBorder coarse{fine, {}};
  if (!fine.shared())
    return coarse;
  struct Told {
    int group; // its number on its rank, -1: none
    T value;
  };
  const std::vector<Told> told = fine.exchange<Told>([&](int node) -> Told {
    const int group = groups.of[static_cast<std::size_t>(node)];
    return {group, group < 0 ? T{} : told_of(node)};
  });
  coarse.of_ghost.assign(told.size(), -1);
  int count = groups.count;
  std::size_t ghost = 0;
  for (std::size_t side = 0; side < 2; ++side) {
    std::unordered_set<int> seen;
    coarse.border.sent[side].clear();
    for (const int node : fine.sent[side]) // each group once, in the order of the first of its nodes
      if (const int group = groups.of[static_cast<std::size_t>(node)]; group >= 0 && seen.insert(group).second)
        coarse.border.sent[side].push_back(group);
    std::unordered_map<int, int> number; // by that on the other rank
    for (const std::size_t end = ghost + static_cast<std::size_t>(fine.ghosts[side]); ghost < end; ++ghost) {
      if (told[ghost].group < 0)
        continue;
      const auto [known, fresh] = number.try_emplace(told[ghost].group, count);
      count += fresh;
      coarse.of_ghost[ghost] = known->second;
      know(static_cast<int>(ghost), known->second, told[ghost].value);
    }
    coarse.border.ghosts[side] = static_cast<int>(number.size());
  }
  return coarse;
}

} // namespace linnet::latticemg
