#pragma once

#include "lattice/graph.hpp"
#include "lattice/pack.hpp"

namespace linnet {

/// Full numbering in natural order: the row is the cell, and the differences between columns and rows are 1, nx and nx
/// ny, and nx - 1 and so on where axes close. Deduced from some of the rows, checked on all; false where it does not
/// hold.
bool natural_full(const GraphView& graph, Lattice* lattice);

/// Compact numbering in natural order: the rows are some of the cells, in ascending order. No axis closes. False where
/// the rows are not so ordered, or where it cannot be told; *pieces is then unspecified. Edges are those of the
/// pattern.
bool natural_compact(const GraphView& graph, Pieces* pieces);

} // namespace linnet
