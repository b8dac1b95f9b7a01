#include "smoke/simulation.hpp"

#include "base/error.hpp"
#include "problems/components.hpp"

#include <algorithm>
#include <cmath>

namespace linnet::smoke {

namespace {

constexpr double courant = 2; // cells that the fastest passes in a step
constexpr double longest_step = 0.02;
constexpr std::int64_t least_cells = 8;
constexpr int layers = 4; // of velocity beyond the surface: more than a step passes

} // namespace

Simulation::Simulation(const VoxelGrid& grid) : flow_(grid) {
  check_grid(grid);
  for (int axis = 0; axis < flow_.dimensions(); ++axis)
    if (grid.extent(axis) < least_cells)
      throw InputError("--grid: expected at least " + std::to_string(least_cells) + " cells along each axis, found " +
                       std::to_string(grid.extent(axis)));
  domain_.grid = grid;
  domain_.cell.assign(static_cast<std::size_t>(grid.cells()), Cell::fluid);
  density_.assign(domain_.cell.size(), 0);
}

bool Simulation::in_ball(const Ball& ball, const Place& x) const {
  double distance = 0;
  for (int a = 0; a < flow_.dimensions(); ++a) {
    const auto axis = static_cast<std::size_t>(a);
    distance += (x[axis] - ball.middle[axis]) * (x[axis] - ball.middle[axis]);
  }
  return distance < ball.radius * ball.radius;
}

void Simulation::place_ball(const Ball& ball) {
  const VoxelGrid& grid = domain_.grid;
  for (std::int64_t c = 0; c < grid.cells(); ++c) {
    const Place x = place_of(position_of(grid, c), 0.5);
    if (in_ball(ball, x)) {
      domain_.cell[static_cast<std::size_t>(c)] = Cell::solid;
      density_[static_cast<std::size_t>(c)] = 0;
    }
  }
}

double Simulation::advance() {
  const double fastest = flow_.largest();
  const double dt = fastest * longest_step > courant ? courant / fastest : longest_step;
  move(dt);
  time_ += dt;
  const Ball solid = ball(time_);
  place_ball(solid);
  (void)drop_isolated(domain_, find_components(domain_));
  set_solid_faces(
      domain_,
      [&](const Place& x, int axis) {
        Ball near = solid; // its cells reach half a diagonal beyond it
        near.radius += 1;
        return in_ball(near, x) ? solid.velocity[static_cast<std::size_t>(axis)] : 0;
      },
      &flow_);
  return dt;
}

void Simulation::apply_pressure(const std::vector<double>& p) {
  subtract_gradient(domain_, p, &flow_);
  extrapolate(domain_, layers, &flow_);
}

std::unique_ptr<Simulation> make_simulation(Scene scene, const VoxelGrid& grid) {
  return scene == Scene::plume ? make_plume(grid) : make_dam(grid);
}

} // namespace linnet::smoke
