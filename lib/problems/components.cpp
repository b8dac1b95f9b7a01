#include "problems/components.hpp"

#include "problems/parallel.hpp"

#include <algorithm>

namespace linnet {

namespace {

// A component is a set of runs (maximal fluid stretches of a line along x) joined where they overlap in neighbouring
// lines: He, Chao, Suzuki: A run-based two-scan labeling algorithm, IEEE Trans. Image Process. 17 (2008).
struct Run {
  std::int32_t begin;
  std::int32_t end;
};

struct Runs {
  std::vector<Run> run;
  std::vector<std::int64_t> line_start; ///< runs of line l: [line_start[l], line_start[l + 1])
};

Runs find_runs(const VoxelDomain& domain) {
  Runs runs;
  const std::int64_t nx = domain.grid.nx;
  runs.line_start.reserve(static_cast<std::size_t>(domain.grid.lines() + 1));
  runs.line_start.push_back(0);
  for (std::int64_t line = 0; line < domain.grid.lines(); ++line) {
    const Cell* const cell = &domain.cell[static_cast<std::size_t>(line * nx)];
    for (std::int64_t i = 0; i < nx; ++i) {
      if (cell[i] != Cell::fluid)
        continue;
      const std::int64_t begin = i;
      while (i < nx && cell[i] == Cell::fluid)
        ++i;
      runs.run.push_back({static_cast<std::int32_t>(begin), static_cast<std::int32_t>(i)});
    }
    runs.line_start.push_back(static_cast<std::int64_t>(runs.run.size()));
  }
  return runs;
}

/// Disjoint sets of runs; each set's root is its first run.
class DisjointSets {
public:
  explicit DisjointSets(std::size_t n) : parent_(n) {
    for (std::size_t i = 0; i < n; ++i)
      parent_[i] = static_cast<std::int32_t>(i);
  }
  std::int32_t root(std::int32_t i) {
    while (parent(i) != i) {
      parent(i) = parent(parent(i)); // path halving
      i = parent(i);
    }
    return i;
  }
  void join(std::int64_t a, std::int64_t b) {
    const std::int32_t p = root(static_cast<std::int32_t>(a));
    const std::int32_t q = root(static_cast<std::int32_t>(b));
    parent(std::max(p, q)) = std::min(p, q);
  }

private:
  std::int32_t& parent(std::int32_t i) { return parent_[static_cast<std::size_t>(i)]; }
  std::vector<std::int32_t> parent_;
};

void join_lines(const Runs& runs, DisjointSets& sets, std::int64_t line_a, std::int64_t line_b) {
  const auto start = [&](std::int64_t line) { return runs.line_start[static_cast<std::size_t>(line)]; };
  std::int64_t a = start(line_a);
  std::int64_t b = start(line_b);
  while (a < start(line_a + 1) && b < start(line_b + 1)) {
    const Run& p = runs.run[static_cast<std::size_t>(a)];
    const Run& q = runs.run[static_cast<std::size_t>(b)];
    if (p.begin < q.end && q.begin < p.end)
      sets.join(a, b);
    p.end < q.end ? ++a : ++b;
  }
}

void join_all(const VoxelDomain& domain, const Runs& runs, DisjointSets& sets) {
  const VoxelGrid& grid = domain.grid;
  const bool x_periodic = domain.sides[left] == Beyond::periodic;
  const bool y_periodic = domain.sides[bottom] == Beyond::periodic;
  const bool z_periodic = domain.sides[front] == Beyond::periodic;
  for (std::int64_t k = 0; k < grid.nz; ++k)
    for (std::int64_t j = 0; j < grid.ny; ++j) {
      const std::int64_t line = j + grid.ny * k;
      if (j > 0)
        join_lines(runs, sets, line - 1, line);
      else if (y_periodic)
        join_lines(runs, sets, line + grid.ny - 1, line);
      if (k > 0)
        join_lines(runs, sets, line - grid.ny, line);
      else if (z_periodic)
        join_lines(runs, sets, line + grid.ny * (grid.nz - 1), line);
      const std::int64_t first = runs.line_start[static_cast<std::size_t>(line)];
      const std::int64_t last = runs.line_start[static_cast<std::size_t>(line + 1)] - 1;
      if (x_periodic && first < last && runs.run[static_cast<std::size_t>(first)].begin == 0 &&
          runs.run[static_cast<std::size_t>(last)].end == grid.nx)
        sets.join(first, last);
    }
}

bool touches_air(const VoxelDomain& domain, const Run& run, std::int64_t line) {
  for (std::int64_t i = run.begin; i < run.end; ++i)
    for (int side = 0; side < 6; ++side)
      if (neighbour(domain, {i, line % domain.grid.ny, line / domain.grid.ny}, side).kind == Cell::air)
        return true;
  return false;
}

} // namespace

Components find_components(const VoxelDomain& domain, int threads) {
  const VoxelGrid& grid = domain.grid;
  const Runs runs = find_runs(domain);
  DisjointSets sets(runs.run.size());
  join_all(domain, runs, sets);

  Components components;
  std::vector<std::int32_t> label(runs.run.size()); // of each run; roots come before what hangs on them
  for (std::size_t r = 0; r < label.size(); ++r) {
    const std::int32_t root = sets.root(static_cast<std::int32_t>(r));
    if (root == static_cast<std::int32_t>(r)) {
      label[r] = static_cast<std::int32_t>(components.component.size());
      components.component.emplace_back();
    } else {
      label[r] = label[static_cast<std::size_t>(root)];
    }
    components.component[static_cast<std::size_t>(label[r])].cells += runs.run[r].end - runs.run[r].begin;
  }

  components.label.assign(domain.cell.size(), -1);
  std::vector<std::uint8_t> anchored(runs.run.size());
  for_each_piece(grid.lines(), threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t line = begin; line < end; ++line) {
      const auto first = static_cast<std::size_t>(runs.line_start[static_cast<std::size_t>(line)]);
      const auto last = static_cast<std::size_t>(runs.line_start[static_cast<std::size_t>(line + 1)]);
      for (std::size_t r = first; r < last; ++r) {
        const Run& run = runs.run[r];
        anchored[r] = touches_air(domain, run, line);
        const auto start = components.label.begin() + grid.nx * line;
        std::fill(start + run.begin, start + run.end, label[r]);
      }
    }
  });
  for (std::size_t r = 0; r < anchored.size(); ++r)
    if (anchored[r])
      components.component[static_cast<std::size_t>(label[r])].anchored = true;
  return components;
}

std::int64_t drop_isolated(VoxelDomain& domain, const Components& components) {
  std::int64_t dropped = 0;
  for (std::size_t c = 0; c < domain.cell.size(); ++c) {
    const std::int32_t label = components.label[c];
    if (label >= 0 && !components.component[static_cast<std::size_t>(label)].anchored) {
      domain.cell[c] = Cell::solid;
      ++dropped;
    }
  }
  return dropped;
}

} // namespace linnet
