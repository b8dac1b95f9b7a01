// Whether the coarser grids are good enough, measured on the operator itself.
#include "latticemg/aggregates/cell_groups.hpp"
#include "latticemg/multigrid.hpp"

#include <cmath>
#include <limits>

namespace linnet::latticemg {

namespace {

// The part of an error that a cycle leaves on the second grid, from which on aggregates are worth their setup: about
// 0.2 to 0.4 on ordinary domains (6 to 8 iterations), 0.55 and more where thin walls take 20 and more.
constexpr double slow = 0.53;

// Blocks of cells that weak couplings part, of all blocks: none where coefficients change little from cell to cell.
constexpr double many_parted = 0.02;

// -1 ... 1, the same for a cell of the grid on all ranks.
float noise(int i, int j, int k) {
  std::uint32_t x = static_cast<std::uint32_t>(i) * 0x9e3779b1U ^ static_cast<std::uint32_t>(j) * 0x85ebca77U ^
                    static_cast<std::uint32_t>(k) * 0xc2b2ae3dU;
  x ^= x >> 15;
  x *= 0x2c1b3c6dU;
  x ^= x >> 12;
  return static_cast<float>(x) / 2147483648.0F - 1;
}

} // namespace

// Errors e <- E e of the homogeneous problem on the second grid, from noise: the differences of successive ones leave
// out what a singular operator keeps.
double Multigrid::measured_rate(int threads) {
  constexpr int visits = 4;
  const bool active = layout_.ranks.slab >= 0;
  CycleOptions options;
  options.threads = threads;
  std::vector<float> before;
  double rate = 0, last = 0;
  const auto for_each_unknown = [&](const auto& work) {
    const Level& level = levels_[1];
    for (int k = level.own.first; k < level.own.last; ++k)
      for (int j = 0; j < level.size[1]; ++j)
        for (int i = 0; i < level.size[0]; ++i)
          if (const std::ptrdiff_t c = level.at(i, j, k); level.diagonal[c] > 0)
            work(c, noise(i, j, level.begin + k));
  };
  if (active) {
    const Level& level = levels_[1];
    before.resize(static_cast<std::size_t>(2 * level.gap));
    std::fill_n(level.u - level.front, 2 * level.gap, 0.0F);
    std::fill_n(level.b - level.front, 2 * level.gap, 0.0F);
    for_each_unknown([&](std::ptrdiff_t c, float e) { level.u[c] = e; });
  }
  for (int n = 0; n < visits; ++n) {
    double sum = 0;
    if (active) {
      const Level& level = levels_[1];
      std::copy_n(level.u - level.front, 2 * level.gap, before.begin());
      run_team(threads, [&](Member* member) { cycle(options, *member).visit_again(1, member); });
      for_each_unknown([&](std::ptrdiff_t c, float) {
        const double change = level.u[c] - before[static_cast<std::size_t>(c + level.front)];
        sum += change * change;
      });
    }
    const double norm = std::sqrt(layout_.ranks.sum(sum));
    rate = last > 0 ? norm / last : 0;
    last = norm;
  }
  return rate;
}

bool Multigrid::grids_fail(const LatticeOperator& op, int threads, CellGroups* groups) {
  if (layout_.coarsening.halved.size() < 2)
    return false;
  double parted = 0, blocks = 0;
  if (!op.uniform && op.cell_count() > 0 && op.cell_count() <= std::numeric_limits<int>::max()) {
    group_cells(op, threads, groups);
    blocks = groups->blocks;
    parted = groups->count - groups->blocks;
  }
  blocks = layout_.ranks.sum(blocks);
  parted = layout_.ranks.sum(parted);
  return parted > many_parted * blocks || measured_rate(threads) > slow;
}

} // namespace linnet::latticemg
