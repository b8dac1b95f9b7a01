#pragma once

#include "latticemg/aggregates/graph.hpp"
#include "latticemg/level.hpp"

#include <vector>

namespace linnet::latticemg {

/// Constants of a component are held to at least this of its largest diagonal entry, unless it is singular: a larger
/// answer would drown the rest of a residual that is computed from it in single precision.
inline constexpr double stiffness_of_constants = 1e-4;

/// The largest graph that is to be solved directly.
inline constexpr int coarsest_nodes = 128;

/// The pseudo-inverse of a small grid's operator as a dense matrix: the inverse on each component with excess
/// somewhere; on a singular one the inverse on what sums to zero, and zero on its constants.
class CoarsestSolver {
public:
  /// `excess` is laid out as the fields of the level.
  void build(const Level& level, const float* excess);
  /// `place`: by node, in the fields that solve() gets.
  void build(const Graph& graph, const int* place);
  /// u <- A^+ b, fields of the level.
  void solve(const float* b, float* u);
  std::size_t unknowns() const { return place_.size(); }
  std::size_t bytes() const { return inverse_.size() * sizeof(float) + place_.size() * sizeof(std::ptrdiff_t); }

private:
  struct Edge {
    int from, to;
    double w;
  };
  void invert(const std::vector<Edge>& edges, const std::vector<double>& excess);

  std::vector<std::ptrdiff_t> place_; // by unknown
  std::vector<float> inverse_;        // unknowns x unknowns
  std::vector<float> right_, sum_;
};

} // namespace linnet::latticemg
