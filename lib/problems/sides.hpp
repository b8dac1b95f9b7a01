#pragma once

#include "problems/voxels.hpp"

#include <string>
#include <vector>

namespace linnet {

/// Sides by name.
struct SideNames {
  std::vector<std::string> walls = {};    ///< left, right, bottom, top, front, back, or all
  std::vector<std::string> open = {};     ///< the same
  std::vector<std::string> periodic = {}; ///< axes: x, y, z
};

/// The sides so named. A side named nowhere is a wall; but the top is open when no side is named open and the top
/// itself is not named. Throws InputError for an unknown name, a side named in two lists, and front, back or z in a
/// plane.
Sides make_sides(const SideNames& names, bool planar);

} // namespace linnet
