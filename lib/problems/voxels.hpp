#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace linnet {

/// What a cell holds. The values are those of voxel files.
enum class Cell : std::uint8_t {
  fluid = 0, ///< an unknown
  solid = 1, ///< no flow through its faces (Neumann)
  air = 2    ///< pressure 0 (Dirichlet)
};

/// A grid of nx x ny x nz cells, numbered i + nx (j + ny k); y points up; nz = 1 makes it planar.
struct VoxelGrid {
  std::int64_t nx = 1;
  std::int64_t ny = 1;
  std::int64_t nz = 1;

  std::int64_t cells() const { return nx * ny * nz; }
  std::int64_t lines() const { return ny * nz; } ///< lines of nx cells along x; line j + ny k
  std::int64_t extent(int axis) const { return axis == 0 ? nx : axis == 1 ? ny : nz; }
  std::int64_t cell(std::int64_t i, std::int64_t j, std::int64_t k) const { return i + nx * (j + ny * k); }
};

/// Throws InputError unless every extent is at least 1 and the cells can be numbered in 32 bits.
void check_grid(const VoxelGrid& grid);

/// The sides of the box: x-, x+, y-, y+, z-, z+.
enum Side : std::uint8_t { left, right, bottom, top, front, back };

/// What lies beyond a side.
enum class Beyond : std::uint8_t {
  wall,    ///< solid
  open,    ///< air
  periodic ///< the cell at the other end of the line
};

/// Indexed by Side.
using Sides = std::array<Beyond, 6>;

/// All walls but an open top.
inline constexpr Sides default_sides = {Beyond::wall, Beyond::wall, Beyond::wall,
                                        Beyond::open, Beyond::wall, Beyond::wall};

/// Throws InputError unless periodic sides come in pairs, at least 3 cells apart (with fewer, a cell would be its own
/// neighbour, or twice that of another).
void check_sides(const Sides& sides, const VoxelGrid& grid);

/// A box of cells and what lies around it.
struct VoxelDomain {
  VoxelGrid grid;
  Sides sides = default_sides;
  std::vector<Cell> cell; ///< grid.cells()

  Cell at(std::int64_t i, std::int64_t j, std::int64_t k) const {
    return cell[static_cast<std::size_t>(grid.cell(i, j, k))];
  }
};

/// The cell across one face.
struct Neighbour {
  Cell kind;         ///< solid beyond a wall, air beyond an open side
  std::int64_t cell; ///< its number, -1 outside the box
};

/// The neighbour of the cell at position = (i, j, k) across `side`.
inline Neighbour neighbour(const VoxelDomain& domain, const std::array<std::int64_t, 3>& position, int side) {
  const int axis = side / 2;
  const std::int64_t n = domain.grid.extent(axis);
  const std::int64_t stride = axis == 0 ? 1 : axis == 1 ? domain.grid.nx : domain.grid.nx * domain.grid.ny;
  const std::int64_t here = domain.grid.cell(position[0], position[1], position[2]);
  const std::int64_t step = side % 2 == 0 ? -1 : 1;
  const std::int64_t at = position[static_cast<std::size_t>(axis)] + step;
  std::int64_t there = here + step * stride;
  if (at < 0 || at >= n) {
    const Beyond beyond = domain.sides[static_cast<std::size_t>(side)];
    if (beyond != Beyond::periodic)
      return {beyond == Beyond::open ? Cell::air : Cell::solid, -1};
    there -= step * stride * n;
  }
  return {domain.cell[static_cast<std::size_t>(there)], there};
}

} // namespace linnet
