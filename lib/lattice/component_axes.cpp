// Axes that close: noticed where a placement meets itself.
#include "lattice/component_embedding.hpp"

#include <cstdlib>

namespace linnet {

// Where the neighbours of `v` lie far apart along one axis, the axis may close after the distance of the cells that the
// two sides leave for it: the largest, which is straight on from both.
bool ComponentEmbedding::close_axis(std::int32_t v) {
  std::int32_t first = -1;
  std::array<Candidates, 2> side;
  std::array<std::int32_t, 2> from{-1, -1};
  for (const std::int32_t u : of(v)) {
    if (u < 0 || !is_placed(u))
      continue;
    first = first < 0 ? u : first;
    std::int32_t distance = 0;
    for (int axis = 0; axis < 3; ++axis)
      distance += std::abs(position(u).x[axis] - position(first).x[axis]);
    Candidates& found = side[distance > 2];
    const bool start = from[distance > 2] < 0;
    from[distance > 2] = u;
    const int count = start ? 0 : found.count;
    if (start) {
      for (int d = 0; d < 2 * rules_.dimensions; ++d) {
        const CellPosition cell = step(position(u), d);
        if (map_.get(cell) < 0)
          found.cell[static_cast<std::size_t>(found.count++)] = cell;
      }
      continue;
    }
    found.count = 0;
    for (int c = 0; c < count; ++c)
      if (direction(position(u), found.cell[static_cast<std::size_t>(c)]) >= 0)
        found.keep(c);
  }
  int closing = -1;
  std::int32_t after = 0;
  for (int a = 0; a < side[0].count; ++a) {
    for (int b = 0; b < side[1].count; ++b) {
      int axes = 0, axis = -1;
      std::int32_t difference = 0;
      for (int x = 0; x < 3; ++x) {
        const std::int32_t d =
            side[1].cell[static_cast<std::size_t>(b)].x[x] - side[0].cell[static_cast<std::size_t>(a)].x[x];
        axes += d != 0;
        axis = d != 0 ? x : axis;
        difference = d != 0 ? std::abs(d) : difference;
      }
      if (axes != 1 || period_[static_cast<std::size_t>(axis)] > 0 || difference < 5)
        continue;
      if (difference > after) {
        closing = axis;
        after = difference;
      }
    }
  }
  if (closing < 0)
    return false;
  met_itself_ = true;
  if (!rules_.close)
    return false;
  period_[static_cast<std::size_t>(closing)] = after;
  refold();
  return true;
}

// Positions modulo the periods, in [0, period).
void ComponentEmbedding::refold() {
  map_.clear();
  for (const std::int32_t v : trail_) {
    CellPosition& cell = position_[static_cast<std::size_t>(v)];
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (const std::int32_t period = period_[axis])
        cell.x[axis] = (cell.x[axis] % period + period) % period;
    map_.set(cell, v);
  }
}

} // namespace linnet
