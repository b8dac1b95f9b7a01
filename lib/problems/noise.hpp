#pragma once

#include "problems/random.hpp"
#include "problems/voxels.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace linnet {

/// A smooth random field on a grid: normal values on a coarse lattice, one every `length` cells, spread by quadratic
/// B-splines (continuously differentiable). Mean 0, variance about 1. An axis of one cell carries no variation.
class SmoothNoise {
public:
  /// length >= 1, in cells.
  SmoothNoise(const VoxelGrid& grid, double length, const RandomStream& stream);

  /// The field along line (j, k): values[i], i in [0, nx). Any thread may call it.
  void line(std::int64_t j, std::int64_t k, std::vector<double>& values) const;

private:
  struct Spline {
    std::int64_t first;           ///< lattice point of weight[0]
    std::array<double, 3> weight; ///< of `first` and the two points after it
  };
  struct Axis {
    std::int64_t points;        ///< lattice points
    std::vector<Spline> spline; ///< one a cell
  };
  static Axis make_axis(std::int64_t n, double length);

  std::array<Axis, 3> axis_;
  std::vector<double> value_; ///< on the lattice, x fastest
  double scale_;              ///< to unit variance
};

} // namespace linnet
