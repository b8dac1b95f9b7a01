#pragma once

#include "lattice/lattice.hpp"

#include <string>
#include <vector>

namespace linnet {

/// Rows row, row + 1, ..., row + length - 1 of one component at (x, y, z), (x + 1, y, z), ...
struct Segment {
  PetscInt row;
  PetscInt length;
  PetscInt component;
  GridSize at;
};

/// Components whose places relative to each other are not known, each in coordinates of its own.
struct Pieces {
  std::vector<Segment> segments; // each row in exactly one
  PetscInt components = 0;
  /// By component: the period of each axis, 0 where it does not close.
  std::vector<GridSize> period;
};

/// Places all components on one lattice, the larger first, a layer of cells without rows between them; rows that are
/// components by themselves go to free cells. At most 32 cells a row, and 4096 more. Returns what stands against it, or
/// an empty string.
std::string pack(const Pieces& pieces, PetscInt rows, Lattice* lattice);

} // namespace linnet
