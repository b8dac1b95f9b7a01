#pragma once

#include <array>
#include <bit>
#include <cstdint>

/// Masks of the cells of a block of 2 x 2 x 2, its slots: bit `axis` of a slot tells the upper one of two along an
/// axis.
namespace linnet::latticemg::slots {

/// By axis: the lower ones.
inline constexpr unsigned lower[3] = {0x55, 0x33, 0x0f};

/// Those whose byte has its lowest bit.
inline unsigned with_bit(std::uint64_t bytes) {
  return static_cast<unsigned>((bytes & 0x0101010101010101) * 0x0102040810204080 >> 56);
}
/// Those whose byte, less than 128, is not 0.
inline unsigned with_any(std::uint64_t bytes) {
  return with_bit((bytes + 0x7f7f7f7f7f7f7f7f) >> 7);
}
/// Those that have any of their four bits.
inline unsigned with_any_of_four(std::uint32_t codes) {
  codes |= codes >> 2;
  codes = (codes | codes >> 1) & 0x11111111;
  codes = (codes | codes >> 3) & 0x03030303;
  codes = (codes | codes >> 6) & 0x000f000f;
  return (codes | codes >> 12) & 0xff;
}
/// Bytes of some slots.
inline constexpr std::uint64_t bytes(unsigned mask, std::uint8_t value) {
  std::uint64_t all = 0;
  for (unsigned slot = 0; slot < 8; ++slot)
    all |= mask >> slot & 1 ? std::uint64_t{value} << 8 * slot : 0;
  return all;
}
/// 1 in the four bits of each of some slots.
inline constexpr std::array<std::uint32_t, 256> ones = [] {
  std::array<std::uint32_t, 256> all{};
  for (unsigned mask = 0; mask < 256; ++mask)
    for (unsigned slot = 0; slot < 8; ++slot)
      all[mask] |= (mask >> slot & 1) << 4 * slot;
  return all;
}();
/// How many; the instruction is not in every x86-64.
inline constexpr std::array<signed char, 256> count = [] {
  std::array<signed char, 256> all{};
  for (unsigned mask = 0; mask < 256; ++mask)
    all[mask] = static_cast<signed char>(std::popcount(mask));
  return all;
}();
/// Those at the side of a direction.
inline constexpr unsigned at_side(unsigned direction) {
  return direction % 2 ? 0xffU ^ lower[direction / 2] : lower[direction / 2];
}
/// All links of a block of eight cells within it, and at its side of a direction.
inline constexpr std::uint64_t inward = [] {
  std::uint64_t all = 0;
  for (unsigned d = 0; d < 6; ++d)
    all |= bytes(at_side(d ^ 1), static_cast<std::uint8_t>(1U << d));
  return all;
}();
inline constexpr std::array<std::uint64_t, 6> outward = [] {
  std::array<std::uint64_t, 6> all{};
  for (unsigned d = 0; d < 6; ++d)
    all[d] = bytes(at_side(d), static_cast<std::uint8_t>(1U << d));
  return all;
}();

/// Those that links join with some. `linked`: by axis the lower ones of two that have one.
inline unsigned joined(unsigned some, const unsigned (&linked)[3]) {
  for (unsigned before = 0; some != before;) {
    before = some;
    for (unsigned axis = 0; axis < 3; ++axis)
      some |= (some & linked[axis]) << (1U << axis) | (some >> (1U << axis) & linked[axis]);
  }
  return some;
}

/// work(slot)
template <class Work>
void for_each(unsigned mask, const Work& work) {
  for (; mask != 0; mask &= mask - 1)
    work(static_cast<unsigned>(std::countr_zero(mask)));
}

} // namespace linnet::latticemg::slots
