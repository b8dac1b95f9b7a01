#include "lattice/voxels.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

namespace voxels {

int Domain::rows() const {
  return static_cast<int>(std::count(active.begin(), active.end(), 1));
}

int Domain::neighbour(int cell, int direction) const {
  std::array<int, 3> to = at(cell);
  const auto axis = static_cast<std::size_t>(direction / 2);
  to[axis] += direction % 2 ? 1 : -1;
  if (to[axis] < 0 || to[axis] >= size[axis]) {
    if (!periodic[axis])
      return -1;
    to[axis] = to[axis] < 0 ? size[axis] - 1 : 0;
  }
  return this->cell(to[0], to[1], to[2]);
}

Domain box(int nx, int ny, int nz) {
  Domain d;
  d.size = {nx, ny, nz};
  d.active.assign(static_cast<std::size_t>(d.cells()), 1);
  return d;
}

Domain torus(int nx, int ny, int nz, std::array<bool, 3> periodic) {
  Domain d = box(nx, ny, nz);
  d.periodic = periodic;
  return d;
}

Domain noise(int nx, int ny, int nz, double solid, std::uint64_t seed) {
  Domain d = box(nx, ny, nz);
  for (std::size_t c = 0; c < d.active.size(); ++c)
    d.active[c] = random(seed, c) >= solid;
  return d;
}

Domain beam(const std::array<int, 3>& size, int first, const std::array<bool, 3>& periodic) {
  Domain d = torus(size[0], size[1], size[2], periodic);
  const int period = 2 * size[0];
  for (int c = 0; c < d.cells(); ++c) {
    const auto [i, j, k] = d.at(c);
    const int along = ((i - first - 6 * j - 5 * k) % period + period) % period;
    const bool pair = j == 0 && k == 0 && i >= size[0] - 2;
    d.active[static_cast<std::size_t>(c)] = pair || (j >= 2 && along < 40);
  }
  return d;
}

Domain balls(int n, int count, std::uint64_t seed) {
  Domain d = box(n, n, n);
  for (int b = 0; b < count; ++b) {
    const auto number = static_cast<std::uint64_t>(4 * b);
    const double radius = n * (0.08 + 0.12 * random(seed, number + 3));
    for (int c = 0; c < d.cells(); ++c) {
      double distance = 0;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const double x = d.at(c)[axis] - n * random(seed, number + axis);
        distance += x * x;
      }
      if (distance < radius * radius)
        d.active[static_cast<std::size_t>(c)] = 0;
    }
  }
  return d;
}

Domain rooms(int nx, int ny, int nz, int room, std::uint64_t seed) {
  const auto extent = [room](int count) { return count > 0 ? count * (room + 1) - 1 : 1; };
  Domain d = box(extent(nx), extent(ny), extent(nz));
  std::uint64_t number = 0;
  for (int c = 0; c < d.cells(); ++c)
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (d.size[axis] > 1 && d.at(c)[axis] % (room + 1) == room)
        d.active[static_cast<std::size_t>(c)] = 0;
  // One door in each wall between two rooms, at a random cell of it.
  for (int c = 0; c < d.cells(); ++c) {
    const std::array<int, 3> at = d.at(c);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      bool corner = at[axis] % (room + 1) == room;
      for (std::size_t other = 0; other < 3; ++other)
        corner &= other == axis || at[other] % (room + 1) == 0;
      if (!corner)
        continue;
      std::array<int, 3> door = at;
      for (std::size_t other = 0; other < 3; ++other)
        if (other != axis && d.size[other] > 1)
          door[other] += static_cast<int>(room * random(seed, ++number));
      d.active[static_cast<std::size_t>(d.cell(door[0], door[1], door[2]))] = 1;
    }
  }
  return d;
}

Domain maze(int nx, int ny, std::uint64_t seed) {
  Domain d = box(2 * nx + 1, 2 * ny + 1, 1);
  std::fill(d.active.begin(), d.active.end(), 0);
  std::mt19937_64 generator(seed);
  std::vector<std::array<int, 2>> path{{1, 1}};
  d.active[static_cast<std::size_t>(d.cell(1, 1, 0))] = 1;
  while (!path.empty()) {
    const auto [x, y] = path.back();
    std::array<std::array<int, 2>, 4> steps{{{2, 0}, {-2, 0}, {0, 2}, {0, -2}}};
    for (std::size_t s = 3; s > 0; --s)
      std::swap(steps[s], steps[generator() % (s + 1)]);
    bool dead_end = true;
    for (const auto& [dx, dy] : steps) {
      const int u = x + dx, v = y + dy;
      if (u < 1 || v < 1 || u >= d.size[0] || v >= d.size[1] || d.active[static_cast<std::size_t>(d.cell(u, v, 0))])
        continue;
      d.active[static_cast<std::size_t>(d.cell(u, v, 0))] = 1;
      d.active[static_cast<std::size_t>(d.cell(x + dx / 2, y + dy / 2, 0))] = 1;
      path.push_back({u, v});
      dead_end = false;
      break;
    }
    if (dead_end)
      path.pop_back();
  }
  return d;
}

Domain spiral(int n) {
  Domain d = box(n, n, 1);
  std::fill(d.active.begin(), d.active.end(), 0);
  const auto active = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < n && y < n && d.active[static_cast<std::size_t>(d.cell(x, y, 0))];
  };
  int x = 0, y = 0, dx = 1, dy = 0, turns = 0;
  d.active[0] = 1;
  while (turns < 2) {
    const int u = x + dx, v = y + dy;
    const bool blocked = u < 0 || v < 0 || u >= n || v >= n || active(u, v) || active(u + dx, v + dy);
    if (blocked) {
      dx = std::exchange(dy, dx);
      dx = -dx;
      ++turns;
      continue;
    }
    turns = 0;
    x = u;
    y = v;
    d.active[static_cast<std::size_t>(d.cell(x, y, 0))] = 1;
  }
  return d;
}

Domain largest_component(const Domain& domain) {
  std::vector<int> label(domain.active.size(), -1), size;
  for (int start = 0; start < domain.cells(); ++start) {
    if (!domain.active[static_cast<std::size_t>(start)] || label[static_cast<std::size_t>(start)] >= 0)
      continue;
    std::vector<int> todo{start};
    label[static_cast<std::size_t>(start)] = static_cast<int>(size.size());
    size.push_back(0);
    while (!todo.empty()) {
      const int c = todo.back();
      todo.pop_back();
      ++size.back();
      for (int direction = 0; direction < 6; ++direction) {
        const int other = domain.neighbour(c, direction);
        if (other < 0 || !domain.active[static_cast<std::size_t>(other)] || label[static_cast<std::size_t>(other)] >= 0)
          continue;
        label[static_cast<std::size_t>(other)] = label[static_cast<std::size_t>(c)];
        todo.push_back(other);
      }
    }
  }
  const int largest = static_cast<int>(std::max_element(size.begin(), size.end()) - size.begin());
  Domain result = domain;
  for (std::size_t c = 0; c < label.size(); ++c)
    result.active[c] = label[c] == largest;
  return result;
}

Numbering compact(const Domain& domain) {
  Numbering n;
  n.row_of_cell.assign(domain.active.size(), -1);
  for (int c = 0; c < domain.cells(); ++c) {
    if (!domain.active[static_cast<std::size_t>(c)])
      continue;
    n.row_of_cell[static_cast<std::size_t>(c)] = static_cast<int>(n.cell_of_row.size());
    n.cell_of_row.push_back(c);
  }
  return n;
}

Numbering full(const Domain& domain) {
  Numbering n;
  n.row_of_cell.resize(domain.active.size());
  std::iota(n.row_of_cell.begin(), n.row_of_cell.end(), 0);
  n.cell_of_row = n.row_of_cell;
  return n;
}

Numbering reordered(const Numbering& numbering, const std::vector<int>& new_row_of_row) {
  Numbering n = numbering;
  for (std::size_t row = 0; row < numbering.cell_of_row.size(); ++row) {
    const int cell = numbering.cell_of_row[row], to = new_row_of_row[row];
    n.cell_of_row[static_cast<std::size_t>(to)] = cell;
    n.row_of_cell[static_cast<std::size_t>(cell)] = to;
  }
  return n;
}

Numbering shuffled(const Numbering& numbering, std::uint64_t seed) {
  std::vector<int> order(numbering.cell_of_row.size());
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 generator(seed);
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[generator() % i]);
  return reordered(numbering, order);
}

Numbering reversed(const Numbering& numbering) {
  std::vector<int> order(numbering.cell_of_row.size());
  std::iota(order.rbegin(), order.rend(), 0);
  return reordered(numbering, order);
}

double random(std::uint64_t seed, std::uint64_t number) {
  std::uint64_t x = (seed + 1) * 0x9e3779b97f4a7c15ULL + number * 0xd1342543de82ef95ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<double>((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

Coefficients thin_walls(double along_y) {
  return {[=](const Domain&, int c, int axis) {
            const double w = axis == 1 ? along_y : 1;
            return random(8, 3 * static_cast<std::uint64_t>(c) + static_cast<std::uint64_t>(axis)) < 0.15 ? 0 : w;
          },
          [](const Domain&, int c) { return c % 11 == 0 ? 2.0 : 0.25; }};
}

Coefficients neumann() {
  return {[](const Domain&, int, int) { return 1.0; }, [](const Domain&, int) { return 0.0; }};
}

Coefficients voxel() {
  return {[](const Domain&, int, int) { return 1.0; },
          [](const Domain& d, int c) {
            const auto top = d.size[2] > 1 ? 2 : d.size[1] > 1 ? 1 : 0;
            return d.at(c)[static_cast<std::size_t>(top)] == d.size[static_cast<std::size_t>(top)] - 1 ? 1.0 : 0.0;
          }};
}

Coefficients variable(std::uint64_t seed) {
  return {[seed](const Domain&, int c, int axis) {
            return 0.01 + 10 * random(seed, static_cast<std::uint64_t>(3 * c + axis));
          },
          [seed](const Domain&, int c) { return 0.5 * random(seed + 1, static_cast<std::uint64_t>(c)); }};
}

Coefficients own_excess(std::uint64_t seed, double along_y) {
  return {
      [along_y](const Domain&, int, int axis) { return axis == 1 ? along_y : 1; },
      [seed](const Domain&, int c) { return std::max(0.0, 0.4 * random(seed, static_cast<std::uint64_t>(c)) - 0.1); }};
}

Coefficients stretched() {
  return {[](const Domain& d, int c, int axis) {
            const auto a = static_cast<std::size_t>(axis);
            return 1.0 / (1 + d.at(c)[a] + 3.0 * axis);
          },
          [](const Domain&, int) { return 0.01; }};
}

Mat matrix(int rows, const std::vector<Entry>& entries) {
  Mat A = nullptr;
  PetscInt begin = 0, end = 0;
  MatCreate(PETSC_COMM_WORLD, &A);
  MatSetSizes(A, PETSC_DECIDE, PETSC_DECIDE, rows, rows);
  MatSetType(A, MATAIJ);
  MatSetUp(A);
  MatGetOwnershipRange(A, &begin, &end);
  std::vector<PetscInt> own(static_cast<std::size_t>(end - begin), 0), other(static_cast<std::size_t>(end - begin), 0);
  for (const Entry& e : entries)
    if (e.row >= begin && e.row < end)
      ++(e.column >= begin && e.column < end ? own : other)[static_cast<std::size_t>(e.row - begin)];
  MatSeqAIJSetPreallocation(A, 0, own.data());
  MatMPIAIJSetPreallocation(A, 0, own.data(), 0, other.data());
  for (const Entry& e : entries)
    if (e.row >= begin && e.row < end)
      MatSetValue(A, e.row, e.column, e.value, INSERT_VALUES);
  MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
  MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
  return A;
}

Mat matrix(const Domain& domain, const Numbering& numbering, const Coefficients& coefficients) {
  std::vector<Entry> entries;
  for (int row = 0; row < static_cast<int>(numbering.cell_of_row.size()); ++row) {
    const int c = numbering.cell_of_row[static_cast<std::size_t>(row)];
    if (!domain.active[static_cast<std::size_t>(c)]) {
      entries.push_back({row, row, 1});
      continue;
    }
    double diagonal = coefficients.excess(domain, c);
    for (int direction = 0; direction < 6; ++direction) {
      const int other = domain.neighbour(c, direction);
      if (other < 0 || !domain.active[static_cast<std::size_t>(other)])
        continue;
      const double w = coefficients.coupling(domain, direction % 2 ? c : other, direction / 2);
      diagonal += w;
      entries.push_back({row, numbering.row_of_cell[static_cast<std::size_t>(other)], -w});
    }
    entries.push_back({row, row, diagonal});
  }
  return matrix(static_cast<int>(numbering.cell_of_row.size()), entries);
}

Mat graph(int rows, const std::vector<std::array<int, 2>>& edges) {
  std::vector<Entry> entries;
  for (int row = 0; row < rows; ++row)
    entries.push_back({row, row, 10});
  for (const auto& [a, b] : edges) {
    entries.push_back({a, b, -1});
    entries.push_back({b, a, -1});
  }
  return matrix(rows, entries);
}

void multiply_rows(Mat A, const std::function<double(int row)>& factor) {
  Vec factors = nullptr;
  PetscInt first = 0, last = 0;
  PetscScalar* values = nullptr;
  MatCreateVecs(A, nullptr, &factors);
  VecGetOwnershipRange(factors, &first, &last);
  VecGetArrayWrite(factors, &values);
  for (PetscInt row = first; row < last; ++row)
    values[row - first] = factor(row);
  VecRestoreArrayWrite(factors, &values);
  MatDiagonalScale(A, factors, nullptr);
  VecDestroy(&factors);
}

} // namespace voxels
