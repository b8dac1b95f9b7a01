#pragma once

#include "learned/graph.hpp"

#include <bit>
#include <cstdint>

namespace linnet::learned {

/// The upper half of a float.
struct Bf16 {
  std::uint16_t bits;
};

inline float widen(float v) {
  return v;
}
inline float widen(Bf16 v) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(v.bits) << 16);
}
/// Rounds to nearest, ties to even; finite values only.
template <class T>
inline T narrow(float v) {
  if constexpr (std::is_same_v<T, float>) {
    return v;
  } else {
    const auto bits = std::bit_cast<std::uint32_t>(v);
    return {static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
  }
}

/// What follows an operation in the same pass: x <- relu(x), x <- x * gate, x <- x + other; null: not.
template <class T>
struct Epilogue {
  bool relu = false;
  float slope = 0;
  const T* gate = nullptr;
  const T* other = nullptr;
};

// Fields are [cell][channel]. `window`: cells that a coarse cell covers. All threads of the team call them.

/// to[c] <- [from at each place of the window], 0 beyond the grid
template <class From, class T>
void space_to_depth(const Grid& fine, int channels, const Grid& window, const From* from, const Grid& coarse, T* to);
/// to <- epilogue(from at its place of the window)
template <class T, class To>
void depth_to_space(const Grid& fine, int channels, const Grid& window, const T* from, const Grid& coarse,
                    const Epilogue<T>& epilogue, To* to);
/// The mean over a window, 0 beyond the grid.
template <class T>
void pool(const Grid& fine, int channels, const Grid& window, const T* from, const Grid& coarse, T* to);
template <class T>
void upsample(const Grid& fine, int channels, const Grid& window, const T* from, const Grid& coarse,
              const Epilogue<T>& epilogue, T* to);
/// to <- epilogue(from)
template <class From, class T, class To>
void pointwise(std::size_t count, const From* from, const Epilogue<T>& epilogue, To* to);

} // namespace linnet::learned
