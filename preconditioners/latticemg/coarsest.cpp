#include "latticemg/coarsest.hpp"

#include <Eigen/Dense>

#include <algorithm>
#include <numeric>

namespace linnet::latticemg {

namespace {

// The lowest unknown of the component of each.
template <class Edge>
std::vector<int> components_of(std::size_t unknowns, const std::vector<Edge>& edges) {
  std::vector<int> root(unknowns);
  std::iota(root.begin(), root.end(), 0);
  for (bool changed = true; changed;) {
    changed = false;
    for (const Edge& e : edges) {
      const int low = std::min(root[e.from], root[e.to]);
      changed |= root[e.from] != low || root[e.to] != low;
      root[e.from] = root[e.to] = low;
    }
  }
  return root;
}

} // namespace

void CoarsestSolver::build(const Level& level, const float* excess) {
  std::vector<int> number(static_cast<std::size_t>(2 * level.gap), -1);
  std::vector<double> excess_of_unknowns;
  place_.clear();
  for (int k = 0; k < level.size[2]; ++k)
    for (int j = 0; j < level.size[1]; ++j)
      for (int i = 0; i < level.size[0]; ++i) {
        const std::ptrdiff_t c = level.at(i, j, k);
        if (level.has_unknown(c)) {
          number[static_cast<std::size_t>(c)] = static_cast<int>(place_.size());
          place_.push_back(c);
          excess_of_unknowns.push_back(excess[c]);
        }
      }
  std::vector<Edge> edges;
  for (int k = 0; k < level.size[2]; ++k)
    for (int j = 0; j < level.size[1]; ++j)
      for (int i = 0; i < level.size[0]; ++i)
        for (int axis = 0; axis < 3; ++axis) {
          int to[3] = {i, j, k};
          to[axis] = (to[axis] + 1) % level.size[axis];
          const float w = level.face[axis][level.at(i, j, k)];
          if (w != 0)
            edges.push_back({number[static_cast<std::size_t>(level.at(i, j, k))],
                             number[static_cast<std::size_t>(level.at(to[0], to[1], to[2]))], w});
        }
  invert(edges, excess_of_unknowns);
}

void CoarsestSolver::build(const Graph& graph, const int* place) {
  std::vector<int> number(static_cast<std::size_t>(graph.nodes()), -1);
  std::vector<double> excess;
  place_.clear();
  for (int i = 0; i < graph.nodes(); ++i)
    if (graph.links(i) > 0 || graph.excess(i) > 0) {
      number[static_cast<std::size_t>(i)] = static_cast<int>(place_.size());
      place_.push_back(place[i]);
      excess.push_back(graph.excess(i));
    }
  std::vector<Edge> edges;
  for (int i = 0; i < graph.nodes(); ++i)
    graph.for_each_link(i, [&](int j, float w) {
      if (i < j)
        edges.push_back({number[static_cast<std::size_t>(i)], number[static_cast<std::size_t>(j)], w});
    });
  invert(edges, excess);
}

// Of the unknowns at place_.
void CoarsestSolver::invert(const std::vector<Edge>& edges, const std::vector<double>& excess) {
  const std::size_t n = place_.size();
  const std::vector<int> root = components_of(n, edges);
  std::vector<double> total_excess(n, 0), largest(n, 0);
  std::vector<int> members(n, 0);
  Eigen::MatrixXd A = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(n));
  for (std::size_t c = 0; c < n; ++c) {
    A(c, c) = excess[c];
    total_excess[root[c]] += excess[c];
    ++members[root[c]];
  }
  for (const Edge& e : edges) {
    A(e.from, e.from) += e.w;
    A(e.to, e.to) += e.w;
    A(e.from, e.to) -= e.w;
    A(e.to, e.from) -= e.w;
  }
  for (std::size_t c = 0; c < n; ++c)
    largest[root[c]] = std::max(largest[root[c]], A(c, c));
  const auto on_components = [&](const auto& update) {
    for (std::size_t r = 0; r < n; ++r)
      for (std::size_t c = 0; c < n; ++c)
        if (root[r] == root[c])
          A(r, c) += update(static_cast<std::size_t>(root[r]));
  };
  // With 1 the constants of a component of m cells: A + (s - mean excess) 1 1^T / m.
  on_components([&](std::size_t p) {
    const double mean = total_excess[p] / members[p], stiffest = largest[p];
    return mean == 0 ? stiffest / members[p] : std::max(0.0, stiffness_of_constants * stiffest - mean) / members[p];
  });
  A = A.llt().solve(Eigen::MatrixXd::Identity(A.rows(), A.cols())).eval();
  // A singular component: (A + s 1 1^T / m)^-1 - 1 1^T / (s m) = A^+.
  on_components([&](std::size_t p) { return total_excess[p] == 0 ? -1 / (largest[p] * members[p]) : 0; });
  inverse_.resize(n * n);
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c)
      inverse_[r * n + c] = static_cast<float>((A(r, c) + A(c, r)) / 2);
  right_.resize(n);
  sum_.resize(n);
}

void CoarsestSolver::solve(const float* b, float* u) {
  const std::size_t n = place_.size();
  for (std::size_t c = 0; c < n; ++c) {
    right_[c] = b[place_[c]];
    sum_[c] = 0;
  }
  for (std::size_t r = 0; r < n; ++r) {
    const float* row = inverse_.data() + r * n; // symmetric: rows are columns
    const float right = right_[r];
    for (std::size_t c = 0; c < n; ++c)
      sum_[c] += row[c] * right;
  }
  for (std::size_t c = 0; c < n; ++c)
    u[place_[c]] = sum_[c];
}

} // namespace linnet::latticemg
