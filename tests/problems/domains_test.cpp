#include "support.hpp"

#include "problems/sides.hpp"

#include <Eigen/SparseCholesky>

#include <algorithm>
#include <bit>

namespace linnet {
namespace {

/// FNV-1a.
class Checksum {
public:
  void add(std::uint64_t value) {
    for (int byte = 0; byte < 8; ++byte)
      sum_ = (sum_ ^ (value >> (8 * byte) & 0xff)) * 0x100000001b3U;
  }
  std::uint64_t value() const { return sum_; }

private:
  std::uint64_t sum_ = 0xcbf29ce484222325U;
};

std::uint64_t checksum(const VoxelDomain& domain, const PressureSystem& system) {
  Checksum sum;
  for (const Cell cell : domain.cell)
    sum.add(static_cast<std::uint64_t>(cell));
  for (const double b : system.rhs)
    sum.add(std::bit_cast<std::uint64_t>(b));
  for (const double a : system.matrix.value)
    sum.add(std::bit_cast<std::uint64_t>(a));
  for (const std::int32_t column : system.matrix.column)
    sum.add(static_cast<std::uint64_t>(column));
  return sum.value();
}

class EveryFamily : public testing::TestWithParam<Family> {};

INSTANTIATE_TEST_SUITE_P(Domains, EveryFamily,
                         testing::Values(Family::box, Family::sphere, Family::blobs, Family::maze, Family::pipes,
                                         Family::dam, Family::gyroid, Family::grains, Family::plates, Family::drops),
                         [](const auto& parameter) {
                           return std::string(family_names[static_cast<std::size_t>(parameter.param)]);
                         });

/// Number of fluid, air and open neighbours, and of air and open ones alone.
struct Degree {
  int all = 0;
  int dirichlet = 0;
};

Degree degree(const VoxelDomain& domain, std::int64_t cell) {
  const VoxelGrid& g = domain.grid;
  const std::array<std::int64_t, 3> at = {cell % g.nx, cell / g.nx % g.ny, cell / (g.nx * g.ny)};
  Degree degree;
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (const int step : {-1, 1}) {
      std::array<std::int64_t, 3> to = at;
      to[axis] += step;
      const bool outside = to[axis] < 0 || to[axis] >= g.extent(static_cast<int>(axis));
      const bool air =
          outside ? domain.sides[2 * axis + (step > 0)] == Beyond::open : domain.at(to[0], to[1], to[2]) == Cell::air;
      const bool fluid = !outside && domain.at(to[0], to[1], to[2]) == Cell::fluid;
      degree.all += fluid || air;
      degree.dirichlet += air;
    }
  return degree;
}

TEST_P(EveryFamily, GivesASymmetricPositiveDefiniteMMatrixAtEverySize) {
  const VoxelGrid sizes[] = {{11, 13, 1}, {16, 16, 1}, {33, 9, 1}, {64, 64, 1}, {7, 9, 5}, {8, 8, 8}, {13, 17, 11}};
  for (const VoxelGrid& grid : sizes)
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      SCOPED_TRACE(testing::Message() << grid.nx << 'x' << grid.ny << 'x' << grid.nz << " seed " << seed);
      const VoxelDomain domain = make_domain({.family = GetParam(), .grid = grid, .seed = seed});
      const PressureSystem system = assemble(domain, {});
      ASSERT_GT(system.matrix.rows, 0);
      const Eigen::SparseMatrix<double> a = to_eigen(system.matrix);
      EXPECT_EQ((a - Eigen::SparseMatrix<double>(a.transpose())).norm(), 0);
      const Eigen::VectorXd row_sums = a * Eigen::VectorXd::Ones(a.cols());
      for (Eigen::Index r = 0; r < a.rows(); ++r) {
        const Degree expected = degree(domain, system.cells[static_cast<std::size_t>(r)]);
        EXPECT_EQ(a.coeff(r, r), expected.all);
        EXPECT_EQ(row_sums[r], expected.dirichlet);
      }
      for (std::size_t e = 0; e < system.matrix.value.size(); ++e)
        EXPECT_TRUE(system.matrix.value[e] == -1 || system.matrix.value[e] > 0);

      const Eigen::SimplicialLLT<Eigen::SparseMatrix<double>> factor(a);
      ASSERT_EQ(factor.info(), Eigen::Success); // positive definite
      const Eigen::Map<const Eigen::VectorXd> b(system.rhs.data(), a.rows());
      const Eigen::VectorXd x = factor.solve(b);
      EXPECT_LT((b - a * x).norm(), 1e-10 * b.norm());
    }
}

TEST_P(EveryFamily, StoresColumnsAscendingWithinTheMatrix) {
  const SparseMatrix a = assemble(make_domain({.family = GetParam(),
                                               .grid = {9, 12, 10},
                                               .sides = {Beyond::periodic, Beyond::periodic, Beyond::open, Beyond::open,
                                                         Beyond::periodic, Beyond::periodic}}),
                                  {})
                             .matrix;
  ASSERT_EQ(std::ssize(a.row_start), a.rows + 1);
  ASSERT_EQ(std::ssize(a.column), a.nnz());
  ASSERT_EQ(std::ssize(a.value), a.nnz());
  for (std::int64_t r = 0; r < a.rows; ++r)
    for (auto e = a.row_start[static_cast<std::size_t>(r)]; e < a.row_start[static_cast<std::size_t>(r + 1)]; ++e) {
      const std::int32_t column = a.column[static_cast<std::size_t>(e)];
      EXPECT_TRUE(column >= 0 && column < a.cols);
      EXPECT_TRUE(e == a.row_start[static_cast<std::size_t>(r)] || a.column[static_cast<std::size_t>(e - 1)] < column);
    }
}

TEST_P(EveryFamily, IsTheSameWithAnyNumberOfThreads) {
  std::vector<std::uint64_t> sums;
  for (const int threads : {1, 2, 5}) {
    AssemblySpec spec;
    spec.threads = threads;
    spec.jump = 100;
    spec.right_hand_side = RightHandSide::divergence;
    const VoxelDomain domain = make_domain({.family = GetParam(), .grid = {23, 19, 17}, .seed = 5, .threads = threads});
    sums.push_back(checksum(domain, assemble(domain, spec)));
  }
  EXPECT_EQ(sums[0], sums[1]);
  EXPECT_EQ(sums[0], sums[2]);
}

TEST_P(EveryFamily, IsTheSameAsEverOnEveryMachine) {
  const auto sum = [](std::uint64_t seed) {
    AssemblySpec spec;
    spec.seed = seed;
    const VoxelDomain domain = make_domain({.family = GetParam(), .grid = {24, 20, 16}, .seed = seed});
    return checksum(domain, assemble(domain, spec));
  };
  const std::uint64_t recorded[][2] = {
      {0x5ebfc1aaa17d35ddU, 0xfeb79bd78d70ececU}, // box
      {0x254d2cf073efab95U, 0x83890dd824c8ccabU}, // sphere
      {0x366e77575efdc3ecU, 0x548167ffab9d8016U}, // blobs
      {0x5344530c57074f60U, 0x2be46365327bc863U}, // maze
      {0x5a53afdcb18a096cU, 0xb570400e12a7c5b3U}, // pipes
      {0x619894a4881bc960U, 0x15b77104fcc795d4U}, // dam
      {0xa29e4ffe8a2225a1U, 0x1b5ff9b56230346fU}, // gyroid
      {0x33065f555f784c0cU, 0x4b9350eefbabf190U}, // grains
      {0xae06890b4e88f5f9U, 0x2cd59a304c2df51fU}, // plates
      {0x47e923e2fa25ec1cU, 0x6b6e7dbdbdab9111U}, // drops
  };
  const std::uint64_t* const expected = recorded[static_cast<std::size_t>(GetParam())];
  EXPECT_EQ(sum(1), expected[0]) << std::hex << sum(1);
  EXPECT_EQ(sum(2), expected[1]) << std::hex << sum(2);
}

TEST_P(EveryFamily, ChangesWithItsSeedWhereItIsRandom) {
  const auto cells = [](std::uint64_t seed) {
    return make_domain({.family = GetParam(), .grid = {40, 40, 1}, .seed = seed}).cell;
  };
  const bool random = GetParam() != Family::box && GetParam() != Family::sphere;
  EXPECT_EQ(cells(1) != cells(2), random);
}

TEST_P(EveryFamily, SurvivesDegenerateGrids) {
  for (const VoxelGrid& grid : {VoxelGrid{1, 1, 1}, VoxelGrid{1, 9, 1}, VoxelGrid{9, 1, 1}, VoxelGrid{1, 1, 9},
                                VoxelGrid{2, 2, 2}, VoxelGrid{3, 1, 4}, VoxelGrid{300, 2, 1}}) {
    const VoxelDomain domain = make_domain({.family = GetParam(), .grid = grid});
    EXPECT_EQ(static_cast<std::int64_t>(domain.cell.size()), grid.cells());
    if (!find_components(domain).component.empty()) {
      AssemblySpec spec;
      spec.isolated = Isolated::keep;
      EXPECT_GT(assemble(domain, spec).matrix.rows, 0);
    }
  }
}

double share(const VoxelDomain& domain, Cell kind) {
  const auto count = std::count(domain.cell.begin(), domain.cell.end(), kind);
  return static_cast<double>(count) / static_cast<double>(domain.cell.size());
}

TEST(Domains, HoldWhatTheirFamilySays) {
  const auto make = [](Family family) { return make_domain({.family = family, .grid = {48, 48, 48}}); };
  EXPECT_EQ(share(make(Family::box), Cell::fluid), 1);
  EXPECT_NEAR(share(make(Family::sphere), Cell::solid), 4.18879 / 64, 0.001); // (4 / 3) pi (1 / 4)^3
  EXPECT_NEAR(share(make(Family::blobs), Cell::solid), 0.3, 0.15);
  EXPECT_NEAR(share(make(Family::grains), Cell::solid), 0.3, 0.1);
  EXPECT_GT(share(make(Family::dam), Cell::air), 0.3);
  EXPECT_GT(share(make(Family::dam), Cell::solid), 0.005);
  EXPECT_LT(share(make(Family::pipes), Cell::fluid), 0.3);
  EXPECT_GT(share(make(Family::drops), Cell::air), 0.2);
}

TEST(Domains, PipesHaveOneCellWidePassages) {
  const VoxelDomain domain = make_domain({.family = Family::pipes, .grid = {48, 48, 1}});
  int narrow = 0;
  for (std::int64_t j = 1; j < 47; ++j)
    for (std::int64_t i = 1; i < 47; ++i) {
      const auto fluid = [&](std::int64_t x, std::int64_t y) { return domain.at(x, y, 0) == Cell::fluid; };
      const bool along_x = fluid(i - 1, j) && fluid(i + 1, j) && !fluid(i, j - 1) && !fluid(i, j + 1);
      const bool along_y = fluid(i, j - 1) && fluid(i, j + 1) && !fluid(i - 1, j) && !fluid(i + 1, j);
      narrow += fluid(i, j) && (along_x || along_y);
    }
  EXPECT_GT(narrow, 20);
}

TEST(Domains, PipesReachEveryOpenSide) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    for (std::size_t side = 0; side < 6; ++side) {
      Sides sides = closed;
      sides[side] = Beyond::open;
      const VoxelDomain domain =
          make_domain({.family = Family::pipes, .grid = {12, 14, 13}, .sides = sides, .seed = seed});
      EXPECT_GT(assemble(domain, {}).fluid, 0);
    }
}

TEST(Domains, OfLargerFeaturesHaveFewerBoundaries) {
  const auto faces = [](Family family, std::int64_t feature) {
    const VoxelDomain domain = make_domain({.family = family, .grid = {96, 96, 1}, .feature = feature});
    int count = 0;
    for (std::size_t c = 1; c < domain.cell.size(); ++c)
      count += domain.cell[c] != domain.cell[c - 1];
    return count;
  };
  for (const Family family :
       {Family::blobs, Family::maze, Family::pipes, Family::gyroid, Family::grains, Family::plates, Family::drops})
    EXPECT_LT(2 * faces(family, 32), 3 * faces(family, 8)) << family_names[static_cast<std::size_t>(family)];
}

TEST(Domains, RefuseAFeatureTooSmall) {
  expect_refusal(
      [] {
        make_domain({.family = Family::gyroid, .grid = {64, 64, 64}, .feature = 3});
      },
      "feature of gyroid: expected at least 8 cells, found 3");
  expect_refusal(
      [] {
        make_domain({.family = Family::maze, .grid = {64, 64, 64}, .feature = -1});
      },
      "feature of maze: expected at least 3 cells, found -1");
}

TEST(Domains, RefuseGridsThatAreEmptyOrTooLarge) {
  expect_refusal([] { make_domain({.grid = {0, 5, 1}}); }, "expected at least 1 cell along each axis, found 0 x 5 x 1");
  expect_refusal([] { make_domain({.grid = {4, -5, 1}}); }, "found 4 x -5 x 1");
  expect_refusal([] { make_domain({.grid = {2048, 1024, 1024}}); }, "expected at most 2147483647 cells");
  expect_refusal([] { make_domain({.grid = {INT64_MAX, INT64_MAX, INT64_MAX}}); }, "expected at most 2147483647 cells");
}

TEST(VoxelFile, BecomesADomain) {
  const VoxelDomain domain = domain_from_integers({3, 1, 1}, default_sides, {0, 1, 2});
  EXPECT_EQ(domain.cell, (std::vector<Cell>{Cell::fluid, Cell::solid, Cell::air}));
}

TEST(VoxelFile, IsRefusedForOtherCountsAndValues) {
  expect_refusal([] { domain_from_integers({3, 1, 1}, closed, {0, 1}); }, "expected 3 values for the grid, found 2");
  expect_refusal(
      [] {
        domain_from_integers({2, 1, 1}, closed, {0, 3});
      },
      "value 2: expected 0 (fluid), 1 (solid) or 2 (air), found 3");
  expect_refusal([] { domain_from_integers({2, 1, 1}, closed, {-1, 0}); }, "value 1: expected 0");
}

TEST(Names, LeadToTheirChoices) {
  for (std::size_t f = 0; f < family_names.size(); ++f)
    EXPECT_EQ(static_cast<std::size_t>(family_from_name(family_names[f])), f);
  EXPECT_EQ(family_from_name("gyroid"), Family::gyroid);
  EXPECT_EQ(isolated_from_name("keep"), Isolated::keep);
  EXPECT_EQ(numbering_from_name("full"), Numbering::full);
  EXPECT_EQ(right_hand_side_from_name("divergence"), RightHandSide::divergence);
  expect_refusal([] { family_from_name("cube"); }, "domain: expected one of box, sphere,");
  expect_refusal([] { isolated_from_name(""); }, "isolated: expected one of drop, keep, found ''");
}

TEST(SideNames, DefaultToWallsUnderAnOpenTop) {
  EXPECT_EQ(make_sides({}, false), default_sides);
}

TEST(SideNames, CloseTheTopWhenAnotherSideIsOpenOrTheTopIsNamed) {
  EXPECT_EQ(make_sides({.walls = {"top"}}, false), closed);
  EXPECT_EQ(make_sides({.open = {"left", "back"}}, false),
            (Sides{Beyond::open, Beyond::wall, Beyond::wall, Beyond::wall, Beyond::wall, Beyond::open}));
  EXPECT_EQ(make_sides({.periodic = {"x", "z"}}, false), (Sides{Beyond::periodic, Beyond::periodic, Beyond::wall,
                                                                Beyond::open, Beyond::periodic, Beyond::periodic}));
}

TEST(SideNames, OfAPlaneAreFour) {
  EXPECT_EQ(make_sides({.open = {"all"}}, true),
            (Sides{Beyond::open, Beyond::open, Beyond::open, Beyond::open, Beyond::wall, Beyond::wall}));
  expect_refusal([] { make_sides({.walls = {"front"}}, true); },
                 "side: expected one of left, right, bottom, top, found 'front'");
  expect_refusal([] { make_sides({.periodic = {"z"}}, true); }, "periodic axis: expected one of x, y, found 'z'");
}

TEST(SideNames, AreRefusedWhenUnknownOrContradictory) {
  expect_refusal([] { make_sides({.open = {"up"}}, false); }, "found 'up'");
  expect_refusal([] { make_sides({.open = {""}}, false); }, "found ''");
  expect_refusal([] { make_sides({.walls = {"left"}, .open = {"left"}}, false); },
                 "side left is named both a wall and open");
  expect_refusal([] { make_sides({.open = {"all"}, .periodic = {"y"}}, false); },
                 "side bottom is named both open and periodic");
}

TEST(PeriodicSides, ComeInPairsAtLeastThreeCellsApart) {
  Sides sides = closed;
  sides[left] = Beyond::periodic;
  expect_refusal(
      [&] {
        make_domain({.grid = {4, 4, 1}, .sides = sides});
      },
      "sides left and right: expected both to be periodic or neither");
  sides[right] = Beyond::periodic;
  expect_refusal(
      [&] {
        make_domain({.grid = {2, 4, 1}, .sides = sides});
      },
      "periodic axis x: expected at least 3 cells, found 2");
}

} // namespace
} // namespace linnet
