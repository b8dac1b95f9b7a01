#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace linnet::latticemg {

/// The numbers of a cycle on aggregates. Functions that are constant on each have more energy than smooth ones: from one
/// level to the next the couplings between aggregates are reduced by the resistance within them (aggregates/pairing.hpp),
/// to no less than the factor `coupling`, and their excess by the factor `excess`; the first numbers are for the groups
/// of cells, the others for pairs of nodes.
///
/// M stays positive definite while coupling[1]^2 and excess[1]^2 are above 1/2: corrections are then less than twice too
/// large where a level is visited twice, which makes l (2 - l) > 0 of an eigenvalue l < 2 of the correction.
struct AggregateWeights {
  std::array<float, 2> coupling{0.6F, 0.775F};
  std::array<float, 2> excess{1, 1};
  float red = 1; ///< as CycleWeights::red, on the finest grid

  bool operator==(const AggregateWeights&) const = default;
};
inline constexpr float least_pair_weight = 0.71F; ///< of coupling[1] and excess[1]

/// The numbers of a cycle. Transfers are constant on the cells of a coarser grid, so that the Galerkin operator is too
/// stiff for smooth errors: its couplings and its excess are scaled from one grid to the next. The first numbers are
/// for the second grid, the last ones for all from the fourth on.
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
  float excess_factor(std::size_t level) const { return excess[std::min<std::size_t>(level, 2)]; }
  bool operator==(const CycleWeights&) const = default;
};

/// Half the couplings is what a grid of twice the spacing has (Braess, Towards algebraic multigrid for elliptic
/// problems of second order, Computing 55 (1995)).
inline constexpr CycleWeights classical_weights{};

/// Of W cycles of two and more sweeps on grids that are halved along all axes. Found by bench/latticemg/tune without
/// arguments: on its 11 voxel domains of 48^3 cells and so (seeds 21 to 31) CG gains 1.42 decimal digits an iteration
/// in place of 1.20, and at least 1.22 in place of 1.02.
inline constexpr CycleWeights learned_weights{{0.49F, 0.395F, 0.44F}, {0.79F, 0.61F, 0.94F}, 1.25F, {}};

/// Of W cycles of two and more sweeps.
inline constexpr AggregateWeights learned_aggregate_weights{{0.5F, 0.72F}, {0.9F, 0.85F}, 1.3F};

} // namespace linnet::latticemg
