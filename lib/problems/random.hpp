#pragma once

#include "problems/portable_math.hpp"

#include <cmath>
#include <cstdint>

namespace linnet {

/// The output function of splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
inline std::uint64_t splitmix64_mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

inline constexpr std::uint64_t splitmix64_step = 0x9e3779b97f4a7c15U;

/// What random numbers are drawn for: draws for one purpose never move those for another.
enum class Purpose : std::uint64_t {
  shape = 1,
  second_shape,
  right_hand_side,
  coefficient,
  velocity_x,
  velocity_y,
  velocity_z
};

/// Random numbers by their number: draw i of a (seed, purpose) is a function of i alone, so any thread may take it.
class RandomStream {
public:
  RandomStream(std::uint64_t seed, Purpose purpose)
      : key_(splitmix64_mix(splitmix64_mix(seed + splitmix64_step) + static_cast<std::uint64_t>(purpose))) {}

  std::uint64_t bits(std::uint64_t i) const { return splitmix64_mix(key_ + (i + 1) * splitmix64_step); }

  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform(std::uint64_t i) const { return static_cast<double>(bits(i) >> 11) * 0x1p-53; }

  /// Standard normal (Box and Muller): sqrt(-2 log(1 - u)) cos(2 pi v).
  double normal(std::uint64_t i) const {
    return std::sqrt(-2 * portable_log(1 - uniform(2 * i))) * cos_turns(uniform(2 * i + 1));
  }

private:
  std::uint64_t key_;
};

/// Draws taken one after the other.
class RandomSequence {
public:
  explicit RandomSequence(const RandomStream& stream) : stream_(stream) {}

  double uniform() { return stream_.uniform(next_++); }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  double normal() { return stream_.normal(next_++); }
  /// Uniform in {0, ..., n - 1}, 1 <= n < 2^32, to within n 2^-32.
  std::int64_t integer(std::int64_t n) {
    return static_cast<std::int64_t>((stream_.bits(next_++) >> 32) * static_cast<std::uint64_t>(n) >> 32);
  }

private:
  RandomStream stream_;
  std::uint64_t next_ = 0;
};

} // namespace linnet
