// Where the unknowns of the lines lie.
#include "latticemg/lines.hpp"
#include "latticemg/multigrid.hpp"

#include <algorithm>
#include <utility>

namespace linnet::latticemg {

namespace {

// Of the cells of a level, as one line of so many tells: where most are worked on, lines of one length take less time.
constexpr double most_worked_on = 0.75;
constexpr int sampled = 8;

bool is_empty(const Extent& extent) {
  return extent.first == extent.last;
}

Extent join(const Extent& a, const Extent& b) {
  if (is_empty(a) || is_empty(b))
    return is_empty(a) ? b : a;
  return {std::min(a.first, b.first), std::max(a.last, b.last)};
}

// Of the coarse line that holds a line of this extent.
Extent halved(const Extent& fine) {
  return {fine.first / 2 / block * block, round_up((fine.last + 1) / 2)};
}

// Any of a block of numbers is not zero: of codes, or of diagonals, which are not negative.
template <class T>
bool any(const T* block_of) {
  T all{0};
  for (int i = 0; i < block; ++i)
    all = std::max(all, block_of[i]);
  return all > 0;
}

template <class T>
Extent extent_of(const Level& level, const T* field, int j, int k) {
  const T *even = field + level.at(0, j, k), *odd = field + level.at(1, j, k);
  int first = 0, last = round_up(level.count(0));
  while (first < last && !any(even + first) && !any(odd + first))
    first += block;
  while (first < last && !any(even + last - block) && !any(odd + last - block))
    last -= block;
  return first < last ? Extent{first, last} : Extent{0, 0};
}

Extent unknowns_of_line(const Level& level, int j, int k) {
  return level.coded() ? extent_of(level, level.code, j, k) : extent_of(level, level.inverse, j, k);
}

// Of the lines of `fine` in line (J, K) of the next level, on one axis.
Range lines_within(const Level& fine, const Level& coarse, int axis, int I) {
  const int begin[2] = {axis == 2 ? fine.begin : 0, axis == 2 ? coarse.begin : 0};
  const int first = (coarse.halved[axis] ? 2 : 1) * (I + begin[1]) - begin[0];
  return {std::max(0, first), std::min(fine.size[axis] - 1, first + (coarse.halved[axis] ? 1 : 0))};
}

template <class T>
void clear_line(T* field, std::ptrdiff_t line, const Extent& extent) {
  std::fill(field + line + extent.first, field + line + extent.last, T{0});
}

} // namespace

// Cells of the finer grid are taken to have their coarse cell in the extent even where it has no unknown, as that of
// cells coupled only with each other.
Extent Multigrid::extent_of_line(std::size_t l, int j, int k) const {
  const Level& level = levels_[l];
  Extent extent = unknowns_of_line(level, j, k);
  if (l == 0)
    return extent;
  const Level& fine = levels_[l - 1];
  const Range y = lines_within(fine, level, 1, j), z = lines_within(fine, level, 2, k);
  for (int c = z.first; c <= z.last; ++c)
    for (int b = y.first; b <= y.last; ++b)
      if (const Extent within = fine.extent_of(b, c); !is_empty(within))
        extent = join(extent, halved(within));
  return extent;
}

void Multigrid::find_extents(std::size_t l, int threads) {
  Level& level = levels_[l];
  const std::vector<Extent> before = std::move(extents_[l]);
  std::vector<Extent>& extents = extents_[l];
  extents.clear();
  level.extent = nullptr;
  if (l > 0 && !levels_[l - 1].extent)
    return;
  // A view may begin before the level, with the planes of a halo.
  const std::size_t margin = static_cast<std::size_t>(layout_.slabs.halo) * static_cast<std::size_t>(level.size[1]);
  const auto number = [&](int j, int k) {
    return margin + static_cast<std::size_t>(k) * static_cast<std::size_t>(level.size[1]) + static_cast<std::size_t>(j);
  };
  const Extent all = level.extent_of(0, 0);
  double lines = 0, cells = 0;
  for (int k = 0; k < level.size[2]; ++k)
    for (int j = (sampled - 3 * k % sampled) % sampled; j < level.size[1]; j += sampled) {
      const Extent extent = extent_of_line(l, j, k);
      lines += 1;
      cells += extent.last - extent.first;
    }
  if (cells > most_worked_on * lines * all.last)
    return;
  extents.resize(number(0, level.size[2]));
  for_each_line(level, threads, [&](int j, int k) { extents[number(j, k)] = extent_of_line(l, j, k); });
  level.extent = extents.data() + margin;
  for_each_line(level, threads, [&](int j, int k) {
    const Extent now = extents[number(j, k)];
    const Extent old = before.empty() ? all : before[number(j, k)];
    if (is_empty(old) || (!is_empty(now) && now.first <= old.first && old.last <= now.last))
      return;
    for (int colour = 0; colour < 2; ++colour) {
      const std::ptrdiff_t line = level.at(colour, j, k);
      clear_line(level.u, line, old);
      if (l == 0 && !direction_.empty())
        clear_line(direction_.data() + level.front, line, old);
      if (l == 0 && !iterate_.empty())
        clear_line(iterate_.data() + level.front, line, old);
    }
  });
}

void Multigrid::clear_b(int threads) {
  const Level& level = levels_[0];
  for_each_line(level, threads, [&](int j, int k) {
    for (int colour = 0; colour < 2; ++colour)
      clear_line(level.b, level.at(colour, j, k), level.extent_of(j, k));
  });
}

} // namespace linnet::latticemg
