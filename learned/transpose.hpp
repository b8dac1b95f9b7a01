#pragma once

#include "learned/graph.hpp"

namespace linnet::learned {

struct TransposedGraph {
  Graph graph;
  Tensors tensors; ///< of all of its layers
};

/// N^T of a network N that is linear in the residual, as a network of the same operations: what is computed at setup
/// stays, what follows is run backwards, each layer by its transpose (kernels turned around, strides and windows that
/// take cells together against those that spread them, sums against copies). Throws InputError where N is not linear.
TransposedGraph transpose(const Graph& graph, const Tensors& tensors);

} // namespace linnet::learned
