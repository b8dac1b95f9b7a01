#pragma once

#include "lattice/operator.hpp"
#include "latticemg/aggregates/axis_rows.hpp"
#include "latticemg/aggregates/node_blocks.hpp"
#include "latticemg/level.hpp"

#include <algorithm>
#include <array>

namespace linnet::latticemg {

/// Some planes of a box of cells, across an axis of it, from an even one on.
struct BoxPlanes {
  int axis;
  Planes planes;

  static BoxPlanes all(const LatticeOperator& op) { return {2, {0, op.size[2]}}; }
};

/// The blocks of 2 x 2 x 2 cells of some planes; at the ends they may have fewer.
class Blocks {
public:
  Blocks(const LatticeOperator& op, const BoxPlanes& part) {
    for (int a = 0; a < 3; ++a) {
      begin_[a] = a == part.axis ? part.planes.first : 0;
      end_[a] = a == part.axis ? part.planes.last : op.size[static_cast<std::size_t>(a)];
      blocks_[a] = (end_[a] - begin_[a] + 1) / 2;
      step_[a] = static_cast<int>(op.stride(a));
    }
  }
  int lines() const { return blocks_[1] * blocks_[2]; }
  int per_line() const { return blocks_[0]; }
  std::array<int, 3> count() const { return {blocks_[0], blocks_[1], blocks_[2]}; }
  struct Cell {
    int slot;  ///< 0 ... 7: bits of its place along x, y, z
    int index; ///< in the box
    int at[3];
  };
  /// work(cell) over the cells of block `i` of a line.
  template <class Work>
  void for_each_cell(int line, int i, const Work& work) const {
    const int x = begin_[0] + 2 * i, y = begin_[1] + 2 * (line % blocks_[1]), z = begin_[2] + 2 * (line / blocks_[1]);
    const int ends[3] = {x + 1 < end_[0] ? 2 : 1, y + 1 < end_[1] ? 2 : 1, z + 1 < end_[2] ? 2 : 1};
    for (int c = 0; c < ends[2]; ++c)
      for (int b = 0; b < ends[1]; ++b)
        for (int a = 0; a < ends[0]; ++a)
          work(Cell{a + 2 * b + 4 * c, x + a + (y + b) * step_[1] + (z + c) * step_[2], {x + a, y + b, z + c}});
  }

private:
  int begin_[3], end_[3], blocks_[3], step_[3];
};

/// Cells in groups: those of a block that strong couplings join. Cells coupled with none, or held, are in no group.
struct CellGroups {
  BoxPlanes own{};                 ///< of the slab
  int count = 0;                   ///< of its own cells
  std::array<int, 2> ghosts{0, 0}; ///< of the blocks below and above it, numbered after its own
  int blocks = 0;                  ///< of its own that have a group
  Buffer<int> of;                  ///< by cell of the box: its group, -1 where it is in none; of these blocks
  NodeBlocks lie;                  ///< of its own groups: the blocks
  Buffer<GroupInside> inside;      ///< by group
  Buffer<int> links;               ///< couplings of its cells with others
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
