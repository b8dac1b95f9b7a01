#pragma once

#include "latticemg/aggregates/graph.hpp"
#include "latticemg/aggregates/pairing.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace linnet::latticemg {

/// What the cells or nodes of a group have in common: excess, and couplings with each other group by axis.
struct AxisRow {
  /// Of links between nodes of one block, whose cells may lie along any axis.
  static constexpr int no_axis = 3;
  /// Those with one group along one axis.
  struct Links {
    int to, axis, count;
    double sum;
  };
  double excess = 0;
  std::vector<Links> links;
  bool along_one_axis = true; ///< those with each group

  void clear() {
    excess = 0;
    links.clear();
    along_one_axis = true;
  }
  /// `count` links with a group, w together.
  void add(int to, int axis, double w, int count) {
    for (auto of = links.rbegin(); of != links.rend(); ++of)
      if (of->to == to) {
        if (of->axis == axis) {
          of->sum += w;
          of->count += count;
          return;
        }
        along_one_axis = false;
      }
    links.push_back({to, axis, count, w});
  }
};

/// Links with a part of a side of a group are further from its middle, by the resistance of what spreads from there:
/// (part_across / couplings across the axis) (members at the side / links - 1). In a cube of eight nodes that is 0.64
/// for one link and 0.75 for two, from the inverse of its Laplacian; 0.42 and 0.5 in a square beside its links.
inline constexpr float part_across = 0.7F;

/// What links from elsewhere see of a group.
struct GroupInside {
  std::array<float, 3> within; ///< couplings of its members with each other, by axis; 0 where it is one node wide
  float members;

  bool operator==(const GroupInside&) const = default;
  /// Between its middle and some links along an axis.
  float resistance(std::size_t axis, int links) const {
    const float own = within[axis], half = own > 0 ? static_cast<float>(part_within) / own : 0,
                side = own > 0 ? members / 2 : members;
    if (static_cast<float>(links) >= side)
      return half;
    const float across = within[(axis + 1) % 3] + within[(axis + 2) % 3];
    return across > 0 ? half + part_across * (side / static_cast<float>(links) - 1) / across : half;
  }
};

/// Of groups that are numbered line after line of blocks.
struct GroupShapes {
  Buffer<GroupInside> inside; ///< by group, and ghost
  Buffer<int> links;          ///< by line: couplings of its groups with others, at most

  /// By line, and the end: its first link.
  std::vector<std::int64_t> room() const {
    std::vector<std::int64_t> first(links.size() + 1, 0);
    for (std::size_t line = 0; line < links.size(); ++line)
      first[line + 1] = first[line] + links[line];
    return first;
  }
};

/// Writes rows of groups as those of a graph, with couplings as contract() has them (pairing.hpp), axis by axis.
struct AxisRowWriter {
  const GroupInside* inside; ///< by group or ghost
  float scale, least_coupling, excess_factor;
  Graph* graph;

  /// `to`: where its links begin. Returns where they end.
  std::int64_t write(int group, const AxisRow& row, std::int64_t to) const {
    const std::int64_t first = to;
    const GroupInside& within = inside[group];
    for (auto of = row.links.begin(); of != row.links.end(); ++of) {
      if (row.along_one_axis) {
        add(of->to, coupling(within, inside[of->to], *of), &to);
        continue;
      }
      const auto same = [&](const AxisRow::Links& other) { return other.to == of->to; };
      if (std::any_of(row.links.begin(), of, same))
        continue;
      float w = 0, sum = 0;
      for (auto other = of; other != row.links.end(); ++other)
        if (same(*other)) {
          w += along_axis(within, inside[of->to], *other);
          sum += static_cast<float>(other->sum);
        }
      add(of->to, scale * std::max(least_coupling * sum, w), &to);
    }
    finish(group, first, to, row.excess);
    return to;
  }
  /// The same of one link with each of some groups: others[n], weighing couplings[n]; -1: none.
  template <std::size_t count>
  std::int64_t write(int group, const std::array<int, count>& others, const std::array<float, count>& couplings,
                     double excess, std::int64_t to) const {
    const std::int64_t first = to;
    for (std::size_t n = 0; n < count; ++n)
      if (others[n] >= 0)
        add(others[n], couplings[n], &to);
    finish(group, first, to, excess);
    return to;
  }
  /// Between two groups that have no other links.
  float coupling(const GroupInside& within, const GroupInside& beyond, const AxisRow::Links& links) const {
    return scale * std::max(least_coupling * static_cast<float>(links.sum), along_axis(within, beyond, links));
  }

private:
  static float along_axis(const GroupInside& within, const GroupInside& beyond, const AxisRow::Links& links) {
    const auto sum = static_cast<float>(links.sum);
    if (links.axis == AxisRow::no_axis)
      return sum;
    const auto axis = static_cast<std::size_t>(links.axis);
    return sum / (1 + sum * (within.resistance(axis, links.count) + beyond.resistance(axis, links.count)));
  }
  void add(int other, float w, std::int64_t* to) const {
    graph->neighbour[static_cast<std::size_t>(*to)] = other;
    graph->coupling[static_cast<std::size_t>(*to)] = w;
    ++*to;
  }
  void finish(int group, std::int64_t first, std::int64_t end, double excess) const {
    const auto own = static_cast<std::size_t>(group);
    graph->first[own] = first;
    graph->degree[own] = static_cast<int>(end - first);
    graph->own_excess[own] = scale * static_cast<float>(excess) * excess_factor;
  }
};

} // namespace linnet::latticemg
