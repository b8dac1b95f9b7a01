#include "lattice/natural_order.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace linnet {

namespace {

// Positive differences column - row in some of the rows; more than six are no lattice.
std::vector<PetscInt> sample_offsets(const GraphView& graph) {
  constexpr PetscInt ends = 1024, spread = 4096;
  std::vector<PetscInt> offsets;
  const auto visit = [&](PetscInt r) {
    for (PetscInt e = graph.ia[r]; e < graph.ia[r + 1]; ++e) {
      const PetscInt offset = std::abs(graph.ja[e] - r);
      if (graph.is_edge(r, e) && offsets.size() <= 6 &&
          std::find(offsets.begin(), offsets.end(), offset) == offsets.end())
        offsets.push_back(offset);
    }
  };
  for (PetscInt r = 0; r < std::min(ends, graph.n); ++r)
    visit(r);
  for (PetscInt r = std::max<PetscInt>(0, graph.n - ends); r < graph.n; ++r)
    visit(r);
  for (PetscInt s = 0; s < spread; ++s)
    visit(static_cast<PetscInt>(static_cast<std::int64_t>(graph.n) * s / spread));
  std::sort(offsets.begin(), offsets.end());
  return offsets;
}

// A lattice of n cells with these strides whose neighbours explain the offsets; size 0 where they do not.
Lattice lattice_of_strides(PetscInt n, PetscInt nx, PetscInt nxny, const std::vector<PetscInt>& offsets) {
  Lattice lattice;
  lattice.natural = true;
  lattice.size = {nx, nxny / nx, n / nxny + (n % nxny > 0)};
  GridSize stride{1, nx, nxny};
  for (const PetscInt offset : offsets) {
    bool explained = false;
    for (std::size_t axis = 0; axis < 3 && !explained; ++axis) {
      const PetscInt extent = lattice.size[axis];
      explained = extent > 1 && offset == stride[axis];
      if (!explained && extent > 2 && offset == (extent - 1) * stride[axis] && n % nxny == 0)
        explained = lattice.periodic[axis] = true;
    }
    if (!explained)
      return Lattice{};
  }
  return lattice;
}

} // namespace

bool natural_full(const GraphView& graph, Lattice* lattice) {
  const std::vector<PetscInt> offsets = sample_offsets(graph);
  if (offsets.size() > 6)
    return false;
  std::vector<PetscInt> strides = offsets;
  strides.push_back(graph.n);
  std::reverse(strides.begin(), strides.end()); // one line lies along x, one plane across x and y
  std::vector<Lattice> candidates;
  for (const PetscInt nx : strides)
    for (const PetscInt nxny : strides)
      if (nxny >= nx && nxny % nx == 0 && nxny / nx <= PETSC_MAX_INT / nx)
        candidates.push_back(lattice_of_strides(graph.n, nx, nxny, offsets));
  const auto worth = [](const Lattice& c) {
    return std::accumulate(c.periodic.begin(), c.periodic.end(), 0) * 8 +
           static_cast<int>(std::count_if(c.size.begin(), c.size.end(), [](PetscInt s) { return s > 1; }));
  };
  std::erase_if(candidates, [](const Lattice& c) {
    return c.size[0] == 0 || static_cast<std::int64_t>(c.size[0]) * c.size[1] * c.size[2] > PETSC_MAX_INT;
  });
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const Lattice& a, const Lattice& b) { return worth(a) < worth(b); });
  for (Lattice& candidate : candidates) {
    if (fits(graph, candidate)) {
      *lattice = std::move(candidate);
      return true;
    }
  }
  return false;
}

} // namespace linnet
