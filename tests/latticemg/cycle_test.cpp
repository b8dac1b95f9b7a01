// The cycle against its reference in plain loops and double precision.
#include <gtest/gtest.h>

#include "latticemg/reference.hpp"
#include "latticemg/systems.hpp"

using namespace linnet;
using namespace linnet::latticemg;
using namespace latticemg_test;
using voxels::Coefficients;
using voxels::Domain;

namespace {

// A plane with a gap around a corner of 4 x 2 cells, which two groups of cells cover.
Domain corner() {
  Domain domain = voxels::box(40, 38, 1);
  for (int c = 0; c < domain.cells(); ++c) {
    const auto [i, j, k] = domain.at(c);
    domain.active[static_cast<std::size_t>(c)] = i >= 6 || j >= 4 || (i < 4 && j < 2);
  }
  return domain;
}

// Of a few cells, which it holds.
double large_excess(const Domain&, int c) {
  const double draw = voxels::random(3, static_cast<std::uint64_t>(c));
  return draw < 0.1 ? 1e5 * draw : 0;
}

double open_and_shifted(const Domain& d, int c) {
  return 0.3 + voxels::voxel().excess(d, c);
}

// A domain, its coefficients and whether all cells have rows; what it takes from M r to be unlike the reference.
const std::vector<Case>& cases() {
  using namespace voxels;
  static const std::vector<Case> all{
      {"box 8", box(8, 8, 8), voxel()},
      {"box 16", box(16, 16, 16), voxel()},
      {"odd box", box(17, 9, 13), voxel()},
      {"long box", box(33, 5, 6), voxel()},
      {"flat box", box(40, 39, 2), voxel()},
      {"needle", box(2, 3, 70), voxel()},
      {"plane", box(33, 34, 1), voxel()},
      {"plane on its side", box(1, 30, 27), voxel()},
      {"plane across", box(31, 1, 26), variable(1)},
      {"line", box(300, 1, 1), voxel()},
      {"line along z", box(1, 1, 257), variable(2)},
      {"single cell", box(1, 1, 1), shifted(3)},
      {"pair", box(2, 1, 1), voxel()},
      {"corner", corner(), shifted(0.001)},
      {"balls", balls(21, 8, 3), voxel()},
      {"beam", beam({150, 12, 10}, 0), voxel()},
      {"beam with shift", beam({150, 13, 11}, -9), shifted(0.1)},
      {"beam, variable", beam({150, 12, 10}, 0), variable(4)},
      {"beam with thin walls", beam({150, 12, 10}, -3), thin_walls()},
      {"beam in a plane", beam({260, 33, 1}, 10), voxel()},
      {"beam in a torus", beam({150, 12, 10}, 0, {true, false, true}), voxel()},
      {"beam in an odd torus", beam({151, 12, 10}, -20, {true, false, false}), variable(5)},
      {"holes", noise(15, 14, 13, 0.4, 4), voxel()},
      {"holes, Neumann", noise(14, 15, 16, 0.3, 5), neumann()},
      {"rooms", rooms(4, 4, 4, 3, 6), voxel()},
      {"maze", maze(14, 17, 7), voxel()},
      {"spiral", spiral(33), voxel()},
      {"box, Neumann", box(15, 15, 15), neumann()},
      {"shift", balls(20, 6, 8), shifted(0.3)},
      {"shift below an open top", balls(20, 6, 8), {voxel().coupling, open_and_shifted}},
      {"free surface", balls(20, 6, 8), {voxel().coupling, [](const Domain&, int c) { return c * 7 % 4; }}},
      {"nine shifts", balls(20, 6, 8), few_excesses(9)},
      {"huge shift", balls(20, 6, 8), {voxel().coupling, [](const Domain&, int c) { return c % 2 * 1e20; }}},
      {"tiny shift", box(12, 14, 15), shifted(1e-9)},
      {"excess of its own in each cell", balls(20, 6, 8), own_excess(3)},
      {"excess of its own in flat cells", box(18, 11, 16), own_excess(4, 5)},
      {"excess of its own in a plane", box(35, 34, 1), own_excess(5)},
      {"excess of its own in a beam", beam({150, 12, 10}, -4), own_excess(6)},
      {"excess of its own between thin walls", balls(21, 8, 3), {thin_walls(5).coupling, own_excess(7).excess}},
      {"excess of its own in a torus", torus(16, 12, 14, {true, false, true}), own_excess(8)},
      {"large excess of its own", balls(20, 6, 8), {voxel().coupling, large_excess}},
      {"unequal spacings", box(18, 11, 16), anisotropic()},
      {"walls", box(17, 18, 11), walled()},
      {"thin walls", box(17, 18, 11), thin_walls()},
      {"thin walls between balls", balls(21, 8, 3), thin_walls()},
      {"thin walls in a plane", box(35, 34, 1), thin_walls()},
      {"thin walls in flat cells", box(18, 11, 16), thin_walls(5)},
      {"thin walls in a line", box(300, 1, 1), thin_walls()},
      {"variable", balls(19, 6, 9), variable(9)},
      {"stretched", box(20, 15, 18), stretched()},
      {"torus", torus(16, 12, 14, {true, true, true}), neumann()},
      {"torus with thin walls", torus(16, 12, 14, {true, true, true}), thin_walls()},
      {"torus in flat cells", torus(34, 8, 14, {true, false, true}), anisotropic()},
      {"odd torus", torus(15, 11, 13, {true, true, true}), neumann()},
      {"odd torus with shift", torus(9, 9, 9, {true, true, true}), shifted(0.1)},
      {"periodic x", torus(33, 6, 7, {true, false, false}), variable(10)},
      {"periodic y", torus(8, 21, 9, {false, true, false}), variable(11)},
      {"periodic z", torus(9, 8, 19, {false, false, true}), voxel()},
      {"periodic plane", torus(35, 20, 1, {true, true, false}), variable(12)},
      {"ring", torus(201, 1, 1, {true, false, false}), shifted(0.01)},
      {"thin ring", torus(3, 40, 5, {true, false, false}), voxel()},
  };
  return all;
}

class Cycle : public testing::TestWithParam<int> {
protected:
  const Case& test_case() const { return cases()[static_cast<std::size_t>(GetParam())]; }
};
std::string case_name(const testing::TestParamInfo<int>& info) {
  std::string name = cases()[static_cast<std::size_t>(info.param)].name;
  for (char& c : name)
    c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Cases, Cycle, testing::Range(0, static_cast<int>(cases().size())), case_name);

TEST_P(Cycle, IsTheReferenceOnItsRows) {
  for (const bool every_cell : {false, true}) {
    const System system(test_case().domain, test_case().coefficients, every_cell);
    Multigrid multigrid;
    ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 1), "");
    const std::vector<double> r = noise(system.rows, 1);
    std::vector<double> on_cells(system.op.cell_count(), 0);
    for (PetscInt row = 0; row < system.rows; ++row)
      on_cells[system.cell(row)] = r[row];
    for (const CycleOptions& options : {CycleOptions{false, 1}, CycleOptions{false, 2}, CycleOptions{true, 2}}) {
      const std::vector<double> z = apply(&multigrid, options, r);
      const std::vector<double> expected = reference::apply<double>(system.op, options, on_cells);
      double error = 0, size = 0;
      for (PetscInt row = 0; row < system.rows; ++row) {
        const std::size_t c = system.cell(row);
        const bool coupled = system.op.links[c] != LatticeOperator::row_bit;
        const double decoupled = system.op.excess_of(c) > 0 ? r[row] / system.op.excess_of(c) : 0;
        const double exact = coupled ? expected[c] : decoupled;
        error += (z[row] - exact) * (z[row] - exact);
        size += exact * exact;
      }
      // The second visit of a W cycle starts from an answer, whose residual is a difference of larger numbers.
      EXPECT_LE(std::sqrt(error), (options.w_cycle ? 5e-4 : 1e-5) * std::sqrt(size))
          << "sweeps " << options.sweeps << " w " << options.w_cycle;
    }
  }
}

// ||z - expected|| / ||expected||, `expected` one number a cell.
double error_on_coupled_rows(const System& system, const std::vector<double>& z, const std::vector<double>& expected) {
  double error = 0, size = 0;
  for (PetscInt row = 0; row < system.rows; ++row) {
    const std::size_t c = system.cell(row);
    if (system.op.links[c] == LatticeOperator::row_bit)
      continue;
    error += (z[row] - expected[c]) * (z[row] - expected[c]);
    size += expected[c] * expected[c];
  }
  return size > 0 ? std::sqrt(error / size) : std::sqrt(error);
}

TEST_P(Cycle, IsTheReferenceWithFittedWeights) {
  const System system(test_case().domain, test_case().coefficients, true);
  const std::vector<double> r = noise(system.rows, 1);
  Multigrid multigrid;
  ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 1, Coarsening::automatic, Aggregation::never,
                            fitted_weights),
            "");
  for (const CycleOptions& options : {CycleOptions{false, 2}, CycleOptions{false, 3}, CycleOptions{true, 2}}) {
    const std::vector<double> z = apply(&multigrid, options, r);
    const std::vector<double> expected =
        reference::apply<double>(system.op, options, r, Coarsening::automatic, fitted_weights);
    EXPECT_LE(error_on_coupled_rows(system, z, expected), options.w_cycle ? 1e-3 : 1e-5);
  }
}

TEST_P(Cycle, IsTheReferenceWithEachCoarsening) {
  const System system(test_case().domain, test_case().coefficients, true);
  const std::vector<double> r = noise(system.rows, 1);
  for (const Coarsening coarsening : {Coarsening::full, Coarsening::semi}) {
    Multigrid multigrid;
    ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 1, coarsening), "");
    const std::vector<double> z = apply(&multigrid, {false, 2}, r);
    const std::vector<double> expected = reference::apply<double>(system.op, {false, 2}, r, coarsening);
    EXPECT_LE(error_on_coupled_rows(system, z, expected), 1e-5) << static_cast<int>(coarsening);
  }
}

void expect_symmetric_and_positive(Multigrid* multigrid, const CycleOptions& options, PetscInt rows, double rounding) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const std::vector<double> u = noise(rows, seed), v = noise(rows, seed + 100);
    const std::vector<double> Mu = apply(multigrid, options, u), Mv = apply(multigrid, options, v);
    const double size = std::sqrt(dot(u, u) * dot(Mv, Mv)) + std::sqrt(dot(v, v) * dot(Mu, Mu));
    EXPECT_NEAR(dot(u, Mv), dot(v, Mu), rounding * size);
    EXPECT_GT(dot(u, Mu), 0);
  }
}

TEST_P(Cycle, IsSymmetricAndPositive) {
  const System system(test_case().domain, test_case().coefficients);
  Multigrid multigrid;
  ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 1), "");
  for (const bool w_cycle : {false, true})
    expect_symmetric_and_positive(&multigrid, {w_cycle, 2}, system.rows, 1e-6);
}

TEST_P(Cycle, WithFittedWeightsIsSymmetricAndPositive) {
  const System system(test_case().domain, test_case().coefficients);
  Multigrid multigrid;
  ASSERT_EQ(
      multigrid.build(system.op, system.lattice, system.rows, 1, Coarsening::full, Aggregation::never, fitted_weights),
      "");
  for (const int sweeps : {2, 3})
    expect_symmetric_and_positive(&multigrid, {true, sweeps}, system.rows, 1e-5);
}

TEST_P(Cycle, WithAggregatesIsSymmetricAndPositiveAndTheSameOnAnyThreads) {
  const System system(test_case().domain, test_case().coefficients);
  for (const CycleWeights& weights : {classical_weights, fitted_weights}) {
    Multigrid multigrid, other;
    ASSERT_EQ(
        multigrid.build(system.op, system.lattice, system.rows, 1, Coarsening::automatic, Aggregation::always, weights),
        "");
    ASSERT_EQ(
        other.build(system.op, system.lattice, system.rows, 3, Coarsening::automatic, Aggregation::always, weights),
        "");
    EXPECT_EQ(multigrid.aggregated(), multigrid.levels().size() > 1);
    for (const bool w_cycle : {false, true}) {
      expect_symmetric_and_positive(&multigrid, {w_cycle, 2}, system.rows, 1e-5);
      const std::vector<double> r = noise(system.rows, 2), z = apply(&multigrid, {w_cycle, 2}, r);
      EXPECT_EQ(apply(&other, {w_cycle, 2, 3}, r), z);
    }
  }
}

// Where products are fused with sums, as from AVX2 on, the bits are the same; elsewhere the rounding differs.
TEST_P(Cycle, HasTheSameBitsWhateverTheThreadsAndTheInstructionSet) {
  const System system(test_case().domain, test_case().coefficients);
  Multigrid multigrid;
  ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 1), "");
  const std::vector<double> r = noise(system.rows, 2);
  const std::vector<double> z = apply(&multigrid, {true, 2}, r);
  for (const Kernels* kernels : supported_kernels()) {
    const std::vector<double> other = apply(&multigrid, {true, 2, 1, kernels}, r);
    if (kernels->lanes >= 8)
      EXPECT_EQ(other, z) << kernels->name;
    else
      EXPECT_LE(distance(other, z), 1e-4 * std::sqrt(dot(z, z))) << kernels->name;
  }
  for (const int threads : {2, 3}) {
    Multigrid other;
    ASSERT_EQ(other.build(system.op, system.lattice, system.rows, threads), "");
    EXPECT_EQ(apply(&other, {true, 2, threads}, r), z) << threads << " threads";
  }
}

TEST(Cycle, OfGridsLargeEnoughToSplitHasTheSameBitsOnAnyThreads) {
  for (const auto& domain : {voxels::balls(41, 8, 1), voxels::box(87, 85, 84), voxels::box(300, 277, 1),
                             voxels::torus(40, 41, 42, {false, true, true})}) {
    const System system(domain, voxels::voxel());
    Multigrid multigrid;
    ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 1, Coarsening::automatic, Aggregation::never,
                              fitted_weights),
              "");
    const std::vector<double> r = noise(system.rows, 2);
    const std::vector<double> z = apply(&multigrid, {true, 2}, r);
    for (const int threads : {2, 3, 5})
      EXPECT_EQ(apply(&multigrid, {true, 2, threads}, r), z) << threads << " threads";
  }
}

TEST(Cycle, WithAggregatesOfLargeLevelsHasTheSameBitsOnAnyThreads) {
  for (const auto& domain : {voxels::balls(64, 8, 1), voxels::torus(65, 42, 43, {true, true, true})}) {
    const System system(domain, voxels::variable(3));
    Multigrid multigrid;
    ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 1, Coarsening::automatic, Aggregation::always),
              "");
    ASSERT_GT(multigrid.aggregates().sizes()[0], 8192);
    const std::vector<double> r = noise(system.rows, 2), z = apply(&multigrid, {true, 2}, r);
    for (const int threads : {2, 3})
      EXPECT_EQ(apply(&multigrid, {true, 2, threads}, r), z) << threads << " threads";
  }
}

TEST(Cycle, SolvesGridsOfTheCoarsestSizeExactly) {
  const System system(voxels::box(5, 5, 5), voxels::voxel());
  Multigrid multigrid;
  ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 1), "");
  ASSERT_EQ(multigrid.levels().size(), 1U);
  const std::vector<double> u = noise(system.rows, 3);
  std::vector<double> r(u.size());
  const reference::Grid<double> grid = reference::grid_of<double>(system.op);
  const std::vector<double> minus_Au = reference::residual(grid, std::vector<double>(u.size(), 0), u);
  for (std::size_t i = 0; i < u.size(); ++i)
    r[i] = -minus_Au[i];
  EXPECT_LE(distance(apply(&multigrid, {}, r), u), 1e-5 * std::sqrt(dot(u, u)));
}

TEST(Cycle, MakesNothingOfConstantsOnASingularCoarsestGrid) {
  const System system(voxels::box(5, 5, 5), voxels::neumann());
  Multigrid multigrid;
  ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 1), "");
  const std::vector<double> ones(static_cast<std::size_t>(system.rows), 1);
  const std::vector<double> z = apply(&multigrid, {}, ones);
  EXPECT_LE(std::sqrt(dot(z, z)), 1e-5);
}

TEST(Cycle, ScalesWithItsInputExactlyByPowersOfTwo) {
  const System system(voxels::balls(16, 4, 1), voxels::voxel());
  Multigrid multigrid;
  ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 1), "");
  const std::vector<double> r = noise(system.rows, 4);
  const std::vector<double> z = apply(&multigrid, {}, r);
  for (const double factor : {0x1p-500, 0x1p500}) {
    std::vector<double> scaled = r, expected = z;
    for (double& x : scaled)
      x *= factor;
    for (double& x : expected)
      x *= factor;
    EXPECT_EQ(apply(&multigrid, {}, scaled), expected);
  }
}

TEST(Cycle, OfZeroIsZeroAndOfNaNIsNaN) {
  const System system(voxels::balls(16, 4, 1), voxels::voxel());
  Multigrid multigrid;
  ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 1), "");
  std::vector<double> r(static_cast<std::size_t>(system.rows), 0);
  EXPECT_EQ(apply(&multigrid, {}, r), r);
  for (const double bad : {std::nan(""), HUGE_VAL}) {
    r[17] = bad;
    for (const double z : apply(&multigrid, {}, r))
      ASSERT_TRUE(std::isnan(z));
  }
  r[17] = 1;
  for (const double z : apply(&multigrid, {}, r))
    ASSERT_TRUE(std::isfinite(z));
}

} // namespace
