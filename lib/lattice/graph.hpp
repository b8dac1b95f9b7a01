#pragma once

#include "lattice/stretches.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace linnet {

/// The graph of a square matrix in compressed rows. Stored zeros are no edges.
struct GraphView {
  PetscInt n;
  const PetscInt* ia;
  const PetscInt* ja;
  const PetscScalar* a; // null: each entry off the diagonal is an edge
  RowBits breaks;       // column_breaks(): rows that do not repeat the one above

  GraphView(PetscInt rows, const PetscInt* starts, const PetscInt* columns, const PetscScalar* values)
      : n(rows), ia(starts), ja(columns), a(values), breaks(column_breaks(starts, columns, rows)) {}

  bool is_edge(PetscInt row, PetscInt entry) const { return ja[entry] != row && (!a || a[entry] != 0); }
};

/// Up to six neighbours a vertex; -1 in the places that are not used.
using Neighbours = std::array<std::int32_t, 6>;
using Adjacency = std::vector<Neighbours>;

inline bool contains(const Neighbours& neighbours, std::int32_t vertex) {
  return std::find(neighbours.begin(), neighbours.end(), vertex) != neighbours.end();
}
inline int degree(const Neighbours& neighbours) {
  return static_cast<int>(std::find(neighbours.begin(), neighbours.end(), -1) - neighbours.begin());
}

/// Whether all edges join neighbours on the lattice.
bool fits(const GraphView& graph, const Lattice& lattice);

/// The graph by vertex. Empty, and *refusal says why, where a vertex has more than six edges or an edge is double.
Adjacency adjacency_of(const GraphView& graph, std::string* refusal);

} // namespace linnet
