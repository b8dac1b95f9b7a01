// The V and W cycle: red-black Gauss-Seidel, red first on the way down and last on the way up.
#include "latticemg/multigrid.hpp"

#include <algorithm>

namespace linnet::latticemg {

namespace {

// A grid below this is left to one thread: waiting costs more than it would save.
constexpr std::ptrdiff_t shared_cells = 8192;

Lines plane_of(const Level& level, int k) {
  return {k, 0, level.size[1]};
}

// Whether plane k is the first one that is walked of those in its coarse plane.
bool is_first(const Level& fine, const Level& coarse, int k, bool down) {
  return !coarse.halved[2] || (down ? k % 2 == 1 || k == fine.size[2] - 1 : k % 2 == 0);
}

} // namespace

int team_size(const Level& level, int threads) {
  const int most = level.cells() < shared_cells ? 1 : level.size[2] / Member::least_planes;
  return std::max(1, std::min(threads, most));
}

void Cycle::copy_ends(const Level& level, int colour, Member* member) const {
  if (!level.wraps())
    return;
  if (member->id() == 0)
    for (int c = 0; c < 2; ++c)
      if (c == colour || level.mixed())
        wrap(level, level.u, c);
  member->barrier();
}

void Cycle::half_sweep(const Level& level, int colour, bool from_zero, Member* member) const {
  member->share(level.size[2],
                [&](int k) { (from_zero ? kernels.relax_zero : kernels.relax)(level, colour, plane_of(level, k)); });
  member->barrier();
  copy_ends(level, colour, member);
}

void Cycle::descend(const Level& fine, const Level& coarse, Start start, Member* member) const {
  const int last = 2 * options.sweeps, begin = start == Start::red_done ? 1 : 0;
  const bool down = member->slab_of(fine.size[2]).down;
  if (!fine.wraps()) {
    // Black cells have no residual after their half sweep.
    member->wavefront(fine.size[2], last + 1 - begin, [&](int stage, int k) {
      const int h = begin + stage;
      if (h == 0 && start == Start::zero)
        kernels.relax_zero(fine, 0, plane_of(fine, k));
      else if (h < last)
        kernels.relax(fine, h & 1, plane_of(fine, k));
      else
        kernels.restrict_residual(fine, coarse, 0, plane_of(fine, k), !is_first(fine, coarse, k, down), scratch);
    });
    member->barrier();
    return;
  }
  if (start == Start::zero && fine.mixed()) {
    if (member->id() == 0)
      std::fill_n(fine.u - fine.front, 2 * fine.gap, 0.0F);
    member->barrier();
  }
  for (int h = 0; h < last; ++h)
    half_sweep(fine, h & 1, start == Start::zero && h == 0, member);
  member->share(fine.size[2], [&](int k) {
    kernels.restrict_residual(fine, coarse, 0, plane_of(fine, k), !is_first(fine, coarse, k, false), scratch);
    if (fine.mixed())
      kernels.restrict_residual(fine, coarse, 1, plane_of(fine, k), true, scratch);
  });
  member->barrier();
}

void Cycle::ascend(const Level& fine, const Level& coarse, Member* member, const Hook* last) const {
  const int sweeps = 2 * options.sweeps;
  if (!fine.wraps()) {
    // Black cells are overwritten before they are read.
    member->wavefront(fine.size[2], sweeps + 1, [&](int h, int k) {
      if (h == 0) {
        kernels.prolong(fine, coarse, 0, plane_of(fine, k), scratch);
        return;
      }
      kernels.relax(fine, h & 1, plane_of(fine, k));
      if (h == sweeps && last)
        (*last)(plane_of(fine, k));
    });
    member->barrier();
    return;
  }
  for (int colour = 0; colour < (fine.mixed() ? 2 : 1); ++colour) {
    member->share(fine.size[2], [&](int k) { kernels.prolong(fine, coarse, colour, plane_of(fine, k), scratch); });
    member->barrier();
    copy_ends(fine, colour, member);
  }
  for (int h = 1; h <= sweeps; ++h)
    half_sweep(fine, h & 1, false, member);
  if (last)
    member->share(fine.size[2], [&](int k) { (*last)(plane_of(fine, k)); });
  member->barrier();
}

void Cycle::visit(std::size_t l, Start start, Member* member, const Hook* last) const {
  const Level& level = levels[l];
  if (team_size(level, member->count()) < member->count()) {
    if (member->id() == 0) {
      Member alone = Member::alone();
      visit(l, start, &alone, last);
    }
    member->barrier();
    return;
  }
  if (l + 1 == levels.size()) {
    coarsest->solve(level);
    for (int k = 0; last && k < level.size[2]; ++k)
      (*last)(plane_of(level, k));
    return;
  }
  descend(level, levels[l + 1], start, member);
  visit(l + 1, Start::zero, member, nullptr);
  if (options.w_cycle && l + 2 < levels.size())
    visit(l + 1, Start::iterate, member, nullptr);
  ascend(level, levels[l + 1], member, last);
}

void Cycle::run(Member* member) const {
  visit(0, Start::zero, member, nullptr);
}

void Cycle::run(Member* member, bool red_done, const Hook& last) const {
  visit(0, red_done && !levels[0].wraps() ? Start::red_done : Start::zero, member, &last);
}

} // namespace linnet::latticemg
