#include "smoke/flow.hpp"

#include <algorithm>
#include <cmath>

namespace linnet::smoke {

namespace {

// The first face across an axis, and the first middle of a cell.
Place face_origin(int axis) {
  Place origin{0.5, 0.5, 0.5};
  origin[static_cast<std::size_t>(axis)] = 0;
  return origin;
}
constexpr Place cell_origin{0.5, 0.5, 0.5};

// work(i, j, k, index) over a grid.
template <class Work>
void for_each(const VoxelGrid& size, const Work& work) {
#pragma omp parallel for schedule(static)
  for (std::int64_t line = 0; line < size.lines(); ++line) {
    const std::int64_t j = line % size.ny, k = line / size.ny;
    for (std::int64_t i = 0; i < size.nx; ++i)
      work(i, j, k, static_cast<std::size_t>(size.cell(i, j, k)));
  }
}

} // namespace

double sample(const std::vector<double>& field, const VoxelGrid& size, const Place& origin, const Place& x) {
  std::int64_t low[3], high[3];
  double part[3];
  for (int a = 0; a < 3; ++a) {
    const auto axis = static_cast<std::size_t>(a);
    const auto last = static_cast<double>(size.extent(a) - 1);
    const double at = std::clamp(x[axis] - origin[axis], 0.0, last);
    low[a] = std::min<std::int64_t>(static_cast<std::int64_t>(at), std::max<std::int64_t>(0, size.extent(a) - 2));
    high[a] = std::min<std::int64_t>(low[a] + 1, size.extent(a) - 1);
    part[a] = at - static_cast<double>(low[a]);
  }
  const auto value = [&](std::int64_t i, std::int64_t j, std::int64_t k) {
    return field[static_cast<std::size_t>(size.cell(i, j, k))];
  };
  const auto along_x = [&](std::int64_t j, std::int64_t k) {
    return (1 - part[0]) * value(low[0], j, k) + part[0] * value(high[0], j, k);
  };
  const auto along_y = [&](std::int64_t k) {
    return (1 - part[1]) * along_x(low[1], k) + part[1] * along_x(high[1], k);
  };
  return low[2] == high[2] ? along_y(low[2]) : (1 - part[2]) * along_y(low[2]) + part[2] * along_y(high[2]);
}

Flow::Flow(const VoxelGrid& grid) : grid_(grid) {
  for (int axis = 0; axis < dimensions(); ++axis)
    velocity(axis).assign(static_cast<std::size_t>(faces(axis).cells()), 0);
}

VoxelGrid Flow::faces(int axis) const {
  return {grid_.nx + (axis == 0), grid_.ny + (axis == 1), grid_.nz + (axis == 2)};
}

Place Flow::velocity_at(const Place& x) const {
  Place u{0, 0, 0};
  for (int axis = 0; axis < dimensions(); ++axis)
    u[static_cast<std::size_t>(axis)] = sample(velocity(axis), faces(axis), face_origin(axis), x);
  return u;
}

Place Flow::trace_back(const Place& x, double dt) const {
  const auto moved = [&](const Place& u, double time) {
    Place to = x;
    for (int a = 0; a < dimensions(); ++a) {
      const auto axis = static_cast<std::size_t>(a);
      to[axis] = std::clamp(x[axis] - time * u[axis], 0.0, static_cast<double>(grid_.extent(a)));
    }
    return to;
  };
  return moved(velocity_at(moved(velocity_at(x), dt / 2)), dt);
}

void Flow::advect(double dt) {
  std::array<std::vector<double>, 3> carried;
  for (int axis = 0; axis < dimensions(); ++axis) {
    const Place origin = face_origin(axis);
    std::vector<double>& to = carried[static_cast<std::size_t>(axis)];
    to.resize(velocity(axis).size());
    for_each(faces(axis), [&](std::int64_t i, std::int64_t j, std::int64_t k, std::size_t f) {
      const Place x{origin[0] + static_cast<double>(i), origin[1] + static_cast<double>(j),
                    origin[2] + static_cast<double>(k)};
      to[f] = sample(velocity(axis), faces(axis), origin, trace_back(x, dt));
    });
  }
  velocity_ = std::move(carried);
}

std::vector<double> Flow::advected(const std::vector<double>& field, double dt) const {
  std::vector<double> to(field.size());
  for_each(grid_, [&](std::int64_t i, std::int64_t j, std::int64_t k, std::size_t c) {
    const Place x{0.5 + static_cast<double>(i), 0.5 + static_cast<double>(j), 0.5 + static_cast<double>(k)};
    to[c] = sample(field, grid_, cell_origin, trace_back(x, dt));
  });
  return to;
}

double Flow::largest() const {
  double most = 0;
  for (int axis = 0; axis < dimensions(); ++axis)
    for (const double u : velocity(axis))
      most = std::max(most, std::abs(u));
  return most;
}

} // namespace linnet::smoke
