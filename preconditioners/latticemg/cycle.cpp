// The V and W cycle: red-black Gauss-Seidel, red first on the way down and last on the way up.
#include "latticemg/multigrid.hpp"

#include <algorithm>

namespace linnet::latticemg {

namespace {

// A grid below this is left to one thread: a barrier costs more than it would save.
constexpr std::ptrdiff_t serial_cells = 16384;
// 28 bytes a cell: 16 MB.
constexpr std::ptrdiff_t cached_cells = 600000;

struct Cycle {
  const std::vector<Level>& levels;
  CoarsestSolver* coarsest;
  const CycleOptions& options;
  const Kernels& kernels;
  float* scratch;

  static void barrier(Team team) {
    if (team.count > 1) {
#pragma omp barrier
    }
  }
  int half_sweeps() const {
    return 2 * options.sweeps;
  }

  // All sweeps of a level go through its planes as one wavefront, with what comes before or after them: stage h works
  // on plane s - h in step s, when stage h - 1 has left the planes around it. Threads split the lines of a plane: what
  // a stage reads from another thread's lines was written in an earlier step.
  // Several threads meet at each plane, which pays on grids beyond the caches only.
  static bool is_fused(const Level& level, Team team) {
    return !level.wraps() && (team.count == 1 || (level.size[1] >= 4 * team.count && cells_of(level) > cached_cells));
  }
  static std::ptrdiff_t cells_of(const Level& level) {
    return static_cast<std::ptrdiff_t>(level.size[0]) * level.size[1] * level.size[2];
  }
  static Lines lines_of(const Level& level, int k, Team team) {
    const int pairs = (level.size[1] + 1) / 2;
    return {k, 2 * (pairs * team.id / team.count), std::min(level.size[1], 2 * (pairs * (team.id + 1) / team.count))};
  }
  template <class Stage>
  static void wavefront(const Level& level, int stages, Team team, const Stage& stage) {
    for (int s = 0; s < level.size[2] + stages - 1; ++s) {
      for (int h = 0; h < stages; ++h)
        if (s >= h && s - h < level.size[2])
          stage(h, lines_of(level, s - h, team));
      barrier(team);
    }
  }
  // One stage after the other; threads split the planes, in pairs.
  template <class Work>
  static void slab(const Level& level, Team team, const Work& work) {
    const int pairs = (level.size[2] + 1) / 2;
    for (int k = 2 * (pairs * team.id / team.count);
         k < std::min(level.size[2], 2 * (pairs * (team.id + 1) / team.count)); ++k)
      work(Lines{k, 0, level.size[1]});
    barrier(team);
  }
  void copy_ends(const Level& level, int colour, Team team) const {
    if (!level.wraps())
      return;
    if (team.id == 0)
      for (int c = 0; c < 2; ++c)
        if (c == colour || level.mixed())
          wrap(level, level.u, c);
    barrier(team);
  }
  void half_sweep(const Level& level, int colour, bool from_zero, Team team) const {
    slab(level, team, [&](Lines lines) { (from_zero ? kernels.relax_zero : kernels.relax)(level, colour, lines); });
    copy_ends(level, colour, team);
  }

  void descend(const Level& fine, const Level& coarse, bool from_zero, Team team) const {
    const int last = half_sweeps();
    if (is_fused(fine, team)) {
      // Black cells have no residual after their half sweep.
      wavefront(fine, last + 1, team, [&](int h, Lines lines) {
        if (h == 0 && from_zero)
          kernels.relax_zero(fine, 0, lines);
        else if (h < last)
          kernels.relax(fine, h & 1, lines);
        else
          kernels.restrict_residual(fine, coarse, 0, lines, lines.k % 2, scratch);
      });
      return;
    }
    if (from_zero && fine.mixed()) {
      if (team.id == 0)
        std::fill_n(fine.u - fine.front, 2 * fine.gap, 0.0F);
      barrier(team);
    }
    for (int h = 0; h < last; ++h)
      half_sweep(fine, h & 1, from_zero && h == 0, team);
    slab(fine, team, [&](Lines lines) {
      kernels.restrict_residual(fine, coarse, 0, lines, lines.k % 2, scratch);
      if (fine.mixed())
        kernels.restrict_residual(fine, coarse, 1, lines, true, scratch);
    });
  }

  void ascend(const Level& fine, const Level& coarse, Team team) const {
    const int last = half_sweeps();
    if (is_fused(fine, team)) {
      // Black cells are overwritten before they are read.
      wavefront(fine, last + 1, team, [&](int h, Lines lines) {
        if (h == 0)
          kernels.prolong(fine, coarse, 0, lines, scratch);
        else
          kernels.relax(fine, h & 1, lines);
      });
      return;
    }
    for (int colour = 0; colour < (fine.mixed() ? 2 : 1); ++colour) {
      slab(fine, team, [&](Lines lines) { kernels.prolong(fine, coarse, colour, lines, scratch); });
      copy_ends(fine, colour, team);
    }
    for (int h = 1; h <= last; ++h)
      half_sweep(fine, h & 1, false, team);
  }

  void visit(std::size_t l, bool from_zero, Team team) const {
    const Level& level = levels[l];
    if (team.count > 1 && cells_of(level) < serial_cells) {
      if (team.id == 0)
        visit(l, from_zero, {0, 1});
      barrier(team);
      return;
    }
    if (l + 1 == levels.size()) {
      if (team.id == 0)
        coarsest->solve(level);
      barrier(team);
      return;
    }
    descend(level, levels[l + 1], from_zero, team);
    visit(l + 1, true, team);
    if (options.w_cycle && l + 2 < levels.size())
      visit(l + 1, false, team);
    ascend(level, levels[l + 1], team);
  }
};

} // namespace

void run_cycle(const std::vector<Level>& levels, CoarsestSolver* coarsest, const CycleOptions& options,
               const Kernels& kernels, Team team, float* scratch) {
  Cycle{levels, coarsest, options, kernels, scratch}.visit(0, true, team);
}

} // namespace linnet::latticemg
