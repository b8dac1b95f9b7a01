// Walls within and between the blocks of cells that are one cell of the next grid.
#include "latticemg/aggregates/slots.hpp"
#include "latticemg/lines.hpp"
#include "latticemg/multigrid.hpp"

#include <algorithm>
#include <bit>

namespace linnet::latticemg {

namespace {

// Of the lines of blocks about so many are looked at; with couplings of any size, which take longer, so many blocks,
// but a quarter of these lines at least.
constexpr int looked_at = 256, looked_at_of_any_size = 16384;

// Of the strongest coupling of a cell: those below join it to none. Where such a coupling is not weak for the cell at
// its other end, that one follows it, as what is beside a region of large coefficients does.
constexpr float least_joining = 0.1F;

// Up to eight cells, by slot: bit a for the upper one of two along axis a.
class CellBlock {
public:
  CellBlock(const Level& level, const bool* halved, bool by_size) : level_(level), halved_(halved), by_size_(by_size) {
    for (unsigned a = 0; a < 3; ++a)
      all_ &= halved[a] ? 0xffU : slots::lower[a];
    for (int slot = 0; slot < 8; ++slot) // the lower one of two along x is an even one: both have the same t
      further_[slot] = (slot >> 1 & 1) * level.line + (slot >> 2) * level.plane;
  }

  // From its first cell. `last`: the end of the planes that are looked at.
  void read(int i, int j, int k, int last) {
    const std::ptrdiff_t other = (i + j + k) & 1 ? -level_.gap : level_.gap, first = level_.at(i, j, k);
    const int end[3] = {level_.size[0], level_.size[1], last};
    at_[0] = i;
    at_[1] = j;
    at_[2] = k;
    present_ = all_;
    for (unsigned a = 0; a < 3; ++a)
      present_ &= at_[a] + 1 < end[a] ? 0xffU : slots::lower[a];
    slots::for_each(present_, [&](unsigned slot) {
      cell_[slot] = first + further_[slot] + (odd >> slot & 1 ? other : 0);
      present_ &= ~((level_.has_unknown(cell_[slot]) ? 0U : 1U) << slot);
    });
  }
  bool has_unknowns() const { return present_ != 0; }
  // Unknowns that are joined by links within the block.
  struct Parts {
    int all, apart; // apart: follow no others
  };
  Parts parts() {
    if (present_ == all_ && !level_.general() && !level_.has_walls())
      return {1, 1};
    unsigned linked[3] = {0, 0, 0}; // by axis: the lower ones of two
    unsigned following = 0;
    if (by_size_)
      look_at_couplings(&linked, &following);
    else
      for_each_pair([&](unsigned slot, unsigned a) { linked[a] |= (has_link(cell_[slot], a) ? 1U : 0U) << slot; });
    Parts parts{0, 0};
    for (unsigned left = present_; left != 0;) {
      const unsigned part = slots::joined(left & -left, linked);
      ++parts.all;
      parts.apart += (part & following) == 0;
      left &= ~part;
    }
    return parts;
  }
  // Of couplings of any size, so far: the largest, and 1 / the least.
  float largest() const { return largest_; }
  float inverse_of_least() const { return inverse_of_least_; }
  // Along some axis it has unknowns at its upper end, and the next one at its lower, but no links lead across.
  bool is_walled_off() const {
    if (!level_.general() && !level_.has_walls())
      return false;
    for (unsigned a = 0; a < 3; ++a) {
      bool both = false, linked = false;
      for (unsigned left = present_ & (halved_[a] ? ~slots::lower[a] : all_); left != 0 && !linked; left &= left - 1) {
        const auto slot = static_cast<unsigned>(std::countr_zero(left));
        int next[3];
        for (unsigned b = 0; b < 3; ++b)
          next[b] = at_[b] + static_cast<int>(slot >> b & 1) + (a == b);
        if (next[a] >= level_.size[a] || !level_.has_unknown(level_.at(next[0], next[1], next[2])))
          continue;
        both = true;
        linked = has_link(cell_[slot], a);
      }
      if (both && !linked)
        return true;
    }
    return false;
  }

private:
  static constexpr unsigned odd = 0x96; // slots of the other colour than the first one

  // work(slot, axis) for each lower one of two.
  template <class Work>
  void for_each_pair(const Work& work) const {
    for (unsigned a = 0; a < 3; ++a)
      slots::for_each(present_ & present_ >> (1U << a) & slots::lower[a], [&](unsigned slot) { work(slot, a); });
  }
  // Of couplings of any size those that join, by axis the lower ones of two, and the cells that follow others.
  void look_at_couplings(unsigned (*linked)[3], unsigned* following) {
    float weak[8];
    slots::for_each(present_, [&](unsigned slot) { weak[slot] = least_joining * strongest(slot); });
    for_each_pair([&](unsigned slot, unsigned a) {
      const unsigned upper = slot | 1U << a;
      const float w = level_.face[a][cell_[slot]];
      largest_ = std::max(largest_, w);
      inverse_of_least_ = std::max(inverse_of_least_, w > 0 ? 1 / w : 0);
      const bool joins[2] = {w > 0 && w >= weak[slot], w > 0 && w >= weak[upper]};
      (*linked)[a] |= (joins[0] && joins[1] ? 1U : 0U) << slot;
      *following |= (joins[0] && !joins[1] ? 1U : 0U) << slot | (joins[1] && !joins[0] ? 1U : 0U) << upper;
    });
  }
  float strongest(unsigned slot) const {
    const int i = at_[0] + static_cast<int>(slot & 1);
    const int colour = (i + at_[1] + at_[2] + static_cast<int>((slot >> 1 & 1) + (slot >> 2))) & 1;
    const std::ptrdiff_t own = cell_[slot], other = colour ? own - level_.gap : own + level_.gap;
    const std::ptrdiff_t below[3] = {other - 1 + (i & 1), other - level_.line, other - level_.plane};
    float most = 0;
    for (unsigned a = 0; a < 3; ++a)
      most = std::max({most, level_.face[a][own], level_.face[a][below[a]]});
    return most;
  }
  // With the upper neighbour; both have unknowns.
  bool has_link(std::ptrdiff_t c, unsigned axis) const {
    if (level_.general())
      return level_.face[axis][c] > 0;
    return !level_.has_walls() || level_.links[c] >> (2 * axis + 1) & 1;
  }

  const Level& level_;
  const bool* halved_; // by the next grid
  bool by_size_;       // couplings are face[]
  unsigned all_ = 0xff, present_ = 0;
  std::ptrdiff_t further_[8];
  int at_[3] = {};
  float largest_ = 0, inverse_of_least_ = 0;
  std::ptrdiff_t cell_[8] = {};
};

} // namespace

Multigrid::Walls Multigrid::look_for_walls(std::size_t l, bool by_size, int threads) const {
  const bool active = layout_.ranks.slab >= 0;
  const std::array<bool, 3>& halved = layout_.coarsening.halved[l];
  const auto blocks_of = [&](std::size_t axis, int count) { return halved[axis] ? (count + 1) / 2 : count; };
  // Whole grids are looked at by one rank.
  const bool looks = active && (levels_[l].shared || layout_.ranks.slab == 0);
  const int rows = looks ? blocks_of(1, levels_[l].size[1]) : 0;
  const int lines = looks ? rows * blocks_of(2, levels_[l].own.count()) : 0;
  const int all_lines = static_cast<int>(layout_.ranks.sum(lines));
  int most = looked_at;
  if (active && by_size)
    most = std::clamp(looked_at_of_any_size / blocks_of(0, levels_[l].size[0]), looked_at / 4, looked_at);
  const int step = std::max(1, all_lines / most); // on any ranks the same lines
  std::ptrdiff_t blocks = 0, parted = 0, walled_off = 0, uneven = 0;
  float largest = 0, inverse_of_least = 0;
  if (looks) {
    const Level& level = levels_[l];
    const int first = blocks_of(2, level.begin + level.own.first);
#pragma omp parallel for schedule(static) num_threads(threads) reduction(+ : blocks, parted, walled_off, uneven) \
    reduction(max : largest, inverse_of_least)
    for (int line = 0; line < lines; ++line) {
      const int row = line % rows, layer = line / rows;
      if ((row + 3 * (first + layer)) % step != 0)
        continue;
      CellBlock cells(level, halved.data(), by_size);
      for (int i = 0; i < level.size[0]; i += halved[0] ? 2 : 1) {
        cells.read(i, halved[1] ? 2 * row : row, level.own.first + (halved[2] ? 2 * layer : layer), level.own.last);
        blocks += cells.has_unknowns();
        const CellBlock::Parts parts = cells.parts();
        parted += parts.apart > 1;
        uneven += by_size && parts.all > 1;
        walled_off += cells.is_walled_off();
      }
      largest = std::max(largest, cells.largest());
      inverse_of_least = std::max(inverse_of_least, cells.inverse_of_least());
    }
  }
  const auto about = [&](std::ptrdiff_t count) { return static_cast<double>(step * count); };
  const auto [all, with_walls, beside_walls, not_even] =
      layout_.ranks.sum(std::array<double, 4>{about(blocks), about(parted), about(walled_off), about(uneven)});
  const auto [largest_of_all, of_least] = layout_.ranks.max(std::array<double, 2>{largest, inverse_of_least});
  return {all, with_walls, beside_walls, not_even, largest_of_all * of_least};
}

} // namespace linnet::latticemg
