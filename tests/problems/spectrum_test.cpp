// The eigenvectors of a box's Laplacian are known: products of sines and cosines.
#include "support.hpp"

#include <cmath>

namespace linnet {
namespace {

/// Along one axis: eigenvector v_i and eigenvalue 2 - 2 cos(theta).
struct Mode {
  std::vector<double> v;
  double eigenvalue;
};

Mode mode(std::int64_t n, Beyond low, Beyond high, int m) {
  const double pi = std::acos(-1.0);
  double theta = 0;
  double phase = 0; // v_i = sin(theta (i + offset) + phase)
  double offset = 0;
  const auto size = static_cast<double>(n);
  if (low == Beyond::periodic) {
    theta = 2 * pi * m / size;
    phase = 0.3;
  } else if (low == Beyond::wall && high == Beyond::wall) {
    theta = pi * m / size;
    phase = pi / 2;
    offset = 0.5;
  } else if (low == Beyond::open && high == Beyond::open) {
    theta = pi * (m + 1) / (size + 1);
    offset = 1;
  } else { // open below, wall above
    theta = pi * (m + 0.5) / (size + 0.5);
    offset = 1;
  }
  Mode result{{}, 2 - 2 * std::cos(theta)};
  for (std::int64_t i = 0; i < n; ++i)
    result.v.push_back(std::sin(theta * (static_cast<double>(i) + offset) + phase));
  return result;
}

void expect_eigenpairs(const VoxelGrid& grid, const Sides& sides, const std::array<double, 3>& spacing) {
  AssemblySpec spec;
  spec.spacing = spacing;
  spec.isolated = Isolated::keep;
  const Eigen::SparseMatrix<double> a = to_eigen(assemble(make_domain({.grid = grid, .sides = sides}), spec).matrix);
  for (const std::array<int, 3>& m : {std::array{0, 0, 0}, std::array{1, 0, 2}, std::array{2, 3, 1}}) {
    std::array<Mode, 3> modes;
    double eigenvalue = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::int64_t n = grid.extent(static_cast<int>(axis));
      modes[axis] = mode(n, sides[2 * axis], sides[2 * axis + 1], n > 3 ? m[axis] : 0);
      eigenvalue += modes[axis].eigenvalue / (spacing[axis] * spacing[axis]);
    }
    Eigen::VectorXd v(grid.cells());
    for (std::int64_t k = 0; k < grid.nz; ++k)
      for (std::int64_t j = 0; j < grid.ny; ++j)
        for (std::int64_t i = 0; i < grid.nx; ++i)
          v[grid.cell(i, j, k)] = modes[0].v[static_cast<std::size_t>(i)] * modes[1].v[static_cast<std::size_t>(j)] *
                                  modes[2].v[static_cast<std::size_t>(k)];
    EXPECT_GT(v.norm(), 0.1);
    EXPECT_LT((a * v - eigenvalue * v).norm(), 1e-13 * v.norm() * a.norm());
  }
}

TEST(Spectrum, OfALineBetweenWalls) {
  expect_eigenpairs({17, 1, 1}, closed, {1, 1, 1});
}

TEST(Spectrum, OfALineWithOpenEnds) {
  Sides sides = closed;
  sides[left] = sides[right] = Beyond::open;
  expect_eigenpairs({17, 1, 1}, sides, {1, 1, 1});
}

TEST(Spectrum, OfAPlaneWithWallsAndAnOpenBottom) {
  Sides sides = closed;
  sides[bottom] = Beyond::open;
  expect_eigenpairs({12, 9, 1}, sides, {1, 1, 1});
}

TEST(Spectrum, OfABoxOpenOnAllSides) {
  expect_eigenpairs({7, 8, 5}, all_open, {1, 1, 1});
}

TEST(Spectrum, OfAPeriodicBox) {
  expect_eigenpairs({8, 7, 6}, all_periodic, {1, 1, 1});
}

TEST(Spectrum, OfABoxWithUnequalSpacings) {
  const Sides mixed = {Beyond::periodic, Beyond::periodic, Beyond::open, Beyond::wall, Beyond::wall, Beyond::wall};
  expect_eigenpairs({6, 7, 8}, mixed, {0.5, 3, 0.1});
}

} // namespace
} // namespace linnet
