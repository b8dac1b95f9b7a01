// Iterations of CG with latticemg to a relative residual of 1e-6, random right-hand sides.
#include "latticemg/solve.hpp"

#include <array>
#include <functional>

using namespace latticemg_test;
using namespace voxels;

namespace {

PetscInt iterations(const Domain& domain, const Coefficients& coefficients, PCLatticeMGCycle cycle,
                    bool singular = false, const char* type = KSPCG) {
  const OwnedMat A = system(domain, coefficients, singular);
  if (!domain.periodic[0])
    compose_cells(A, domain);
  const OwnedKSP ksp = make_solver(A, type);
  PCLatticeMGSetGrid(pc_of(ksp), domain.size[0], domain.size[1], domain.size[2]);
  PCLatticeMGSetCycle(pc_of(ksp), cycle);
  const Outcome outcome = solve(ksp);
  EXPECT_GT(outcome.reason, 0);
  EXPECT_LE(outcome.residual, 1.01e-6);
  testing::Test::RecordProperty("iterations", outcome.iterations);
  return outcome.iterations;
}

constexpr auto v = PC_LATTICEMG_CYCLE_V, w = PC_LATTICEMG_CYCLE_W;

// Couplings exp(2 f) with f smooth: permeability over two orders of magnitude each way.
Coefficients smooth() {
  return {[](const Domain& d, int c, int axis) {
            const auto at = d.at(c);
            const double h = 6.283 / d.size[0], shift = 0.3 * axis;
            return std::exp(2 * (std::sin(h * at[0] + shift) * std::cos(2 * h * at[1]) + std::cos(h * at[2] + shift)));
          },
          voxel().excess};
}

// Spacings that grow from 1 to 12 along x: couplings area / distance.
Coefficients stretched_to_12() {
  const auto spacing = [](const Domain& d, int i) { return std::pow(12.0, i / (d.size[0] - 1.0)); };
  return {[=](const Domain& d, int c, int axis) {
            const int i = d.at(c)[0];
            return axis == 0 ? 2 / (spacing(d, i) + spacing(d, i + 1)) : spacing(d, i);
          },
          [](const Domain& d, int c) { return d.at(c)[2] == d.size[2] - 1 ? 1.0 : 0.0; }};
}

// Couplings with harmonic means of a coefficient k(x, y, z) of the cells.
template <class K>
Coefficients harmonic(const K& k) {
  const auto of = [=](const Domain& d, int c) {
    const auto at = d.at(c);
    return k(at[0], at[1], at[2]);
  };
  return {[=](const Domain& d, int c, int axis) {
            const double a = of(d, c), b = of(d, d.neighbour(c, 2 * axis + 1));
            return 2 * a * b / (a + b);
          },
          voxel().excess};
}

// Layers and inclusions of another coefficient.
Coefficients jumps(double contrast) {
  return harmonic(
      [=](int x, int y, int z) { return z / 7 % 2 || (x / 5 % 3 == 0 && y / 6 % 3 == 0) ? contrast : 1.0; });
}
Coefficients layers(int axis, int width, double contrast) {
  return harmonic([=](int x, int y, int z) {
    const int at[3] = {x, y, z};
    return at[axis] / width % 2 ? contrast : 1.0;
  });
}
// Cubes at random places.
Coefficients cubes(int width, double part, double contrast) {
  return harmonic([=](int x, int y, int z) {
    return voxels::random(3, x / width + 100 * (y / width) + 10000 * (z / width)) < part ? contrast : 1.0;
  });
}

// Spacings h(i) on each axis: couplings area / distance.
template <class H>
Coefficients graded(const std::array<H, 3>& h) {
  return {[=](const Domain& d, int c, int axis) {
            const auto at = d.at(c), above = d.at(d.neighbour(c, 2 * axis + 1));
            double coupling = 1;
            for (std::size_t a = 0; a < 3; ++a)
              coupling *= static_cast<int>(a) == axis ? 2 / (h[a](at[a]) + h[a](above[a])) : h[a](at[a]);
            return coupling;
          },
          voxel().excess};
}

Domain ball(int n) {
  Domain d = box(n, n, n);
  for (int c = 0; c < d.cells(); ++c) {
    double r2 = 0;
    for (const int x : d.at(c))
      r2 += (x + 0.5 - n / 2.0) * (x + 0.5 - n / 2.0);
    d.active[static_cast<std::size_t>(c)] = r2 < n * n / 4.0;
  }
  return d;
}

TEST(Iterations, OfOrdinaryVoxelDomainsAreThoseOfMultigrid) {
  for (const int n : {32, 64})
    for (const Domain& d : {box(n, n, n), largest_component(balls(n, 12, 5)), ball(n)}) {
      EXPECT_LE(iterations(d, voxel(), v), 13) << n;
      EXPECT_LE(iterations(d, voxel(), w), 6) << n;
    }
}

TEST(Iterations, DoNotDependOnTheMethodAroundIt) {
  const Domain d = largest_component(balls(32, 12, 5));
  EXPECT_LE(std::abs(iterations(d, voxel(), w) - iterations(d, voxel(), w, false, KSPDCD)), 1);
}

TEST(Iterations, InTwoDimensionsAreThoseOfMultigridToo) {
  EXPECT_LE(iterations(box(256, 250, 1), voxel(), w), 6);
  EXPECT_LE(iterations(box(1, 128, 133), voxel(), w), 6);
  EXPECT_LE(iterations(box(250, 256, 1), voxel(), v), 20);
}

TEST(Iterations, OfSingularAndPeriodicOperatorsAreAsFew) {
  EXPECT_LE(iterations(box(32, 32, 32), neumann(), w, true), 8);
  EXPECT_LE(iterations(largest_component(balls(32, 12, 5)), neumann(), w, true), 8);
  EXPECT_LE(iterations(torus(32, 24, 28, {true, true, true}), neumann(), w, true), 8);
  EXPECT_LE(iterations(torus(33, 25, 27, {true, true, true}), neumann(), w, true), 10);
  EXPECT_LE(iterations(torus(33, 32, 31, {true, false, false}), voxel(), w), 10);
}

TEST(Iterations, OfSmoothCoefficientsAndShiftsAreAsFew) {
  Coefficients heat = voxel();
  EXPECT_LE(iterations(box(64, 64, 64), smooth(), w), 10);
  for (const double shift : {1e-6, 1e-2, 1.0, 100.0}) {
    heat.excess = [=](const Domain&, int) { return shift; };
    EXPECT_LE(iterations(balls(32, 12, 5), heat, w), 10) << shift;
  }
}

// Couplings of spacings hx, hy, hz, scaled.
Coefficients spaced(double hx, double hy, double hz) {
  const std::array<double, 3> h{hx, hy, hz};
  return {[=](const Domain&, int, int axis) {
            return 1 / (h[static_cast<std::size_t>(axis)] * h[static_cast<std::size_t>(axis)]);
          },
          voxel().excess};
}

TEST(Iterations, OfUnequalSpacingsAreThoseOfEqualOnes) {
  for (const auto& h : {std::array<double, 3>{1, 5, 12}, {12, 1, 1}, {1, 12, 12}, {3, 1, 2}}) {
    EXPECT_LE(iterations(box(64, 61, 62), spaced(h[0], h[1], h[2]), w), 8) << h[0] << " " << h[1] << " " << h[2];
    EXPECT_LE(iterations(largest_component(balls(32, 12, 5)), spaced(h[0], h[1], h[2]), w), 10)
        << h[0] << " " << h[1] << " " << h[2];
  }
  EXPECT_LE(iterations(box(256, 1, 250), spaced(1, 1, 12), w), 8);
  EXPECT_LE(iterations(torus(33, 25, 27, {true, true, true}), spaced(1, 4, 10), w), 10);
  EXPECT_LE(iterations(torus(58, 47, 66, {true, false, false}), spaced(3, 3, 1), w), 5);
}

// Matrices of 64^3 rows are large for several ranks that share processors.
int hard_size() {
  PetscMPIInt ranks = 1;
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  return ranks == 1 ? 64 : 32;
}

TEST(Iterations, OfJumpingCoefficientsAreAtMost15) {
  const int n = hard_size();
  const Domain d = box(n, n, n);
  EXPECT_LE(iterations(d, jumps(1e4), w), 15);
  EXPECT_LE(iterations(d, layers(2, 7, 1e4), w), 15);
  EXPECT_LE(iterations(d, layers(0, 3, 1e4), w), 15);
  EXPECT_LE(iterations(d, layers(0, 3, 1e-4), w), 15);
  EXPECT_LE(iterations(d, cubes(5, 0.1, 1e4), w), 15);
  // Percolating: beyond layers and inclusions.
  EXPECT_LE(iterations(d, cubes(3, 0.5, 1e4), w), 25);
  for (const double part : {0.1, 0.3, 0.5})
    EXPECT_LE(iterations(d, cubes(1, part, 1e4), w), 20) << part;
}

// What joins a large region of large coefficients to the side that holds the solution is far below the rounding of its
// diagonals; and of all blocks of cells its border parts few.
TEST(Iterations, BeyondLargeRegionsOfLargeCoefficientsAreFewToo) {
  const auto lower_left = [](double contrast) {
    return harmonic([=](int x, int, int z) { return x < 150 && z < 110 ? contrast : 1.0; });
  };
  const auto but_for_channels = [](double contrast) {
    return harmonic([=](int x, int, int z) { return z < 150 && x % 50 > 2 ? contrast : 1.0; });
  };
  for (const double contrast : {1e3, 1e4, 1e5, 1e6}) {
    EXPECT_LE(iterations(box(200, 1, 250), lower_left(contrast), w), contrast < 1e6 ? 10 : 14) << contrast;
    EXPECT_LE(iterations(box(200, 1, 250), but_for_channels(contrast), w), 14) << contrast;
  }
}

// Large coefficients at the side that holds the solution, or values that are prescribed by large diagonals.
TEST(Iterations, BesideCellsHeldByTheirExcessAreFewToo) {
  const int n = hard_size();
  const auto held = [](double part, double excess) {
    return [=](const Domain&, int c) { return voxels::random(5, static_cast<std::size_t>(c)) < part ? excess : 0.0; };
  };
  for (const double part : {0.002, 0.05}) {
    EXPECT_LE(iterations(box(n, n, n), {voxel().coupling, held(part, 1e8)}, w), 10) << part;
    EXPECT_LE(iterations(box(n, n, n), {jumps(1e4).coupling, held(part, 1e8)}, w), 15) << part;
    EXPECT_LE(iterations(box(n, n, n), {cubes(1, 0.3, 1e4).coupling, held(part, 1e4)}, w), 18) << part;
  }
}

TEST(Iterations, OfGradedSpacingsAreAtMost15) {
  const int n = hard_size();
  const auto grow = [=](int i) { return std::pow(12.0, i / (n - 1.0)); };
  const auto to_walls = [=](int i) { return std::pow(12.0, -std::abs(2 * i / (n - 1.0) - 1)); };
  const auto wave = [](int i) { return std::pow(12.0, 0.5 + 0.5 * std::sin(0.2 * i)); };
  using Spacing = std::function<double(int)>;
  const Spacing even = [](int) { return 1.0; };
  const Domain d = box(n, n, n);
  EXPECT_LE(iterations(d, stretched_to_12(), w), 15);
  for (const Spacing& h : {Spacing(grow), Spacing(to_walls), Spacing(wave)})
    for (const std::array<Spacing, 3>& spacings : {std::array<Spacing, 3>{h, even, even}, {h, h, even}, {h, h, h}})
      EXPECT_LE(iterations(d, graded(spacings), w), 15);
}

TEST(Iterations, OfPassagesOneCellWideAreFewToo) {
  EXPECT_LE(iterations(rooms(6, 6, 6, 4, 1), voxel(), w), 20);
  EXPECT_LE(iterations(maze(40, 40, 1), neumann(), w, true), 15);
  EXPECT_LE(iterations(maze(40, 40, 1), neumann(), v, true), 50);
}

// Both sides of a gyroid, whose sheet is about a cell thick.
Domain gyroid(int nx, int ny, int nz, double phase) {
  constexpr double period = 10, level = 0.45;
  Domain d = box(nx, ny, nz);
  for (int c = 0; c < d.cells(); ++c) {
    std::array<double, 3> s{}, t{};
    for (std::size_t a = 0; a < 3; ++a) {
      const double turn = 2 * PETSC_PI * ((d.at(c)[a] + 0.5) / period + phase * static_cast<double>(a + 1));
      s[a] = std::sin(turn);
      t[a] = std::cos(turn);
    }
    d.active[static_cast<std::size_t>(c)] = std::abs(s[0] * t[1] + s[1] * t[2] + s[2] * t[0]) >= level;
  }
  return d;
}

// The second grid is nearly the coarsest one there, and does not tell.
TEST(Iterations, OfSmallDomainsWithThinWallsAreFewToo) {
  const Coefficients shifted{voxel().coupling, [](const Domain&, int) { return 1e-3; }};
  for (const double phase : {0.1, 0.2, 0.3})
    for (const Domain& d : {gyroid(20, 20, 20, phase), gyroid(24, 18, 31, phase)})
      EXPECT_LE(iterations(d, shifted, w), 10) << d.size[0] << " " << phase;
}

TEST(Iterations, BetweenThinWallsInCellsTwelveTimesAsLongAsWideAreFewToo) {
  for (const int length : {0, 1, 2}) {
    const Coefficients flat{[=](const Domain&, int, int axis) { return axis == length ? 1.0 / 144 : 1.0; },
                            [](const Domain&, int) { return 1e-4; }};
    EXPECT_LE(iterations(gyroid(32, 28, 30, 0.1), flat, w), 11) << length;
    EXPECT_LE(iterations(maze(24, 25, 23), flat, w), 12) << length;
  }
}

TEST(Iterations, OnShapesAtTheEdge) {
  EXPECT_LE(iterations(box(1, 1, 1),
                       {[](const Domain&, int, int) { return 1.0; }, [](const Domain&, int) { return 3.0; }}, w),
            1);
  EXPECT_LE(iterations(box(1000, 1, 1), voxel(), w), 60);
  EXPECT_LE(iterations(box(1, 41, 43), voxel(), w), 10);
  EXPECT_LE(iterations(box(31, 1, 29), variable(1), w), 10);
}

} // namespace
