#pragma once

#include "latticemg/aggregates/graph_halo.hpp"
#include "latticemg/aggregates/node_blocks.hpp"
#include "latticemg/level.hpp"

#include <memory>
#include <vector>

namespace linnet::latticemg {

/// The links of the nodes at the places of a block, in columns of one link of each. In plain columns that of place p
/// leads to place base + p % block; in the others each has a place of its own. A node without a link there has one of
/// coupling 0.
struct BlockLinks {
  std::int64_t coupling; ///< where its columns begin: coupling[coupling + block c + p % block] in column c
  std::int64_t index; ///< neighbour[index + c]: the base of plain column c; after all of those the places of the others
  int plain, columns;
};

/// A graph as a level of the hierarchy. Nodes have places colour by colour, so that those of one colour, which are not
/// coupled, are relaxed at the same time, and in blocks of `block`. Places at the end of a colour may have no node.
/// Ghosts have places after those, and values as of the last exchange.
struct GraphLevel {
  std::vector<int> colours; ///< first block of each, and the number of blocks
  int nodes = 0;            ///< of this rank
  long long all_nodes = 0;
  bool twice = false; ///< visited so in a W cycle
  Buffer<BlockLinks> links;
  Buffer<int> neighbour;
  Buffer<std::uint16_t> coupling; ///< the upper halves of numbers in single precision: links are what sweeps read
  Buffer<float> excess;
  Buffer<float> inverse; ///< 1 / diagonal; 0 without a node, and for one that has neither couplings nor excess
  Buffer<float> u;       ///< with ghosts, and room for a block, which stays zero
  Buffer<float> b, residual;
  Buffer<int> parent; ///< by place: that of its aggregate on the next level; without one, a place that stays zero
  std::unique_ptr<GraphHalo> halo; ///< of u; null where the level is not shared

  /// u, b and the residual, which set_operator() does not touch: memory has its peak in what follows it.
  void clear_fields(int threads);
  /// A place of u that stays zero.
  int zero_place() const { return static_cast<int>(u.size()) - 1; }
  int places() const { return colours.empty() ? 0 : colours.back() * block; }
  std::size_t bytes() const;
  /// Couplings that a product reads.
  double couplings() const;
};

/// The order of the nodes, and the operator. `blocks`: where they lie, or null; `place`: by node and ghost. Collective
/// over the ranks of the border.
void set_operator(const Graph& graph, const NodeBlocks* blocks, int threads, GraphLevel* level, Buffer<int>* place);

/// The work on some blocks, for one instruction set. Couplings are with differences of values,
///
///   (A u)_i = excess_i u_i + sum_j w_ij (u_i - u_j),
///
/// which loses nothing where values are nearly the same: where coefficients are large, a sum over the neighbours beside
/// a diagonal in single precision would hold them like an excess of 2^-24 of it.
struct GraphKernels {
  /// u <- u + (b - A u) / diagonal on the nodes of a colour, one after the other or at once.
  void (*relax)(const GraphLevel& level, int first, int last, float* u);
  /// residual <- b - A u
  void (*residual)(const GraphLevel& level, int first, int last, float* residual);
  /// u <- u + coarse[parent]
  void (*prolong)(const GraphLevel& level, int first, int last, const float* coarse, float* u);
};
/// The fastest that this processor can run.
const GraphKernels& graph_kernels();

} // namespace linnet::latticemg
