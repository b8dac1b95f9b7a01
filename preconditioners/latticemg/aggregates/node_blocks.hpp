#pragma once

#include "latticemg/aggregates/axis_rows.hpp"
#include "latticemg/aggregates/node_groups.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace linnet::latticemg {

/// Where the nodes of a graph lie on the lattice: each in a block of cells, and linked with nodes of the same block and
/// of the six beside it. They are numbered line after line of blocks, in each block after block.
struct NodeBlocks {
  std::array<int, 3> size{0, 0, 0}; ///< blocks along the axes
  int slab_axis = 2;                ///< across which the ranks' slabs lie
  Buffer<int> of;                   ///< by node: its block, x + size[0] (y + size[1] z)
  Buffer<int> first;                ///< by line of blocks, and the end: its first node

  int lines() const { return size[1] * size[2]; }
  bool flat() const { return std::count(size.begin(), size.end(), 1) > 0; }
  /// Along which two nodes lie; AxisRow::no_axis in one block.
  int axis_between(int i, int j) const;
};

/// Couplings below this part of the strongest one of either node join none in a block. A quarter is what couplings
/// across cells twice as long as wide have beside the others: they would join here and there, and leave ragged groups.
/// In three dimensions rooms stay apart whose door is half a side: mazes take a quarter fewer iterations so.
inline constexpr float least_strength_of_blocks = 0.5F, least_strength_of_flat_blocks = 0.3F;

/// Groups of the nodes of blocks.
struct GroupedNodes {
  NodeGroups groups;
  NodeBlocks lie; ///< of the groups
  GroupShapes shapes;
};

/// Blocks of 2 x 2 x 2 blocks, and of each the nodes that strong couplings join; those without links, or held, are in
/// none. One that is left alone joins the group that it is coupled with most, if that is strong for it.
void group_nodes(const Graph& graph, const NodeBlocks& blocks, int threads, GroupedNodes* grouped);

/// The graph of these groups, with couplings as contract() has them (pairing.hpp), axis by axis; the shapes of ghosts
/// are added.
void contract(const Graph& graph, const NodeBlocks& blocks, float least_coupling, float excess_factor, int threads,
              GroupedNodes* grouped, Graph* coarse);

} // namespace linnet::latticemg
