#pragma once

#include "learned/train/archive.hpp"

#include <cmath>
#include <cstdint>
#include <random>
#include <sstream>

namespace linnet::learned {

/// Random numbers that are the same with every library.
class Draw {
public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  int integer(int n) { return static_cast<int>(uniform() * n); }
  double normal() { return std::sqrt(-2 * std::log(1 - uniform())) * std::cos(2 * M_PI * uniform()); }
  std::uint64_t seed() { return static_cast<std::uint64_t>(uniform() * 0x1p53); }

  void state(Archive* archive) {
    std::ostringstream out;
    out << engine_;
    std::string text = out.str();
    (*archive)(&text);
    std::istringstream in(text);
    in >> engine_;
  }

private:
  std::mt19937_64 engine_;
};

} // namespace linnet::learned
