#pragma once

#include "base/buffer.hpp"
#include "base/outer.hpp"
#include "lattice/operator.hpp"
#include "latticemg/aggregates/aggregates.hpp"
#include "latticemg/coarsening.hpp"
#include "latticemg/coarsest.hpp"
#include "latticemg/cycle_options.hpp"
#include "latticemg/halo.hpp"
#include "latticemg/kernels.hpp"
#include "latticemg/row_pieces.hpp"
#include "latticemg/slabs.hpp"
#include "latticemg/team.hpp"
#include "latticemg/weights.hpp"

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace linnet::latticemg {

/// The largest grid that is solved directly.
inline constexpr int coarsest_cells = 128;

/// cycle.cpp: the V and W cycle on levels[0] from its b, u = 0 before. Called by all members of a team, each with a
/// scratch line of its own.
struct Cycle {
  /// Called for each plane of this rank.
  struct Finish {
    std::function<void(Lines)> answer;  ///< it has its answer; so has one plane more on each side of the rank's own
    std::function<void(Lines)> settled; ///< so have the planes beside it
  };
  /// Stages 0 ... stages - 1 that come before those of the cycle in one wavefront (Member::wavefront()); the last one
  /// does the first half sweep too.
  struct Lead {
    int stages;
    std::function<void(int stage, int k)> work;
  };
  /// What has been done of a cycle.
  enum class Begun : std::uint8_t { nothing, first_half_sweep, way_down };

  const std::vector<Level>& levels;
  const std::vector<Level>& views; ///< by level: the next one as seen from it
  CoarsestSolver* coarsest;
  Aggregates* aggregates; ///< in place of the coarser levels; null: none
  Halo* halo;             ///< null where no level is shared
  const CycleOptions& options;
  const Kernels& kernels;
  float red; ///< CycleWeights::red or that of the aggregates
  float* scratch;

  void run(Member* member) const;
  void run(Member* member, Begun begun, const Finish& finish) const;
  /// Whether the way down of the finest level can take a lead of so many stages, and keep its planes in cache.
  bool takes_lead(int stages) const;
  /// The way down of the finest level, behind `lead`.
  void go_down(const Lead& lead, Member* member) const;
  /// Level l, from its u.
  void visit_again(std::size_t l, Member* member) const { visit(l, Start::iterate, 0, member, nullptr); }

private:
  enum class Start : std::uint8_t { zero, red_done, iterate, descended };
  /// Half sweeps before the coarser grid, and after it: as many planes away their results depend on.
  int reach(const Level& level) const {
    return 2 * options.sweeps_on(static_cast<std::size_t>(&level - levels.data()));
  }
  /// `more`: planes on each side of this rank's own that get an answer too.
  void visit(std::size_t l, Start start, int more, Member* member, const Finish* finish) const;
  void descend(const Level& fine, const Level* coarse, Start start, const Lead* lead, Member* member) const;
  void ascend(const Level& fine, const Level* coarse, int more, Member* member, const Finish* finish) const;
  // `coarse`: null for the aggregates.
  // `first`: of the planes that go into the coarse one.
  void restrict_plane(const Level& fine, const Level* coarse, int k, bool first) const;
  void prolong_plane(const Level& fine, const Level* coarse, int colour, int k) const;
  /// Half sweep h of 0 ... reach - 1 on the way down, of the same backwards on the way up; colour h & 1. `anew`: its u
  /// is not read, and no u is by the first one of all.
  void relax(const Level& level, int h, bool anew, int k) const;
  void half_sweep(const Level& level, int h, bool anew, Planes planes, Member* member) const;
  float omega(const Level& level, int h) const;
  void copy_ends(const Level& level, int colour, Member* member) const;
  void exchange(const Level& level, float* field, unsigned colours, int depth, Member* member) const;
  void exchange_u(const Level& level, unsigned colours, int depth, Member* member) const;
  void complete_b(std::size_t l, Member* member) const;
};

/// The threads, of so many, that a level is worth.
int team_size(const Level& level, int threads);

/// The ranks that own a hierarchy, and the place of this one among them.
struct Ranks {
  MPI_Comm all = MPI_COMM_SELF;    ///< all that call; reductions are over them
  MPI_Comm active = MPI_COMM_SELF; ///< those that have a slab, in the order of the slabs; null on the others
  int slab = 0;                    ///< of this rank, -1 where it has none

  double max(double value) const { return reduce<1>({value}, MPI_MAX)[0]; }
  template <std::size_t count>
  std::array<double, count> max(const std::array<double, count>& values) const {
    return reduce(values, MPI_MAX);
  }
  double sum(double value) const { return reduce<1>({value}, MPI_SUM)[0]; }
  template <std::size_t count>
  std::array<double, count> sum(const std::array<double, count>& values) const {
    return reduce(values, MPI_SUM);
  }
  bool on_all(bool value) const { return reduce<1>({value ? 1.0 : 0.0}, MPI_MIN)[0] > 0; }
  bool operator==(const Ranks&) const = default;

private:
  template <std::size_t count>
  std::array<double, count> reduce(std::array<double, count> values, MPI_Op op) const {
    if (all != MPI_COMM_SELF)
      MPI_Allreduce(MPI_IN_PLACE, values.data(), static_cast<int>(count), MPI_DOUBLE, op, all);
    return values;
  }
};

/// Whether aggregates take the place of the coarser grids.
enum class Aggregation : std::uint8_t {
  automatic, ///< where the grids converge slowly, or the couplings of neighbours differ much
  never,
  always
};

/// How the grids are made and shared.
struct Layout {
  CoarseningPlan coarsening;
  Aggregation aggregation = Aggregation::never;
  SlabPlan slabs;
  Ranks ranks;
  bool finest_only = false; ///< the coarser grids are not made: for FineSweeps
  CycleWeights weights{};
  long long most_gathered = Border{}.most_gathered; ///< nodes of aggregates
};

/// A symmetric approximation z = M r of the inverse of a lattice operator, by one multigrid cycle in single precision
/// from zero. M is positive definite but for constants of singular components, of which the coarsest grid adds none;
/// rows coupled with none are solved exactly. The same bits whatever the threads, and on grids the ranks; aggregates
/// end where slabs do.
///
/// On several ranks all functions but the small ones are collective.
class Multigrid {
public:
  /// Of an operator with its whole lattice in the box, and where its `rows` rows lie. Memory is used again where the
  /// grid is the same. Returns what stands against the operator, in one line, or nothing: it must have couplings >= 0
  /// and no diagonal below zero. Excess below zero is taken as zero on coarser grids (raised()).
  std::string build(const LatticeOperator& op, const Lattice& lattice, PetscInt rows, int threads,
                    Coarsening coarsening = Coarsening::automatic, Aggregation aggregation = Aggregation::never,
                    const CycleWeights& weights = classical_weights);
  /// The same on several ranks: `op` has the planes of the slab of this rank and its halo (planes_of()), and `rows` are
  /// those of the slab. No work, and nothing is looked at, where it has none. What stands against the operator may
  /// differ from rank to rank.
  std::string build(const LatticeOperator& op, const Lattice& lattice, PetscInt rows, int threads,
                    const Layout& layout);
  /// z <- M r, one number a row; threads split the work. Inf or NaN in r make all of z NaN.
  void apply(const CycleOptions& options, const double* r, double* z);

  /// Conjugate gradients around the cycle, fused with it: x in double precision, r and p in single, A p in double from
  /// the rounded p, so that r follows b - A x; r is computed anew where it has fallen far below where it was last.
  struct Outer {
    RowPieces<const double> b;
    RowPieces<double> x; ///< the guess (`guess_zero`: not read) and the answer
    bool guess_zero;
    int recompute; ///< iterations after which r is computed anew in any case, 0: never
    /// Asked before each iteration, and once more after `confirm`, by the thread that called: the norm of b - A x is
    /// within `doubt` of `norm`.
    std::function<Verdict(int iterations, double norm, double doubt)> judge;
    /// Whether judge() is likely to stop at this norm: a hint, without consequences but for speed.
    std::function<bool(double norm)> likely_last;
    /// Where the least of their sizes, over all ranks, is less than 1: judge() and likely_last() are told the norm of r
    /// with each row divided by its factor.
    double least_factor = 1;
    const double* row_factors = nullptr;
    bool guess_judged = false; ///< judge() is asked from the first iteration on
  };
  /// x is written in all cases but `declined`.
  OuterEnd solve(const CycleOptions& options, const Outer& outer);
  /// The iterate of a solve that is under way: from within judge().
  void copy_iterate(const Outer& outer, const RowPieces<double>& x) const;

  const std::vector<Level>& levels() const { return levels_; }
  const Layout& layout() const { return layout_; }
  /// Some excess is below zero by more than rounding: coarser grids are of the operator with that raised to zero, a
  /// symmetric M-matrix at least as large. The same on all ranks.
  bool raised() const { return raised_; }
  /// So is the finest one, which is solved directly.
  bool raised_finest() const { return raised_ && layout_.coarsening.halved.empty(); }
  /// Aggregates take the place of the coarser levels; the same on all ranks.
  bool aggregated() const { return aggregated_; }
  /// Empty where there are none, and on ranks without a slab.
  const Aggregates& aggregates() const { return aggregates_; }
  std::size_t bytes() const;
  /// Of one application, and of one step of solve().
  double flops(const CycleOptions& options) const;
  double outer_flops(const CycleOptions& options) const;

private:
  friend class OuterIteration;
  friend class FineSweeps; // cnn/fine_sweeps.hpp
  // probe.cpp
  /// Couplings part the cells of so many blocks that grids would fail. `groups`: of the cells, if they were looked at;
  /// empty if not.
  bool couplings_part_cells(const LatticeOperator& op, int threads, CellGroups* groups);
  /// About how many blocks of cells of a level, that are one cell of the next one, have unknowns, walls that part
  /// these, walls between theirs and the next block's, and couplings too uneven to join them all (walls.cpp).
  struct Walls {
    double blocks = 0, parted = 0, walled_off = 0, uneven = 0;
    double contrast = 0; ///< the largest coupling over the least one, where they vary

    /// So many in so many blocks that coarser grids, which do not know them, are too slow (probe.cpp).
    bool are_many() const;
    /// So many blocks are, that coefficients change much from cell to cell.
    bool are_uneven() const;
  };
  /// `by_size`: couplings of different sizes part blocks as well as missing ones.
  Walls look_for_walls(std::size_t level, bool by_size, int threads) const;
  /// Where they are uneven: blocks of one of the first two grids hold so many regions that do not follow each other, or
  /// couplings of so different sizes, that grids would fail.
  bool inclusions_part_cells(const Walls& walls) const;
  /// Cycles on the coarser grids leave too much of an error.
  bool grids_fail(const LatticeOperator& op, const Walls& on_finest, int threads);
  /// ||e|| of a cycle over that of the one before. On the first two grids it grows, and cycles end where it is above
  /// `most`, or (`may_be_ordinary`) so little from the beginning that it will not grow.
  double measured_rate(std::size_t level, double most, bool may_be_ordinary, int threads);
  /// Those of this rank, in its box.
  BoxPlanes own_planes() const { return {layout_.coarsening.axis[2], levels_[0].own}; }
  // fields.cpp
  void lay_out(const GridSize& size, const std::array<bool, 3>& periodic);
  /// Of the finest level, and room for all else that is as large.
  void place_fields(Form form, PetscInt rows, int threads);
  /// Unless they are placed.
  void place_coarse_fields(int threads);
  void see_coarse_levels();
  // extents.cpp
  /// Of a level with its operator; u, the direction and the iterate are cleared where lines had unknowns before.
  void find_extents(std::size_t l, int threads);
  Extent extent_of_line(std::size_t l, int j, int k) const;
  /// b of the finest level, within its extents.
  void clear_b(int threads);
  // multigrid.cpp
  std::string check(const LatticeOperator& op, int threads);
  void build_grids(const LatticeOperator& op, int threads);
  void complete_coefficients(Level* level, const Level& view);
  void place_rows(const LatticeOperator& op, const Lattice& lattice, PetscInt rows, int threads);
  void find_decoupled(const LatticeOperator& op, const Lattice& lattice, PetscInt rows);
  /// Runs work(member) in a team of threads.
  void run_team(int threads, const std::function<void(Member*)>& work);
  Cycle cycle(const CycleOptions& options, const Member& member);

  Layout layout_;
  std::unique_ptr<Halo> halo_;
  // What the fields are laid out for.
  GridSize laid_size_{0, 0, 0};
  std::array<bool, 3> laid_periodic_{};
  Form laid_form_ = Form::general;
  double scale_ = 1; // levels hold the operator times this
  std::vector<Level> levels_, views_;
  std::vector<std::vector<Extent>> extents_; // by level, after as many planes as a halo has; empty: all of it
  Buffer<char> room_;                    // that other buffers have their memory from: pages shared, and touched in use
  Buffer<float> memory_, coarse_memory_; // of the finest level and of the others, unless these are not needed
  Buffer<std::uint8_t> code_, links_;
  CoarsestSolver coarsest_;
  Aggregates aggregates_;
  bool aggregated_ = false;
  bool raised_ = false;
  double below_zero_ = 0;       ///< what rows of the finest grid sum to less than zero by, at most
  Buffer<std::uint32_t> place_; // in the fields of the finest level, by row
  struct Decoupled {
    PetscInt row;
    double diagonal, inverse; // 0 and 0 for a row of zeros
  };
  std::vector<Decoupled> decoupled_;
  std::vector<std::vector<float>> scratch_; // by thread

  // of the outer iteration
  Buffer<float> direction_;
  Buffer<double> iterate_, partial_sums_;
  double iterate_scale_ = 1;     // the iterate is (x + pending_step_ p) times this
  bool iterate_started_ = false; // otherwise x stands for zeros
  double pending_step_ = 0;
};

// setup.cpp

/// `axis`: of the lattice, by axis of the level. Uniform couplings and the codes of the finest level, which needs
/// import_links() where it has walls. False, and the level is not complete, where the operator is not coded, couples
/// cells of a colour or has too many diagonals.
bool import_coded(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, int threads, Level* level);
/// The same of a uniform operator, but with diagonals by cell. No cells of a colour may be coupled.
void import_diagonals(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, int threads,
                      Level* level);
void import_links(const LatticeOperator& op, const std::array<int, 3>& axis, int threads, Level* level);
/// Any operator: couplings, diagonals and excess (in b, raised to zero but for `below_zero`) of the finest level.
void import_general(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, bool below_zero,
                    int threads, Level* level);

// coarsen_operator.cpp

/// Couplings and excess (in b) of the second level: cells in twos along each halved axis (the last one alone where the
/// number is odd), constant transfer, the Galerkin operator scaled by the weights.
void coarsen_operator(const LatticeOperator& op, const std::array<int, 3>& axis, double scale,
                      const CycleWeights& weights, int threads, Level* coarse);

// coarsen.cpp

/// The cells of the finer grid in cell I, on one axis of so many.
struct Range {
  int first, last;
};
inline Range fine_cells(const Level& coarse, int axis, int I, int fine_size) {
  return coarse.halved[axis] ? Range{2 * I, std::min(2 * I + 1, fine_size - 1)} : Range{I, I};
}

/// Couplings and excess (in b) of the planes of the coarse grid that are this rank's, from those of the fine one, level
/// l. Here and below the coarse level is as seen from the fine one: its field begins where the fine one does.
void coarsen(const Level& fine, std::size_t l, const CycleWeights& weights, int threads, Level* coarse);
/// Around an axis of two cells both ways lead to the same neighbour: one coupling.
void join_two_ways(const bool* was_periodic, Level* level);
/// Diagonals and their inverses from couplings and excess.
void set_diagonals(int threads, Level* level);
/// Copies the cells of one colour at the ends of periodic axes beyond the other ends.
template <class T>
void wrap(const Level& level, T* field, int colour);

} // namespace linnet::latticemg
