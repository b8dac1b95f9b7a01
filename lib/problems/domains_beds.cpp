// Domains full of separate obstacles: grains, plates.
#include "problems/families.hpp"
#include "problems/random.hpp"

#include <cmath>

namespace linnet {

void carve_grains(VoxelDomain& domain, std::uint64_t seed, std::int64_t feature) {
  // one grain a cube of a lattice, off its middle and of uneven size, so that neighbours touch or leave narrow throats
  const VoxelGrid& grid = domain.grid;
  const auto cubes = [&](std::int64_t n) { return (n + feature - 1) / feature; };
  const double pitch = static_cast<double>(feature);
  RandomSequence random({seed, Purpose::shape});
  for (std::int64_t c = 0; c < cubes(grid.nz); ++c)
    for (std::int64_t b = 0; b < cubes(grid.ny); ++b)
      for (std::int64_t a = 0; a < cubes(grid.nx); ++a) {
        const std::array<std::int64_t, 3> cube = {a, b, c};
        Point centre{};
        for (std::size_t axis = 0; axis < 3; ++axis) {
          centre[axis] = (static_cast<double>(cube[axis]) + 0.5 + random.uniform(-0.25, 0.25)) * pitch;
          if (grid.extent(static_cast<int>(axis)) == 1)
            centre[axis] = 0.5;
        }
        set_ball(domain, centre, random.uniform(0.3, 0.52) * pitch, Cell::solid);
      }
}

void carve_plates(VoxelDomain& domain, std::uint64_t seed, std::int64_t feature) {
  // Round plates n . (x - c) in [-m/2, m/2), m = max |n_a|: one step along an axis changes n . x by at most m, so a
  // plate has no hole, and m is the least thickness of which that is true (a naive digital plane).
  const VoxelGrid& grid = domain.grid;
  const double radius = static_cast<double>(feature);
  double expected = 1; // one plate a cube of that size
  int axes = 0;
  std::array<std::size_t, 3> axis{};
  for (std::size_t a = 0; a < 3; ++a)
    if (grid.extent(static_cast<int>(a)) > 1) {
      axis[static_cast<std::size_t>(axes++)] = a;
      expected *= static_cast<double>(grid.extent(static_cast<int>(a))) / radius;
    }
  if (axes == 0)
    return;
  const auto plates = std::max<std::int64_t>(3, static_cast<std::int64_t>(expected));
  RandomSequence random({seed, Purpose::shape});
  for (std::int64_t plate = 0; plate < plates; ++plate) {
    Point centre = {0.5, 0.5, 0.5};
    Point normal{};
    for (std::size_t a = 0; a < static_cast<std::size_t>(axes); ++a) {
      centre[axis[a]] = random.uniform() * static_cast<double>(grid.extent(static_cast<int>(axis[a])));
      normal[axis[a]] = random.normal();
    }
    if (random.uniform() < 0.5) {
      normal = {};
      normal[axis[static_cast<std::size_t>(random.integer(axes))]] = 1;
    }
    double half = 0;
    double square = 0;
    for (const double component : normal) {
      half = std::max(half, 0.5 * std::fabs(component));
      square += component * component;
    }
    for_each_near(grid, centre, radius, [&](std::size_t cell, const Point& p) {
      double across = 0;
      double distance = 0;
      for (std::size_t a = 0; a < 3; ++a) {
        across += normal[a] * (p[a] - centre[a]);
        distance += (p[a] - centre[a]) * (p[a] - centre[a]);
      }
      if (-half <= across && across < half && distance - across * across / square <= radius * radius)
        domain.cell[cell] = Cell::solid;
    });
  }
}

} // namespace linnet
