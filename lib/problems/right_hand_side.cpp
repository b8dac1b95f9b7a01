#include "problems/right_hand_side.hpp"

#include "problems/noise.hpp"
#include "problems/parallel.hpp"
#include "problems/random.hpp"

#include <algorithm>

namespace linnet {

namespace {

void fill_random(const VoxelDomain& domain, const AssemblySpec& spec, std::vector<double>& b) {
  const RandomStream stream(spec.seed, Purpose::right_hand_side);
  for_each_piece(domain.grid.cells(), spec.threads, [&](std::int64_t begin, std::int64_t end) {
    for (auto c = static_cast<std::size_t>(begin); c < static_cast<std::size_t>(end); ++c)
      if (domain.cell[c] == Cell::fluid)
        b[c] = stream.normal(c);
  });
}

void fill_smooth(const VoxelDomain& domain, std::vector<double>& b) {
  const VoxelGrid& grid = domain.grid;
  const auto half_wave = [](std::int64_t i, std::int64_t n) { // sin(pi (i + 1/2) / n)
    return sin_turns((static_cast<double>(i) + 0.5) / (2 * static_cast<double>(n)));
  };
  std::vector<double> along(static_cast<std::size_t>(grid.nx));
  for (std::int64_t i = 0; i < grid.nx; ++i)
    along[static_cast<std::size_t>(i)] = half_wave(i, grid.nx);
  std::size_t c = 0;
  for (std::int64_t k = 0; k < grid.nz; ++k)
    for (std::int64_t j = 0; j < grid.ny; ++j) {
      const double line = half_wave(j, grid.ny) * half_wave(k, grid.nz);
      for (std::size_t i = 0; i < along.size(); ++i, ++c)
        if (domain.cell[c] == Cell::fluid)
          b[c] = line * along[i];
    }
}

void fill_point(const VoxelDomain& domain, std::vector<double>& b) {
  const VoxelGrid& grid = domain.grid;
  std::int64_t least = -1;
  std::size_t source = 0;
  std::size_t c = 0;
  for (std::int64_t k = 0; k < grid.nz; ++k)
    for (std::int64_t j = 0; j < grid.ny; ++j)
      for (std::int64_t i = 0; i < grid.nx; ++i, ++c) {
        if (domain.cell[c] != Cell::fluid)
          continue;
        const std::int64_t x = 2 * i + 1 - grid.nx; // twice the distance along each axis
        const std::int64_t y = 2 * j + 1 - grid.ny;
        const std::int64_t z = 2 * k + 1 - grid.nz;
        const std::int64_t distance = x * x + y * y + z * z;
        if (least < 0 || distance < least) {
          least = distance;
          source = c;
        }
      }
  b[source] = 1;
}

/// A velocity on the faces across one axis: noise, except 0 on faces of solid cells.
class FaceVelocity {
public:
  FaceVelocity(const VoxelDomain& domain, std::size_t axis, std::uint64_t seed)
      : domain_(domain), axis_(axis),
        noise_({domain.grid.nx + 1, domain.grid.ny + 1, domain.grid.nz + 1},
               std::max(2.0, 0.1 * static_cast<double>(std::max({domain.grid.nx, domain.grid.ny, domain.grid.nz}))),
               {seed, static_cast<Purpose>(static_cast<std::uint64_t>(Purpose::velocity_x) + axis)}) {}

  /// Adds factor (u_high - u_low) for the cells of line (j, k); face p lies below cell p along the axis.
  void add_difference(std::int64_t j, std::int64_t k, double factor, double* b) const {
    const VoxelGrid& grid = domain_.grid;
    std::vector<double> low;
    std::vector<double> high;
    const auto face = [&](std::int64_t p) { // the last face of a periodic axis is the first
      const bool wraps = domain_.sides[2 * axis_] == Beyond::periodic && p == grid.extent(static_cast<int>(axis_));
      return wraps ? std::int64_t{0} : p;
    };
    noise_.line(j, k, low);
    if (axis_ != 0)
      noise_.line(axis_ == 1 ? face(j + 1) : j, axis_ == 2 ? face(k + 1) : k, high);
    for (std::int64_t i = 0; i < grid.nx; ++i) {
      if (domain_.at(i, j, k) != Cell::fluid)
        continue;
      const std::array<std::int64_t, 3> position = {i, j, k};
      const int side = 2 * static_cast<int>(axis_);
      const double u_low =
          neighbour(domain_, position, side).kind == Cell::solid ? 0 : low[static_cast<std::size_t>(i)];
      const double u_high = neighbour(domain_, position, side + 1).kind == Cell::solid ? 0
                            : axis_ == 0 ? low[static_cast<std::size_t>(face(i + 1))]
                                         : high[static_cast<std::size_t>(i)];
      b[i] += factor * (u_high - u_low);
    }
  }

private:
  const VoxelDomain& domain_;
  std::size_t axis_;
  SmoothNoise noise_;
};

void fill_divergence(const VoxelDomain& domain, const AssemblySpec& spec, std::vector<double>& b) {
  const VoxelGrid& grid = domain.grid;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const FaceVelocity velocity(domain, axis, spec.seed);
    for_each_piece(grid.lines(), spec.threads, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t line = begin; line < end; ++line)
        velocity.add_difference(line % grid.ny, line / grid.ny, -1 / spec.spacing[axis],
                                &b[static_cast<std::size_t>(line * grid.nx)]);
    });
  }
}

/// Subtracts the mean over each component that is not anchored.
void make_compatible(const Components& components, std::vector<double>& b) {
  std::vector<double> mean(components.component.size());
  for (std::size_t c = 0; c < b.size(); ++c)
    if (components.label[c] >= 0)
      mean[static_cast<std::size_t>(components.label[c])] += b[c];
  bool any = false;
  for (std::size_t m = 0; m < mean.size(); ++m) {
    const Component& component = components.component[m];
    mean[m] = component.anchored ? 0 : mean[m] / static_cast<double>(component.cells);
    any = any || !component.anchored;
  }
  if (!any)
    return;
  for (std::size_t c = 0; c < b.size(); ++c)
    if (components.label[c] >= 0)
      b[c] -= mean[static_cast<std::size_t>(components.label[c])];
}

} // namespace

std::vector<double> make_right_hand_side(const VoxelDomain& domain, const Components& components,
                                         const AssemblySpec& spec) {
  std::vector<double> b(domain.cell.size());
  switch (spec.right_hand_side) {
  case RightHandSide::random:
    fill_random(domain, spec, b);
    break;
  case RightHandSide::smooth:
    fill_smooth(domain, b);
    break;
  case RightHandSide::point:
    fill_point(domain, b);
    break;
  case RightHandSide::divergence:
    fill_divergence(domain, spec, b);
    break;
  }
  if (spec.shift == 0)
    make_compatible(components, b);
  return b;
}

} // namespace linnet
