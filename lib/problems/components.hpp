#pragma once

#include "problems/voxels.hpp"

#include <cstdint>
#include <vector>

namespace linnet {

/// A set of fluid cells connected through their faces.
struct Component {
  std::int64_t cells = 0;
  bool anchored = false; ///< touches air or an open side; its pressure is determined, not only up to a constant
};

/// The components of a domain, in the order of their first cells.
struct Components {
  std::vector<std::int32_t> label; ///< of each cell; -1 where not fluid
  std::vector<Component> component;
};

/// Labels the fluid of a domain. Linear in the cells; threads = 0: one a core.
Components find_components(const VoxelDomain& domain, int threads = 0);

/// Turns the fluid of components that are not anchored into solid; returns the number of cells so turned.
std::int64_t drop_isolated(VoxelDomain& domain, const Components& components);

} // namespace linnet
