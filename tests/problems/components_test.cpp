#include "support.hpp"

#include "problems/random.hpp"

#include <deque>

namespace linnet {
namespace {

struct Reference {
  std::vector<std::int32_t> label;
  std::vector<Component> component;
};

/// One flood fill a component, with its own idea of who neighbours whom.
Reference flood(const VoxelDomain& domain) {
  const VoxelGrid& g = domain.grid;
  Reference result{std::vector<std::int32_t>(domain.cell.size(), -1), {}};
  for (std::int64_t start = 0; start < g.cells(); ++start) {
    if (domain.cell[static_cast<std::size_t>(start)] != Cell::fluid ||
        result.label[static_cast<std::size_t>(start)] >= 0)
      continue;
    const auto label = static_cast<std::int32_t>(result.component.size());
    Component component;
    std::deque<std::int64_t> queue = {start};
    result.label[static_cast<std::size_t>(start)] = label;
    while (!queue.empty()) {
      const std::int64_t cell = queue.front();
      queue.pop_front();
      ++component.cells;
      const std::int64_t at[3] = {cell % g.nx, cell / g.nx % g.ny, cell / (g.nx * g.ny)};
      for (int axis = 0; axis < 3; ++axis)
        for (const int step : {-1, 1}) {
          std::int64_t to[3] = {at[0], at[1], at[2]};
          to[axis] += step;
          const std::int64_t n = g.extent(axis);
          if (to[axis] < 0 || to[axis] >= n) {
            const Beyond beyond = domain.sides[2 * static_cast<std::size_t>(axis) + (step > 0)];
            component.anchored = component.anchored || beyond == Beyond::open;
            if (beyond != Beyond::periodic)
              continue;
            to[axis] = (to[axis] + n) % n;
          }
          const auto next = static_cast<std::size_t>(to[0] + g.nx * (to[1] + g.ny * to[2]));
          component.anchored = component.anchored || domain.cell[next] == Cell::air;
          if (domain.cell[next] == Cell::fluid && result.label[next] < 0) {
            result.label[next] = label;
            queue.push_back(static_cast<std::int64_t>(next));
          }
        }
    }
    result.component.push_back(component);
  }
  return result;
}

void expect_as_flooded(const VoxelDomain& domain) {
  const Reference expected = flood(domain);
  for (const int threads : {1, 3}) {
    const Components found = find_components(domain, threads);
    EXPECT_EQ(found.label, expected.label);
    ASSERT_EQ(found.component.size(), expected.component.size());
    for (std::size_t c = 0; c < found.component.size(); ++c) {
      EXPECT_EQ(found.component[c].cells, expected.component[c].cells);
      EXPECT_EQ(found.component[c].anchored, expected.component[c].anchored);
    }
  }
}

/// Cells drawn independently: near the percolation threshold components are many and crooked.
VoxelDomain speckled(const VoxelGrid& grid, const Sides& sides, double fluid, double air, std::uint64_t seed) {
  VoxelDomain domain{grid, sides, {}};
  RandomSequence random({seed, Purpose::shape});
  for (std::int64_t c = 0; c < grid.cells(); ++c) {
    const double u = random.uniform();
    domain.cell.push_back(u < fluid ? Cell::fluid : u < fluid + air ? Cell::air : Cell::solid);
  }
  return domain;
}

TEST(Components, AgreeWithAFloodFillInThePlane) {
  for (std::uint64_t seed = 0; seed < 30; ++seed)
    expect_as_flooded(speckled({23, 17, 1}, default_sides, 0.6, seed % 2 == 0 ? 0 : 0.02, seed));
}

TEST(Components, AgreeWithAFloodFillInSpace) {
  for (std::uint64_t seed = 0; seed < 30; ++seed)
    expect_as_flooded(speckled({9, 8, 11}, default_sides, 0.33, seed % 2 == 0 ? 0 : 0.02, seed));
}

TEST(Components, AgreeWithAFloodFillAcrossPeriodicSides) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Sides sides = closed;
    const std::size_t axis = seed % 3;
    sides[2 * axis] = sides[2 * axis + 1] = Beyond::periodic;
    expect_as_flooded(speckled({9, 8, 11}, sides, 0.33, 0.02, seed));
    expect_as_flooded(speckled({9, 8, 11}, all_periodic, 0.3, 0, seed));
  }
}

TEST(Components, AreNumberedByTheirFirstCells) {
  const Components found = find_components(drawn({{"..#.", "##.#", ".##."}}, closed));
  EXPECT_EQ(found.label, (std::vector<std::int32_t>{0, -1, -1, 1, -1, -1, 2, -1, 3, 3, -1, 4}));
}

TEST(Components, JoinASpiralIntoOne) {
  expect_as_flooded(
      drawn({{".......", "#####.#", "....#.#", ".##.#.#", ".#..#..", ".#.##.#", ".#.....", ".######", "......."}},
            default_sides));
}

TEST(Components, OfADomainWithoutFluidAreNone) {
  EXPECT_TRUE(find_components(drawn({{"#~#"}}, closed)).component.empty());
}

} // namespace
} // namespace linnet
