#include "latticemg/slabs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace linnet::latticemg {

namespace {

// What the messages of one visit of a split level, or the gathering of one, take: the time of so many cells.
constexpr double message_cells = 4096;

struct Grid {
  double plane; // cells
  int planes;
  int halvings; // of the last axis, from the finest grid to this one
};

std::vector<Grid> grids_of(const CoarseningPlan& plan, const GridSize& size) {
  std::array<int, 3> n{};
  for (std::size_t a = 0; a < 3; ++a)
    n[a] = size[static_cast<std::size_t>(plan.axis[a])];
  std::vector<Grid> grids{{static_cast<double>(n[0]) * n[1], n[2], 0}};
  for (const std::array<bool, 3>& halved : plan.halved) {
    for (std::size_t a = 0; a < 3; ++a)
      n[a] = halved[a] ? (n[a] + 1) / 2 : n[a];
    grids.push_back({static_cast<double>(n[0]) * n[1], n[2], grids.back().halvings + halved[2]});
  }
  return grids;
}

// Bounds of so many slabs, which begin at multiples of `unit`.
std::vector<int> bounds(int planes, int slabs, int unit) {
  std::vector<int> first(static_cast<std::size_t>(slabs) + 1);
  for (int s = 0; s < slabs; ++s)
    first[static_cast<std::size_t>(s)] =
        unit * static_cast<int>(std::lround(static_cast<double>(planes) * s / slabs / unit));
  first.back() = planes;
  return first;
}

// A half sweep needs one plane more than the next one, and an even number of them in multiples of 4 keeps colours.
int halo_of(int reach) {
  return (reach + 1 + 3) / 4 * 4;
}

// Planes of the thinnest and the thickest slab on a grid.
std::pair<int, int> thickness(const std::vector<int>& first, int halvings) {
  int thinnest = std::numeric_limits<int>::max(), thickest = 0;
  for (std::size_t s = 0; s + 1 < first.size(); ++s) {
    const int above = (1 << halvings) - 1, planes = ((first[s + 1] + above) >> halvings) - (first[s] >> halvings);
    thinnest = std::min(thinnest, planes);
    thickest = std::max(thickest, planes);
  }
  return {thinnest, thickest};
}

} // namespace

SlabPlan plan_slabs(const CoarseningPlan& plan, const GridSize& size, const std::array<bool, 3>& periodic,
                    const CycleOptions& options, int ranks) {
  const std::vector<Grid> grids = grids_of(plan, size);
  const int planes = grids[0].planes, levels = static_cast<int>(grids.size());
  const bool ring = periodic[static_cast<std::size_t>(plan.axis[2])];
  const auto reach = [&](int l) { return 2 * options.sweeps_on(static_cast<std::size_t>(l)); };
  const int halo = halo_of(reach(0));
  const auto visits = [&](int l) { return options.w_cycle ? std::ldexp(1.0, std::min(l, levels - 2)) : 1.0; };

  SlabPlan best{{0, planes}, 0, 0, false};
  double least = 0;
  for (int l = 0; l < levels; ++l)
    least += visits(l) * grids[static_cast<std::size_t>(l)].plane * grids[static_cast<std::size_t>(l)].planes;
  for (int slabs = 2; slabs <= ranks; ++slabs)
    for (int shared = 1; shared < levels && grids[static_cast<std::size_t>(shared)].halvings < 24; ++shared) {
      const int unit = 2 << grids[static_cast<std::size_t>(shared)].halvings;
      const std::vector<int> first = bounds(planes, slabs, unit);
      double cost = visits(shared) * message_cells;
      bool possible = !ring || planes % unit == 0;
      for (int l = 0; l < levels; ++l) {
        const Grid& grid = grids[static_cast<std::size_t>(l)];
        const auto [thinnest, thickest] = thickness(first, grid.halvings);
        possible = possible && (l >= shared || thinnest >= halo);
        cost += visits(l) * (l < shared ? grid.plane * std::min(grid.planes, thickest + reach(l)) + message_cells
                                        : grid.plane * grid.planes);
      }
      if (possible && cost < least) {
        least = cost;
        best = {first, shared, halo, ring};
      }
    }
  return best;
}

SlabPlan plan_fine_slabs(const CoarseningPlan& plan, const GridSize& size, const std::array<bool, 3>& periodic,
                         int sweeps, int unit, int ranks) {
  constexpr double least_cells = 16384;
  const std::vector<Grid> grids = grids_of(plan, size);
  const int planes = grids[0].planes, halo = halo_of(2 * sweeps);
  SlabPlan best{{0, planes}, 0, 0, false};
  if (grids.size() < 2 || periodic[static_cast<std::size_t>(plan.axis[2])])
    return best;
  unit = std::max(unit, 2 << grids[1].halvings); // powers of two
  for (int slabs = 2; slabs <= ranks && planes * grids[0].plane >= slabs * least_cells; ++slabs) {
    const std::vector<int> first = bounds(planes, slabs, unit);
    if (thickness(first, 0).first >= std::max(halo, unit))
      best = {first, 1, halo, false};
  }
  return best;
}

std::vector<int> planes_of(const SlabPlan& plan, int slab) {
  const auto s = static_cast<std::size_t>(slab);
  const int planes = plan.first.back();
  std::vector<int> numbers;
  for (int k = plan.first[s] - plan.halo; k < plan.first[s + 1] + plan.halo; ++k) {
    const bool inside = k >= 0 && k < planes;
    numbers.push_back(inside ? k : plan.ring ? (k + planes) % planes : -1);
  }
  return numbers;
}

} // namespace linnet::latticemg
