#pragma once

#include "learned/train/trainer.hpp"

#include <string>

namespace linnet {

/// A user's systems to train on: the matrix files of a directory (all but *.rhs.* and *.cells.*), or `generate poisson
/// ...` as linnet itself takes it, without --out, for `count` seeds that begin with the one it names. A fifth of them,
/// the last ones, are held out for validation; where there is one alone, it is validated on. Throws InputError, also
/// for a matrix that is no grid operator of that dimension.
learned::OwnSystems read_training_systems(const std::string& systems, int count, int dimension);

/// CRC-32 of all coefficients.
std::uint32_t digest(const learned::OwnSystems& systems);

} // namespace linnet
