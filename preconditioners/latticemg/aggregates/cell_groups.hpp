#pragma once

#include "lattice/operator.hpp"
#include "latticemg/aggregates/axis_rows.hpp"
#include "latticemg/aggregates/blocks.hpp"
#include "latticemg/aggregates/node_blocks.hpp"

#include <array>

namespace linnet::latticemg {

/// Cells in groups.
struct CellGroups {
  BoxPlanes own{};                 ///< of the slab
  int count = 0;                   ///< of its own cells
  std::array<int, 2> ghosts{0, 0}; ///< of the blocks below and above it, numbered after its own
  int blocks = 0;                  ///< of its own that have a group
  Buffer<BlockGroups> in_blocks;   ///< of all Blocks
  NodeBlocks lie;                  ///< of its own groups: the blocks
  GroupShapes shapes;

  bool empty() const { return in_blocks.empty(); }
};

/// A coupling is strong in a block if it is at least this part of the strongest one of each of both cells.
inline constexpr float least_strength_in_block = 0.25F;

/// `own`: the planes of the slab, around which the box has those of its neighbours, three or more.
void group_cells(const LatticeOperator& op, const BoxPlanes& own, int threads, CellGroups* groups);

/// The graph of the groups, with couplings as contract() has them (pairing.hpp), axis by axis; times `scale`. `border`:
/// of the slab, without nodes.
void contract(const LatticeOperator& op, const CellGroups& groups, const Border& border, double scale,
              float least_coupling, float excess_factor, int threads, Graph* graph);

} // namespace linnet::latticemg
