#pragma once

#include "cli/system.hpp"
#include "problems/assemble.hpp"

namespace linnet {

/// In the place of a singular component of a row: it has no entry, and its unknown and right-hand side are 0.
inline constexpr std::int32_t empty_row = -2;

/// Makes system.A a MATLATTICE of `problem`, which rank 0 has, and system.singular; rows are in the order of cells, and
/// ranks own slabs of planes. `problem` loses its domain. Returns the number of rows without entries, which have a unit
/// diagonal. Collective.
std::int64_t create_lattice_system(System& system, PressureProblem& problem);

} // namespace linnet
