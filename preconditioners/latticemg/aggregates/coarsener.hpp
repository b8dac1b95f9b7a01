#pragma once

#include "latticemg/aggregates/node_blocks.hpp"
#include "latticemg/aggregates/pairing.hpp"
#include "latticemg/weights.hpp"

namespace linnet::latticemg {

/// Groups the nodes of a graph, those of the graph of the groups, and so on: in blocks of blocks first, then in pairs.
class Coarsener {
public:
  /// For the graph of a slab with this border, whose nodes lie in `first_blocks`.
  Coarsener(const AggregateWeights& weights, int threads, const Border& border, const NodeBlocks* first_blocks)
      : blocks(first_blocks), weights_(weights), threads_(threads), ranks_(border.ranks) {}

  NodeGroups groups;        ///< of the last graph
  Graph coarse;             ///< that of the groups
  const NodeBlocks* blocks; ///< where its nodes lie; null where they are pairs
  bool whole = false;       ///< it is for all ranks: nodes may have partners on others

  /// For the first graph, then for `coarse` or what was gathered of it. False where nodes join no further. Collective
  /// over the ranks of the graph's border.
  bool coarsen(const Graph& graph);

private:
  bool join_in_blocks(const Graph& graph);
  bool join_pairs(const Graph& graph);

  const AggregateWeights& weights_;
  int threads_;
  MPI_Comm ranks_;
  NodeBlocks own_blocks_;
  int block_steps_ = 0;
  float least_ = least_strength; // of couplings that join pairs
};

} // namespace linnet::latticemg
