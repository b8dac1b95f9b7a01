#pragma once

#include "learned/graph.hpp"

#include <cstddef>
#include <vector>

namespace linnet::learned {

/// Nodes that are computed in one pass: an operation, then relu, gate and add, each at most once and in this order.
struct Step {
  int first = -1, result = -1;        ///< nodes
  std::vector<int> chain;             ///< those after the first
  int relu = -1, gate = -1, add = -1; ///< of the chain
  int other = -1;                     ///< what is added
};

/// The order of work on a graph and where its fields lie. Results of setup that an application reads lie in `kept`
/// bytes; all others share `work` bytes, each as long as it is needed.
struct Plan {
  std::vector<Step> setup, apply;
  std::vector<std::size_t> place; ///< by node
  std::vector<bool> keeps;        ///< by node: in the kept bytes
  std::size_t kept = 0, work = 0;
};

/// `size`: bytes of a number; `fuse`: convolutions take others into their pass. Inputs get places too.
Plan make_plan(const Graph& graph, std::size_t size, bool fuse);

} // namespace linnet::learned
