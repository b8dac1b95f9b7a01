#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace linnet {

/// Union-find with path halving over 0 ... count - 1; the root of a set is its smallest member.
class DisjointSets {
public:
  DisjointSets() = default;
  explicit DisjointSets(std::int64_t count) { reset(count); }
  /// Each by itself.
  void reset(std::int64_t count) {
    parent_.resize(static_cast<std::size_t>(count));
    std::iota(parent_.begin(), parent_.end(), 0);
  }
  std::int32_t root(std::int32_t member) {
    while (parent(member) != member)
      member = parent(member) = parent(parent(member));
    return member;
  }
  void join(std::int32_t a, std::int32_t b) {
    a = root(a);
    b = root(b);
    parent(std::max(a, b)) = std::min(a, b);
  }

private:
  std::int32_t& parent(std::int32_t member) { return parent_[static_cast<std::size_t>(member)]; }

  std::vector<std::int32_t> parent_;
};

} // namespace linnet
