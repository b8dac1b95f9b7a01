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
  struct Corner {
    int number;          ///< on its line
    int first;           ///< cell, in the box
    int at[3], count[3]; ///< that cell, and the cells along each axis

    bool whole() const { return count[0] + count[1] + count[2] == 6; }
  };
  struct Cell {
    int slot;  ///< 0 ... 7: bits of its place along x, y, z
    int index; ///< in the box
  };
  /// work(cell) over the cells of a block.
  template <class Work>
  void for_each_cell(const Corner& corner, const Work& work) const {
    for (int c = 0; c < corner.count[2]; ++c)
      for (int b = 0; b < corner.count[1]; ++b)
        for (int a = 0; a < corner.count[0]; ++a)
          work(Cell{a + 2 * b + 4 * c, corner.first + a + b * step_[1] + c * step_[2]});
  }
  /// work(block) over the blocks of a line that have a cell which is coupled.
  template <class Work>
  void for_each_coupled(int line, const Work& work) const {
    const int y = begin_[1] + 2 * (line % blocks_[1]), z = begin_[2] + 2 * (line / blocks_[1]);
    const int first = begin_[0] + y * step_[1] + z * step_[2], cells = end_[0] - begin_[0];
    const int count[2] = {std::min(2, end_[1] - y), std::min(2, end_[2] - z)};
    constexpr int width = sizeof(std::uint64_t), many = width / 2; // cells, and blocks of them, looked at at once
    std::uint8_t coupled[width] = {};
    for (int i = 0; i < blocks_[0]; ++i) {
      const int left = cells - 2 * i;
      if (i % many == 0 && !look_at(links_ + first + 2 * i, std::min(width, left), count, coupled)) {
        i += many - 1;
        continue;
      }
      if (coupled[2 * (i % many)] | coupled[2 * (i % many) + 1])
        work(Corner{i, first + 2 * i, {begin_[0] + 2 * i, y, z}, {std::min(2, left), count[0], count[1]}});
    }
  }

private:
  // Of some cells along x, with those beside them in their blocks: any links. Whether there are some.
  bool look_at(const std::uint8_t* links, int cells, const int* count, std::uint8_t* any) const {
    std::uint64_t all = 0;
    for (int c = 0; c < count[1]; ++c)
      for (int b = 0; b < count[0]; ++b) {
        const std::uint8_t* line = links + b * step_[1] + c * step_[2];
        std::uint64_t of_line = 0;
        if (cells == sizeof(of_line)) // of a size that the compiler knows
          std::memcpy(&of_line, line, sizeof(of_line));
        else
          std::memcpy(&of_line, line, static_cast<std::size_t>(cells));
        all |= of_line;
      }
    all &= 0x0101010101010101 * (LatticeOperator::row_bit - 1U);
    std::memcpy(any, &all, sizeof(all));
    return all != 0;
  }

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
