#pragma once

#include "lattice/graph.hpp"
#include "lattice/pack.hpp"

#include <string>

namespace linnet {

/// Places each component of a graph, whose vertices are in any order, on a lattice of its own: no two vertices on one
/// cell, all edges between neighbours. Returns what stands against it, or an empty string.
std::string embed(const Adjacency& adjacency, Pieces* pieces);

} // namespace linnet
