// Operators on known lattices, numbered as the test wants: what the library is to find again.
#pragma once

#include <petscmat.h>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace voxels {

struct Domain {
  std::array<int, 3> size{1, 1, 1};
  std::array<bool, 3> periodic{};
  std::vector<std::uint8_t> active; // by cell i + nx (j + ny k)

  int cells() const { return size[0] * size[1] * size[2]; }
  int rows() const;
  int cell(int i, int j, int k) const { return i + size[0] * (j + size[1] * k); }
  std::array<int, 3> at(int cell) const { return {cell % size[0], cell / size[0] % size[1], cell / size[0] / size[1]}; }
  // The cell in direction 2 axis (below) or 2 axis + 1 (above); -1 where there is none.
  int neighbour(int cell, int direction) const;
};

Domain box(int nx, int ny, int nz);
Domain torus(int nx, int ny, int nz, std::array<bool, 3> periodic);
/// Each cell is solid with this probability.
Domain noise(int nx, int ny, int nz, double solid, std::uint64_t seed);
/// Solid balls in a box.
Domain balls(int n, int count, std::uint64_t seed);
/// A beam that slants through a box again and again: lines along x have 40 cells from x = `first` + 6 y + 5 z on,
/// modulo twice their length, or none. Two cells lie apart from it.
Domain beam(const std::array<int, 3>& size, int first, const std::array<bool, 3>& periodic = {});
/// Rooms of `room` cells across, one-cell walls with one-cell doors.
Domain rooms(int nx, int ny, int nz, int room, std::uint64_t seed);
/// A perfect maze of one-cell passages on (2 nx + 1) x (2 ny + 1) cells.
Domain maze(int nx, int ny, std::uint64_t seed);
/// A one-cell passage that winds inwards.
Domain spiral(int n);
/// Keeps the cells of the largest component.
Domain largest_component(const Domain& domain);

struct Numbering {
  std::vector<int> row_of_cell; // -1 where the cell has no row
  std::vector<int> cell_of_row;
};
Numbering compact(const Domain& domain);
/// Cells that are not active have rows too: the identity.
Numbering full(const Domain& domain);
Numbering shuffled(const Numbering& numbering, std::uint64_t seed);
Numbering reversed(const Numbering& numbering);
Numbering reordered(const Numbering& numbering, const std::vector<int>& new_row_of_row);

/// The coupling of an active cell with its active upper neighbour on an axis, and the excess of a cell.
struct Coefficients {
  std::function<double(const Domain&, int cell, int axis)> coupling;
  std::function<double(const Domain&, int cell)> excess;
};
/// Couplings 1; the boundary of the box is Neumann, but excess 1 on the cells of the top that are active.
Coefficients voxel();
Coefficients neumann();
Coefficients variable(std::uint64_t seed);
Coefficients stretched();
/// Couplings of one size, `along_y` along the second axis, with walls as thin as a face, and few values of excess.
Coefficients thin_walls(double along_y = 1);
/// Couplings of one size, `along_y` along the second axis, and an excess of its own in each cell, of three in four
/// positive and else zero.
Coefficients own_excess(std::uint64_t seed, double along_y = 1);

/// The matrix, on all ranks of PETSC_COMM_WORLD.
Mat matrix(const Domain& domain, const Numbering& numbering, const Coefficients& coefficients);
/// From (row, column, value), each once, on all ranks.
struct Entry {
  int row, column;
  double value;
};
Mat matrix(int rows, const std::vector<Entry>& entries);
/// A <- diag(factor) A. Collective.
void multiply_rows(Mat A, const std::function<double(int row)>& factor);
/// The symmetric matrix of a graph: couplings 1, diagonal 10.
Mat graph(int rows, const std::vector<std::array<int, 2>>& edges);

/// Uniform in [0, 1), from a seed and a number.
double random(std::uint64_t seed, std::uint64_t number);

} // namespace voxels
