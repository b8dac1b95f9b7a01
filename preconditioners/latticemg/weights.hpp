#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace linnet::latticemg {

/// The numbers of a cycle on aggregates. Functions that are constant on each have more energy than smooth ones: from
/// one level to the next the couplings between aggregates are reduced by the resistance within them
/// (aggregates/pairing.hpp), to no less than the factor `coupling`, and their excess by the factor `excess`; the
/// numbers are for groups of cells, groups of nodes in blocks, and pairs of nodes.
///
/// M stays positive definite while the factors of levels from one that is visited twice to the next have a product
/// above 1/2: corrections are then less than twice too large there, which makes l (2 - l) > 0 of an eigenvalue l < 2 of
/// the correction. Blocks are visited twice, and of pairs every other level at least.
struct AggregateWeights {
  enum Group : std::size_t { cells, blocks, pairs };
  std::array<float, 3> coupling{0.6F, 0.55F, 0.775F};
  std::array<float, 3> excess{1, 1, 1};
  float red = 1; ///< as CycleWeights::red, on the finest grid

  bool operator==(const AggregateWeights&) const = default;
};
inline constexpr double least_block_weight = 0.51, least_pair_weight = 0.71;

/// The numbers of a cycle. Transfers are constant on the cells of a coarser grid, so that the Galerkin operator is too
/// stiff for smooth errors: its couplings and its excess are scaled from one grid to the next. The first numbers are
/// for the second grid, the last ones for all from the fourth on.
///
/// Excess is scaled where it stands for values that are prescribed beyond an end of the coarse cell, which are further
/// from its middle: 4 / 1.5 beside 4 of a plane side of cells of 1. The sides on which a cell has no neighbour share
/// its excess. What is within the coarse cell, and what belongs to no side, as of a reaction, is as large on any grid:
/// that of cells with neighbours on all sides, and as much of any as all cells have.
struct CycleWeights {
  std::array<float, 3> coupling{0.5F, 0.5F, 0.5F}; ///< along halved axes
  std::array<float, 3> excess{1, 1, 1};
  /// Of the red half sweeps on the finest grid but the outermost ones: omega of over-relaxation (Yavneh, On red-black
  /// SOR smoothing in multigrid, SIAM J. Sci. Comput. 17 (1996)). The black ones before the coarse grid must leave no
  /// residual.
  float red = 1;
  AggregateWeights aggregates;

  float coupling_factor(std::size_t level, bool halved) const {
    return halved ? coupling[std::min<std::size_t>(level, 2)] : 1;
  }
  /// `open`: sides on which a cell has no neighbour; `outward`: those of them at an end of the coarse cell, along
  /// halved axes.
  float excess_factor(std::size_t level, int open, int outward) const {
    return open > 0 ? 1 + (factor_beyond(level) - 1) * static_cast<float>(outward) / static_cast<float>(open) : 1;
  }
  /// `own` excess as the coarse cell has it; `everywhere`: what any whole cell has.
  float coarse_excess(std::size_t level, float own, float everywhere, int open, int outward) const {
    const float kept = std::min(own, everywhere);
    return kept + excess_factor(level, open, outward) * (own - kept);
  }
  bool scales_excess(std::size_t level) const { return factor_beyond(level) != 1; }
  bool operator==(const CycleWeights&) const = default;

private:
  float factor_beyond(std::size_t level) const { return excess[std::min<std::size_t>(level, 2)]; }
};

/// Half the couplings is what a grid of twice the spacing has (Braess, Towards algebraic multigrid for elliptic
/// problems of second order, Computing 55 (1995)).
inline constexpr CycleWeights classical_weights{};

/// All numbers of CycleWeights in a row, as options and models have them.
inline constexpr std::size_t weight_count = 14;
using WeightList = std::array<double, weight_count>;
struct WeightRange {
  const char* name;
  double least, most;

  bool has(double x) const { return x > 0 && x >= least && x <= most; }
};
inline constexpr std::array<WeightRange, weight_count> weight_ranges = {
    {{"the factor of couplings of the second grid", 0, 1},
     {"the factor of couplings of the third grid", 0, 1},
     {"the factor of couplings of further grids", 0, 1},
     {"the factor of excess of the second grid", 0, 2},
     {"the factor of excess of the third grid", 0, 2},
     {"the factor of excess of further grids", 0, 2},
     {"omega of red half sweeps", 0, 1.99},
     {"the least part of couplings of groups of cells", 0, 1},
     {"the least part of couplings of blocks", least_block_weight, 1},
     {"the least part of couplings of pairs", least_pair_weight, 1},
     {"the factor of excess of groups of cells", 0, 2},
     {"the factor of excess of blocks", least_block_weight, 2},
     {"the factor of excess of pairs", least_pair_weight, 2},
     {"omega of red half sweeps around aggregates", 0, 1.99}}};

/// What is wrong with numbers, in one line, or nothing.
inline std::string refusal_of(const WeightList& list) {
  for (std::size_t i = 0; i < weight_count; ++i)
    if (const WeightRange& range = weight_ranges[i]; !range.has(list[i]))
      return std::string(range.name) + ": expected a number " +
             (range.least > 0 ? "from " + std::to_string(range.least) : std::string("above 0")) + " to " +
             std::to_string(range.most) + ", found " + std::to_string(list[i]);
  return "";
}

inline WeightList list_of(const CycleWeights& w) {
  const AggregateWeights& a = w.aggregates;
  return {w.coupling[0], w.coupling[1], w.coupling[2], w.excess[0], w.excess[1], w.excess[2], w.red,
          a.coupling[0], a.coupling[1], a.coupling[2], a.excess[0], a.excess[1], a.excess[2], a.red};
}
inline CycleWeights weights_of(const WeightList& list) {
  const auto at = [&](std::size_t i) { return static_cast<float>(list[i]); };
  return {
      {at(0), at(1), at(2)}, {at(3), at(4), at(5)}, at(6), {{at(7), at(8), at(9)}, {at(10), at(11), at(12)}, at(13)}};
}

} // namespace linnet::latticemg
