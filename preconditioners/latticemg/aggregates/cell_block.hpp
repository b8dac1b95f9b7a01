// The cells of one block of a lattice: how they are coupled, which of them are a group, and what the groups sum.
#pragma once

#include "latticemg/aggregates/axis_rows.hpp"
#include "latticemg/aggregates/cell_groups.hpp"

#include <algorithm>
#include <array>
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
    no_excess_ = op.max_excess <= 0;
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
  /// Of eight cells.
  double excess(int first, const int (&step)[8]) const {
    if (no_excess_)
      return 0;
    double sum = 0;
    for (const int cell : step)
      sum += excess(first + cell);
    return sum;
  }
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
  bool held(int c, float strongest_of_cell) const { return is_held(excess(c), strongest_of_cell); }
  /// Of those with its links.
  float strongest(int c, unsigned links) const {
    if (op_.uniform)
      return strongest_of_[links];
    float most = 0;
    slots::for_each(links, [&](unsigned d) { most = std::max(most, coupling(c, static_cast<int>(d))); });
    return most;
  }

private:
  const LatticeOperator& op_;
  int step_[3];
  float unit_[3], strongest_of_[64] = {};
  bool no_excess_, wraps_, even_;
};

class Block {
public:
  Block(const Cells& cells, const Blocks& blocks) : cells_(cells), blocks_(blocks) {
    for (unsigned slot = 0; slot < 8; ++slot)
      step_[slot] = blocks.cell_step(slot);
    for (int axis = 0; axis < 3; ++axis) {
      beside_[2 * axis] = -blocks.step(axis);
      beside_[2 * axis + 1] = blocks.step(axis);
    }
    if (cells.uniform())
      of_uniform_ = inside_of_eight();
  }

  void read(const Blocks::Corner& corner) {
    corner_ = corner;
    links_ = blocks_.links(corner);
    full_ = (links_ & slots::inward) == slots::inward;
    const unsigned present = slots::with_any(links_);
    for (unsigned axis = 0; axis < 3; ++axis)
      edges_[axis] = slots::with_bit(links_ >> (2 * axis + 1)) & slots::lower[axis] & present & present >> (1U << axis);
  }
  /// Its groups, numbered from `first` in the order of their first slots.
  BlockGroups group(int first) const {
    if (full_ && (cells_.even() || coupled_evenly()))
      return {0, first};
    unsigned present = slots::with_any(links_);
    unsigned linked[3] = {edges_[0], edges_[1], edges_[2]};
    if (!cells_.even())
      keep_strong(&present, &linked);
    BlockGroups groups{BlockGroups::all_none, first};
    for (std::uint32_t number = 0; present != 0; ++number) {
      const unsigned group = slots::joined(present & -present, linked);
      groups.codes ^= slots::ones[group] * (BlockGroups::none ^ number);
      present &= ~group;
    }
    return groups;
  }
  /// Links that leave its groups.
  int links_between(const BlockGroups& groups) const {
    int all = 0, within = 0;
    for (unsigned d = 0; d < 6; ++d)
      all += slots::count[slots::with_bit(links_ >> d)];
    groups.for_each_group([&](int, unsigned mask) {
      for (unsigned axis = 0; axis < 3; ++axis)
        within += slots::count[edges_of(mask, axis)];
    });
    return all - 2 * within;
  }
  /// Of each group: what others see of it.
  void look_inside(const BlockGroups& groups, GroupInside* inside) const {
    if (full_ && groups.is_one()) {
      inside[groups.first] = cells_.uniform() ? of_uniform_ : inside_of_eight();
      return;
    }
    groups.for_each_group([&](int group, unsigned mask) {
      std::array<float, 3> within{};
      for (unsigned axis = 0; axis < 3; ++axis)
        slots::for_each(edges_of(mask, axis),
                        [&](unsigned slot) { within[axis] += coupling(slot, 2 * static_cast<int>(axis) + 1); });
      inside[group] = {within, static_cast<float>(slots::count[mask])};
    });
  }
  /// What a group of eight is inside where couplings are uniform.
  const GroupInside& inside_of_uniform() const { return of_uniform_; }

  /// Where the blocks beside it lie; before what follows.
  void look_around(const LatticeOperator& op) {
    for (int axis = 0; axis < 3; ++axis) {
      const int size = op.size[static_cast<std::size_t>(axis)], step = blocks_.step(axis), last = (size - 1) / 2;
      if (!op.wraps[static_cast<std::size_t>(axis)])
        continue;
      const bool lowest = corner_.at[axis] == 0, highest = corner_.at[axis] + corner_.count[axis] == size;
      beside_[2 * axis] = lowest ? last * step : -step;
      beside_[2 * axis + 1] = highest ? -last * step : step;
      thin_below_[axis] = lowest && size % 2;
    }
  }
  /// Of such a group of eight by direction the group that all cells at that side have links with, -1 where none has.
  /// `all`: of all blocks. False where links of one side lead to several groups, or those of two sides to one.
  bool find_others(const BlockGroups* all, std::array<int, 6>* others) const {
    for (unsigned d = 0; d < 6; ++d) {
      int& other = (*others)[d];
      other = -1;
      if ((links_ & slots::outward[d]) == 0)
        continue;
      other = other_at_side(d, all);
      if (other < 0 || (d % 2 && other == (*others)[d - 1]))
        return false;
    }
    return true;
  }
  /// The links at a side of such a group.
  AxisRow::Links side(unsigned direction) const {
    return {-1, static_cast<int>(direction) / 2, 4, sum_of(slots::at_side(direction), direction)};
  }
  double excess() const { return cells_.excess(corner_.first, step_); }
  /// Links of a group, which has some of the slots, with others; those with cells in none are excess.
  void add_links_of(unsigned mask, int group, const BlockGroups* all, AxisRow* row) const {
    slots::for_each(mask, [&](unsigned slot) { row->excess += cells_.excess(cell(slot)); });
    for (unsigned d = 0; d < 6; ++d) {
      const unsigned axis = d / 2, linked = slots::with_bit(links_ >> d) & mask;
      const unsigned outward = corner_.count[axis] == 2 ? linked & slots::at_side(d) : linked;
      const int upward = d % 2 ? 1 << axis : -(1 << axis); // from slots to those beside them
      const bool thin = d % 2 ? corner_.count[axis] == 1 : thin_below_[axis];
      add_links_with(all[corner_.place + beside_[d]], d, outward, thin ? 0 : -upward, group, row);
      if ((shifted(linked ^ outward, upward) & ~mask) != 0)
        add_links_with(all[corner_.place], d, linked ^ outward, upward, group, row);
    }
  }

private:
  int cell(unsigned slot) const { return corner_.first + step_[slot]; }
  unsigned links_of(unsigned slot) const { return links_ >> 8 * slot & 0xff; }
  float coupling(unsigned slot, int direction) const { return cells_.coupling(cell(slot), direction); }
  // The lower ones of the slots that have links along an axis within a group.
  unsigned edges_of(unsigned mask, unsigned axis) const { return edges_[axis] & mask & mask >> (1U << axis); }
  // Of the slots those that are not held, of the links those that are strong.
  void keep_strong(unsigned* present, unsigned (*linked)[3]) const {
    float strongest[8];
    slots::for_each(*present, [&](unsigned slot) {
      strongest[slot] = cells_.strongest(cell(slot), links_of(slot));
      if (cells_.held(cell(slot), strongest[slot]))
        *present &= ~(1U << slot);
    });
    for (unsigned axis = 0; axis < 3; ++axis) {
      unsigned& edges = (*linked)[axis];
      edges &= *present & *present >> (1U << axis);
      slots::for_each(edges, [&](unsigned slot) {
        const float most = std::max(strongest[slot], strongest[slot | 1U << axis]);
        if (!(coupling(slot, 2 * static_cast<int>(axis) + 1) >= least_strength_in_block * most))
          edges &= ~(1U << slot);
      });
    }
  }
  GroupInside inside_of_eight() const {
    std::array<float, 3> within{};
    for (unsigned axis = 0; axis < 3; ++axis)
      slots::for_each(slots::lower[axis],
                      [&](unsigned slot) { within[axis] += coupling(slot, 2 * static_cast<int>(axis) + 1); });
    return {within, 8};
  }
  static unsigned shifted(unsigned mask, int by) { return by < 0 ? mask >> -by : mask << by; }
  // Links in a direction of some slots with those, so many further on, of a block.
  void add_links_with(const BlockGroups& beside, unsigned direction, unsigned mask, int further, int group,
                      AxisRow* row) const {
    for (unsigned others = shifted(mask, further); others != 0;) {
      const auto first = static_cast<unsigned>(std::countr_zero(others));
      const unsigned same = others & ~slots::with_any_of_four(beside.codes ^ slots::ones[0xff] * beside.code(first));
      const int to = beside.of(first);
      others ^= same;
      if (to == group)
        continue;
      const unsigned from = shifted(same, -further);
      const double sum = sum_of(from, direction);
      if (to < 0)
        row->excess += sum;
      else
        row->add(to, static_cast<int>(direction) / 2, sum, slots::count[from]);
    }
  }
  // The group that all four cells at a side are linked with; -1 where there is no such.
  int other_at_side(unsigned direction, const BlockGroups* all) const {
    if ((links_ & slots::outward[direction]) != slots::outward[direction] || thin_below_[direction / 2])
      return -1;
    const BlockGroups& beside = all[corner_.place + beside_[direction]];
    const std::uint32_t facing = slots::ones[slots::at_side(direction ^ 1)];
    const unsigned first = direction % 2 ? 0 : 1U << direction / 2; // slot
    return (beside.codes & 15 * facing) == beside.code(first) * facing ? beside.of(first) : -1;
  }
  // Of the couplings of some slots in a direction.
  double sum_of(unsigned mask, unsigned direction) const {
    if (cells_.uniform())
      return slots::count[mask] * double{coupling(0, static_cast<int>(direction))};
    double sum = 0;
    slots::for_each(mask, [&](unsigned slot) { sum += coupling(slot, static_cast<int>(direction)); });
    return sum;
  }
  // Of eight cells with all links among them: these are strong for all of them, and none is held.
  bool coupled_evenly() const {
    float least = std::numeric_limits<float>::max(), most = 0;
    double excess = 0;
    for (unsigned slot = 0; slot < 8; ++slot)
      excess = std::max(excess, cells_.excess(cell(slot)));
    for (unsigned d = 0; d < 6; ++d) {
      slots::for_each(slots::with_bit(links_ >> d) & slots::at_side(d),
                      [&](unsigned slot) { most = std::max(most, coupling(slot, static_cast<int>(d))); });
      if (d % 2 == 0)
        slots::for_each(slots::at_side(d), [&](unsigned slot) {
          const float w = coupling(slot, static_cast<int>(d) + 1);
          least = std::min(least, w);
          most = std::max(most, w);
        });
    }
    return least >= least_strength_in_block * most && !is_held(excess, least);
  }

  const Cells& cells_;
  const Blocks& blocks_;
  int step_[8];             // of a cell, by slot
  int beside_[6];           // of a block, by direction
  bool thin_below_[3] = {}; // the block below, around the end, has one cell along the axis
  GroupInside of_uniform_{};
  Blocks::Corner corner_{};
  std::uint64_t links_ = 0;         // a byte a slot
  std::array<unsigned, 3> edges_{}; // by axis: the lower slots of links
  bool full_ = false;               // eight cells, each with links with all beside it
};

} // namespace linnet::latticemg
