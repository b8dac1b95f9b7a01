#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace linnet {

struct CellPosition {
  std::int32_t x[3];
  bool operator==(const CellPosition&) const = default;
};

/// Which vertex holds a cell of Z^3: bricks of 4 x 4 x 4 cells behind a hash table, since the extents are not known.
class CellMap {
public:
  CellMap() { clear(); }
  void clear() {
    bricks_.clear();
    slots_.assign(64, Slot{});
    last_key_ = ~std::uint64_t{0};
    last_brick_ = -1;
  }
  /// -1 where no vertex does.
  std::int32_t get(const CellPosition& cell) const {
    const std::int32_t brick = find(key_of(cell));
    return brick < 0 ? -1 : bricks_[static_cast<std::size_t>(brick)][inside(cell)];
  }
  void set(const CellPosition& cell, std::int32_t vertex) {
    const std::uint64_t key = key_of(cell);
    std::int32_t brick = find(key);
    if (brick < 0) {
      brick = static_cast<std::int32_t>(bricks_.size());
      bricks_.emplace_back().fill(-1);
      if (2 * bricks_.size() > slots_.size())
        grow();
      insert({key, brick});
      last_key_ = key;
      last_brick_ = brick;
    }
    bricks_[static_cast<std::size_t>(brick)][inside(cell)] = vertex;
  }

private:
  struct Slot {
    std::uint64_t key = 0;
    std::int32_t brick = -1;
  };
  // 21 bits an axis: a component that wide has more rows than 32-bit numbers in any box that is allowed.
  static std::uint64_t key_of(const CellPosition& c) {
    const auto part = [](std::int32_t x) { return static_cast<std::uint64_t>((x >> 2) + (1 << 29)) & 0x1fffff; };
    return part(c.x[0]) | part(c.x[1]) << 21 | part(c.x[2]) << 42;
  }
  static std::size_t inside(const CellPosition& c) {
    return static_cast<std::size_t>((c.x[0] & 3) | (c.x[1] & 3) << 2 | (c.x[2] & 3) << 4);
  }
  std::size_t home(std::uint64_t key) const {
    return static_cast<std::size_t>((key * 0x9e3779b97f4a7c15ULL) >> 20) & (slots_.size() - 1);
  }
  std::int32_t find(std::uint64_t key) const {
    if (key == last_key_)
      return last_brick_;
    for (std::size_t s = home(key);; s = (s + 1) & (slots_.size() - 1)) {
      if (slots_[s].brick < 0)
        return -1;
      if (slots_[s].key == key) {
        last_key_ = key;
        last_brick_ = slots_[s].brick;
        return last_brick_;
      }
    }
  }
  void insert(const Slot& slot) {
    std::size_t s = home(slot.key);
    while (slots_[s].brick >= 0)
      s = (s + 1) & (slots_.size() - 1);
    slots_[s] = slot;
  }
  void grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.brick >= 0)
        insert(slot);
  }

  std::vector<std::array<std::int32_t, 64>> bricks_;
  std::vector<Slot> slots_;
  mutable std::uint64_t last_key_ = 0;
  mutable std::int32_t last_brick_ = -1;
};

} // namespace linnet
