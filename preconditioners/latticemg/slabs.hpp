#pragma once

#include "latticemg/coarsening.hpp"
#include "latticemg/cycle_options.hpp"

#include <vector>

namespace linnet::latticemg {

/// How ranks share the grids of a hierarchy: each active rank owns a slab of planes across the last axis of the levels.
/// The first `shared_levels` levels are split; the coarser ones lie whole on each active rank, which works on them
/// redundantly. Slabs begin at planes that are even on each split level and on the one after it, so that colours and
/// pairs of planes are the same in a slab as in the grid.
struct SlabPlan {
  std::vector<int> first{0, 0}; ///< slab s owns planes first[s] ... first[s + 1] - 1 of the finest grid
  int shared_levels = 0;
  int halo = 0;      ///< planes of its neighbours that a slab has on each side
  bool ring = false; ///< the last slab is a neighbour of the first one: the axis is periodic

  int slabs() const { return static_cast<int>(first.size()) - 1; }
  bool operator==(const SlabPlan&) const = default;
};

/// `size`, `periodic`: of the lattice. As many slabs, of `ranks`, as make a cycle fastest.
SlabPlan plan_slabs(const CoarseningPlan& plan, const GridSize& size, const std::array<bool, 3>& periodic,
                    const CycleOptions& options, int ranks);

/// The finest grid alone, in as many slabs, of `ranks`, as may begin at multiples of `unit` planes, have as many planes
/// as `sweeps` and a residual reach, and are worth their messages. One where there are no coarser grids, or the axis is
/// periodic.
SlabPlan plan_fine_slabs(const CoarseningPlan& plan, const GridSize& size, const std::array<bool, 3>& periodic,
                         int sweeps, int unit, int ranks);

/// The planes of the grid of a slab and its halo, in order: the number of each, or -1 where it lies beyond the grid.
std::vector<int> planes_of(const SlabPlan& plan, int slab);

} // namespace linnet::latticemg
