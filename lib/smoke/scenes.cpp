// The two scenes.
#include "smoke/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace linnet::smoke {

namespace {

// A force on each face across y: acceleration(i, j, k) of the cells on both sides, averaged.
template <class Acceleration>
void push_up(Flow* flow, double dt, const Acceleration& acceleration) {
  const VoxelGrid faces = flow->faces(1);
  for (std::int64_t k = 0; k < faces.nz; ++k)
    for (std::int64_t j = 0; j < faces.ny; ++j)
      for (std::int64_t i = 0; i < faces.nx; ++i) {
        const std::int64_t below = std::max<std::int64_t>(j - 1, 0), above = std::min(j, flow->grid().ny - 1);
        flow->at(1, i, j, k) += dt * (acceleration(i, below, k) + acceleration(i, above, k)) / 2;
      }
}

double middle(const VoxelGrid& grid, int axis) {
  return static_cast<double>(grid.extent(axis)) / 2;
}

class Plume : public Simulation {
public:
  explicit Plume(const VoxelGrid& grid) : Simulation(grid) { emit(); }

protected:
  // To and fro across a quarter of the width, in two units of time.
  Ball ball(double time) const override {
    const VoxelGrid& grid = domain_.grid;
    const double swing = static_cast<double>(grid.nx) / 4, angle = std::numbers::pi * time;
    const double radius = static_cast<double>(std::min(grid.nx, grid.ny)) / 8;
    return {{middle(grid, 0) + swing * std::sin(angle), 0.55 * static_cast<double>(grid.ny), middle(grid, 2)},
            radius,
            {swing * std::numbers::pi * std::cos(angle), 0, 0}};
  }
  void move(double dt) override {
    density_ = flow_.advected(density_, dt);
    flow_.advect(dt);
    std::fill(domain_.cell.begin(), domain_.cell.end(), Cell::fluid);
    emit();
    const double buoyancy = 4 * static_cast<double>(domain_.grid.ny); // the air around it has to be moved as well
    push_up(&flow_, dt, [&](std::int64_t i, std::int64_t j, std::int64_t k) {
      return buoyancy * density_[static_cast<std::size_t>(domain_.grid.cell(i, j, k))];
    });
  }

private:
  // Smoke from a disc at the bottom.
  void emit() {
    const VoxelGrid& grid = domain_.grid;
    const double radius = static_cast<double>(grid.nx) / 8;
    const std::int64_t height = std::max<std::int64_t>(1, grid.ny / 8);
    for (std::int64_t k = 0; k < grid.nz; ++k)
      for (std::int64_t j = 0; j < height; ++j)
        for (std::int64_t i = 0; i < grid.nx; ++i) {
          const double x = static_cast<double>(i) + 0.5 - middle(grid, 0);
          const double z = grid.nz > 1 ? static_cast<double>(k) + 0.5 - middle(grid, 2) : 0;
          if (x * x + z * z < radius * radius)
            density_[static_cast<std::size_t>(grid.cell(i, j, k))] = 1;
        }
  }
};

// Liquid is where its markers are.
class Dam : public Simulation {
public:
  explicit Dam(const VoxelGrid& grid) : Simulation(grid) {
    domain_.sides.fill(Beyond::wall);
    const double width = 0.3 * static_cast<double>(grid.nx), height = 0.7 * static_cast<double>(grid.ny);
    for (std::int64_t c = 0; c < grid.cells(); ++c)
      for (int part = 0; part < 1 << flow_.dimensions(); ++part) { // the middles of the 2^d parts of a cell
        Place x = place_of(position_of(grid, c), 0.5);
        for (int axis = 0; axis < flow_.dimensions(); ++axis)
          x[static_cast<std::size_t>(axis)] += 0.5 * (part >> axis & 1) - 0.25;
        if (x[0] < width && x[1] < height)
          markers_.push_back(x);
      }
    mark();
  }

protected:
  Ball ball(double) const override {
    const VoxelGrid& grid = domain_.grid;
    return {{0.65 * static_cast<double>(grid.nx), 0.15 * static_cast<double>(grid.ny), middle(grid, 2)},
            static_cast<double>(std::min(grid.nx, grid.ny)) / 10,
            {0, 0, 0}};
  }
  void move(double dt) override {
    const Ball solid = ball(0);
#pragma omp parallel for schedule(static)
    for (std::size_t m = 0; m < markers_.size(); ++m) {
      const Place to = flow_.trace_back(markers_[m], -dt);
      if (!in_ball(solid, to))
        markers_[m] = to;
    }
    flow_.advect(dt);
    mark();
    const auto gravity = static_cast<double>(domain_.grid.ny);
    push_up(&flow_, dt, [&](std::int64_t, std::int64_t, std::int64_t) { return -gravity; });
  }

private:
  void mark() {
    const VoxelGrid& grid = domain_.grid;
    std::fill(domain_.cell.begin(), domain_.cell.end(), Cell::air);
    std::fill(density_.begin(), density_.end(), 0.0);
    for (const Place& x : markers_) {
      const auto index = [&](int axis) {
        return std::min(static_cast<std::int64_t>(x[static_cast<std::size_t>(axis)]), grid.extent(axis) - 1);
      };
      const auto c = static_cast<std::size_t>(grid.cell(index(0), index(1), index(2)));
      domain_.cell[c] = Cell::fluid;
      density_[c] = 1;
    }
  }

  std::vector<Place> markers_;
};

} // namespace

std::unique_ptr<Simulation> make_plume(const VoxelGrid& grid) {
  return std::make_unique<Plume>(grid);
}
std::unique_ptr<Simulation> make_dam(const VoxelGrid& grid) {
  return std::make_unique<Dam>(grid);
}

} // namespace linnet::smoke
