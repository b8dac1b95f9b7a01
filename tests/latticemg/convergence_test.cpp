// Iterations of CG with latticemg to a relative residual of 1e-6, random right-hand sides.
#include "latticemg/solve.hpp"

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

// Layers and inclusions of another coefficient, harmonic means between.
Coefficients jumps(double contrast) {
  const auto k = [=](const Domain& d, int c) {
    const auto at = d.at(c);
    const bool other = at[2] / 7 % 2 || ((at[0] / 5) % 3 == 0 && (at[1] / 6) % 3 == 0);
    return other ? contrast : 1.0;
  };
  return {[=](const Domain& d, int c, int axis) {
            const double a = k(d, c), b = k(d, d.neighbour(c, 2 * axis + 1));
            return 2 * a * b / (a + b);
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
      EXPECT_LE(iterations(d, voxel(), w), 8) << n;
    }
}

TEST(Iterations, DoNotDependOnTheMethodAroundIt) {
  const Domain d = largest_component(balls(32, 12, 5));
  EXPECT_LE(std::abs(iterations(d, voxel(), w) - iterations(d, voxel(), w, false, KSPDCD)), 1);
}

TEST(Iterations, InTwoDimensionsAreThoseOfMultigridToo) {
  EXPECT_LE(iterations(box(256, 250, 1), voxel(), w), 10);
  EXPECT_LE(iterations(box(1, 128, 133), voxel(), w), 10);
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
}

TEST(Iterations, OfHardOperatorsEnd) {
  EXPECT_LE(iterations(box(64, 64, 64), stretched_to_12(), v), 75);
  EXPECT_LE(iterations(box(64, 64, 64), stretched_to_12(), w), 60);
  EXPECT_LE(iterations(box(64, 64, 64), jumps(1e4), v), 120);
  EXPECT_LE(iterations(box(64, 64, 64), jumps(1e4), w), 100);
  EXPECT_LE(iterations(rooms(6, 6, 6, 4, 1), voxel(), w), 40);
  EXPECT_LE(iterations(maze(40, 40, 1), neumann(), v, true), 230);
  EXPECT_LE(iterations(maze(40, 40, 1), neumann(), w, true), 170);
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
