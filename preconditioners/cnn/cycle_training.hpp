#pragma once

#include "lattice/operator.hpp"
#include "latticemg/multigrid.hpp"
#include "learned/train/grid_operator.hpp"

#include <functional>
#include <vector>

namespace linnet::cnn {

/// A system that a cycle is fitted to or tried on: a random right-hand side without what a singular component cannot
/// have, x = 0 at first, one thread.
class CycleSystem {
public:
  CycleSystem(const learned::GridOperator& op, std::uint64_t seed);

  struct Run {
    int iterations;
    double left;           ///< |r| / |b|; 1 where the cycle is not positive definite
    bool aggregated, semi; ///< what the coarser levels are: aggregates, else grids, halved along some axes only

    /// Decimal digits that an iteration gains.
    double digits() const;
  };
  /// Conjugate gradients with a W cycle of two sweeps of these numbers until |r| <= tolerance |b|, or
  /// `most_iterations`. `aggregation`: as Layout's; `never` halves the grids along all axes. Throws InputError where
  /// the operator is none that the cycle takes.
  Run solve(const latticemg::CycleWeights& weights, latticemg::Aggregation aggregation, double tolerance);

  static constexpr int most_iterations = 60;

private:
  PlacedOperator placed_;
  std::vector<double> b_, x_;
  latticemg::Multigrid multigrid_;
};

struct CycleFitOptions {
  double tolerance = 1e-10;
  int rounds = 3;     ///< each with half the steps of the one before
  int most_steps = 0; ///< trials; 0: as many as it takes
  double minutes = 0; ///< 0: no limit
  int threads = 1;    ///< systems at once; the numbers found do not depend on it
};

/// How far a fit is.
struct CycleFit {
  latticemg::CycleWeights weights; ///< the best ones
  int steps = 0;                   ///< trials
  double seconds = 0;
  struct Digits {
    int systems = 0;
    double mean = 0, least = 0; ///< digits an iteration
    double score() const { return mean + least / 2; }
  };
  Digits grids, aggregates; ///< on the systems that coarser grids serve, and on those that they do not
};

/// Coordinate search from `start` for the most digits an iteration: the numbers of grids on the systems where grids
/// halved along all axes are used, those of aggregates where these are, as Aggregation::automatic decides with
/// `start`. `watch` is called after
/// each trial; false ends the search.
CycleFit fit_cycle(const std::vector<learned::GridOperator>& systems, const latticemg::CycleWeights& start,
                   const CycleFitOptions& options, const std::function<bool(const CycleFit&)>& watch);

} // namespace linnet::cnn
