#pragma once

#include "latticemg/aggregates/cell_groups.hpp"
#include "latticemg/aggregates/graph_level.hpp"
#include "latticemg/aggregates/pairing.hpp"
#include "latticemg/coarsest.hpp"
#include "latticemg/cycle_options.hpp"
#include "latticemg/team.hpp"
#include "latticemg/weights.hpp"

#include <array>
#include <vector>

namespace linnet::latticemg {

/// Sums over the aggregates, in the order in which they lie on the lattice.
struct AggregateSums {
  Buffer<std::uint32_t> first, from; ///< those of the s-th aggregate: from[first[s]] ... from[first[s + 1] - 1]
  Buffer<int> to;

  std::ptrdiff_t size() const { return static_cast<std::ptrdiff_t>(to.size()); }
  std::size_t bytes() const;
  /// to[s] of `coarse`, for begin <= s < end
  void sum(const float* fine, float* coarse, std::ptrdiff_t begin, std::ptrdiff_t end) const;
};

/// Coarser levels that follow the couplings of the operator in place of its lattice: groups of up to eight cells that
/// strong couplings join, then pairs of those, and so on. For what cells in pairs along the axes do not represent: thin
/// walls between passages, couplings that jump, spacings that change from place to place.
///
/// Pairs by the strongest coupling: Notay, An aggregation-based algebraic multigrid method, ETNA 37 (2010), who joins
/// pairs of pairs from one level to the next. Strong couplings often lead along lines and sheets, where that would be
/// four and more nodes in a row, more than sweeps can make up for. So all pairs are levels, of which a W cycle visits
/// every other one twice.
class Aggregates {
public:
  /// For the finest level, which has the cells of `op` with the axes `axis`, times `scale`. The whole lattice is here,
  /// and its groups are those of group_cells().
  void build(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, int threads, const Level& finest,
             const CellGroups& groups, const AggregateWeights& weights);
  void clear() { *this = {}; }
  bool empty() const { return levels_.empty(); }

  /// Where the residual of the finest level goes: laid out as its fields, black cells only where `mixed`.
  float* residual() { return residual_.data() + front_; }
  /// By place in such a field: that of its aggregate in correction(); 0 where there is no unknown.
  const int* nodes_of_cells() const { return node_.data() + front_; }
  const float* correction() const { return levels_[0].u.data(); }
  /// One cycle for the residual that was written. By all members of a team.
  void correct(const CycleOptions& options, Member* member);

  /// Nodes by level.
  std::vector<int> sizes() const;
  std::size_t bytes() const;
  /// Of one cycle.
  double flops(const CycleOptions& options) const;

private:
  void tie_cells(const LatticeOperator& op, const std::array<int, 3>& axis, const Level& finest,
                 const CellGroups& groups, const Buffer<int>& place, int threads);
  void add_levels(Graph graph, Buffer<int> place, const AggregateWeights& weights, int threads);
  bool visited_twice(std::size_t l, const CycleOptions& options) const {
    return options.w_cycle && l % 2 == 0 && l + 1 < levels_.size();
  }
  void visit(std::size_t l, bool from_zero, const CycleOptions& options, Member* member);

  std::vector<GraphLevel> levels_;
  std::vector<AggregateSums> sums_; ///< to each level
  CoarsestSolver coarsest_;
  std::ptrdiff_t front_ = 0;
  Buffer<float> residual_;
  Buffer<int> node_;
};

} // namespace linnet::latticemg
