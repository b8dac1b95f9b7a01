// Domains made of few shapes: sphere, dam, gyroid, drops, blobs.
#include "problems/families.hpp"
#include "problems/noise.hpp"
#include "problems/random.hpp"

#include <limits>

namespace linnet {

namespace {

Point middle(const VoxelGrid& grid) {
  return {0.5 * static_cast<double>(grid.nx), 0.5 * static_cast<double>(grid.ny), 0.5 * static_cast<double>(grid.nz)};
}

/// Sets the cells where the noise exceeds `level` to `kind`.
void set_where_above(VoxelDomain& domain, const SmoothNoise& noise, double level, Cell kind, int threads) {
  const VoxelGrid& grid = domain.grid;
  for_each_piece(grid.lines(), threads, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> values;
    for (std::int64_t line = begin; line < end; ++line) {
      noise.line(line % grid.ny, line / grid.ny, values);
      for (std::int64_t i = 0; i < grid.nx; ++i)
        if (values[static_cast<std::size_t>(i)] > level)
          domain.cell[static_cast<std::size_t>(i + grid.nx * line)] = kind;
    }
  });
}

} // namespace

std::int64_t shortest_extent(const VoxelGrid& grid) {
  std::int64_t shortest = std::numeric_limits<std::int64_t>::max();
  for (int axis = 0; axis < 3; ++axis)
    if (grid.extent(axis) > 1)
      shortest = std::min(shortest, grid.extent(axis));
  return shortest == std::numeric_limits<std::int64_t>::max() ? 1 : shortest;
}

void set_ball(VoxelDomain& domain, const Point& centre, double radius, Cell kind) {
  for_each_near(domain.grid, centre, radius, [&](std::size_t cell, const Point& p) {
    const double x = p[0] - centre[0];
    const double y = p[1] - centre[1];
    const double z = p[2] - centre[2];
    if (x * x + y * y + z * z < radius * radius)
      domain.cell[cell] = kind;
  });
}

void carve_sphere(VoxelDomain& domain) {
  set_ball(domain, middle(domain.grid), 0.25 * static_cast<double>(shortest_extent(domain.grid)), Cell::solid);
}

void carve_blobs(VoxelDomain& domain, std::uint64_t seed, std::int64_t feature, int threads) {
  const SmoothNoise noise(domain.grid, static_cast<double>(feature), {seed, Purpose::shape});
  set_where_above(domain, noise, 0.5, Cell::solid, threads);
}

void carve_drops(VoxelDomain& domain, std::uint64_t seed, std::int64_t feature, int threads) {
  const SmoothNoise noise(domain.grid, static_cast<double>(feature), {seed, Purpose::shape});
  set_where_above(domain, noise, 0.2, Cell::air, threads);
  set_ball(domain, middle(domain.grid), 0.12 * static_cast<double>(shortest_extent(domain.grid)), Cell::solid);
}

void carve_dam(VoxelDomain& domain, std::uint64_t seed) {
  const VoxelGrid& grid = domain.grid;
  const bool planar = grid.nz == 1;
  RandomSequence random({seed, Purpose::shape});
  const double column_width = random.uniform(0.25, 0.4);
  const double column_height = random.uniform(0.7, 0.9);
  const double pool_height = random.uniform(0.25, 0.4);
  const double phase = random.uniform();
  const double waves = random.uniform(1, 3);

  const auto centre = [](std::int64_t i, std::int64_t n) {
    return (static_cast<double>(i) + 0.5) / static_cast<double>(n);
  };
  for (std::int64_t k = 0; k < grid.nz; ++k)
    for (std::int64_t i = 0; i < grid.nx; ++i) {
      const double x = centre(i, grid.nx);
      const double z = centre(k, grid.nz);
      const double wave = 0.04 * sin_turns(waves * x + phase) * cos_turns(planar ? 0 : z + phase);
      const double surface = (x < column_width ? column_height : pool_height) + wave;
      const bool across = x > 0.6 && x < 0.72 && (planar || (z > 0.3 && z < 0.7));
      for (std::int64_t j = 0; j < grid.ny; ++j) {
        const double y = centre(j, grid.ny);
        domain.cell[static_cast<std::size_t>(grid.cell(i, j, k))] = across && y < 0.3 ? Cell::solid
                                                                    : y < surface     ? Cell::fluid
                                                                                      : Cell::air;
      }
    }
  for (int bubble = 0; bubble < 4; ++bubble) {
    Point at{};
    for (std::size_t a = 0; a < 3; ++a)
      at[a] = (a == 1 ? random.uniform(0.05, 0.4) : random.uniform()) *
              static_cast<double>(grid.extent(static_cast<int>(a)));
    if (planar)
      at[2] = 0.5;
    set_ball(domain, at, random.uniform(0.02, 0.07) * static_cast<double>(shortest_extent(grid)), Cell::air);
  }
}

void carve_gyroid(VoxelDomain& domain, std::uint64_t seed, std::int64_t feature, int threads) {
  // solid where |sin x cos y + sin y cos z + sin z cos x| < level; at most sqrt(2) 2 pi / period is the slope along an
  // axis, so that a sheet never is thinner than a cell where level >= 4.5 / period
  const VoxelGrid& grid = domain.grid;
  const double period = static_cast<double>(feature);
  const double level = std::max(0.25, 4.5 / period);
  RandomSequence random({seed, Purpose::shape});
  std::array<std::vector<double>, 3> sine;
  std::array<std::vector<double>, 3> cosine;
  for (std::size_t a = 0; a < 3; ++a) {
    const double phase = random.uniform();
    for (std::int64_t i = 0; i < grid.extent(static_cast<int>(a)); ++i) {
      const double turn = (static_cast<double>(i) + 0.5) / period + phase;
      sine[a].push_back(sin_turns(turn));
      cosine[a].push_back(cos_turns(turn));
    }
  }
  set_cells(domain, threads, [&](std::int64_t i, std::int64_t j, std::int64_t k) {
    const auto x = static_cast<std::size_t>(i);
    const auto y = static_cast<std::size_t>(j);
    const auto z = static_cast<std::size_t>(k);
    const double g = sine[0][x] * cosine[1][y] + sine[1][y] * cosine[2][z] + sine[2][z] * cosine[0][x];
    return -level < g && g < level ? Cell::solid : Cell::fluid;
  });
}

} // namespace linnet
