#pragma once

#include "problems/voxels.hpp"

#include <string>

namespace linnet {

/// The text of --grid, NX,NY or NX,NY,NZ: cells along each axis, at least 1 and less than 2^31 in all. Throws
/// InputError.
VoxelGrid parse_grid(const std::string& text);

} // namespace linnet
