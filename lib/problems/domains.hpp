#pragma once

#include "problems/voxels.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace linnet {

/// Families of domains.
enum class Family : std::uint8_t {
  box,    ///< fluid everywhere
  sphere, ///< a solid ball (disc) in the middle
  blobs,  ///< smooth random obstacles, about a third of the box
  maze,   ///< rooms behind walls of one cell; each wall is missing, has a door, or is closed
  pipes,  ///< fluid only in a random network of axis-aligned pipes, many of them one cell wide
  dam,    ///< a water column beside a wavy pool under air, with an obstacle and air bubbles
  gyroid, ///< two labyrinths parted by curved solid sheets
  grains, ///< a random bed of solid balls (discs)
  plates, ///< thin plates, one cell thick, along the axes or oblique
  drops   ///< drops and ligaments in air around a solid ball
};

inline constexpr std::array<const char*, 10> family_names = {"box", "sphere", "blobs",  "maze",   "pipes",
                                                             "dam", "gyroid", "grains", "plates", "drops"};

/// The family of that name; throws InputError for another.
Family family_from_name(const std::string& name);

/// What make_domain() makes. The same spec gives the same voxels on every machine and with any number of threads.
struct DomainSpec {
  Family family = Family::box;
  VoxelGrid grid;
  Sides sides = default_sides;
  std::uint64_t seed = 1;
  /// Size of the family's features, in cells: obstacle, room, pipe spacing, sheet period, grain or plate. 0: a fraction
  /// of the grid's shortest extent. Unused by box, sphere and dam.
  std::int64_t feature = 0;
  int threads = 0; ///< 0: one a core
};

/// Throws InputError for a grid or sides that check_grid() or check_sides() refuses, and for a feature too small.
VoxelDomain make_domain(const DomainSpec& spec);

/// The domain of a voxel file: cells[c] = 0 fluid, 1 solid, 2 air for cell c = i + nx (j + ny k).
/// Throws InputError for another count or another value.
VoxelDomain domain_from_integers(const VoxelGrid& grid, const Sides& sides, const std::vector<std::int64_t>& cells);

} // namespace linnet
