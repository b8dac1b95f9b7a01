#pragma once

#include "problems/domains.hpp"
#include "problems/parallel.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace linnet {

// One function a family. Each fills domain.cell, which comes all fluid; `feature` is in cells and at least 2.

void carve_sphere(VoxelDomain& domain);
void carve_blobs(VoxelDomain& domain, std::uint64_t seed, std::int64_t feature, int threads);
void carve_maze(VoxelDomain& domain, std::uint64_t seed, std::int64_t feature, int threads);
void carve_pipes(VoxelDomain& domain, std::uint64_t seed, std::int64_t feature);
void carve_dam(VoxelDomain& domain, std::uint64_t seed);
void carve_gyroid(VoxelDomain& domain, std::uint64_t seed, std::int64_t feature, int threads);
void carve_grains(VoxelDomain& domain, std::uint64_t seed, std::int64_t feature);
void carve_plates(VoxelDomain& domain, std::uint64_t seed, std::int64_t feature);
void carve_drops(VoxelDomain& domain, std::uint64_t seed, std::int64_t feature, int threads);

/// The shortest extent among the axes of more than one cell; 1 where there is none.
std::int64_t shortest_extent(const VoxelGrid& grid);

/// A position in cells: cell (i, j, k) has its centre at (i + 1/2, j + 1/2, k + 1/2).
using Point = std::array<double, 3>;

/// Calls visit(cell number, centre) for each cell whose centre lies within `reach` of `centre` along every axis.
template <class Visit>
void for_each_near(const VoxelGrid& grid, const Point& centre, double reach, const Visit& visit) {
  std::array<std::int64_t, 3> low{};
  std::array<std::int64_t, 3> high{};
  for (std::size_t a = 0; a < 3; ++a) {
    const double n = static_cast<double>(grid.extent(static_cast<int>(a)));
    low[a] = static_cast<std::int64_t>(std::clamp(centre[a] - reach, 0.0, n));
    high[a] = static_cast<std::int64_t>(std::clamp(centre[a] + reach + 1, 0.0, n));
  }
  for (std::int64_t k = low[2]; k < high[2]; ++k)
    for (std::int64_t j = low[1]; j < high[1]; ++j)
      for (std::int64_t i = low[0]; i < high[0]; ++i)
        visit(static_cast<std::size_t>(grid.cell(i, j, k)),
              Point{static_cast<double>(i) + 0.5, static_cast<double>(j) + 0.5, static_cast<double>(k) + 0.5});
}

/// Sets the cells whose centres lie in the ball to `kind`.
void set_ball(VoxelDomain& domain, const Point& centre, double radius, Cell kind);

/// cell(i, j, k) = kind(i, j, k) over the whole grid.
template <class Kind>
void set_cells(VoxelDomain& domain, int threads, const Kind& kind) {
  const VoxelGrid& grid = domain.grid;
  for_each_piece(grid.lines(), threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t line = begin; line < end; ++line)
      for (std::int64_t i = 0; i < grid.nx; ++i)
        domain.cell[static_cast<std::size_t>(i + grid.nx * line)] = kind(i, line % grid.ny, line / grid.ny);
  });
}

} // namespace linnet
