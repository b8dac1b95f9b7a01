#pragma once

#include "cli/system.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace linnet {

/// What --rhs asks for.
struct RightHandSideChoice {
  enum Kind { file, random, ones } kind = random;
  std::uint64_t seed = 1;
  std::string name; ///< of the file
};

/// Throws InputError where the seed is not a number in [0, 2^64).
RightHandSideChoice parse_right_hand_side(const std::string& text);

/// Entry i of a vector of independent standard normals, a function of seed and i alone: the same on any number of
/// ranks.
double standard_normal(std::uint64_t seed, std::uint64_t i);

/// This rank's block of b; `first`: the first row of each rank, and the number of rows at the end. Collective; the file
/// is read on rank 0.
std::vector<double> right_hand_side(MPI_Comm comm, const RightHandSideChoice& which,
                                    const std::vector<std::int64_t>& first);

} // namespace linnet
