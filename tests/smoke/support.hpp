#pragma once

#include "problems/support.hpp"
#include "smoke/projection.hpp"

#include <Eigen/SparseCholesky>

#include <random>

namespace linnet::smoke {

/// Velocities in [-1, 1).
inline Flow random_flow(const VoxelGrid& grid, unsigned seed) {
  Flow flow(grid);
  std::mt19937 random(seed);
  for (int axis = 0; axis < flow.dimensions(); ++axis)
    for (double& u : flow.velocity(axis))
      u = static_cast<double>(random()) / 2147483648.0 - 1;
  return flow;
}

/// p from A p = source() by a sparse Cholesky factorisation.
inline std::vector<double> pressure(const VoxelDomain& domain, const Flow& flow) {
  AssemblySpec spec;
  spec.numbering = Numbering::full;
  const PressureSystem system = assemble(domain, spec);
  const std::vector<double> b = source(domain, flow);
  const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> solver(to_eigen(system.matrix));
  const Eigen::VectorXd p =
      solver.solve(Eigen::Map<const Eigen::VectorXd>(b.data(), static_cast<Eigen::Index>(b.size())));
  return {p.data(), p.data() + p.size()};
}

inline double largest(const std::vector<double>& v) {
  double most = 0;
  for (const double x : v)
    most = std::max(most, std::abs(x));
  return most;
}

inline double still(const Place&, int) {
  return 0;
}

} // namespace linnet::smoke
