#pragma once

#include "lattice/operator.hpp"
#include "latticemg/aggregates/slots.hpp"
#include "latticemg/level.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace linnet::latticemg {

/// Some planes of a box of cells, across an axis of it, from an even one on.
struct BoxPlanes {
  int axis;
  Planes planes;

  static BoxPlanes all(const LatticeOperator& op) { return {2, {0, op.size[2]}}; }
};

/// The groups of the cells of a block of 2 x 2 x 2, those that strong couplings join. Cells coupled with none, or held,
/// are in no group, and have no place in it either where the block has fewer cells.
struct BlockGroups {
  static constexpr unsigned none = 15;
  static constexpr std::uint32_t all_none = 0xffffffff;

  std::uint32_t codes; ///< by slot, four bits: the number of its group in the block, or none
  int first;           ///< number of its first group

  unsigned code(unsigned slot) const { return codes >> 4 * slot & 15; }
  /// -1: none
  int of(unsigned slot) const { return code(slot) == none ? -1 : first + static_cast<int>(code(slot)); }
  bool is_one() const { return codes == 0; }
  int count() const {
    int count = 0;
    for_each_group([&](int, unsigned) { ++count; });
    return count;
  }
  /// work(group, mask of its slots)
  template <class Work>
  void for_each_group(const Work& work) const {
    if (is_one())
      return work(first, 0xffU);
    unsigned left = grouped();
    for (unsigned number = 0; left != 0; ++number) {
      const unsigned mask = left & ~slots::with_any_of_four(codes ^ slots::ones[0xff] * number);
      work(first + static_cast<int>(number), mask);
      left &= ~mask;
    }
  }
  /// The slots that are in some group.
  unsigned grouped() const { return slots::with_any_of_four(~codes); }
};

/// The blocks of some planes of a box; at the ends they may have fewer cells. They have places in an array of all
/// blocks of the slab's own planes and, below and above, of one layer each beyond them.
class Blocks {
public:
  /// `part`: of the slab's own planes, or of the two beyond an end of them.
  Blocks(const LatticeOperator& op, const BoxPlanes& own, const BoxPlanes& part) : links_(op.links.data()) {
    const int below = own.planes.first > 0;
    for (int a = 0; a < 3; ++a) {
      const int size = op.size[static_cast<std::size_t>(a)];
      begin_[a] = a == own.axis ? part.planes.first : 0;
      end_[a] = a == own.axis ? part.planes.last : size;
      blocks_[a] = (end_[a] - begin_[a] + 1) / 2;
      step_[a] = static_cast<int>(op.stride(a));
      block_step_[a] = a == 0 ? 1 : all_;
      if (a == own.axis)
        all_ *= below + (own.planes.count() + 1) / 2 + (own.planes.last < size);
      else
        all_ *= blocks_[a];
    }
    if (part.planes.first >= own.planes.first)
      first_ = block_step_[own.axis] * (below + (part.planes.first - own.planes.first + 1) / 2);
  }
  Blocks(const LatticeOperator& op, const BoxPlanes& own) : Blocks(op, own, own) {}

  int lines() const { return blocks_[1] * blocks_[2]; }
  int per_line() const { return blocks_[0]; }
  std::array<int, 3> count() const { return {blocks_[0], blocks_[1], blocks_[2]}; }
  /// Of the array, and the step in it of an axis.
  int places() const { return all_; }
  int step(int axis) const { return block_step_[axis]; }
  struct Corner {
    int number;          ///< on its line
    int place;           ///< in the array
    int first;           ///< cell, in the box
    int at[3], count[3]; ///< that cell, and the cells along each axis

    bool whole() const { return count[0] + count[1] + count[2] == 6; }
  };
  /// Of a cell of a block, by slot (bits of its place along x, y, z), from the first one.
  int cell_step(unsigned slot) const {
    return static_cast<int>(slot & 1) + static_cast<int>(slot >> 1 & 1) * step_[1] +
           static_cast<int>(slot >> 2) * step_[2];
  }
  /// The links of its cells, a byte a slot; none of a slot without a cell.
  std::uint64_t links(const Corner& corner) const {
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t all = 0;
    for (unsigned c = 0; c < static_cast<unsigned>(corner.count[2]); ++c)
      for (unsigned b = 0; b < static_cast<unsigned>(corner.count[1]); ++b) {
        const std::uint8_t* from = links_ + corner.first + cell_step(2 * b + 4 * c);
        std::uint16_t of_line = from[0];
        if (corner.count[0] == 2) // of a size that the compiler knows
          std::memcpy(&of_line, from, sizeof(of_line));
        all |= std::uint64_t{of_line} << (16 * b + 32 * c);
      }
    return all & link_bytes;
  }
  /// work(block) over the blocks of a line that have a cell which is coupled.
  template <class Work>
  void for_each_coupled(int line, const Work& work) const {
    const int row = line % blocks_[1], layer = line / blocks_[1], y = begin_[1] + 2 * row, z = begin_[2] + 2 * layer;
    const int first = begin_[0] + y * step_[1] + z * step_[2], cells = end_[0] - begin_[0], place = place_of(line);
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
        work(Corner{i, place + i, first + 2 * i, {begin_[0] + 2 * i, y, z}, {std::min(2, left), count[0], count[1]}});
    }
  }
  /// Of the first block of a line.
  int place_of(int line) const {
    return first_ + line % blocks_[1] * block_step_[1] + line / blocks_[1] * block_step_[2];
  }

private:
  static constexpr std::uint64_t link_bytes = 0x0101010101010101 * (LatticeOperator::row_bit - 1U);

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
    all &= link_bytes;
    std::memcpy(any, &all, sizeof(all));
    return all != 0;
  }

  const std::uint8_t* links_;
  int begin_[3], end_[3], blocks_[3], step_[3], block_step_[3];
  int all_ = 1, first_ = 0;
};

} // namespace linnet::latticemg
