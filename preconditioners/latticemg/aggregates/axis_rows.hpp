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
    std::array<double, 4> sum; ///< by axis
  };
  double excess = 0;
  std::vector<Link> links;

  void clear() {
    excess = 0;
    links.clear();
  }
  void add(int to, int axis, double w) {
    if (!links.empty() && links.back().to == to) {
      links.back().sum[static_cast<std::size_t>(axis)] += w;
      return;
    }
    for (Link& link : links)
      if (link.to == to) {
        link.sum[static_cast<std::size_t>(axis)] += w;
        return;
      }
    Link& link = links.emplace_back(); // zeros
    link.to = to;
    link.sum[static_cast<std::size_t>(axis)] = w;
  }
};

/// Between the middles of a group and its links along an axis, along which its members have these couplings with each
/// other; 0 for a group that is one node wide.
inline float resistance_within(float couplings) {
  return couplings > 0 ? static_cast<float>(part_within) / couplings : 0;
}

/// Writes rows of groups as those of a graph, with couplings as contract() has them (pairing.hpp), axis by axis.
struct AxisRowWriter {
  const float* resistance; ///< [group or ghost][3]: by axis
  double scale;
  float least_coupling, excess_factor;
  Graph* graph;

  /// `to`: where its links begin. Returns where they end.
  std::int64_t write(int group, const AxisRow& row, std::int64_t to) const {
    const auto own = static_cast<std::size_t>(group);
    const float* within = resistance + 3 * own;
    graph->first[own] = to;
    for (const AxisRow::Link& link : row.links) {
      const float* beyond = resistance + 3 * std::ptrdiff_t{link.to};
      double w = link.sum[AxisRow::no_axis], sum = w;
      for (std::size_t axis = 0; axis < 3; ++axis)
        if (const double s = link.sum[axis]; s > 0) {
          sum += s;
          w += s / (1 + s * (within[axis] + beyond[axis]));
        }
      graph->neighbour[static_cast<std::size_t>(to)] = link.to;
      graph->coupling[static_cast<std::size_t>(to)] = static_cast<float>(scale * std::max(least_coupling * sum, w));
      ++to;
    }
    graph->degree[own] = static_cast<int>(row.links.size());
    graph->own_excess[own] = static_cast<float>(scale * row.excess) * excess_factor;
    return to;
  }
};

} // namespace linnet::latticemg
