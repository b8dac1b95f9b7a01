#pragma once

#include "latticemg/aggregates/cell_groups.hpp"
#include "latticemg/aggregates/coarsener.hpp"
#include "latticemg/aggregates/gather.hpp"
#include "latticemg/aggregates/graph_level.hpp"
#include "latticemg/coarsest.hpp"
#include "latticemg/cycle_options.hpp"
#include "latticemg/team.hpp"
#include "latticemg/weights.hpp"

#include <array>
#include <memory>
#include <vector>

namespace linnet::latticemg {

/// Sums over the aggregates of this rank, in the order in which they lie on the lattice.
struct AggregateSums {
  Buffer<std::uint32_t> first, from; ///< those of the s-th aggregate: from[first[s]] ... from[first[s + 1] - 1]
  Buffer<int> to;                    ///< in the coarser field, or in the one that is gathered

  std::ptrdiff_t size() const { return static_cast<std::ptrdiff_t>(to.size()); }
  std::size_t bytes() const;
  /// to[s] of `coarse`, for begin <= s < end
  void sum(const float* fine, float* coarse, std::ptrdiff_t begin, std::ptrdiff_t end) const;
};

/// Coarser levels that follow the couplings of the operator in place of its lattice: groups of up to eight cells that
/// strong couplings join in a block of 2 x 2 x 2, then of the nodes in a block of blocks, twice, then pairs of nodes,
/// and so on. For what cells in pairs along the axes do not represent: thin walls between passages, couplings that
/// jump, spacings that change from place to place.
///
/// Pairs by the strongest coupling: Notay, An aggregation-based algebraic multigrid method, ETNA 37 (2010), who joins
/// pairs of pairs from one level to the next. Strong couplings often lead along lines and sheets, where that would be
/// four and more nodes in a row, more than sweeps can make up for. So all pairs are levels. Blocks are no longer than
/// wide, and leave an eighth of the nodes at once; pairs stand where blocks are parted into many groups. Cells and
/// nodes that their excess holds are in no group: the coarser levels see zeros there.
///
/// A W cycle visits the levels of blocks twice, and every other one of pairs.
///
/// Where ranks share the lattice each has the aggregates of its slab; a graph of few nodes is gathered, and that and
/// the coarser ones, whose aggregates know no slabs, lie whole on each rank, which works on them redundantly. Sweeps of
/// shared graphs are Gauss-Seidel within a slab and Jacobi across: A = S + S^T - D + C with S the rows of the slabs up
/// to the diagonal and C <= 0 the links across. No error grows, as S + S^T - A = D - C is diagonally dominant.
class Aggregates {
public:
  /// For the finest level, which has the cells of `op` with the axes `axis`, times `scale`. Its groups are those of
  /// group_cells() for its own planes, `border` that of its slab. Collective over the ranks of the border, as is
  /// correct().
  void build(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, int threads, const Level& finest,
             CellGroups groups, const Border& border, const AggregateWeights& weights);
  void clear() { *this = {}; }
  bool empty() const { return levels_.empty(); }

  /// Where the residual of the finest level goes: laid out as its fields, black cells only where `mixed`.
  float* residual() { return residual_.data() + front_; }
  /// By place in such a field: that of its aggregate in correction(); without one, a place of zeros.
  const int* nodes_of_cells() const { return node_.data() + front_; }
  const float* correction() const { return levels_[0].u.data(); }
  /// One cycle for the residual that was written. By all members of a team.
  void correct(const CycleOptions& options, Member* member);

  /// Nodes by level, of all ranks.
  std::vector<long long> sizes() const;
  /// The last level is solved; where that has too many nodes it is swept over.
  bool solves_last_level() const { return coarsest_.unknowns() > 0; }
  /// Levels that ranks share.
  std::size_t shared_levels() const;
  std::size_t bytes() const;
  /// Of one cycle.
  double flops(const CycleOptions& options) const;

private:
  /// Where the aggregates of this rank lie: in the field of their level, and in the one that the sums go to.
  struct Places {
    Buffer<int> in_level, in_sums;
  };
  void add_level(Graph* graph, const NodeBlocks* blocks, bool gather, int threads, Places* own, Buffer<int>* place);
  void tie_cells(const LatticeOperator& op, const std::array<int, 3>& axis, const Level& finest,
                 const CellGroups& groups, const Places& aggregates, int threads);
  void tie_nodes(const NodeGroups& groups, const Buffer<int>& place, const Places& aggregates);
  void add_coarser_levels(Graph graph, Buffer<int> place, int threads, Coarsener* coarsener);
  void sum_to(std::size_t l, const float* fine, Member* member);
  bool visited_twice(std::size_t l, const CycleOptions& options) const {
    return options.w_cycle && levels_[l].twice && l + 1 < levels_.size();
  }
  void visit(std::size_t l, bool from_zero, const CycleOptions& options, Member* member);

  std::vector<GraphLevel> levels_;
  std::vector<AggregateSums> sums_;     ///< to each level
  std::unique_ptr<GraphGather> gather_; ///< to the first level that is whole; null: all are
  std::size_t gathered_level_ = 0;
  CoarsestSolver coarsest_;
  std::ptrdiff_t front_ = 0;
  Buffer<float> residual_;
  Buffer<int> node_;
};

} // namespace linnet::latticemg
