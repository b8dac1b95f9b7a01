#pragma once

#include "problems/assemble.hpp"

#include <vector>

namespace linnet {

/// b over all cells, 0 where not fluid. Without a shift its sum over each component that is not anchored is zero to
/// rounding.
std::vector<double> make_right_hand_side(const VoxelDomain& domain, const Components& components,
                                         const AssemblySpec& spec);

} // namespace linnet
