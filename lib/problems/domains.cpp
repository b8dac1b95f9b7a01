#include "problems/domains.hpp"

#include "base/error.hpp"
#include "problems/families.hpp"

#include <algorithm>

namespace linnet {

namespace {

/// Default feature: the shortest extent over `divisor`, at least `least`.
struct FeatureRange {
  std::int64_t divisor;
  std::int64_t least; ///< also the least that may be asked for
};

FeatureRange feature_range(Family family) {
  switch (family) {
  case Family::blobs:
  case Family::maze:
  case Family::pipes:
    return {5, 3};
  case Family::drops:
    return {4, 3};
  case Family::gyroid:
    return {2, 8};
  case Family::grains:
    return {6, 4};
  case Family::plates:
    return {3, 2};
  default:
    return {1, 0};
  }
}

std::int64_t feature_of(const DomainSpec& spec) {
  const FeatureRange range = feature_range(spec.family);
  if (spec.feature == 0)
    return std::max(shortest_extent(spec.grid) / range.divisor, range.least);
  if (spec.feature < range.least)
    throw InputError(std::string("feature of ") + family_names[static_cast<std::size_t>(spec.family)] +
                     ": expected at least " + std::to_string(range.least) + " cells, found " +
                     std::to_string(spec.feature));
  return spec.feature;
}

VoxelDomain empty_domain(const VoxelGrid& grid, const Sides& sides) {
  check_grid(grid);
  check_sides(sides, grid);
  return {grid, sides, std::vector<Cell>(static_cast<std::size_t>(grid.cells()), Cell::fluid)};
}

} // namespace

VoxelDomain make_domain(const DomainSpec& spec) {
  VoxelDomain domain = empty_domain(spec.grid, spec.sides);
  const std::int64_t feature = feature_of(spec);
  switch (spec.family) {
  case Family::box:
    break;
  case Family::sphere:
    carve_sphere(domain);
    break;
  case Family::blobs:
    carve_blobs(domain, spec.seed, feature, spec.threads);
    break;
  case Family::maze:
    carve_maze(domain, spec.seed, feature, spec.threads);
    break;
  case Family::pipes:
    carve_pipes(domain, spec.seed, feature);
    break;
  case Family::dam:
    carve_dam(domain, spec.seed);
    break;
  case Family::gyroid:
    carve_gyroid(domain, spec.seed, feature, spec.threads);
    break;
  case Family::grains:
    carve_grains(domain, spec.seed, feature);
    break;
  case Family::plates:
    carve_plates(domain, spec.seed, feature);
    break;
  case Family::drops:
    carve_drops(domain, spec.seed, feature, spec.threads);
    break;
  }
  return domain;
}

VoxelDomain domain_from_integers(const VoxelGrid& grid, const Sides& sides, const std::vector<std::int64_t>& cells) {
  check_grid(grid);
  if (static_cast<std::int64_t>(cells.size()) != grid.cells())
    throw InputError("voxels: expected " + std::to_string(grid.cells()) + " values for the grid, found " +
                     std::to_string(cells.size()));
  VoxelDomain domain = empty_domain(grid, sides);
  for (std::size_t c = 0; c < cells.size(); ++c) {
    if (cells[c] < 0 || cells[c] > 2)
      throw InputError("voxels: value " + std::to_string(c + 1) + ": expected 0 (fluid), 1 (solid) or 2 (air), found " +
                       std::to_string(cells[c]));
    domain.cell[c] = static_cast<Cell>(cells[c]);
  }
  return domain;
}

} // namespace linnet
