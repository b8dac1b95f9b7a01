// What the 4-cycles of a graph tell about the directions of its edges.
#include "lattice/component_embedding.hpp"

#include <algorithm>

namespace linnet {

bool ComponentEmbedding::share_square(std::int32_t a, std::int32_t b, std::int32_t corner) const {
  for (const std::int32_t w : of(a)) {
    if (w < 0)
      break;
    if (w != corner && contains(of(w), b))
      return true;
  }
  return false;
}

std::int32_t ComponentEmbedding::opposite(std::int32_t corner, std::int32_t vertex) const {
  const auto& around = of(corner);
  const int count = degree(around);
  if (count != 2 * rules_.dimensions)
    return -1;
  // Bit b of apart[a]: neighbours a and b share no square, so they may be opposite.
  std::array<unsigned, 6> apart{};
  std::size_t self = 0;
  for (std::size_t a = 0; a < std::size_t(count); ++a) {
    self = around[a] == vertex ? a : self;
    for (std::size_t b = 0; b < a; ++b) {
      if (!share_square(around[a], around[b], corner)) {
        apart[a] |= 1U << b;
        apart[b] |= 1U << a;
      }
    }
  }
  // Partners that leave a perfect matching of the others.
  const auto matches = [&](const auto& recurse, unsigned left) -> bool {
    if (left == 0)
      return true;
    std::size_t a = 0;
    while (!(left >> a & 1))
      ++a;
    for (std::size_t b = a + 1; b < 6; ++b)
      if ((left >> b & 1) && (apart[a] >> b & 1) && recurse(recurse, left & ~(1U << a) & ~(1U << b)))
        return true;
    return false;
  };
  std::int32_t partner = -1;
  const unsigned all = (1U << count) - 1;
  for (std::size_t b = 0; b < std::size_t(count); ++b) {
    if (!(apart[self] >> b & 1) || !matches(matches, all & ~(1U << self) & ~(1U << b)))
      continue;
    if (partner >= 0)
      return -1;
    partner = around[b];
  }
  return partner;
}

// A vertex with many neighbours and many squares among them fixes all axes at once.
std::int32_t ComponentEmbedding::choose_seed() const {
  constexpr int enough = 64;
  std::int32_t best = 0;
  int best_worth = -1, tried = 0;
  for (std::int32_t v = 0; v < static_cast<std::int32_t>(neighbours_.size()) && tried < enough; ++v) {
    const auto& around = of(v);
    const int count = degree(around);
    if (16 * count + 12 <= best_worth)
      continue;
    int squares = 0;
    for (int a = 0; a < count; ++a)
      for (int b = 0; b < a; ++b)
        squares += share_square(around[std::size_t(a)], around[std::size_t(b)], v);
    tried += count == 2 * rules_.dimensions;
    if (16 * count + squares > best_worth) {
      best_worth = 16 * count + squares;
      best = v;
    }
  }
  return best;
}

} // namespace linnet
