#include "latticemg/aggregates/coarsener.hpp"

#include <utility>

namespace linnet::latticemg {

namespace {

// Blocks of 8 x 8 x 8 cells are left to pairs, which part no neighbours, and cost little from there on.
constexpr int most_block_steps = 2;

// Of the nodes; blocks that leave more are parted into many groups.
constexpr double most_left_by_blocks = 0.3;
constexpr double most_left_by_pairs = 0.75;

} // namespace

bool Coarsener::coarsen(const Graph& graph) {
  whole = false;
  const bool gathered = graph.border.ranks != ranks_;
  if (blocks && !gathered && block_steps_ < most_block_steps && join_in_blocks(graph))
    return true;
  blocks = nullptr;
  return join_pairs(graph);
}

bool Coarsener::join_in_blocks(const Graph& graph) {
  GroupedNodes grouped;
  group_nodes(graph, *blocks, threads_, &grouped);
  const auto left = static_cast<double>(graph.border.sum(grouped.groups.count)),
             nodes = static_cast<double>(graph.border.sum(graph.nodes()));
  if (left == 0 || left > most_left_by_blocks * nodes)
    return false;
  contract(graph, *blocks, weights_.coupling[AggregateWeights::blocks], weights_.excess[AggregateWeights::blocks],
           threads_, &grouped, &coarse);
  groups = std::move(grouped.groups);
  own_blocks_ = std::move(grouped.lie);
  blocks = &own_blocks_;
  ++block_steps_;
  return true;
}

bool Coarsener::join_pairs(const Graph& graph) {
  const auto nodes = static_cast<double>(graph.border.sum(graph.nodes()));
  for (;;) {
    pair_up(graph, least_, threads_, &groups);
    contract(graph, groups, weights_.coupling[AggregateWeights::pairs], weights_.excess[AggregateWeights::pairs],
             threads_, &coarse);
    const auto left = static_cast<double>(coarse.border.sum(coarse.nodes()));
    if (left > 0 && left <= most_left_by_pairs * nodes)
      return true;
    if (left == 0 || least_ == 0)
      break;
    least_ = 0;
  }
  if (!graph.border.shared())
    return false;
  leave_single(graph, &groups);
  contract(graph, groups, 1, 1, threads_, &coarse);
  whole = true;
  least_ = least_strength;
  return true;
}

} // namespace linnet::latticemg
