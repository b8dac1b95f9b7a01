// Walls within and between the blocks of cells that are one cell of the next grid.
#include "latticemg/aggregates/slots.hpp"
#include "latticemg/lines.hpp"
#include "latticemg/multigrid.hpp"

#include <algorithm>

namespace linnet::latticemg {

namespace {

// Of the lines of blocks about so many are looked at.
constexpr int looked_at = 256;

// Up to eight cells, by slot: bit a for the upper one of two along axis a.
class CellBlock {
public:
  CellBlock(const Level& level, const bool* halved) : level_(level), halved_(halved) {
    for (unsigned a = 0; a < 3; ++a)
      all_ &= halved[a] ? 0xffU : slots::lower[a];
  }

  // From its first cell. `last`: the end of the planes that are looked at.
  void read(int i, int j, int k, int last) {
    present_ = 0;
    at_[0] = i;
    at_[1] = j;
    at_[2] = k;
    slots::for_each(all_, [&](unsigned slot) {
      const int x = i + static_cast<int>(slot & 1), y = j + static_cast<int>(slot >> 1 & 1),
                z = k + static_cast<int>(slot >> 2);
      if (x >= level_.size[0] || y >= level_.size[1] || z >= last)
        return;
      cell_[slot] = level_.at(x, y, z);
      present_ |= (level_.has_unknown(cell_[slot]) ? 1U : 0U) << slot;
    });
  }
  bool has_unknowns() const { return present_ != 0; }
  // Links within the block do not join all of its unknowns.
  bool is_parted() const {
    if (present_ == all_ && level_.coded() && !level_.has_walls())
      return false;
    unsigned linked[3] = {0, 0, 0}; // by axis: the lower ones of two
    for (unsigned a = 0; a < 3; ++a)
      slots::for_each(present_ & present_ >> (1U << a) & slots::lower[a],
                      [&](unsigned slot) { linked[a] |= (has_link(cell_[slot], a) ? 1U : 0U) << slot; });
    return slots::joined(present_ & -present_, linked) != present_;
  }
  // Along some axis it has unknowns at its upper end, and the next one at its lower, but no links lead across.
  bool is_walled_off() const {
    if (level_.coded() && !level_.has_walls())
      return false;
    for (unsigned a = 0; a < 3; ++a) {
      bool both = false, linked = false;
      slots::for_each(present_ & (halved_[a] ? ~slots::lower[a] : all_), [&](unsigned slot) {
        int next[3];
        for (unsigned b = 0; b < 3; ++b)
          next[b] = at_[b] + static_cast<int>(slot >> b & 1) + (a == b);
        if (next[a] >= level_.size[a] || !level_.has_unknown(level_.at(next[0], next[1], next[2])))
          return;
        both = true;
        linked = linked || has_link(cell_[slot], a);
      });
      if (both && !linked)
        return true;
    }
    return false;
  }

private:
  // With the upper neighbour; both have unknowns.
  bool has_link(std::ptrdiff_t c, unsigned axis) const {
    if (!level_.coded())
      return level_.face[axis][c] > 0;
    return !level_.has_walls() || level_.links[c] >> (2 * axis + 1) & 1;
  }

  const Level& level_;
  const bool* halved_; // by the next grid
  unsigned all_ = 0xff, present_ = 0;
  int at_[3] = {};
  std::ptrdiff_t cell_[8] = {};
};

} // namespace

Multigrid::Walls Multigrid::look_for_walls(std::size_t l, int threads) const {
  const bool active = layout_.ranks.slab >= 0;
  const std::array<bool, 3>& halved = layout_.coarsening.halved[l];
  const auto blocks_of = [&](std::size_t axis, int count) { return halved[axis] ? (count + 1) / 2 : count; };
  // Whole grids are looked at by one rank.
  const bool looks = active && (levels_[l].shared || layout_.ranks.slab == 0);
  const int rows = looks ? blocks_of(1, levels_[l].size[1]) : 0;
  const int lines = looks ? rows * blocks_of(2, levels_[l].own.count()) : 0;
  const int step = std::max(1, static_cast<int>(layout_.ranks.sum(lines)) / looked_at); // on any ranks the same lines
  std::ptrdiff_t blocks = 0, parted = 0, walled_off = 0;
  if (looks) {
    const Level& level = levels_[l];
    const int first = blocks_of(2, level.begin + level.own.first);
#pragma omp parallel for schedule(static) num_threads(threads) reduction(+ : blocks, parted, walled_off)
    for (int line = 0; line < lines; ++line) {
      const int row = line % rows, layer = line / rows;
      if ((row + 3 * (first + layer)) % step != 0)
        continue;
      CellBlock cells(level, halved.data());
      for (int i = 0; i < level.size[0]; i += halved[0] ? 2 : 1) {
        cells.read(i, halved[1] ? 2 * row : row, level.own.first + (halved[2] ? 2 * layer : layer), level.own.last);
        blocks += cells.has_unknowns();
        parted += cells.is_parted();
        walled_off += cells.is_walled_off();
      }
    }
  }
  const auto about = [&](std::ptrdiff_t count) { return static_cast<double>(step * count); };
  const auto [all, with_walls, beside_walls] =
      layout_.ranks.sum(std::array<double, 3>{about(blocks), about(parted), about(walled_off)});
  return {all, with_walls, beside_walls};
}

} // namespace linnet::latticemg
