// Whether the coarser grids are good enough: from the operator itself, and measured on it.
#include "latticemg/aggregates/cell_groups.hpp"
#include "latticemg/aggregates/graph.hpp"
#include "latticemg/lines.hpp"
#include "latticemg/multigrid.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace linnet::latticemg {

namespace {

// Damped cycles E = I - 2/3 M A leave 1/3 of what a cycle solves and little of what it overshoots, which conjugate
// gradients see to; what they leave more of are errors that differ across thin walls. From noise the rate of the second
// grid, which tells it at an eighth of the finest one's work, grows within `many` cycles to 0.4, at times 0.48, on
// ordinary domains (4 to 7 iterations), where grids are halved along some axes only to 0.57, and to 0.49 and more where
// walls take 20 iterations and more. Below what it must have reached after 4, 5 and 6 cycles it is ordinary.
constexpr double damping = 2.0 / 3, slow = 0.5, slow_on_some_axes = 0.575;
constexpr int few = 4, many = 7;
constexpr double ordinary[many - few] = {0.336, 0.341, 0.37};
// The second grid does not tell where it is nearly the coarsest one, of few cells, where walls part the cells of the
// finest one, as it has no cells for both sides of them, or where its rate, of coefficients that change along all axes,
// is uncertain. There the finest grid is measured too: 0.336 to 0.4 on ordinary domains, 0.45 and more where walls take
// 10 to 300 iterations.
constexpr double uncertain = 0.42, few_cells = 16384, slow_on_finest = 0.45;
// Of errors as wide as the cells of a coarser grid noise on the second one has too little. With couplings of less than
// half, which overshoot between rooms, the rate of a grid with walls is 0.34 to 0.68 where it takes 4 to 6 iterations
// (drops, blobs, grains), 0.7 to 0.85 where it takes 8 to 300 (mazes, pipes); with half of them mazes take 7. Where
// some axes are not halved it tells together with the share of the blocks that walls part: 0.43 to 0.81 beside 0.83
// to 1.2.
// Regions of large coefficients, whose borders part few blocks of the first grids, are told so too: 0.75 to 0.82 where
// they take 68 iterations; of up to 10 times it does not tell, if all axes are halved: 0.69 to 0.78 where it takes 7
// (layers, blobs, drawn cell by cell).
constexpr double some_with_walls = 0.01, slow_between_walls = 0.69, slow_and_parted = 0.83, large_coefficients = 10;

// Of the blocks that have unknowns, those that walls part: below 0.02 on ordinary domains of many blocks; of fewer ones
// up to 0.2 between drops. Of many blocks they tell it at once; noise has too little of their errors then.
constexpr double many_with_walls = 0.04, many_blocks = 8192;

// Where couplings are one an axis and no cell is held, nothing but walls makes grids fail. Rooms w cells wide have
// walls in 2/w of the blocks, or beside them, on some grid at least: below these shares the rooms are few, and so are
// their errors. Coarser grids of few blocks are measured by themselves, where walls part these.
constexpr double few_with_walls = 0.015, few_with_walls_2d = 0.004, few_blocks = 1024, few_walled_off = 0.1;

// Blocks of cells that weak couplings part, of all blocks: none where coefficients change little from cell to cell.
constexpr double many_parted = 0.02;

// Where couplings vary and grids are halved along all axes, of 130 systems with inclusions of 30 to 1e6 times: where
// the rate of the second grid is 0.335 to 0.365, after all its cycles, they take 4 to 7 iterations; 0.37 to 0.43 5 to
// 23, and up to 0.9 where channels of a few cells part inclusions from the rest 10 to 2000. Of the blocks of the first
// two grids up to 0.05 are parted in open domains, 0.1 to 0.4 in mazes, between plates and around sheets; in two
// dimensions 0 and 0.01 to 0.1.
constexpr double slow_beside_inclusions = 0.365, parted_by_inclusions = 0.08, parted_by_inclusions_2d = 0.01;
// Contrasts above which rates do not tell: of 1e5 and more 0.1 and 0.27 where it takes 12 to 31 iterations.
constexpr double large_contrast = 2e4;

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

// Errors e <- E e of the homogeneous problem on grid l, from noise: the differences of successive ones leave
// out what a singular operator keeps.
double Multigrid::measured_rate(std::size_t l, double most, bool may_be_ordinary, int threads) {
  const bool active = layout_.ranks.slab >= 0;
  CycleOptions options;
  options.threads = threads;
  Buffer<float> before; // laid out as the level's fields
  std::vector<double> sums;
  double rate = 0, last = 0;
  if (active) {
    const Level& level = levels_[l];
    const auto length = static_cast<std::size_t>(2 * level.gap);
    std::fill_n(level.u - level.front, length, 0.0F);
    std::fill_n(level.b - level.front, length, 0.0F);
    for_each_line(level, level.own, threads, [&](int j, int k) {
      for (int i = 0; i < level.size[0]; ++i)
        if (const std::ptrdiff_t c = level.at(i, j, k); level.has_unknown(c))
          level.u[c] = noise(i, j, level.begin + k);
    });
    before.resize(length);
    std::copy_n(level.u - level.front, length, before.data());
    sums.resize(static_cast<std::size_t>(level.size[1]) * static_cast<std::size_t>(level.own.count()));
  }
  // Coarser grids take little work, and their rates may fall again.
  const auto goes_on = [&](int n) {
    return n < few || l > 1 || (rate <= most && !(may_be_ordinary && rate <= ordinary[n - few]));
  };
  for (int n = 0; n < many && goes_on(n); ++n) {
    if (active) {
      const Level& level = levels_[l];
      run_team(threads, [&](Member* member) { cycle(options, *member).visit_again(l, member); });
      for_each_line(level, level.own, threads, [&](int j, int k) {
        double sum = 0;
        for (int colour = 0; colour < 2; ++colour) { // zeros where there is no unknown
          const std::ptrdiff_t line = colour * level.gap + k * level.plane + j * level.line;
          float* u = level.u + line;
          float* from = before.data() + level.front + line;
          for (int t = 0; t < level.count(0); ++t) {
            const double change = damping * (u[t] - from[t]);
            from[t] = u[t] = static_cast<float>(from[t] + change);
            sum += change * change;
          }
        }
        sums[static_cast<std::size_t>(k - level.own.first) * static_cast<std::size_t>(level.size[1]) +
             static_cast<std::size_t>(j)] = sum;
      });
    }
    const double norm = std::sqrt(layout_.ranks.sum(std::accumulate(sums.begin(), sums.end(), 0.0)));
    rate = last > 0 ? norm / last : 0;
    last = norm;
  }
  return rate;
}

bool Multigrid::couplings_part_cells(const LatticeOperator& op, int threads, CellGroups* groups) {
  if (layout_.coarsening.halved.size() < 2)
    return false;
  double parted = 0, blocks = 0;
  if (!op.uniform && op.cell_count() > 0 && op.cell_count() <= std::numeric_limits<int>::max()) {
    group_cells(op, own_planes(), threads, groups);
    blocks = groups->blocks;
    parted = groups->count - groups->blocks;
  }
  blocks = layout_.ranks.sum(blocks);
  parted = layout_.ranks.sum(parted);
  return parted > many_parted * blocks;
}

bool Multigrid::Walls::are_many() const {
  return parted > many_with_walls * blocks && blocks > many_blocks;
}

bool Multigrid::Walls::are_uneven() const {
  return uneven > many_parted * blocks;
}

bool Multigrid::inclusions_part_cells(const Walls& walls) const {
  const bool flat = std::count(laid_size_.begin(), laid_size_.end(), 1) > 0;
  return walls.parted > (flat ? parted_by_inclusions_2d : parted_by_inclusions) * walls.blocks ||
         walls.contrast > large_contrast;
}

bool Multigrid::grids_fail(const LatticeOperator& op, const Walls& on_finest, int threads) {
  const std::size_t coarser = layout_.coarsening.halved.size(); // on ranks without a slab too
  if (coarser < 2)
    return false;
  const bool small = layout_.ranks.sum(static_cast<double>(op.cell_count())) <= few_cells;
  const bool walls_on_finest = on_finest.parted > many_with_walls * on_finest.blocks;
  const auto finest_fails = [&] { return measured_rate(0, slow_on_finest, true, threads) > slow_on_finest; };
  const bool semi = layout_.coarsening.semi, flat = std::count(laid_size_.begin(), laid_size_.end(), 1) > 0;
  const bool varying = !op.uniform && !semi, uneven = on_finest.are_uneven();
  if (uneven) {
    Walls second = look_for_walls(1, true, threads);
    second.contrast = on_finest.contrast; // sums of couplings range further
    if (inclusions_part_cells(second))
      return true;
  }
  std::vector<double> parted(coarser, 0); // of the blocks of each grid
  bool few_walls = op.uniform && !is_held(op.max_excess, static_cast<float>(op.max_coupling));
  for (std::size_t l = 0; l < coarser; ++l) {
    const Walls walls = l == 0 ? on_finest : look_for_walls(l, false, threads);
    if (walls.are_many() && (l < 2 || !semi))
      return true;
    parted[l] = walls.parted / std::max(1.0, walls.blocks);
    const bool few_here = l > 1 && walls.blocks <= few_blocks;
    const double share = flat ? few_with_walls_2d : few_with_walls;
    few_walls = few_walls && walls.parted <= (few_here ? 1 : share) * walls.blocks &&
                walls.walled_off <= (few_here ? few_walled_off : share) * walls.blocks;
  }
  if (!few_walls) {
    const double most = semi ? slow_on_some_axes : uneven ? slow_beside_inclusions : slow;
    const double rate = measured_rate(1, most, !varying, threads);
    if (rate > most)
      return true;
    if ((small || walls_on_finest || (varying && rate > uncertain)) && finest_fails())
      return true;
    if (varying && rate <= slow_beside_inclusions)
      return false;
  }
  const auto& factors = layout_.weights.coupling;
  const bool overshoots = std::any_of(factors.begin(), factors.end(), [](float factor) { return factor < 0.5F; });
  const bool regions = !op.uniform && (semi || op.max_coupling > large_coefficients * op.min_coupling);
  for (std::size_t l = 2; l < coarser && (semi || overshoots || regions); ++l) {
    const double fast = semi ? slow_and_parted - parted[l] : slow_between_walls;
    const bool with_walls = parted[l] > (semi ? many_with_walls : some_with_walls) && (semi || overshoots);
    if ((with_walls || regions) && measured_rate(l, fast, true, threads) > fast)
      return true;
  }
  return false;
}

} // namespace linnet::latticemg
