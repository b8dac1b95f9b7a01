#include "lattice/component_embedding.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>

namespace linnet {

namespace {

constexpr int axis_of(int direction) {
  return direction / 2;
}
constexpr int reverse(int direction) {
  return direction ^ 1;
}

} // namespace

ComponentEmbedding::ComponentEmbedding(const Adjacency& neighbours, const std::vector<std::int32_t>& rows,
                                       const Rules& rules, std::size_t* budget)
    : neighbours_(neighbours), rows_(rows), rules_(rules), position_(neighbours.size()), placed_(neighbours.size(), 0),
      level_(neighbours.size(), 0), is_open_(neighbours.size(), 0), budget_(budget) {}

CellPosition ComponentEmbedding::step(const CellPosition& from, int direction) const {
  CellPosition to = from;
  const int axis = axis_of(direction);
  to.x[axis] += direction % 2 ? 1 : -1;
  if (const std::int32_t period = period_[static_cast<std::size_t>(axis)])
    to.x[axis] = to.x[axis] < 0 ? period - 1 : to.x[axis] == period ? 0 : to.x[axis];
  return to;
}

int ComponentEmbedding::direction(const CellPosition& from, const CellPosition& to) const {
  int found = -1;
  for (int axis = 0; axis < 3; ++axis) {
    std::int32_t difference = to.x[axis] - from.x[axis];
    if (difference == 0)
      continue;
    if (const std::int32_t period = period_[static_cast<std::size_t>(axis)])
      difference = difference == period - 1 ? -1 : difference == 1 - period ? 1 : difference;
    if (found >= 0 || std::abs(difference) != 1)
      return -1;
    found = 2 * axis + (difference > 0);
  }
  return found;
}

bool ComponentEmbedding::allowed_by_squares(std::int32_t v, const CellPosition& cell) const {
  for (const std::int32_t u : of(v)) {
    if (u < 0)
      break;
    if (!is_placed(u))
      continue;
    const int towards = direction(position(u), cell);
    for (const std::int32_t a : of(u)) {
      if (a < 0)
        break;
      if (a != v && is_placed(a) && axis_of(direction(position(u), position(a))) == axis_of(towards) &&
          share_square(v, a, u))
        return false;
    }
    const std::int32_t partner = opposite(u, v);
    if (partner < 0)
      continue;
    if (is_placed(partner) ? direction(position(u), position(partner)) != reverse(towards)
                           : map_.get(step(position(u), reverse(towards))) >= 0)
      return false;
  }
  return true;
}

bool ComponentEmbedding::touches_strangers(std::int32_t v, const CellPosition& cell) const {
  for (int d = 0; d < 2 * rules_.dimensions; ++d) {
    const std::int32_t other = map_.get(step(cell, d));
    if (other >= 0 && !contains(of(v), other))
      return true;
  }
  return false;
}

// While all vertices lie in one plane (on one line), cells off it are images of each other: one stands for all.
void ComponentEmbedding::drop_mirror_images(Candidates* found) const {
  int first_unused = 0;
  while (first_unused < 3 && used_[static_cast<std::size_t>(first_unused)])
    ++first_unused;
  const int count = found->count;
  found->count = 0;
  for (int c = 0; c < count; ++c) {
    const CellPosition& cell = found->cell[static_cast<std::size_t>(c)];
    bool image = false;
    for (int axis = first_unused; axis < 3; ++axis)
      image |=
          !used_[static_cast<std::size_t>(axis)] && cell.x[axis] != 0 && !(axis == first_unused && cell.x[axis] > 0);
    if (!image)
      found->keep(c);
  }
}

ComponentEmbedding::Candidates ComponentEmbedding::candidates(std::int32_t v) {
  Candidates found;
  std::int32_t first = -1;
  for (const std::int32_t u : of(v)) {
    if (u < 0)
      break;
    if (!is_placed(u))
      continue;
    if (first < 0) {
      first = u;
      for (int d = 0; d < 2 * rules_.dimensions; ++d)
        found.cell[static_cast<std::size_t>(found.count++)] = step(position(u), d);
      continue;
    }
    const int count = found.count;
    found.count = 0;
    for (int c = 0; c < count; ++c)
      if (direction(position(u), found.cell[static_cast<std::size_t>(c)]) >= 0)
        found.keep(c);
  }
  const auto keep_if = [&found](auto&& wanted) {
    const int count = found.count;
    found.count = 0;
    for (int c = 0; c < count; ++c)
      if (wanted(found.cell[static_cast<std::size_t>(c)]))
        found.keep(c);
  };
  keep_if([&](const CellPosition& cell) { return map_.get(cell) < 0; });
  if (found.count > 1)
    drop_mirror_images(&found);
  if (found.count > 1)
    keep_if([&](const CellPosition& cell) { return allowed_by_squares(v, cell); });
  if (rules_.contact_couples)
    keep_if([&](const CellPosition& cell) { return !touches_strangers(v, cell); });
  return found;
}

// Lower is likelier: numbered like parallel edges nearby, touching no vertex without being coupled, straight on.
int ComponentEmbedding::likelihood(std::int32_t v, const CellPosition& cell) const {
  const auto row = [this](std::int32_t w) { return static_cast<std::int64_t>(rows_[static_cast<std::size_t>(w)]); };
  int alike = 1, straight = 1;
  for (const std::int32_t u : of(v)) {
    if (u < 0)
      break;
    if (!is_placed(u))
      continue;
    const int d = direction(position(u), cell);
    const std::int64_t offset = row(v) - row(u);
    const auto compare = [&](std::int32_t from, std::int32_t to) {
      if (from < 0 || to < 0 || !contains(of(from), to))
        return;
      const std::int64_t difference = std::abs(row(to) - row(from) - offset);
      if (difference <= std::abs(offset) / 16)
        alike = 0;
      else if (alike == 1)
        alike = 2;
    };
    const std::int32_t behind = map_.get(step(position(u), reverse(d)));
    if (behind >= 0 && contains(of(u), behind))
      straight = 0;
    compare(behind, u);
    for (const std::int32_t a : of(u)) {
      if (a < 0)
        break;
      if (a != v && is_placed(a))
        compare(a, map_.get(step(position(a), d)));
    }
  }
  return 4 * alike + 2 * touches_strangers(v, cell) + straight;
}

void ComponentEmbedding::place(std::int32_t v, const CellPosition& cell, int level) {
  level_[static_cast<std::size_t>(v)] = level;
  position_[static_cast<std::size_t>(v)] = cell;
  placed_[static_cast<std::size_t>(v)] = 1;
  map_.set(cell, v);
  trail_.push_back(v);
  for (std::size_t axis = 0; axis < 3; ++axis)
    used_[axis] = used_[axis] || cell.x[axis] != 0;
}

ComponentEmbedding::Outcome ComponentEmbedding::attempt(std::int32_t v) {
  const Candidates found = candidates(v);
  if (found.count == 1) {
    int level = 0;
    if (!decisions_.empty())
      for (const int other : levels_around(v))
        level = other;
    place(v, found.cell[0], level);
    return Outcome::placed;
  }
  if (found.count == 0)
    return Outcome::stuck;
  if (!is_open_[static_cast<std::size_t>(v)]) {
    is_open_[static_cast<std::size_t>(v)] = 1;
    open_.push_back(v);
  }
  return Outcome::open;
}

// The levels that the choice of cells for v depends on: of its neighbours, and of what lies on the cells beside them
// and next to those.
std::vector<int> ComponentEmbedding::levels_around(std::int32_t v) const {
  std::vector<int> levels;
  const auto add = [&](std::int32_t w) {
    const int level = w < 0 ? 0 : level_[static_cast<std::size_t>(w)];
    if (level > 0 && std::find(levels.begin(), levels.end(), level) == levels.end())
      levels.push_back(level);
  };
  for (const std::int32_t u : of(v)) {
    if (u < 0)
      break;
    if (!is_placed(u))
      continue;
    add(u);
    for (int d = 0; d < 2 * rules_.dimensions; ++d) {
      const CellPosition cell = step(position(u), d);
      const std::int32_t other = map_.get(cell);
      add(other);
      for (int to = 0; other < 0 && rules_.contact_couples && to < 2 * rules_.dimensions; ++to)
        add(map_.get(step(cell, to)));
    }
  }
  std::sort(levels.begin(), levels.end());
  return levels;
}

// Tries all vertices next to those that were placed, and next to their neighbours, for which there is less room now.
bool ComponentEmbedding::propagate() {
  while (head_ < trail_.size()) {
    const std::int32_t v = trail_[head_++];
    const auto try_around = [this](std::int32_t u) {
      for (const std::int32_t w : of(u)) {
        if (w < 0)
          break;
        if (is_placed(w) || attempt(w) != Outcome::stuck)
          continue;
        if (close_axis(w) && attempt(w) != Outcome::stuck)
          continue;
        stuck_row_ = rows_[static_cast<std::size_t>(w)];
        blame_ = levels_around(w);
        return false;
      }
      return true;
    };
    if (!try_around(v))
      return false;
    for (const std::int32_t u : of(v)) {
      if (u < 0)
        break;
      if (is_placed(u) && !try_around(u))
        return false;
    }
  }
  return true;
}

void ComponentEmbedding::undo(std::size_t trail) {
  *budget_ -= std::min(*budget_, trail_.size() - trail + 1);
  while (trail_.size() > trail) {
    const std::int32_t v = trail_.back();
    trail_.pop_back();
    map_.set(position(v), -1);
    placed_[static_cast<std::size_t>(v)] = 0;
  }
  head_ = trail;
}

// Places the first open vertex on its likeliest cell and notes the others; false where there is no open vertex.
bool ComponentEmbedding::decide() {
  while (open_head_ < open_.size()) {
    const std::int32_t v = open_[open_head_++];
    is_open_[static_cast<std::size_t>(v)] = 0;
    if (is_placed(v) ||
        std::none_of(of(v).begin(), of(v).end(), [this](std::int32_t u) { return u >= 0 && is_placed(u); }))
      continue;
    Decision decision{v, trail_.size(), open_head_, used_, period_, candidates(v), 0, levels_around(v)};
    std::array<int, 6> worth{}, order{0, 1, 2, 3, 4, 5};
    for (int c = 0; c < decision.left.count; ++c)
      worth[static_cast<std::size_t>(c)] = likelihood(v, decision.left.cell[static_cast<std::size_t>(c)]);
    std::stable_sort(order.begin(), order.begin() + decision.left.count, [&](int a, int b) {
      return worth[static_cast<std::size_t>(a)] < worth[static_cast<std::size_t>(b)];
    });
    const Candidates found = decision.left;
    for (int c = 0; c < found.count; ++c)
      decision.left.cell[static_cast<std::size_t>(c)] =
          found.cell[static_cast<std::size_t>(order[static_cast<std::size_t>(c)])];
    decisions_.push_back(decision);
    return true;
  }
  return false;
}

// Places the vertex of the last decision on its next cell; false where it has none left.
bool ComponentEmbedding::take_next() {
  Decision& decision = decisions_.back();
  if (decision.next >= decision.left.count)
    return false;
  place(decision.vertex, decision.left.cell[static_cast<std::size_t>(decision.next++)],
        static_cast<int>(decisions_.size()));
  return true;
}

// Returns to the last decision to blame that has a cell left, and takes it. Where none is to blame, to the last one: a
// vertex depends on more decisions than the one that is kept.
bool ComponentEmbedding::backtrack() {
  while (!decisions_.empty() && *budget_ > 0) {
    if (!blame_.empty())
      decisions_.resize(static_cast<std::size_t>(blame_.back()));
    Decision& decision = decisions_.back();
    undo(decision.trail);
    used_ = decision.used;
    open_head_ = decision.open_head;
    // Folded positions serve without the period as well; what they lost is found again.
    if (period_ != decision.period)
      return false;
    const int level = static_cast<int>(decisions_.size());
    std::vector<int> joined;
    std::set_union(decision.blame.begin(), decision.blame.end(), blame_.begin(), blame_.end(),
                   std::back_inserter(joined));
    std::erase_if(joined, [level](int other) { return other >= level; });
    decision.blame = joined;
    if (take_next())
      return true;
    blame_ = std::move(joined);
    decisions_.pop_back();
  }
  return false;
}

bool ComponentEmbedding::run() {
  place(choose_seed(), {{0, 0, 0}}, 0);
  for (;;) {
    if (!propagate()) {
      if (!backtrack())
        return false;
    } else if (!decide()) {
      return trail_.size() == neighbours_.size();
    } else if (!take_next()) {
      blame_ = decisions_.back().blame;
      if (!backtrack())
        return false;
    }
  }
}

} // namespace linnet
