// The cycle of latticemg in obvious loops, for tests: one cell after the other, neighbours by their numbers.
#pragma once

#include "latticemg/multigrid.hpp"

#include <Eigen/Dense>

#include <algorithm>
#include <array>
#include <vector>

namespace linnet::latticemg::reference {

/// A grid with cells i + nx (j + ny k); coupling[c][d] is that of cell c in direction d (-x +x -y +y -z +z).
template <class Real>
struct Grid {
  std::array<int, 3> size;
  std::array<bool, 3> halved; ///< as in Level, by axis of the lattice
  std::vector<std::array<Real, 6>> coupling;
  std::vector<Real> excess;
  Real excess_everywhere; ///< what any whole cell has

  int cells() const { return size[0] * size[1] * size[2]; }
  std::array<int, 3> at(int c) const { return {c % size[0], c / size[0] % size[1], c / size[0] / size[1]}; }
  int cell(const std::array<int, 3>& x) const { return x[0] + size[0] * (x[1] + size[1] * x[2]); }
  int neighbour(int c, int d) const {
    std::array<int, 3> x = at(c);
    const auto axis = static_cast<std::size_t>(d / 2);
    x[axis] = (x[axis] + (d % 2 ? 1 : size[axis] - 1)) % size[axis];
    return cell(x);
  }
  int colour(int c) const { return (at(c)[0] + at(c)[1] + at(c)[2]) % 2; }
  int parent(int c, const Grid& coarse) const {
    const std::array<int, 3> x = at(c);
    const std::array<bool, 3>& h = coarse.halved;
    return coarse.cell({x[0] >> h[0], x[1] >> h[1], x[2] >> h[2]});
  }
  Real diagonal(int c) const {
    Real sum = excess[static_cast<std::size_t>(c)];
    for (const Real w : coupling[static_cast<std::size_t>(c)])
      sum += w;
    return sum;
  }
};

template <class Real>
Grid<Real> grid_of(const LatticeOperator& op) {
  Grid<Real> grid{{op.size[0], op.size[1], op.size[2]}, {}, {}, {}, static_cast<Real>(std::max(0.0, op.min_excess))};
  for (std::size_t c = 0; c < op.cell_count(); ++c) {
    std::array<Real, 6> w{};
    bool coupled = false;
    for (int d = 0; d < 6; ++d) {
      w[static_cast<std::size_t>(d)] = static_cast<Real>(op.coupling(c, d));
      coupled |= w[static_cast<std::size_t>(d)] != 0;
    }
    grid.coupling.push_back(w);
    grid.excess.push_back(coupled ? static_cast<Real>(op.excess_of(c)) : 0);
  }
  return grid;
}

template <class Real>
Grid<Real> coarser(const Grid<Real>& fine, std::size_t level, const std::array<bool, 3>& halved,
                   const CycleWeights& weights) {
  Grid<Real> coarse{};
  for (std::size_t a = 0; a < 3; ++a) {
    coarse.halved[a] = halved[a];
    coarse.size[a] = halved[a] ? (fine.size[a] + 1) / 2 : fine.size[a];
  }
  coarse.excess_everywhere = fine.excess_everywhere;
  for (const bool twice : halved)
    coarse.excess_everywhere *= twice ? 2 : 1;
  coarse.coupling.assign(static_cast<std::size_t>(coarse.cells()), {});
  coarse.excess.assign(static_cast<std::size_t>(coarse.cells()), 0);
  for (int c = 0; c < fine.cells(); ++c) {
    const int to = fine.parent(c, coarse);
    int open = 0, outward = 0;
    for (int d = 0; d < 6; ++d) {
      const auto axis = static_cast<std::size_t>(d / 2);
      const bool is_open = fine.size[axis] > 1 && fine.coupling[c][d] == 0;
      open += is_open;
      outward += is_open && halved[axis] && fine.at(c)[axis] % 2 == d % 2;
    }
    const Real kept = std::min(fine.excess[c], fine.excess_everywhere);
    coarse.excess[to] += kept + weights.excess_factor(level, open, outward) * (fine.excess[c] - kept);
    for (int d = 0; d < 6; ++d)
      if (fine.coupling[c][d] != 0 && fine.parent(fine.neighbour(c, d), coarse) != to)
        coarse.coupling[to][d] +=
            weights.coupling_factor(level, halved[static_cast<std::size_t>(d / 2)]) * fine.coupling[c][d];
  }
  return coarse;
}

/// u <- u after a half sweep: the cells of a colour from what u was before it. Couplings within the colour (around an
/// axis with an odd number of cells) are added to the divisor, which keeps the sweep convergent.
template <class Real>
void relax(const Grid<Real>& grid, const std::vector<Real>& b, int colour, std::vector<Real>* u, Real omega = 1) {
  const std::vector<Real> before = *u;
  for (int c = 0; c < grid.cells(); ++c) {
    const Real diagonal = grid.diagonal(c);
    if (grid.colour(c) != colour || !(diagonal > 0))
      continue;
    Real residual = b[c] - diagonal * before[c], divisor = diagonal;
    for (int d = 0; d < 6; ++d) {
      if (grid.coupling[c][d] == 0)
        continue;
      residual += grid.coupling[c][d] * before[grid.neighbour(c, d)];
      divisor += grid.colour(grid.neighbour(c, d)) == colour ? grid.coupling[c][d] : 0;
    }
    (*u)[c] = before[c] + omega * residual / divisor;
  }
}

/// b - A u on unknowns, 0 elsewhere.
template <class Real>
std::vector<Real> residual(const Grid<Real>& grid, const std::vector<Real>& b, const std::vector<Real>& u) {
  std::vector<Real> r(b.size(), 0);
  for (int c = 0; c < grid.cells(); ++c) {
    if (!(grid.diagonal(c) > 0))
      continue;
    r[c] = b[c] - grid.diagonal(c) * u[c];
    for (int d = 0; d < 6; ++d)
      if (grid.coupling[c][d] != 0)
        r[c] += grid.coupling[c][d] * u[grid.neighbour(c, d)];
  }
  return r;
}

template <class Real>
std::vector<std::vector<int>> components(const Grid<Real>& grid) {
  std::vector<std::vector<int>> found;
  std::vector<bool> seen(grid.excess.size(), false);
  for (int start = 0; start < grid.cells(); ++start) {
    if (seen[start] || !(grid.diagonal(start) > 0))
      continue;
    std::vector<int> component{start};
    seen[start] = true;
    for (std::size_t next = 0; next < component.size(); ++next) {
      const int c = component[next];
      for (int d = 0; d < 6; ++d)
        if (grid.coupling[c][d] != 0 && !seen[grid.neighbour(c, d)]) {
          seen[grid.neighbour(c, d)] = true;
          component.push_back(grid.neighbour(c, d));
        }
    }
    found.push_back(component);
  }
  return found;
}

template <class Real>
std::vector<Real> solve_directly(const Grid<Real>& grid, const std::vector<Real>& b) {
  Eigen::MatrixXd A = Eigen::MatrixXd::Zero(grid.cells(), grid.cells());
  Eigen::VectorXd right(grid.cells());
  for (int c = 0; c < grid.cells(); ++c) {
    right(c) = grid.diagonal(c) > 0 ? b[c] : 0;
    A(c, c) += grid.diagonal(c);
    for (int d = 0; d < 6; ++d)
      if (grid.coupling[c][d] != 0)
        A(c, grid.neighbour(c, d)) -= grid.coupling[c][d];
  }
  // Weak components are stiffened against constants.
  for (const std::vector<int>& component : components(grid)) {
    double excess = 0, largest = 0;
    for (const int c : component) {
      excess += grid.excess[c];
      largest = std::max<double>(largest, grid.diagonal(c));
    }
    const double m = static_cast<double>(component.size());
    const double more = excess > 0 ? std::max(0.0, stiffness_of_constants * largest - excess / m) / m : 0;
    for (const int r : component)
      for (const int c : component)
        A(r, c) += more;
  }
  // The solution of least norm: it has no part in the constants of singular components.
  Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> factors;
  factors.setThreshold(1e-10);
  const Eigen::VectorXd u = factors.compute(A).solve(right);
  return {u.data(), u.data() + u.size()};
}

/// By axis of the lattice.
inline std::array<bool, 3> halved_at(const CoarseningPlan& plan, std::size_t level) {
  std::array<bool, 3> halved{};
  for (std::size_t a = 0; a < 3; ++a)
    halved[static_cast<std::size_t>(plan.axis[a])] = plan.halved[level][a];
  return halved;
}

/// `level`: of the grid, the finest being 0.
template <class Real>
void cycle(const Grid<Real>& grid, std::size_t level, const CoarseningPlan& plan, const std::vector<Real>& b,
           const CycleOptions& options, const CycleWeights& weights, std::vector<Real>* u) {
  if (level == plan.halved.size()) {
    *u = solve_directly(grid, b);
    return;
  }
  const int sweeps = options.sweeps_on(level);
  const Real red = level == 0 ? weights.red : 1;
  for (int s = 0; s < sweeps; ++s) {
    relax(grid, b, 0, u, s == 0 ? 1 : red);
    relax(grid, b, 1, u);
  }
  const Grid<Real> coarse = coarser(grid, level, halved_at(plan, level), weights);
  const std::vector<Real> r = residual(grid, b, *u);
  std::vector<Real> coarse_b(static_cast<std::size_t>(coarse.cells()), 0), coarse_u = coarse_b;
  for (int c = 0; c < grid.cells(); ++c)
    coarse_b[grid.parent(c, coarse)] += r[c];
  for (int visit = 0; visit < (options.w_cycle ? 2 : 1); ++visit)
    cycle(coarse, level + 1, plan, coarse_b, options, weights, &coarse_u);
  for (int c = 0; c < grid.cells(); ++c)
    if (grid.diagonal(c) > 0)
      (*u)[c] += coarse_u[grid.parent(c, coarse)];
  for (int s = 0; s < sweeps; ++s) {
    relax(grid, b, 1, u);
    relax(grid, b, 0, u, s == sweeps - 1 ? 1 : red);
  }
}

/// M b, one number a cell; 0 where nothing is coupled.
template <class Real>
std::vector<Real> apply(const LatticeOperator& op, const CycleOptions& options, const std::vector<Real>& b,
                        Coarsening coarsening = Coarsening::automatic,
                        const CycleWeights& weights = classical_weights) {
  const Grid<Real> grid = grid_of<Real>(op);
  std::vector<Real> u(b.size(), 0);
  cycle(grid, 0, plan_coarsening(op, coarsening, coarsest_cells, 1), b, options, weights, &u);
  return u;
}

} // namespace linnet::latticemg::reference
