#pragma once

#include "latticemg/aggregates/node_blocks.hpp"

namespace linnet::latticemg {

/// Colours of the nodes of a graph: two that are linked have different ones. Those of even blocks have colour 0 and
/// those of odd ones 1 (`blocks`, unless null), but for nodes that are linked with one of their colour; otherwise each
/// has the lowest that its neighbours leave. Ghosts have none. The same on any threads.
void colour_nodes(const Graph& graph, const NodeBlocks* blocks, int threads, int* colour_of);

} // namespace linnet::latticemg
