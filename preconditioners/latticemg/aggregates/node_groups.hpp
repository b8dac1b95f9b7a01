#pragma once

#include "latticemg/aggregates/graph.hpp"

#include <algorithm>
#include <numeric>

namespace linnet::latticemg {

/// Nodes of a graph in groups, which are the nodes of the next one. Ghosts are grouped by their own rank.
struct NodeGroups {
  int count = 0;
  Buffer<int> of;     ///< by node: its group; -1 for one that has no links or is held
  Buffer<int> first;  ///< by group, and the end
  Buffer<int> member; ///< the nodes of group I, in their order: member[first[I]] ... member[first[I + 1] - 1]

  int members(int I) const { return first[static_cast<std::size_t>(I) + 1] - first[static_cast<std::size_t>(I)]; }
  /// work(node, its number in the group)
  template <class Work>
  void for_each_member(int I, const Work& work) const {
    const int* own = member.data() + first[static_cast<std::size_t>(I)];
    for (int s = 0; s < members(I); ++s)
      work(own[s], s);
  }
  /// From `of` and `count`.
  void list_members() {
    first.resize(static_cast<std::size_t>(count) + 1);
    std::fill(first.begin(), first.end(), 0);
    for (const int own : of)
      if (own >= 0)
        ++first[static_cast<std::size_t>(own) + 1];
    std::partial_sum(first.begin(), first.end(), first.begin());
    member.resize(static_cast<std::size_t>(first[static_cast<std::size_t>(count)]));
    for (int i = static_cast<int>(of.size()) - 1; i >= 0; --i) // moves first[I + 1] from the end of I to its begin
      if (const int own = of[static_cast<std::size_t>(i)]; own >= 0)
        member[static_cast<std::size_t>(--first[static_cast<std::size_t>(own) + 1])] = i;
    for (std::size_t I = 0; I < static_cast<std::size_t>(count); ++I)
      first[I] = first[I + 1];
    first[static_cast<std::size_t>(count)] = static_cast<int>(member.size());
  }
};

} // namespace linnet::latticemg
