// What is carried by a velocity on a staggered grid, and what the pressure takes out of it.
#include "smoke/support.hpp"

#include <cmath>

namespace linnet::smoke {

namespace {

Flow uniform_flow(const VoxelGrid& grid, const Place& u) {
  Flow flow(grid);
  for (int axis = 0; axis < flow.dimensions(); ++axis)
    std::fill(flow.velocity(axis).begin(), flow.velocity(axis).end(), u[static_cast<std::size_t>(axis)]);
  return flow;
}

// Solids, air and fluid that reaches it.
VoxelDomain mixed(const VoxelGrid& grid, const Sides& sides) {
  VoxelDomain domain;
  domain.grid = grid;
  domain.sides = sides;
  std::mt19937 random(3);
  for (std::int64_t c = 0; c < grid.cells(); ++c) {
    const unsigned draw = random() % 10;
    domain.cell.push_back(draw < 2 ? Cell::solid : draw < 3 ? Cell::air : Cell::fluid);
  }
  (void)drop_isolated(domain, find_components(domain));
  return domain;
}

TEST(Sample, IsExactForLinearFieldsAndConstantBeyondTheSamples) {
  const VoxelGrid size{4, 5, 3};
  std::vector<double> field;
  for (std::int64_t c = 0; c < size.cells(); ++c)
    field.push_back(2.0 * static_cast<double>(c % 4) - 3.0 * static_cast<double>(c / 4 % 5) +
                    0.5 * static_cast<double>(c / 20));
  const Place origin{0.5, 0.5, 0};
  EXPECT_NEAR(sample(field, size, origin, {1.75, 2.25, 1.5}), 2 * 1.25 - 3 * 1.75 + 0.5 * 1.5, 1e-14);
  EXPECT_EQ(sample(field, size, origin, {-7, 0.5, 0}), 0);
  EXPECT_EQ(sample(field, size, origin, {9, 0.5, 0}), 6);
}

TEST(Flow, OfOneVelocityCarriesAFieldByIt) {
  const VoxelGrid grid{12, 9, 7};
  const Flow flow = uniform_flow(grid, {2, -1, 1});
  std::vector<double> field(static_cast<std::size_t>(grid.cells()), 0);
  field[static_cast<std::size_t>(grid.cell(4, 5, 3))] = 1;
  const std::vector<double> carried = flow.advected(field, 0.5); // by (1, -1/2, 1/2)
  EXPECT_NEAR(carried[static_cast<std::size_t>(grid.cell(5, 5, 3))], 0.25, 1e-14);
  EXPECT_NEAR(carried[static_cast<std::size_t>(grid.cell(5, 4, 4))], 0.25, 1e-14);
  EXPECT_NEAR(carried[static_cast<std::size_t>(grid.cell(4, 5, 3))], 0, 1e-14);
  Flow self = flow;
  self.advect(0.5);
  for (int axis = 0; axis < 3; ++axis)
    for (const double u : self.velocity(axis))
      ASSERT_NEAR(u, flow.velocity(axis)[0], 1e-14);
}

TEST(Flow, TracesBackWhatItTracedForwardInARotation) {
  const VoxelGrid grid{32, 32, 1};
  Flow flow(grid);
  for (std::int64_t j = 0; j <= 32; ++j)
    for (std::int64_t i = 0; i <= 32; ++i) {
      if (j < 32)
        flow.at(0, i, j, 0) = -(static_cast<double>(j) + 0.5 - 16);
      if (i < 32)
        flow.at(1, i, j, 0) = static_cast<double>(i) + 0.5 - 16;
    }
  const double angle = 0.05;
  const Place from{22, 16, 0.5}, to = flow.trace_back(from, -angle); // midpoint rule: third order a step
  EXPECT_NEAR(to[0], 16 + 6 * std::cos(angle), 6 * angle * angle * angle);
  EXPECT_NEAR(to[1], 16 + 6 * std::sin(angle), 6 * angle * angle * angle);
  const Place back = flow.trace_back(to, angle);
  EXPECT_NEAR(back[0], from[0], 6 * angle * angle * angle);
  EXPECT_NEAR(back[1], from[1], 6 * angle * angle * angle);
}

TEST(Projection, LeavesNoDivergenceInTheFluidAndNoMoreEnergy) {
  const Sides tank{Beyond::wall, Beyond::open, Beyond::wall, Beyond::open, Beyond::wall, Beyond::wall};
  for (const VoxelGrid& grid : {VoxelGrid{13, 9, 1}, VoxelGrid{8, 7, 9}}) {
    const VoxelDomain domain = mixed(grid, tank);
    Flow flow = random_flow(grid, 5);
    set_solid_faces(domain, still, &flow);
    const double energy = kinetic_energy(domain, flow), before = largest(source(domain, flow));
    subtract_gradient(domain, pressure(domain, flow), &flow);
    EXPECT_LE(largest(source(domain, flow)), 1e-12 * before);
    EXPECT_LT(kinetic_energy(domain, flow), energy);
    Flow again = flow;
    subtract_gradient(domain, pressure(domain, again), &again);
    for (int axis = 0; axis < flow.dimensions(); ++axis)
      for (std::size_t f = 0; f < flow.velocity(axis).size(); ++f)
        ASSERT_NEAR(again.velocity(axis)[f], flow.velocity(axis)[f], 1e-12);
  }
}

TEST(Projection, KeepsTheVelocityOfSolids) {
  const VoxelDomain domain = mixed({9, 8, 6}, default_sides);
  Flow flow = random_flow(domain.grid, 7);
  const auto drift = [](const Place&, int axis) { return axis == 0 ? 0.25 : 0.0; };
  set_solid_faces(domain, drift, &flow);
  subtract_gradient(domain, pressure(domain, flow), &flow);
  for (std::int64_t c = 0; c < domain.grid.cells(); ++c)
    if (domain.cell[static_cast<std::size_t>(c)] == Cell::solid) {
      const std::int64_t i = c % 9, j = c / 9 % 8, k = c / 72;
      EXPECT_EQ(flow.at(0, i, j, k), 0.25);
      EXPECT_EQ(flow.at(0, i + 1, j, k), 0.25);
      EXPECT_EQ(flow.at(1, i, j, k), 0);
      EXPECT_EQ(flow.at(2, i, j, k + 1), 0);
    }
}

// Gravity on a pool with a level surface is taken up by the pressure alone.
TEST(Projection, HoldsAPoolAtRest) {
  const VoxelDomain domain = drawn({{"~~~~~~", "~~~~~~", "......", "..##..", "......"}}, closed);
  Flow flow(domain.grid);
  std::fill(flow.velocity(1).begin(), flow.velocity(1).end(), -0.3);
  set_solid_faces(domain, still, &flow);
  subtract_gradient(domain, pressure(domain, flow), &flow);
  EXPECT_NEAR(kinetic_energy(domain, flow), 0, 1e-24);
}

TEST(Extrapolation, ReachesSoManyLayersIntoTheAir) {
  const VoxelDomain domain = drawn({{"~~~~", "~~~~", "~~~~", "....", "...."}}, closed);
  Flow flow(domain.grid);
  std::fill(flow.velocity(0).begin(), flow.velocity(0).end(), 9.0); // what lies in the air is not to be kept
  for (std::int64_t j = 0; j < 2; ++j)
    for (std::int64_t i = 0; i <= 4; ++i)
      flow.at(0, i, j, 0) = 2;
  std::fill(flow.velocity(0).begin() + 10, flow.velocity(0).end(), 9.0);
  for (const std::int64_t wall : {0, 4}) // faces of walls are known everywhere
    for (std::int64_t j = 0; j < 5; ++j)
      flow.at(0, wall, j, 0) = 2;
  extrapolate(domain, 2, &flow);
  EXPECT_EQ(flow.at(0, 2, 2, 0), 2);
  EXPECT_EQ(flow.at(0, 2, 3, 0), 2);
}

} // namespace

} // namespace linnet::smoke
