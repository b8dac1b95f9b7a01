#include "latticemg/coarsening.hpp"

#include <algorithm>
#include <numeric>

namespace linnet::latticemg {

namespace {

// Axes with more than one cell first, of these `first` if it is one, the longest of the others last: threads and
// sweeps go along it. Of two, the second is z.
std::array<int, 3> order_axes(const GridSize& size, int first) {
  std::array<int, 3> axis{0, 1, 2};
  const auto cells = [&](int a) { return size[static_cast<std::size_t>(a)]; };
  auto begin = axis.begin();
  const auto used = std::stable_partition(axis.begin(), axis.end(), [&](int a) { return cells(a) > 1; });
  if (const auto at = std::find(axis.begin(), used, first); at != used)
    std::rotate(begin++, at, at + 1);
  if (used != begin) {
    const auto longest = std::max_element(begin, used, [&](int a, int b) { return cells(a) <= cells(b); });
    std::rotate(longest, longest + 1, used);
  }
  if (used == axis.begin() + 2)
    std::swap(axis[1], axis[2]);
  return axis;
}

} // namespace

CouplingSums sum_couplings(const LatticeOperator& op, int threads) {
  CouplingSums all;
  const auto planes = static_cast<std::ptrdiff_t>(op.size[2]);
  const std::size_t plane = planes > 0 ? op.cell_count() / static_cast<std::size_t>(planes) : 0;
  std::vector<double> sums(static_cast<std::size_t>(planes));
  std::vector<std::size_t> counts(sums.size());
  for (std::size_t a = 0; a < 3; ++a) {
    if (op.uniform) {
      all.sum[a] = op.unit[a];
      all.count[a] = 1;
      continue;
    }
#pragma omp parallel for schedule(static) num_threads(threads)
    for (std::ptrdiff_t k = 0; k < planes; ++k) {
      double sum = 0;
      std::size_t count = 0;
      for (std::size_t c = static_cast<std::size_t>(k) * plane; c < static_cast<std::size_t>(k + 1) * plane; ++c)
        if (op.links[c] >> (2 * a + 1) & 1) {
          sum += op.face[a][c];
          ++count;
        }
      sums[static_cast<std::size_t>(k)] = sum;
      counts[static_cast<std::size_t>(k)] = count;
    }
    all.sum[a] = std::accumulate(sums.begin(), sums.end(), 0.0);
    all.count[a] = static_cast<double>(std::reduce(counts.begin(), counts.end()));
  }
  return all;
}

CoarseningPlan plan_coarsening(const LatticeOperator& op, Coarsening coarsening, int coarsest, int threads) {
  return plan_coarsening(op.size, coarsening == Coarsening::full ? CouplingSums{} : sum_couplings(op, threads),
                         coarsening, coarsest);
}

CoarseningPlan plan_coarsening(const GridSize& size_of, const CouplingSums& sums, Coarsening coarsening, int coarsest) {
  std::array<double, 3> strength{1, 1, 1};
  for (std::size_t a = 0; coarsening != Coarsening::full && a < 3; ++a)
    strength[a] = sums.count[a] > 0 ? sums.sum[a] / sums.count[a] : 0;
  double strongest = 0, weakest = 0;
  int first = -1;
  for (int a = 0; a < 3; ++a) {
    const double own = strength[static_cast<std::size_t>(a)];
    if (size_of[static_cast<std::size_t>(a)] == 1 || own <= 0)
      continue;
    if (own > strongest) {
      strongest = own;
      first = a;
    }
    weakest = weakest > 0 ? std::min(weakest, own) : own;
  }
  const bool full = coarsening == Coarsening::full || strongest <= mild_anisotropy * weakest;
  CoarseningPlan plan;
  plan.axis = order_axes(size_of, full ? -1 : first);
  std::array<std::ptrdiff_t, 3> size{};
  std::array<double, 3> coupling{};
  for (std::size_t a = 0; a < 3; ++a) {
    size[a] = size_of[static_cast<std::size_t>(plan.axis[a])];
    coupling[a] = full ? 1 : strength[static_cast<std::size_t>(plan.axis[a])];
  }
  while (size[0] * size[1] * size[2] > coarsest) {
    double most = 0;
    for (std::size_t a = 0; a < 3; ++a)
      most = size[a] > 1 ? std::max(most, coupling[a]) : most;
    std::array<bool, 3> halved{};
    for (std::size_t a = 0; a < 3; ++a) {
      halved[a] = full || a == 0 || coupling[a] * mild_anisotropy >= most;
      plan.semi |= !halved[a] && size[a] > 1;
      if (halved[a] && size[a] > 1) {
        size[a] = (size[a] + 1) / 2;
        coupling[a] /= 4;
      }
    }
    plan.halved.push_back(halved);
  }
  return plan;
}

} // namespace linnet::latticemg
