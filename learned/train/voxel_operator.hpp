#pragma once

#include "learned/train/grid_operator.hpp"
#include "problems/voxels.hpp"

namespace linnet::learned {

/// What makes an operator of a domain: -div(c grad) + shift, as assemble() discretises it.
struct VoxelCoefficients {
  std::array<double, 3> spacing{1, 1, 1};
  double shift = 0;
  std::vector<double> coefficient; ///< of each cell; empty: 1
};

/// Normalised.
GridOperator grid_operator(const VoxelDomain& domain, const VoxelCoefficients& coefficients = {});

} // namespace linnet::learned
