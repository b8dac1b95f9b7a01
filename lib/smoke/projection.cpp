#include "smoke/projection.hpp"

#include <algorithm>
#include <cmath>

namespace linnet::smoke {

namespace {

// What lies on both sides of face (i, j, k) across an axis; walls are solid, open sides air.
std::array<Cell, 2> beside(const VoxelDomain& domain, int axis, Position at) {
  const auto a = static_cast<std::size_t>(axis);
  const auto outside = [&](std::size_t side) {
    return domain.sides[2 * a + side] == Beyond::open ? Cell::air : Cell::solid;
  };
  std::array<Cell, 2> kinds{};
  kinds[1] = at[a] < domain.grid.extent(axis) ? domain.at(at[0], at[1], at[2]) : outside(1);
  --at[a];
  kinds[0] = at[a] >= 0 ? domain.at(at[0], at[1], at[2]) : outside(0);
  return kinds;
}

// work(face position, index) over the faces across an axis.
template <class Work>
void for_each_face(const Flow& flow, int axis, const Work& work) {
  const VoxelGrid faces = flow.faces(axis);
#pragma omp parallel for schedule(static)
  for (std::int64_t line = 0; line < faces.lines(); ++line)
    for (std::int64_t i = 0; i < faces.nx; ++i) {
      const Position at{i, line % faces.ny, line / faces.ny};
      work(at, static_cast<std::size_t>(faces.cell(at[0], at[1], at[2])));
    }
}

bool has(const std::array<Cell, 2>& kinds, Cell kind) {
  return kinds[0] == kind || kinds[1] == kind;
}

} // namespace

std::vector<double> source(const VoxelDomain& domain, const Flow& flow) {
  std::vector<double> b(domain.cell.size(), 0);
  const auto count = static_cast<std::ptrdiff_t>(b.size());
#pragma omp parallel for schedule(static)
  for (std::ptrdiff_t c = 0; c < count; ++c) {
    if (domain.cell[static_cast<std::size_t>(c)] != Cell::fluid)
      continue;
    Position at = position_of(domain.grid, c);
    for (int axis = 0; axis < flow.dimensions(); ++axis) {
      b[static_cast<std::size_t>(c)] += flow.at(axis, at[0], at[1], at[2]);
      ++at[static_cast<std::size_t>(axis)];
      b[static_cast<std::size_t>(c)] -= flow.at(axis, at[0], at[1], at[2]);
      --at[static_cast<std::size_t>(axis)];
    }
  }
  return b;
}

void subtract_gradient(const VoxelDomain& domain, const std::vector<double>& p, Flow* flow) {
  for (int axis = 0; axis < flow->dimensions(); ++axis)
    for_each_face(*flow, axis, [&](const Position& at, std::size_t f) {
      const std::array<Cell, 2> kinds = beside(domain, axis, at);
      if (has(kinds, Cell::solid))
        return;
      const auto a = static_cast<std::size_t>(axis);
      const auto pressure = [&](Position cell, int side) {
        cell[a] += side - 1;
        return kinds[static_cast<std::size_t>(side)] == Cell::fluid
                   ? p[static_cast<std::size_t>(domain.grid.cell(cell[0], cell[1], cell[2]))]
                   : 0;
      };
      flow->velocity(axis)[f] -= pressure(at, 1) - pressure(at, 0);
    });
}

void set_solid_faces(const VoxelDomain& domain, const SolidVelocity& velocity, Flow* flow) {
  for (int axis = 0; axis < flow->dimensions(); ++axis)
    for_each_face(*flow, axis, [&](const Position& at, std::size_t f) {
      if (!has(beside(domain, axis, at), Cell::solid))
        return;
      Place x = place_of(at, 0.5);
      x[static_cast<std::size_t>(axis)] -= 0.5;
      flow->velocity(axis)[f] = velocity(x, axis);
    });
}

double kinetic_energy(const VoxelDomain& domain, const Flow& flow) {
  double sum = 0;
  for (int axis = 0; axis < flow.dimensions(); ++axis) {
    const VoxelGrid faces = flow.faces(axis);
    for (std::int64_t f = 0; f < faces.cells(); ++f)
      if (has(beside(domain, axis, position_of(faces, f)), Cell::fluid)) {
        const double u = flow.velocity(axis)[static_cast<std::size_t>(f)];
        sum += u * u / 2;
      }
  }
  return sum;
}

void extrapolate(const VoxelDomain& domain, int layers, Flow* flow) {
  for (int axis = 0; axis < flow->dimensions(); ++axis) {
    const VoxelGrid faces = flow->faces(axis);
    std::vector<char> known(static_cast<std::size_t>(faces.cells()));
    for_each_face(*flow, axis, [&](const Position& at, std::size_t f) {
      const std::array<Cell, 2> kinds = beside(domain, axis, at);
      known[f] = has(kinds, Cell::fluid) || has(kinds, Cell::solid);
    });
    for (int layer = 0; layer < layers; ++layer) {
      std::vector<char> next = known;
      std::vector<double> value = flow->velocity(axis);
      for_each_face(*flow, axis, [&](const Position& at, std::size_t f) {
        if (known[f])
          return;
        double sum = 0;
        int count = 0;
        for (int b = 0; b < flow->dimensions(); ++b)
          for (const int step : {-1, 1}) {
            Position other = at;
            other[static_cast<std::size_t>(b)] += step;
            if (other[static_cast<std::size_t>(b)] < 0 || other[static_cast<std::size_t>(b)] >= faces.extent(b))
              continue;
            const auto g = static_cast<std::size_t>(faces.cell(other[0], other[1], other[2]));
            if (known[g]) {
              sum += flow->velocity(axis)[g];
              ++count;
            }
          }
        if (count > 0) {
          value[f] = sum / count;
          next[f] = 1;
        }
      });
      known.swap(next);
      flow->velocity(axis).swap(value);
    }
    for_each_face(*flow, axis, [&](const Position&, std::size_t f) {
      if (!known[f])
        flow->velocity(axis)[f] = 0;
    });
  }
}

} // namespace linnet::smoke
