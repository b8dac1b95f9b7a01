#include "cli/right_hand_side.hpp"

#include "base/error.hpp"
#include "cli/ranks.hpp"
#include "files/read.hpp"

#include <charconv>
#include <cmath>
#include <numbers>

namespace linnet {

namespace {

// The output function of splitmix64 (Steele, Lea, Flood 2014): a bijection that mixes every bit.
std::uint64_t mix(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

// In (0, 1), 53 bits.
double uniform(std::uint64_t bits) {
  return (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
}

} // namespace

RightHandSideChoice parse_right_hand_side(const std::string& text) {
  if (text == "ones")
    return {RightHandSideChoice::ones, 0, ""};
  if (text == "random")
    return {};
  const std::string prefix = "random:";
  if (!text.starts_with(prefix))
    return {RightHandSideChoice::file, 0, text};
  RightHandSideChoice rhs;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + prefix.size(), end, rhs.seed);
  if (error != std::errc() || rest != end)
    throw InputError("--rhs " + text + ": expected random:SEED with a whole number from 0 to 2^64 - 1");
  return rhs;
}

double standard_normal(std::uint64_t seed, std::uint64_t i) {
  const std::uint64_t key = mix(seed);
  const double u = uniform(mix(key ^ mix(2 * i)));
  const double v = uniform(mix(key ^ mix(2 * i + 1)));
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v); // Box-Muller
}

std::vector<double> right_hand_side(MPI_Comm comm, const RightHandSideChoice& which,
                                    const std::vector<std::int64_t>& first) {
  const std::int64_t n = first.back();
  if (which.kind == RightHandSideChoice::file) {
    std::vector<double> all;
    on_rank_0(comm, [&] {
      all = read_vector(which.name);
      if (static_cast<std::int64_t>(all.size()) != n)
        throw InputError(which.name, "",
                         "expected a vector of " + std::to_string(n) + " entries as the matrix has rows, found " +
                             std::to_string(all.size()));
    });
    return scatter(comm, all, first);
  }
  const int rank = rank_of(comm);
  std::vector<double> mine(first[rank + 1] - first[rank], 1.0);
  if (which.kind == RightHandSideChoice::random)
    for (size_t i = 0; i < mine.size(); ++i)
      mine[i] = standard_normal(which.seed, static_cast<std::uint64_t>(first[rank]) + i);
  return mine;
}

} // namespace linnet
