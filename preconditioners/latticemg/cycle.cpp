// The V and W cycle: red-black Gauss-Seidel, red first on the way down and last on the way up.
#include "latticemg/multigrid.hpp"

#include <unistd.h>

#include <algorithm>

namespace linnet::latticemg {

namespace {

// A grid below this is left to one thread: waiting costs more than it would save.
constexpr std::ptrdiff_t shared_cells = 8192;

Lines plane_of(const Level& level, int k) {
  return {k, 0, level.size[1]};
}

// Whether plane k is the first one that is walked of those in its coarse plane.
bool is_first(const Level& fine, const Level* coarse, int k, bool down) {
  return !coarse || !coarse->halved[2] || (down ? k % 2 == 1 || k == fine.own.last - 1 : k % 2 == 0);
}

// Bytes of the largest cache that a processor has to itself; 1 MiB where the system does not tell.
double private_cache() {
  static const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return bytes > 0 ? static_cast<double>(bytes) : 0x1p20;
}

} // namespace

int team_size(const Level& level, int threads) {
  const int most = level.cells() < shared_cells ? 1 : level.own.count() / Member::least_planes;
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

void Cycle::exchange(const Level& level, float* field, unsigned colours, int depth, Member* member) const {
  if (!level.shared)
    return;
  member->barrier();
  if (member->id() == 0)
    halo->exchange(level, field, colours, depth);
  member->barrier();
}

void Cycle::exchange_u(const Level& level, unsigned colours, int depth, Member* member) const {
  exchange(level, level.u, level.mixed() ? Halo::both : colours, depth, member);
  if (level.shared)
    for (int c = 0; c < 2; ++c)
      copy_ends(level, c, member);
}

void Cycle::complete_b(std::size_t l, Member* member) const {
  exchange(levels[l], levels[l].b, Halo::both, reach(levels[l]), member);
  if (l == 0 || levels[l].shared || !levels[l - 1].shared)
    return;
  if (member->id() == 0)
    halo->gather(levels[l], views[l - 1], levels[l].b);
  member->barrier();
}

float Cycle::omega(const Level& level, int h) const {
  return &level == levels.data() && h > 0 && h % 2 == 0 ? red : 1;
}

void Cycle::relax(const Level& level, int h, bool anew, int k) const {
  const Lines plane = plane_of(level, k);
  if (anew && h == 0)
    kernels.relax_zero(level, 0, plane);
  else if (anew && !level.mixed())
    kernels.relax_anew(level, h & 1, plane);
  else
    kernels.relax(level, h & 1, omega(level, h), plane);
}

void Cycle::half_sweep(const Level& level, int h, bool anew, Planes planes, Member* member) const {
  member->share(planes, [&](int k) { relax(level, h, anew, k); });
  member->barrier();
  copy_ends(level, h & 1, member);
}

void Cycle::restrict_plane(const Level& fine, const Level* coarse, int k, bool first) const {
  // Black cells have no residual after their half sweep, unless couplings join them.
  const int colours = fine.mixed() && fine.couplings != Couplings::differences ? 2 : 1;
  for (int colour = 0; colour < colours; ++colour)
    if (coarse)
      kernels.restrict_residual(fine, *coarse, colour, plane_of(fine, k), colour > 0 || !first, scratch);
    else
      kernels.residual_of_cycle(fine, colour, plane_of(fine, k), aggregates->residual());
}

void Cycle::prolong_plane(const Level& fine, const Level* coarse, int colour, int k) const {
  if (coarse)
    kernels.prolong(fine, *coarse, colour, plane_of(fine, k), scratch);
  else
    kernels.add_correction(fine, colour, plane_of(fine, k), aggregates->nodes_of_cells(), aggregates->correction());
}

// Half sweep h is done on the planes that later ones need: those of this rank and reach - h around them.
void Cycle::descend(const Level& fine, const Level* coarse, Start start, const Lead* lead, Member* member) const {
  const int last = reach(fine);
  const bool down = member->slab_of(fine.around(last).count()).down;
  const auto is_new = [&](int h) { return h < 2 && start != Start::iterate; };
  if (!fine.wraps()) {
    // The first half sweep was done on the planes of this rank.
    const int begin = start == Start::red_done && !fine.shared ? 1 : 0;
    const int ahead = lead ? lead->stages : 0;
    member->wavefront(fine.around(last), ahead + last + 1 - begin, [&](int stage, int k) {
      if (stage < ahead)
        return lead->work(stage, k);
      const int h = begin + stage - ahead;
      if (!fine.around(last - h).has(k) || (h == 0 && start == Start::red_done && fine.own.has(k)))
        return;
      if (h == last)
        restrict_plane(fine, coarse, k, is_first(fine, coarse, k, down));
      else
        relax(fine, h, is_new(h), k);
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
    half_sweep(fine, h, is_new(h), fine.around(last - h), member);
  member->share(fine.own, [&](int k) { restrict_plane(fine, coarse, k, is_first(fine, coarse, k, false)); });
  member->barrier();
}

void Cycle::ascend(const Level& fine, const Level* coarse, int more, Member* member, const Finish* finish) const {
  const int sweeps = reach(fine), depth = sweeps + more;
  const int colours = fine.mixed() ? 2 : 1; // to prolong: black cells are overwritten before they are read
  // Around a periodic axis a gathered grid has no planes beyond its ends for the halo; aggregates have none at all.
  const bool first_own = fine.shared && (!coarse || coarse->periodic[2]);
  const auto prolong = [&](int colour, int k) { prolong_plane(fine, coarse, colour, k); };
  if (first_own)
    member->share(fine.own, [&](int k) {
      for (int colour = 0; colour < colours; ++colour)
        prolong(colour, k);
    });
  exchange_u(fine, Halo::red, depth, member);
  if (!fine.wraps()) {
    member->wavefront(fine.around(depth), finish ? sweeps + 2 : sweeps + 1, [&](int h, int k) {
      if (h > sweeps) {
        if (fine.own.has(k))
          finish->settled(plane_of(fine, k));
        return;
      }
      if (!fine.around(depth - h).has(k))
        return;
      if (h == 0) {
        if (!first_own)
          prolong(0, k);
        return;
      }
      relax(fine, sweeps - h, h == 1, k);
      if (h == sweeps && finish && fine.own.has(k))
        finish->answer(plane_of(fine, k));
    });
    member->barrier();
    return;
  }
  for (int colour = 0; !first_own && colour < colours; ++colour) {
    member->share(fine.around(depth), [&](int k) { prolong(colour, k); });
    member->barrier();
    copy_ends(fine, colour, member);
  }
  for (int h = 1; h <= sweeps; ++h)
    half_sweep(fine, sweeps - h, h == 1, fine.around(depth - h), member);
  if (finish)
    member->share(fine.own, [&](int k) {
      finish->answer(plane_of(fine, k));
      finish->settled(plane_of(fine, k));
    });
  member->barrier();
}

void Cycle::visit(std::size_t l, Start start, int more, Member* member, const Finish* finish) const {
  const Level& level = levels[l];
  if (team_size(level, member->count()) < member->count()) {
    if (member->id() == 0) {
      Member alone = Member::alone();
      visit(l, start, more, &alone, finish);
    }
    member->barrier();
    return;
  }
  if (start == Start::iterate)
    exchange_u(level, Halo::black, reach(level) + 1, member);
  else if (start != Start::descended)
    complete_b(l, member);
  if (l == 0 && aggregates) {
    if (start != Start::descended)
      descend(level, nullptr, start, nullptr, member);
    aggregates->correct(options, member);
    ascend(level, nullptr, more, member, finish);
    return;
  }
  if (l + 1 == levels.size()) {
    coarsest->solve(level.b, level.u);
    for (int colour = 0; finish && colour < 2; ++colour)
      copy_ends(level, colour, member);
    for (int k = 0; finish && k < level.size[2]; ++k) {
      finish->answer(plane_of(level, k));
      finish->settled(plane_of(level, k));
    }
    return;
  }
  const Level& coarse = levels[l + 1];
  if (start != Start::descended)
    descend(level, &views[l], start, nullptr, member);
  visit(l + 1, Start::zero, 0, member, nullptr);
  if (options.w_cycle && l + 2 < levels.size())
    visit(l + 1, Start::iterate, 0, member, nullptr);
  exchange_u(coarse, Halo::both, coarse.halved[2] ? (reach(level) + more + 1) / 2 : reach(level) + more, member);
  ascend(level, &views[l], more, member, finish);
}

void Cycle::run(Member* member) const {
  if (levels[0].own.count() > 0)
    visit(0, Start::zero, 0, member, nullptr);
}

void Cycle::run(Member* member, Begun begun, const Finish& finish) const {
  if (levels[0].own.count() == 0)
    return;
  Start start = Start::zero;
  if (begun == Begun::way_down)
    start = Start::descended;
  else if (begun == Begun::first_half_sweep && !levels[0].wraps())
    start = Start::red_done;
  visit(0, start, 1, member, &finish);
}

bool Cycle::takes_lead(int stages) const {
  const Level& finest = levels[0];
  if (finest.shared || finest.wraps() || (!aggregates && levels.size() < 2))
    return false;
  // Planes that are under way at the same time, with u, b and the operator; p of three, x of one.
  const double planes = stages + reach(finest) + 1;
  const double of_cell = finest.general() ? 28 : (finest.coded() ? 9 : 16) + (finest.has_walls() ? 1 : 0);
  return 2 * static_cast<double>(finest.plane) * (planes * of_cell + 3 * 4 + 8) < private_cache();
}

void Cycle::go_down(const Lead& lead, Member* member) const {
  const Level* coarse = aggregates ? nullptr : views.data();
  if (levels[0].own.count() == 0)
    return;
  if (team_size(levels[0], member->count()) < member->count()) {
    if (member->id() == 0) {
      Member alone = Member::alone();
      descend(levels[0], coarse, Start::red_done, &lead, &alone);
    }
    member->barrier();
    return;
  }
  descend(levels[0], coarse, Start::red_done, &lead, member);
}

} // namespace linnet::latticemg
