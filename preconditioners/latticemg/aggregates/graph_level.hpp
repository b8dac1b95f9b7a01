#pragma once

#include "latticemg/aggregates/graph.hpp"
#include "latticemg/aggregates/graph_halo.hpp"
#include "latticemg/level.hpp"

#include <memory>
#include <vector>

namespace linnet::latticemg {

/// A graph as a level of the hierarchy. Nodes have places colour by colour, so that those of one colour, which are not
/// coupled, are relaxed at the same time; and in blocks of `block`, of which each has its links in columns: those of
/// the node at place p of block B are at first[B] + block l + p % block, l < (first[B + 1] - first[B]) / block. A node
/// with fewer links than the block has more of coupling 0, and places at the end of a colour may have no node. Ghosts
/// have places after those, and values as of the last exchange.
struct GraphLevel {
  std::vector<int> colours; ///< first block of each, and the number of blocks
  int nodes = 0;            ///< of this rank
  long long all_nodes = 0;
  bool twice = false; ///< visited so in a W cycle
  Buffer<std::int64_t> first;
  Buffer<int> neighbour; ///< its place
  Buffer<float> coupling;
  Buffer<float> diagonal, inverse; ///< 0 without a node, and for one that has neither couplings nor excess
  Buffer<float> u;                 ///< with ghosts
  Buffer<float> b, residual;
  Buffer<int> parent;              ///< by place: that of its aggregate on the next level; 0 without one
  std::unique_ptr<GraphHalo> halo; ///< of u; null where the level is not shared

  int places() const { return colours.empty() ? 0 : colours.back() * block; }
  std::size_t bytes() const;
};

/// The order of the nodes, and the operator. `place`: by node and ghost. Collective over the ranks of the border.
void set_operator(const Graph& graph, int threads, GraphLevel* level, Buffer<int>* place);

/// The work on some blocks, for one instruction set.
struct GraphKernels {
  /// u <- (b + sum w u) / diagonal on the nodes of a colour, one after the other or at once.
  void (*relax)(const GraphLevel& level, int first, int last, float* u);
  /// residual <- b - A u
  void (*residual)(const GraphLevel& level, int first, int last, float* residual);
  /// u <- u + coarse[parent]
  void (*prolong)(const GraphLevel& level, int first, int last, const float* coarse, float* u);
};
/// The fastest that this processor can run.
const GraphKernels& graph_kernels();

} // namespace linnet::latticemg
