#pragma once

#include "base/buffer.hpp"
#include "latticemg/aggregates/border.hpp"

#include <cstddef>
#include <cstdint>

namespace linnet::latticemg {

/// Excess of this many times the strongest coupling holds a node or cell: in a sweep it takes on no more than a
/// sixteenth of the error of each neighbour. It is in no group, where it would hold the others as well, on all coarser
/// levels.
inline constexpr double least_holding = 16;

inline bool is_held(double excess, float strongest) {
  return excess > least_holding * double{strongest};
}

/// A symmetric operator with couplings w >= 0 between numbered nodes:
///
///   (A u)_i = excess_i u_i + sum_j w_ij (u_i - u_j).
///
/// The links of node i are first[i] ... first[i] + degree[i] - 1 of neighbour and coupling. Where ranks share it, each
/// has the rows of its own nodes; links with ghosts of its border have numbers from nodes() on.
struct Graph {
  int count = 0;
  Buffer<std::int64_t> first;
  Buffer<int> degree;
  Buffer<int> neighbour;
  Buffer<float> coupling;
  Buffer<float> own_excess;
  Border border;

  int nodes() const { return count; }
  int nodes_and_ghosts() const { return count + border.ghost_count(); }
  int links(int i) const { return degree[static_cast<std::size_t>(i)]; }
  float excess(int i) const { return own_excess[static_cast<std::size_t>(i)]; }
  /// work(neighbour, coupling)
  template <class Work>
  void for_each_link(int i, const Work& work) const {
    const auto begin = static_cast<std::size_t>(first[static_cast<std::size_t>(i)]);
    const std::size_t end = begin + static_cast<std::size_t>(links(i));
    for (std::size_t k = begin; k < end; ++k)
      work(neighbour[k], coupling[k]);
  }
};

} // namespace linnet::latticemg
