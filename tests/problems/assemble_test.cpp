#include "support.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace linnet {
namespace {

using Rows = std::vector<std::vector<double>>;

SparseMatrix matrix_of(const VoxelDomain& domain, AssemblySpec spec = {}) {
  return assemble(domain, spec).matrix;
}

TEST(Assemble, GivesTheHandComputedMatrixOfALineOfThreeCells) {
  const Sides sides = {Beyond::wall, Beyond::open, Beyond::wall, Beyond::wall, Beyond::wall, Beyond::wall};
  EXPECT_EQ(to_rows(matrix_of(drawn({{"..."}}, sides))), (Rows{{1, -1, 0}, {-1, 2, -1}, {0, -1, 2}}));
}

TEST(Assemble, GivesTheHandComputedMatrixOfASquareWithAnOpenTop) {
  EXPECT_EQ(to_rows(matrix_of(drawn({{"..", ".."}}, default_sides))),
            (Rows{{2, -1, -1, 0}, {-1, 2, 0, -1}, {-1, 0, 3, -1}, {0, -1, -1, 3}}));
}

TEST(Assemble, GivesTheHandComputedMatrixOfACubeWithASolidAndAnAirCell) {
  // cells: 0 fluid, 1 solid, 2 air, 3 fluid; 4 .. 7 fluid. Rows: cells 0, 3, 4, 5, 6, 7.
  const VoxelDomain domain = drawn({{"~.", ".#"}, {"..", ".."}}, closed);
  const PressureSystem system = assemble(domain, {});
  EXPECT_EQ(system.cells, (std::vector<std::int64_t>{0, 3, 4, 5, 6, 7}));
  EXPECT_EQ(to_rows(system.matrix), (Rows{{2, 0, -1, 0, 0, 0},
                                          {0, 2, 0, 0, 0, -1},
                                          {-1, 0, 3, -1, -1, 0},
                                          {0, 0, -1, 2, 0, -1},
                                          {0, 0, -1, 0, 3, -1},
                                          {0, -1, 0, -1, -1, 3}}));
}

TEST(Assemble, WrapsPeriodicAxes) {
  Sides sides = closed;
  sides[left] = sides[right] = Beyond::periodic;
  AssemblySpec spec;
  spec.isolated = Isolated::keep;
  EXPECT_EQ(to_rows(matrix_of(drawn({{"...."}}, sides), spec)),
            (Rows{{2, -1, 0, -1}, {-1, 2, -1, 0}, {0, -1, 2, -1}, {-1, 0, -1, 2}}));
}

TEST(Assemble, DividesByTheSquareOfTheSpacingAndAddsTheShift) {
  AssemblySpec spec;
  spec.spacing = {0.5, 2, 1};
  spec.shift = 10;
  EXPECT_EQ(to_rows(matrix_of(drawn({{"..", ".."}}, default_sides), spec)),
            (Rows{{14.25, -4, -0.25, 0}, {-4, 14.25, 0, -0.25}, {-0.25, 0, 14.5, -4}, {0, -0.25, -4, 14.5}}));
}

TEST(Assemble, WeighsFacesByTheHarmonicMeanOfTheirCoefficients) {
  AssemblySpec spec;
  spec.jump = 1000;
  const VoxelDomain domain = make_domain({.grid = {24, 24, 1}});
  const SparseMatrix a = matrix_of(domain, spec);
  const double mixed = 2000.0 / 1001.0;
  std::vector<int> seen(3);
  for (std::int64_t i = 0; i < a.rows; ++i) {
    double sum = 0;
    for (auto e = a.row_start[static_cast<std::size_t>(i)]; e < a.row_start[static_cast<std::size_t>(i + 1)]; ++e) {
      const double v = a.value[static_cast<std::size_t>(e)];
      sum += v;
      if (a.column[static_cast<std::size_t>(e)] == i)
        continue;
      const bool is_mixed = std::abs(-v - mixed) < 1e-12;
      ASSERT_TRUE(v == -1 || v == -1000 || is_mixed) << v;
      ++seen[v == -1 ? 0 : v == -1000 ? 1 : 2];
    }
    const bool top_row = i >= 24 * 23; // its Dirichlet face carries the cell's own coefficient
    EXPECT_TRUE(top_row ? std::abs(sum - 1) < 1e-9 || std::abs(sum - 1000) < 1e-9 : std::abs(sum) < 1e-9) << sum;
  }
  EXPECT_GT(*std::min_element(seen.begin(), seen.end()), 20);
  const Eigen::SparseMatrix<double> m = to_eigen(a);
  EXPECT_EQ((m - Eigen::SparseMatrix<double>(m.transpose())).norm(), 0);
}

TEST(Assemble, GivesFullNumberingIdentityRowsAndTheSameFluidBlock) {
  const VoxelDomain domain = make_domain({.family = Family::dam, .grid = {13, 11, 7}, .seed = 4});
  const PressureSystem compact = assemble(domain, {});
  AssemblySpec spec;
  spec.numbering = Numbering::full;
  const PressureSystem full = assemble(domain, spec);
  ASSERT_EQ(full.matrix.rows, 13 * 11 * 7);
  EXPECT_EQ(full.fluid, compact.matrix.rows);
  const Eigen::SparseMatrix<double> a = to_eigen(compact.matrix);
  Eigen::SparseMatrix<double> expected(full.matrix.rows, full.matrix.rows);
  std::vector<Eigen::Triplet<double>> entries;
  std::vector<double> rhs(full.cells.size(), 0);
  std::vector<bool> active(full.cells.size(), false);
  for (std::size_t r = 0; r < compact.cells.size(); ++r) {
    const auto cell = static_cast<std::size_t>(compact.cells[r]);
    active[cell] = true;
    rhs[cell] = compact.rhs[r];
  }
  for (int outer = 0; outer < a.outerSize(); ++outer)
    for (Eigen::SparseMatrix<double>::InnerIterator it(a, outer); it; ++it)
      entries.emplace_back(compact.cells[static_cast<std::size_t>(it.row())],
                           compact.cells[static_cast<std::size_t>(it.col())], it.value());
  for (std::size_t c = 0; c < active.size(); ++c)
    if (!active[c])
      entries.emplace_back(c, c, 1);
  expected.setFromTriplets(entries.begin(), entries.end());
  EXPECT_EQ((to_eigen(full.matrix) - expected).norm(), 0);
  EXPECT_EQ(full.rhs, rhs);
  std::vector<std::int64_t> all(full.cells.size());
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(full.cells, all);
}

TEST(Assemble, DropsFluidCutOffFromAir) {
  const VoxelDomain domain = drawn({{"...", "###", ".#."}}, default_sides);
  const PressureSystem system = assemble(domain, {});
  EXPECT_EQ(system.cells, (std::vector<std::int64_t>{6, 7, 8}));
  EXPECT_EQ(system.dropped, 2);
  ASSERT_EQ(system.components.size(), 1U);
  EXPECT_TRUE(system.components[0].anchored);
}

TEST(Assemble, KeepsFluidCutOffFromAirAsSingularBlocks) {
  const VoxelDomain domain = drawn({{"...", "###", "..#"}}, default_sides);
  AssemblySpec spec;
  spec.isolated = Isolated::keep;
  const PressureSystem system = assemble(domain, spec);
  EXPECT_EQ(system.cells, (std::vector<std::int64_t>{0, 1, 6, 7, 8}));
  EXPECT_EQ(system.dropped, 0);
  ASSERT_EQ(system.components.size(), 2U);
  EXPECT_FALSE(system.components[0].anchored);
  EXPECT_TRUE(system.components[1].anchored);
  EXPECT_EQ(to_rows(system.matrix),
            (Rows{{1, -1, 0, 0, 0}, {-1, 1, 0, 0, 0}, {0, 0, 2, -1, 0}, {0, 0, -1, 3, -1}, {0, 0, 0, -1, 2}}));
  EXPECT_NEAR(system.rhs[0] + system.rhs[1], 0, 1e-15);
  EXPECT_GT(std::abs(system.rhs[2] + system.rhs[3] + system.rhs[4]), 1e-3);
}

TEST(Assemble, KeepsIsolatedFluidWhereAShiftMakesItRegular) {
  AssemblySpec spec;
  spec.shift = 0.5;
  const PressureSystem system = assemble(drawn({{".."}}, closed), spec);
  EXPECT_EQ(to_rows(system.matrix), (Rows{{1.5, -1}, {-1, 1.5}}));
}

TEST(Assemble, RefusesADomainWithoutFluid) {
  expect_refusal([] { assemble(drawn({{"#~"}}, default_sides), {}); }, "expected a fluid cell, found none");
}

TEST(Assemble, RefusesAClosedBoxWhenIsolatedFluidIsDropped) {
  expect_refusal([] { assemble(drawn({{".."}}, closed), {}); }, "connected to air or to an open side");
}

TEST(Assemble, RefusesValuesOutsideTheirRanges) {
  const VoxelDomain domain = drawn({{".."}}, default_sides);
  const auto with = [&](auto change) {
    return [&domain, change] {
      AssemblySpec spec;
      change(spec);
      assemble(domain, spec);
    };
  };
  expect_refusal(with([](AssemblySpec& s) { s.spacing[1] = 0; }), "spacing: expected a positive number, found 0");
  expect_refusal(with([](AssemblySpec& s) { s.spacing[0] = -1; }), "spacing: expected a positive number, found -1");
  expect_refusal(with([](AssemblySpec& s) { s.spacing[2] = NAN; }), "spacing: expected a positive number");
  expect_refusal(with([](AssemblySpec& s) { s.spacing[2] = 1e-200; }), "1 / spacing^2");
  expect_refusal(with([](AssemblySpec& s) { s.spacing[2] = 1e200; }), "1 / spacing^2");
  expect_refusal(with([](AssemblySpec& s) { s.shift = -1; }), "shift: expected a non-negative number, found -1");
  expect_refusal(with([](AssemblySpec& s) { s.shift = INFINITY; }), "shift: expected a non-negative number, found inf");
  expect_refusal(with([](AssemblySpec& s) { s.jump = 0; }), "jump: expected a positive number, found 0");
}

} // namespace
} // namespace linnet
