// The scenes, with an exact pressure.
#include "smoke/support.hpp"

#include "base/error.hpp"
#include "smoke/simulation.hpp"

#include <cmath>
#include <numeric>

namespace linnet::smoke {

namespace {

void run(Simulation* simulation, int steps) {
  for (int n = 0; n < steps; ++n) {
    EXPECT_GT(simulation->advance(), 0);
    simulation->apply_pressure(pressure(simulation->domain(), simulation->flow()));
  }
}

double amount(const Simulation& simulation) {
  return std::accumulate(simulation.density().begin(), simulation.density().end(), 0.0);
}

// Of the density, in cells above the bottom.
double mean_height(const Simulation& simulation) {
  const VoxelGrid& grid = simulation.domain().grid;
  double sum = 0;
  for (std::int64_t c = 0; c < grid.cells(); ++c)
    sum += simulation.density()[static_cast<std::size_t>(c)] * (static_cast<double>(c / grid.nx % grid.ny) + 0.5);
  return sum / amount(simulation);
}

std::int64_t solids(const Simulation& simulation) {
  return std::count(simulation.domain().cell.begin(), simulation.domain().cell.end(), Cell::solid);
}

TEST(Plume, RisesAndKeepsItsDensityBetweenZeroAndOne) {
  for (const VoxelGrid& grid : {VoxelGrid{24, 36, 1}, VoxelGrid{12, 16, 12}}) {
    const auto plume = make_simulation(Scene::plume, grid);
    const double start = mean_height(*plume), smoke = amount(*plume);
    run(plume.get(), 25);
    EXPECT_GT(mean_height(*plume), start + 1);
    EXPECT_GT(amount(*plume), smoke); // the source goes on
    for (const double d : plume->density()) {
      ASSERT_GE(d, 0);
      ASSERT_LE(d, 1);
    }
    EXPECT_LE(largest(source(plume->domain(), plume->flow())), 1e-10 * plume->flow().largest());
  }
}

TEST(Plume, HasABallThatMovesAndPushesTheAir) {
  const auto plume = make_simulation(Scene::plume, {32, 32, 1});
  plume->advance();
  const VoxelDomain before = plume->domain();
  EXPECT_NEAR(static_cast<double>(solids(*plume)), 3.14159 * 16, 10); // a disc of radius 4
  plume->apply_pressure(pressure(plume->domain(), plume->flow()));
  EXPECT_GT(plume->flow().largest(), 10); // 8 pi cells a unit of time
  run(plume.get(), 10);
  EXPECT_NE(plume->domain().cell, before.cell);
}

TEST(Dam, FallsAndKeepsMostOfItsLiquid) {
  for (const VoxelGrid& grid : {VoxelGrid{40, 24, 1}, VoxelGrid{16, 12, 8}}) {
    const auto dam = make_simulation(Scene::dam, grid);
    const double start = mean_height(*dam), liquid = amount(*dam);
    run(dam.get(), 40);
    EXPECT_LT(mean_height(*dam), 0.9 * start);
    EXPECT_NEAR(amount(*dam), liquid, 0.35 * liquid); // cells that hold a marker
  }
}

TEST(Simulation, RefusesGridsTooSmallForItsBall) {
  expect_refusal([] { (void)make_simulation(Scene::plume, {7, 30, 1}); }, "expected at least 8 cells");
  expect_refusal([] { (void)make_simulation(Scene::dam, {30, 30, 3}); }, "expected at least 8 cells");
}

} // namespace

} // namespace linnet::smoke
