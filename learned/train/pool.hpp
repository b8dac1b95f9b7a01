#pragma once

#include "learned/train/classes.hpp"
#include "learned/train/grid_system.hpp"
#include "learned/train/ritz.hpp"

#include <memory>
#include <vector>

namespace linnet::learned {

/// Operators on grids of one size, with the solution of a rough right-hand side on each.
class OperatorPool {
public:
  /// `count` random ones of n^dimension cells, the classes in turn.
  OperatorPool(const std::vector<OperatorClass>& classes, int dimension, int n, int count, Draw* draw);
  /// Given ones, all of one size and periodic along the same axes.
  OperatorPool(std::vector<GridOperator> operators, Draw* draw);
  /// Given ones whose errors are RitzVectors::error(), of `lanczos` steps (0: RitzVectors::default_steps()), and which
  /// are not turned. Throws InputError where all vectors take more than RitzVectors::most_bytes.
  static OperatorPool with_ritz_vectors(std::vector<GridOperator> operators, int lanczos, Draw* draw);

  /// Which operator, and how it is turned. Only axes that are alike change places.
  struct Choice {
    int entry = 0;
    Orientation orientation;
  };
  Choice choose(Draw* draw) const;
  std::unique_ptr<GridSystem> system(const Choice& choice) const;
  /// An error of a random kind: the solution of the rough right-hand side (45 %), white noise (10 %), or smooth noise
  /// of one to three lengths. Of Ritz vectors where there are any.
  GridSystem::Field error(const Choice& choice, const GridSystem& system, Draw* draw) const;

  const Grid& size() const { return entries_[0].op.size; }
  int entries() const { return static_cast<int>(entries_.size()); }

private:
  struct Entry {
    GridOperator op;
    std::vector<float> solution;       // by cell of the operator; empty where there are Ritz vectors
    std::shared_ptr<RitzVectors> ritz; // null: none
  };
  OperatorPool() = default;
  void add(GridOperator op, Draw* draw);

  std::vector<Entry> entries_;
};

} // namespace linnet::learned
