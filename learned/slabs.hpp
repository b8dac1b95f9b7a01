#pragma once

#include "learned/graph.hpp"

namespace linnet::learned {

/// How many cells of the residual's grid, along an axis, a cell of each node is wide.
std::vector<int> scales_of(const Graph& graph);

/// Grids of fewer cells than this are not shared: what their messages would take is more than they save.
inline constexpr std::size_t least_shared_cells = 1024;

/// The multiples of planes at which slabs of the residual's grid must begin: the cells of the finest grid that is not
/// shared, or of the coarsest one. 0 where a network leaps over a grid, and cannot be shared.
int slab_unit(const Graph& graph, std::size_t least_cells = least_shared_cells);

/// The planes of the residual's grid, across its slowest axis (z; y in two dimensions), that a part of a network works
/// on, of which it owns some.
struct SlabWindow {
  int first, last;
};

/// The part of a network that one of several ranks runs: slab s owns planes first[s] ... first[s + 1] - 1 of the
/// residual's grid, first[s] a multiple of slab_unit(). Fields of the finer grids hold the slab and planes around it,
/// those next to it fresh where a 3^d convolution reads them (Node::refreshed); fields of the coarser grids are whole,
/// and every rank computes them. The result is the same on all planes that the slab owns; `window`: those of the inputs
/// and the output.
Graph slabs(const Graph& graph, const std::vector<int>& first, int slab, SlabWindow* window,
            std::size_t least_cells = least_shared_cells);

} // namespace linnet::learned
