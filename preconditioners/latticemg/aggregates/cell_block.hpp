// The cells of one block of a lattice: how they are coupled, which of them are a group, and what the groups sum.
#pragma once

#include "latticemg/aggregates/axis_rows.hpp"
#include "latticemg/aggregates/cell_groups.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

namespace linnet::latticemg {

/// The couplings of single cells.
class Cells {
public:
  explicit Cells(const LatticeOperator& op) : op_(op) {
    for (int a = 0; a < 3; ++a) {
      step_[a] = static_cast<int>(op.stride(a));
      unit_[a] = static_cast<float>(op.unit[static_cast<std::size_t>(a)]);
    }
    least_coupling_ = static_cast<float>(op.min_coupling);
    wraps_ = op.wraps[0] || op.wraps[1] || op.wraps[2];
    const auto [least, most] = std::minmax_element(unit_, unit_ + 3);
    even_ = op.uniform && *least >= least_strength_in_block * *most && !is_held(op.max_excess, *most);
    for (unsigned links = 0; op.uniform && links < 64; ++links)
      for (unsigned d = 0; d < 6; ++d)
        if (links >> d & 1)
          strongest_of_[links] = std::max(strongest_of_[links], unit_[d / 2]);
  }
  bool uniform() const { return op_.uniform; }
  /// All couplings are strong beside each other, and no cell is held.
  bool even() const { return even_; }
  double excess(int c) const { return std::max(0.0, op_.excess_of(static_cast<std::size_t>(c))); }
  double excess(const int (&cells)[8]) const {
    double sum = 0;
    if (op_.uniform) {
      unsigned codes = 0;
      for (const int c : cells)
        codes |= op_.excess_code[static_cast<std::size_t>(c)];
      if (codes == 0 && op_.excess_values[0] <= 0)
        return 0;
    }
    for (const int c : cells)
      sum += excess(c);
    return sum;
  }
  unsigned links(int c) const { return op_.links[static_cast<std::size_t>(c)] & (LatticeOperator::row_bit - 1U); }
  int neighbour(int c, int direction) const {
    if (wraps_)
      return static_cast<int>(op_.neighbour(static_cast<std::size_t>(c), direction));
    return direction % 2 ? c + step_[direction / 2] : c - step_[direction / 2];
  }
  /// Of a cell that is coupled in the direction.
  float coupling(int c, int direction) const {
    const auto axis = static_cast<std::size_t>(direction / 2);
    if (op_.uniform)
      return unit_[axis];
    return static_cast<float>(op_.face[axis][static_cast<std::size_t>(direction % 2 ? c : neighbour(c, direction))]);
  }
  bool held(int c) const {
    const double e = excess(c);
    return is_held(e, least_coupling_) && is_held(e, strongest(c));
  }
  float strongest(int c) const {
    const unsigned all = links(c);
    if (op_.uniform)
      return strongest_of_[all];
    float most = 0;
    for (unsigned left = all; left != 0; left &= left - 1)
      most = std::max(most, coupling(c, std::countr_zero(left)));
    return most;
  }

private:
  const LatticeOperator& op_;
  int step_[3];
  float unit_[3], strongest_of_[64] = {}, least_coupling_;
  bool wraps_, even_;
};

class Block {
public:
  Block(const Cells& cells, const Blocks& blocks) : cells_(cells), blocks_(blocks) {
    if (cells.uniform())
      of_uniform_ = inside_of_one_group();
  }

  void read(const Blocks::Corner& corner) {
    count_ = 0;
    unsigned missing = 0;
    blocks_.for_each_cell(corner, [&](const Blocks::Cell& c) {
      slot_[count_++] = static_cast<unsigned>(c.slot);
      cell_[c.slot] = c.index;
      links_[c.slot] = cells_.links(c.index);
      missing |= inward[c.slot] & ~links_[c.slot];
    });
    full_ = missing == 0 && corner.whole();
  }
  /// Writes of each cell its group, numbered from `next`, or -1. Returns the number after.
  int group(int next, int* of) const {
    if (full_ && (cells_.even() || coupled_evenly())) {
      for (const int c : cell_)
        of[c] = next;
      return next + 1;
    }
    float strongest[8];
    unsigned present = 0, joined[8] = {};
    for_each_cell([&](unsigned slot) {
      of[cell_[slot]] = -1;
      if (links_[slot] != 0 && !cells_.held(cell_[slot])) {
        present |= 1U << slot;
        strongest[slot] = cells_.strongest(cell_[slot]);
      }
    });
    for_each_edge(present, [&](unsigned slot, unsigned other, int, float w) {
      if (w >= least_strength_in_block * std::max(strongest[slot], strongest[other])) {
        joined[slot] |= 1U << other;
        joined[other] |= 1U << slot;
      }
    });
    for (unsigned left = present; left != 0; ++next) {
      unsigned group = left & -left;
      for (unsigned before = 0; group != before;) {
        const unsigned fresh = group & ~before;
        before = group;
        for_each(fresh, [&](unsigned slot) { group |= joined[slot]; });
      }
      for_each(group, [&](unsigned slot) { of[cell_[slot]] = next; });
      left &= ~group;
    }
    return next;
  }
  /// Of each group: what others see of it, and the number of links that it has with them.
  void sum(const int* of, GroupInside* inside, int* links) const {
    if (is_one_group(of)) {
      int outwards = -24; // twelve links within, from both ends
      for (const unsigned of_cell : links_)
        outwards += count_of[of_cell];
      inside[of[cell_[0]]] = cells_.uniform() ? of_uniform_ : inside_of_one_group();
      links[of[cell_[0]]] = outwards;
      return;
    }
    std::array<float, 3> within[8] = {}; // by slot of the first cell of a group
    int members[8] = {}, outwards[8] = {};
    unsigned first_of[8], grouped = 0, first = 0;
    for_each_cell([&](unsigned slot) {
      const int group = of[cell_[slot]];
      if (group < 0)
        return;
      first_of[slot] = slot;
      for_each(first, [&](unsigned other) { first_of[slot] = of[cell_[other]] == group ? other : first_of[slot]; });
      first |= 1U << first_of[slot];
      grouped |= 1U << slot;
      ++members[first_of[slot]];
      outwards[first_of[slot]] += count_of[links_[slot]];
    });
    for_each_edge(grouped, [&](unsigned slot, unsigned other, int axis, float w) {
      if (first_of[slot] == first_of[other]) {
        within[first_of[slot]][static_cast<std::size_t>(axis)] += w;
        outwards[first_of[slot]] -= 2;
      }
    });
    for_each(first, [&](unsigned slot) {
      const int group = of[cell_[slot]];
      inside[group] = GroupInside::of(within[slot], members[slot]);
      links[group] = outwards[slot];
    });
  }
  /// Eight cells in one group, each with links with all beside it.
  bool is_one_group(const int* of) const {
    if (!full_ || of[cell_[0]] < 0)
      return false;
    return std::all_of(cell_, cell_ + 8, [&](int c) { return of[c] == of[cell_[0]]; });
  }
  /// What such a group is inside where couplings are uniform.
  const GroupInside& inside_of_uniform() const { return of_uniform_; }
  /// By direction the group that all cells at that side of such a group have links with, -1 where none has. False where
  /// links of one side lead to several groups, or those of two sides to one.
  bool find_others(const int* of, std::array<int, 6>* others) const {
    for (int direction = 0; direction < 6; ++direction) {
      int& other = (*others)[static_cast<std::size_t>(direction)];
      const auto& side = outward[direction];
      other = -1;
      if (!((links_[side[0]] | links_[side[1]] | links_[side[2]] | links_[side[3]]) >> direction & 1))
        continue;
      other = other_at_side(direction, of);
      if (other < 0 || (direction % 2 && other == (*others)[static_cast<std::size_t>(direction) - 1]))
        return false;
    }
    return true;
  }
  /// The links at a side of such a group.
  AxisRow::Link side(int direction) const {
    AxisRow::Link link{};
    link.count[static_cast<std::size_t>(direction / 2)] = 4;
    link.sum[static_cast<std::size_t>(direction / 2)] = sum_of_side(direction);
    return link;
  }
  double excess() const { return cells_.excess(cell_); }
  /// The links of such a group with others, face by face.
  void add_links_of_one_group(const int* of, AxisRow* row) const {
    const int group = of[cell_[0]];
    for (int direction = 0; direction < 6; ++direction) {
      const int axis = direction / 2;
      if (const int other = other_at_side(direction, of); other >= 0) {
        if (other != group)
          row->add(other, axis, sum_of_side(direction), 4);
        continue;
      }
      int to = group, count = 0; // of the last links, and their sum
      double sum = 0;
      for (const unsigned slot : outward[direction]) {
        if (!(links_[slot] >> direction & 1))
          continue;
        const int next = of[cells_.neighbour(cell_[slot], direction)];
        if (next != to) {
          add(group, to, axis, sum, count, row);
          to = next;
          sum = 0;
          count = 0;
        }
        ++count;
        sum += cells_.coupling(cell_[slot], direction);
      }
      add(group, to, axis, sum, count, row);
    }
    row->excess += excess();
  }
  /// Links of a cell of `group` with other groups; those with cells in none are excess.
  void add_links_of_cell(int cell, int group, const int* of, AxisRow* row) const {
    row->excess += cells_.excess(cell);
    for (unsigned left = cells_.links(cell); left != 0; left &= left - 1) {
      const int direction = std::countr_zero(left);
      add(group, of[cells_.neighbour(cell, direction)], direction / 2, cells_.coupling(cell, direction), 1, row);
    }
  }

private:
  GroupInside inside_of_one_group() const {
    std::array<float, 3> within{};
    for (std::size_t axis = 0; axis < 3; ++axis)
      for (const unsigned slot : outward[2 * axis])
        within[axis] += cells_.coupling(cell_[slot], 2 * static_cast<int>(axis) + 1);
    return GroupInside::of(within, 8);
  }
  // The group that all four cells at a side are linked with; -1 where there is no such.
  int other_at_side(int direction, const int* of) const {
    const auto& side = outward[direction];
    if (!((links_[side[0]] & links_[side[1]] & links_[side[2]] & links_[side[3]]) >> direction & 1))
      return -1;
    int other[4];
    for (int n = 0; n < 4; ++n)
      other[n] = of[cells_.neighbour(cell_[side[n]], direction)];
    return other[0] == other[1] && other[0] == other[2] && other[0] == other[3] ? other[0] : -1;
  }
  double sum_of_side(int direction) const {
    double sum = 0;
    for (const unsigned slot : outward[direction])
      sum += cells_.coupling(cell_[slot], direction);
    return sum;
  }
  static void add(int group, int to, int axis, double w, int count, AxisRow* row) {
    if (to < 0)
      row->excess += w;
    else if (to != group)
      row->add(to, axis, w, count);
  }
  template <class Work>
  static void for_each(unsigned slots, const Work& work) {
    for (; slots != 0; slots &= slots - 1)
      work(static_cast<unsigned>(std::countr_zero(slots)));
  }
  template <class Work>
  void for_each_cell(const Work& work) const {
    for (int k = 0; k < count_; ++k)
      work(slot_[k]);
  }
  // work(slot, slot above it, axis, coupling) of links between some cells.
  template <class Work>
  void for_each_edge(unsigned slots, const Work& work) const {
    for_each(slots, [&](unsigned slot) {
      for (int axis = 0; axis < 3; ++axis)
        if (const unsigned other = slot | 1U << axis;
            other != slot && slots >> other & 1 && links_[slot] >> (2 * axis + 1) & 1)
          work(slot, other, axis, cells_.coupling(cell_[slot], 2 * axis + 1));
    });
  }
  // Of eight cells with all links among them: these are strong for all of them, and none is held.
  bool coupled_evenly() const {
    float least = std::numeric_limits<float>::max(), most = 0;
    double excess = 0;
    for (unsigned slot = 0; slot < 8; ++slot) {
      excess = std::max(excess, cells_.excess(cell_[slot]));
      for (int axis = 0; axis < 3; ++axis) {
        const bool upper = slot >> axis & 1;
        const int outwards = 2 * axis + upper;
        if (links_[slot] >> outwards & 1)
          most = std::max(most, cells_.coupling(cell_[slot], outwards));
        if (!upper) {
          const float w = cells_.coupling(cell_[slot], 2 * axis + 1);
          least = std::min(least, w);
          most = std::max(most, w);
        }
      }
    }
    return least >= least_strength_in_block * most && !is_held(excess, least);
  }

  const Cells& cells_;
  const Blocks& blocks_;
  // By slot: the directions of the others in the block.
  static constexpr unsigned inward[8] = {2 | 8 | 32, 1 | 8 | 32, 2 | 4 | 32, 1 | 4 | 32,
                                         2 | 8 | 16, 1 | 8 | 16, 2 | 4 | 16, 1 | 4 | 16};

  // By direction: the slots at that side.
  static constexpr unsigned outward[6][4] = {{0, 2, 4, 6}, {1, 3, 5, 7}, {0, 1, 4, 5},
                                             {2, 3, 6, 7}, {0, 1, 2, 3}, {4, 5, 6, 7}};
  // By links of a cell; the instruction is not in every x86-64.
  static constexpr std::array<signed char, 64> count_of = [] {
    std::array<signed char, 64> count{};
    for (unsigned links = 0; links < 64; ++links)
      count[links] = static_cast<signed char>(std::popcount(links));
    return count;
  }();

  GroupInside of_uniform_{};
  bool full_ = false; // eight cells, each with links with all beside it
  int count_ = 0;
  unsigned slot_[8]; // of each
  int cell_[8] = {}; // by slot
  unsigned links_[8];
};

} // namespace linnet::latticemg
