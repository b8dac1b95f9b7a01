// Lattice operators to precondition, and vectors on their rows. One rank.
#pragma once

#include "lattice/voxels.hpp"
#include "latticemg/multigrid.hpp"

#include <cmath>
#include <vector>

namespace latticemg_test {

struct Case {
  std::string name;
  voxels::Domain domain;
  voxels::Coefficients coefficients;
};

/// The operator of a case, read from its matrix. Rows are the active cells, or all of them (`every_cell`).
struct System {
  linnet::Lattice lattice;
  linnet::LatticeOperator op;
  PetscInt rows = 0;
  std::string refusal;

  System(const voxels::Domain& domain, const voxels::Coefficients& coefficients, bool every_cell = false) {
    const voxels::Numbering numbering = every_cell ? voxels::full(domain) : voxels::compact(domain);
    rows = static_cast<PetscInt>(numbering.cell_of_row.size());
    lattice.size = {domain.size[0], domain.size[1], domain.size[2]};
    lattice.periodic = domain.periodic;
    lattice.natural = every_cell;
    if (!every_cell)
      lattice.cells.assign(numbering.cell_of_row.begin(), numbering.cell_of_row.end());
    Mat A = voxels::matrix(domain, numbering, coefficients);
    EXPECT_EQ(static_cast<int>(linnet::BuildLatticeOperator(A, lattice, &op, &refusal)), 0);
    EXPECT_EQ(refusal, "");
    MatDestroy(&A);
  }
  /// A row's number among the cells.
  std::size_t cell(PetscInt row) const { return op.box_index(lattice, lattice.cell(row)); }
};

inline voxels::Coefficients shifted(double excess) {
  return {[](const voxels::Domain&, int, int) { return 1.0; }, [=](const voxels::Domain&, int) { return excess; }};
}

/// One value of coupling along each axis.
inline voxels::Coefficients anisotropic() {
  return {[](const voxels::Domain&, int, int axis) { return axis == 0   ? 1.0
                                                            : axis == 1 ? 0.3
                                                                        : 7.0; },
          [](const voxels::Domain& d, int c) { return d.at(c)[0] == 0 ? 2.0 : 0.0; }};
}

inline voxels::Coefficients few_excesses(int count) {
  return {[](const voxels::Domain&, int, int) { return 1.0; },
          [=](const voxels::Domain&, int c) { return 0.01 * (c % count); }};
}

/// Walls between some active neighbours, and many values of excess.
inline voxels::Coefficients walled() {
  return {[](const voxels::Domain&, int c, int axis) { return voxels::random(7, 3 * c + axis) < 0.1 ? 0.0 : 1.0; },
          [](const voxels::Domain&, int c) { return 0.01 * (c % 97); }};
}

/// As training finds them.
inline constexpr linnet::latticemg::CycleWeights fitted_weights{
    {0.49F, 0.395F, 0.44F}, {0.79F, 0.61F, 0.94F}, 1.25F, {{0.5F, 0.6F, 0.72F}, {0.9F, 1, 0.85F}, 1.3F}};

/// Uniform in [-1, 1).
inline std::vector<double> noise(PetscInt rows, std::uint64_t seed) {
  std::vector<double> v(static_cast<std::size_t>(rows));
  for (std::size_t r = 0; r < v.size(); ++r)
    v[r] = 2 * voxels::random(seed, r) - 1;
  return v;
}

inline double dot(const std::vector<double>& x, const std::vector<double>& y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    sum += x[i] * y[i];
  return sum;
}

inline double distance(const std::vector<double>& x, const std::vector<double>& y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    sum += (x[i] - y[i]) * (x[i] - y[i]);
  return std::sqrt(sum);
}

/// M r by the multigrid of an operator that it takes.
inline std::vector<double> apply(linnet::latticemg::Multigrid* multigrid,
                                 const linnet::latticemg::CycleOptions& options, const std::vector<double>& r) {
  std::vector<double> z(r.size(), 99);
  multigrid->apply(options, r.data(), z.data());
  return z;
}

} // namespace latticemg_test
