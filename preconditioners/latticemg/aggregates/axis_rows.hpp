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
  struct Link {
    int to;
    std::array<int, 3> count;  ///< by axis
    std::array<double, 4> sum; ///< by axis, or along any
  };
  double excess = 0;
  std::vector<Link> links;

  void clear() {
    excess = 0;
    links.clear();
  }
  /// `count` links with a group, w together.
  void add(int to, int axis, double w, int count) {
    Link& link = with(to);
    link.sum[static_cast<std::size_t>(axis)] += w;
    if (axis != no_axis)
      link.count[static_cast<std::size_t>(axis)] += count;
  }

private:
  Link& with(int to) {
    if (!links.empty() && links.back().to == to)
      return links.back();
    for (Link& link : links)
      if (link.to == to)
        return link;
    Link& fresh = links.emplace_back(); // zeros
    fresh.to = to;
    return fresh;
  }
};

/// Links with a part of a side of a group are further from its middle, by the resistance of what spreads from there:
/// (part_across / couplings across the axis) (members at the side / links - 1). In a cube of eight nodes that is 0.64
/// for one link and 0.75 for two, from the inverse of its Laplacian; 0.42 and 0.5 in a square beside its links.
inline constexpr double part_across = 0.7;

/// What links from elsewhere see of a group.
struct GroupInside {
  std::array<float, 3> half; ///< the resistance from its middle to its sides, by axis; 0 where it is one node wide
  float members;

  /// `couplings`: of its members with each other, by axis.
  static GroupInside of(const std::array<float, 3>& couplings, int members) {
    GroupInside inside{{}, static_cast<float>(members)};
    for (std::size_t axis = 0; axis < 3; ++axis)
      inside.half[axis] = couplings[axis] > 0 ? static_cast<float>(part_within) / couplings[axis] : 0;
    return inside;
  }
  bool operator==(const GroupInside&) const = default;
  /// Between its middle and some links along an axis.
  double resistance(std::size_t axis, int links) const {
    const float side = half[axis] > 0 ? members / 2 : members;
    if (static_cast<float>(links) >= side)
      return half[axis];
    double across = 0;
    for (const std::size_t other : {(axis + 1) % 3, (axis + 2) % 3})
      across += half[other] > 0 ? part_within / half[other] : 0;
    return across > 0 ? half[axis] + part_across * (side / links - 1) / across : half[axis];
  }
};

/// Writes rows of groups as those of a graph, with couplings as contract() has them (pairing.hpp), axis by axis.
struct AxisRowWriter {
  const GroupInside* inside; ///< by group or ghost
  double scale;
  float least_coupling, excess_factor;
  Graph* graph;

  /// `to`: where its links begin. Returns where they end.
  std::int64_t write(int group, const AxisRow& row, std::int64_t to) const {
    const std::int64_t first = to;
    for (const AxisRow::Link& link : row.links)
      add(link.to, coupling(inside[group], inside[link.to], link), &to);
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
  /// Between two groups.
  float coupling(const GroupInside& within, const GroupInside& beyond, const AxisRow::Link& link) const {
    double w = link.sum[AxisRow::no_axis], sum = w;
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (const double s = link.sum[axis]; s > 0) {
        sum += s;
        w += s / (1 + s * (within.resistance(axis, link.count[axis]) + beyond.resistance(axis, link.count[axis])));
      }
    return static_cast<float>(scale * std::max(least_coupling * sum, w));
  }

private:
  void add(int other, float w, std::int64_t* to) const {
    graph->neighbour[static_cast<std::size_t>(*to)] = other;
    graph->coupling[static_cast<std::size_t>(*to)] = w;
    ++*to;
  }
  void finish(int group, std::int64_t first, std::int64_t end, double excess) const {
    const auto own = static_cast<std::size_t>(group);
    graph->first[own] = first;
    graph->degree[own] = static_cast<int>(end - first);
    graph->own_excess[own] = static_cast<float>(scale * excess) * excess_factor;
  }
};

} // namespace linnet::latticemg
