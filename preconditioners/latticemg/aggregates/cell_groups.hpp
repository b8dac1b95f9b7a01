#pragma once

#include "lattice/operator.hpp"
#include "latticemg/aggregates/axis_rows.hpp"
#include "latticemg/aggregates/node_blocks.hpp"
#include "latticemg/level.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

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
  Blocks(const LatticeOperator& op, const BoxPlanes& part) : links_(op.links.data()) {
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

  /// work(i) over the blocks of a line that have a cell which is coupled.
  template <class Work>
  void for_each_coupled(int line, const Work& work) const {
    const int y = begin_[1] + 2 * (line % blocks_[1]), z = begin_[2] + 2 * (line / blocks_[1]);
    const std::uint8_t* lines[4]; // some of them twice where there are fewer
    for (int n = 0; n < 4; ++n)
      lines[n] = links_ + begin_[0] + std::min(y + (n & 1), end_[1] - 1) * step_[1] +
                 std::min(z + (n >> 1), end_[2] - 1) * step_[2];
    constexpr int width = sizeof(std::uint64_t), many = width / 2; // of cells, and of blocks of them
    const int cells = end_[0] - begin_[0];
    std::uint64_t coupled = 0; // the links of `many` blocks
    for (int i = 0; i < blocks_[0]; ++i) {
      if (i % many == 0) {
        coupled = 0;
        const auto count = static_cast<std::size_t>(std::min(width, cells - 2 * i));
        for (const std::uint8_t* of_line : lines) {
          std::uint64_t links = 0;
          if (count == width)
            std::memcpy(&links, of_line + 2 * i, width);
          else
            std::memcpy(&links, of_line + 2 * i, count);
          coupled |= links;
        }
        coupled &= 0x0101010101010101 * (LatticeOperator::row_bit - 1U);
        if (coupled == 0) {
          i += many - 1;
          continue;
        }
      }
      std::uint8_t of_block[width];
      std::memcpy(of_block, &coupled, width);
      if (of_block[2 * (i % many)] | of_block[2 * (i % many) + 1])
        work(i);
    }
  }

private:
  const std::uint8_t* links_;
  int begin_[3], end_[3], blocks_[3], step_[3];
};

/// Cells in groups: those of a block that strong couplings join. Cells coupled with none, or held, are in no group.
struct CellGroups {
  BoxPlanes own{};                 ///< of the slab
  int count = 0;                   ///< of its own cells
  std::array<int, 2> ghosts{0, 0}; ///< of the blocks below and above it, numbered after its own
  int blocks = 0;                  ///< of its own that have a group
  Buffer<int> of; ///< by cell of the box: its group, -1 where it is in none; of these blocks, but those not coupled
  NodeBlocks lie; ///< of its own groups: the blocks
  Buffer<GroupInside> inside; ///< by group
  Buffer<int> links;          ///< couplings of its cells with others
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
