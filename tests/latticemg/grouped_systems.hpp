// Operators whose cells are grouped in different ways. One rank.
#pragma once

#include "latticemg/systems.hpp"

#include <utility>
#include <vector>

namespace latticemg_test {

inline std::vector<System> systems_with_groups() {
  std::vector<System> all;
  for (const auto& [domain, coefficients] : std::vector<std::pair<voxels::Domain, voxels::Coefficients>>{
           {voxels::box(12, 11, 10), voxels::voxel()},
           {voxels::noise(13, 12, 11, 0.4, 4), voxels::voxel()},
           {voxels::balls(19, 6, 9), voxels::variable(9)},
           {voxels::torus(9, 8, 7, {true, true, true}), voxels::variable(2)},
           {voxels::maze(14, 17, 7), voxels::neumann()},
           {voxels::box(31, 26, 1), voxels::stretched()}})
    all.emplace_back(domain, coefficients, true);
  return all;
}

} // namespace latticemg_test
