#include "lattice/graph.hpp"
#include "base/threads.hpp"
#include "lattice/row_reader.hpp"

#include <algorithm>
#include <atomic>

namespace linnet {

bool fits(const GraphView& graph, const Lattice& lattice) {
  constexpr PetscInt block = 16384;
  const Neighbourhood near(lattice.size, lattice.periodic);
  const PetscInt* cells = lattice.natural ? nullptr : lattice.cells.data();
  const PetscInt blocks = graph.n / block + (graph.n % block > 0);
  const CellBreaks breaks = lattice.natural ? CellBreaks() : CellBreaks(lattice.cells);
  const auto cell_of = [cells](PetscInt r) { return cells ? cells[r] : r; };
  std::atomic<bool> good = true;
#pragma omp parallel for schedule(static) num_threads(default_threads())
  for (PetscInt b = 0; b < blocks; ++b) {
    if (!good.load(std::memory_order_relaxed))
      continue;
    const PetscInt first = b * block, last = graph.n - first > block ? first + block : graph.n;
    CellWalker walker(lattice.size);
    for (PetscInt r = first, next; r < last; r = next) {
      const PetscInt cell = cell_of(r);
      const GridSize& at = walker.move_to(cell);
      // Around no end of an axis what joins neighbours still does in the rows after it whose columns and cells all move
      // on by one.
      bool joins = true, direct = true;
      for (PetscInt e = graph.ia[r]; e < graph.ia[r + 1] && joins; ++e) {
        const PetscInt c = graph.ja[e], difference = cell_of(c) - cell;
        if (c == r || near.direct_direction(at, difference) >= 0)
          continue;
        direct = false;
        joins = near.wrapped_direction(at, difference) >= 0 || !graph.is_edge(r, e);
      }
      if (!joins)
        good.store(false, std::memory_order_relaxed);
      const PetscInt limit = direct ? graph.breaks.after(r, r + std::min(last - r, lattice.size[0] - 1 - at[0])) : r;
      next = limit > r + 1 ? breaks.limit(graph.ia, graph.ja, r, limit) : r + 1;
    }
  }
  return good;
}

namespace {

std::string row_text(PetscInt row) {
  return "row " + std::to_string(row);
}

} // namespace

Adjacency adjacency_of(const GraphView& graph, std::string* refusal) {
  Adjacency adjacency(static_cast<std::size_t>(graph.n));
  for (PetscInt r = 0; r < graph.n; ++r) {
    Neighbours& neighbours = adjacency[static_cast<std::size_t>(r)];
    neighbours.fill(-1);
    std::size_t degree = 0;
    for (PetscInt e = graph.ia[r]; e < graph.ia[r + 1]; ++e) {
      if (!graph.is_edge(r, e))
        continue;
      if (degree < 6 && contains(neighbours, graph.ja[e])) {
        *refusal = row_text(r) + " has two entries for column " + std::to_string(graph.ja[e]);
        return {};
      }
      if (degree < 6)
        neighbours[degree] = graph.ja[e];
      ++degree;
    }
    if (degree > 6) {
      *refusal = row_text(r) + " has " + std::to_string(degree) + " off-diagonal entries: more than a 7-point operator";
      return {};
    }
  }
  return adjacency;
}

} // namespace linnet
