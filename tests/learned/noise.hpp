#pragma once

#include "learned/train/draw.hpp"

#include <vector>

namespace learned_test {

/// Standard normal.
inline std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  linnet::learned::Draw draw(seed);
  std::vector<float> values(count);
  for (float& v : values)
    v = static_cast<float>(draw.normal());
  return values;
}

} // namespace learned_test
