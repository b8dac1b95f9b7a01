#pragma once

#include "lattice/operator.hpp"
#include "latticemg/aggregates/graph.hpp"

#include <algorithm>
#include <array>

namespace linnet::latticemg {

/// The blocks of 2 x 2 x 2 cells of a lattice; at its ends they may have fewer.
class Blocks {
public:
  explicit Blocks(const LatticeOperator& op) {
    for (std::size_t a = 0; a < 3; ++a) {
      size_[a] = op.size[a];
      blocks_[a] = (size_[a] + 1) / 2;
      step_[a] = static_cast<int>(op.stride(static_cast<int>(a)));
    }
  }
  int lines() const { return blocks_[1] * blocks_[2]; }
  int per_line() const { return blocks_[0]; }
  struct Cell {
    int slot;  ///< 0 ... 7: bits of its place along x, y, z
    int index; ///< in the box
    int at[3];
  };
  /// work(cell) over the cells of block `i` of a line.
  template <class Work>
  void for_each_cell(int line, int i, const Work& work) const {
    const int x = 2 * i, y = 2 * (line % blocks_[1]), z = 2 * (line / blocks_[1]);
    const int ends[3] = {x + 1 < size_[0] ? 2 : 1, y + 1 < size_[1] ? 2 : 1, z + 1 < size_[2] ? 2 : 1};
    for (int c = 0; c < ends[2]; ++c)
      for (int b = 0; b < ends[1]; ++b)
        for (int a = 0; a < ends[0]; ++a)
          work(Cell{a + 2 * b + 4 * c, x + a + (y + b) * step_[1] + (z + c) * step_[2], {x + a, y + b, z + c}});
  }

private:
  int size_[3], blocks_[3], step_[3];
};

/// Cells in groups: those of a block that strong couplings join. Cells coupled with none are in no group.
struct CellGroups {
  int count = 0;
  int blocks = 0;       ///< that have a group
  Buffer<int> of;       ///< by cell of the box: its group, -1 where it is in none
  Buffer<int> first;    ///< by line of blocks, and the end: groups are numbered in the order of the blocks
  Buffer<float> within; ///< [group][axis]: the couplings of its cells with each other
  Buffer<int> links;    ///< couplings of its cells with others
};

/// A coupling is strong in a block if it is at least this part of the strongest one of each of both cells.
inline constexpr float least_strength_in_block = 0.25F;

void group_cells(const LatticeOperator& op, int threads, CellGroups* groups);

/// The graph of the groups, with couplings as contract() has them (pairing.hpp), axis by axis; times `scale`.
void contract(const LatticeOperator& op, const CellGroups& groups, double scale, float least_coupling,
              float excess_factor, int threads, Graph* graph);

} // namespace linnet::latticemg
