#pragma once

#include "problems/voxels.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace linnet::smoke {

/// A place in units of cells: cell (i, j, k) spans i ... i + 1, and so on.
using Place = std::array<double, 3>;
/// (i, j, k)
using Position = std::array<std::int64_t, 3>;

inline Position position_of(const VoxelGrid& grid, std::int64_t cell) {
  return {cell % grid.nx, cell / grid.nx % grid.ny, cell / (grid.nx * grid.ny)};
}
/// The corner of a cell that is nearest the origin, and `offset` on from it along each axis.
inline Place place_of(const Position& at, double offset) {
  return {static_cast<double>(at[0]) + offset, static_cast<double>(at[1]) + offset,
          static_cast<double>(at[2]) + offset};
}

/// A staggered (MAC) grid: the component of the velocity along an axis lives in the middles of the faces across that
/// axis, of which there is one more than cells; in cells a unit of time. Planar grids (nz = 1) have no third component.
///
/// F. Harlow, J. Welch, Phys. Fluids 8 (1965).
class Flow {
public:
  explicit Flow(const VoxelGrid& grid);

  const VoxelGrid& grid() const { return grid_; }
  int dimensions() const { return grid_.nz > 1 ? 3 : 2; }
  /// Faces across `axis`: the grid with one cell more along it.
  VoxelGrid faces(int axis) const;
  std::vector<double>& velocity(int axis) { return velocity_[static_cast<std::size_t>(axis)]; }
  const std::vector<double>& velocity(int axis) const { return velocity_[static_cast<std::size_t>(axis)]; }
  double& at(int axis, std::int64_t i, std::int64_t j, std::int64_t k) {
    return velocity(axis)[static_cast<std::size_t>(faces(axis).cell(i, j, k))];
  }
  double at(int axis, std::int64_t i, std::int64_t j, std::int64_t k) const {
    return velocity(axis)[static_cast<std::size_t>(faces(axis).cell(i, j, k))];
  }
  /// Multilinear, constant beyond the outermost samples.
  Place velocity_at(const Place& x) const;
  /// The place from which what is at x came `dt` before (midpoint rule), or goes to for dt < 0; kept inside the box.
  Place trace_back(const Place& x, double dt) const;
  /// The velocity, carried along by itself for `dt` (semi-Lagrangian).
  /// J. Stam, Stable fluids, SIGGRAPH 1999.
  void advect(double dt);
  /// A field of one number a cell, carried along.
  std::vector<double> advected(const std::vector<double>& field, double dt) const;
  /// Of all components.
  double largest() const;

private:
  VoxelGrid grid_;
  std::array<std::vector<double>, 3> velocity_;
};

/// Multilinear value of samples at origin + (i, j, k), constant beyond the outermost.
double sample(const std::vector<double>& field, const VoxelGrid& size, const Place& origin, const Place& x);

} // namespace linnet::smoke
