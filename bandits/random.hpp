#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>

namespace linnet::bandits {

/// A seeded generator whose whole state is one number (SplitMix64: Steele, Lea, Flood, OOPSLA 2014). The distributions
/// are written out, as those of the standard library differ between its implementations.
class Random {
public:
  explicit Random(std::uint64_t seed = 0) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += step;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  /// As if next() had been called as often.
  void skip(std::uint64_t draws) { state_ += draws * step; }
  /// In (0, 1), never an end.
  double uniform() { return (static_cast<double>(next() >> 12) + 0.5) * 0x1p-52; }
  /// Standard normal (Box and Muller).
  double normal() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }
  /// As many as z holds (an even number of draws), both of each pair of Box and Muller's.
  void normals(std::span<double> z) {
    for (std::size_t k = 0; k < z.size(); k += 2) {
      const double radius = std::sqrt(-2 * std::log(uniform())), angle = 2 * std::numbers::pi * uniform();
      z[k] = radius * std::cos(angle);
      if (k + 1 < z.size())
        z[k + 1] = radius * std::sin(angle);
    }
  }
  static constexpr std::uint64_t draws_of_normals(std::uint64_t count) { return count + count % 2; }
  /// An index drawn with the given probabilities, which sum to 1; never one of probability 0.
  std::size_t draw(std::span<const double> probability) {
    const double u = uniform();
    double sum = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < probability.size(); ++i) {
      if (!(probability[i] > 0))
        continue;
      last = i;
      sum += probability[i];
      if (u < sum)
        break;
    }
    return last;
  }

  std::uint64_t state() const { return state_; }

private:
  static constexpr std::uint64_t step = 0x9e3779b97f4a7c15U;
  std::uint64_t state_;
};

} // namespace linnet::bandits
