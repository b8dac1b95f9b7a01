#pragma once

#include "lattice/operator.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace linnet::latticemg {

/// Which axes get cells of twice the size from one grid to the next.
enum class Coarsening : std::uint8_t {
  automatic, ///< semi where the couplings of two axes differ by more than `mild_anisotropy`, else full
  full,      ///< all
  semi       ///< those whose couplings are not much weaker than the strongest ones
};

/// Red-black sweeps smooth along an axis only if its couplings are among the strong ones. Couplings 1 : r on two axes
/// count as much as each other up to r = this.
inline constexpr double mild_anisotropy = 3;

/// The grids of a hierarchy. Levels have their own order of axes: the one with the strongest couplings first where
/// they differ, and the longest of the others last.
struct CoarseningPlan {
  std::array<int, 3> axis{0, 1, 2};        ///< of the lattice, by axis of the levels
  std::vector<std::array<bool, 3>> halved; ///< by level from the second one, by axis of the levels
  bool semi = false;                       ///< some level has an axis of more than one cell that is not halved

  bool operator==(const CoarseningPlan&) const = default;
};

/// The sum of the couplings on each axis of the lattice and their number, of the rows of this rank. The same bits
/// whatever the threads.
struct CouplingSums {
  std::array<double, 3> sum{}, count{};
};
CouplingSums sum_couplings(const LatticeOperator& op, int threads);

/// Couplings along an axis fall to half where its cells grow twofold, and grow twofold with each of the others: the
/// ratio of a halved axis to one that is not falls fourfold (a coarse cell of spacings h has couplings
/// h_x h_y h_z / h_a^2). The first axis is halved at each level. Ends with at most `coarsest` cells.
/// `sums`: over all ranks; not looked at where the coarsening is full.
CoarseningPlan plan_coarsening(const GridSize& size, const CouplingSums& sums, Coarsening coarsening, int coarsest);
/// Of an operator on one rank.
CoarseningPlan plan_coarsening(const LatticeOperator& op, Coarsening coarsening, int coarsest, int threads);

} // namespace linnet::latticemg
