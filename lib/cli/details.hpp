#pragma once

#include "cli/petsc.hpp"

#include <nlohmann/json.hpp>

namespace linnet {

/// What the solver has to say of itself beyond its types: levels and complexities of multigrid, entries of a factor,
/// the type inside block Jacobi, directions and replacements of dcd. Call it after a solve. Collective.
nlohmann::ordered_json describe(KSP ksp);

} // namespace linnet
