#pragma once

#include "base/outer.hpp"
#include "lattice/buffer.hpp"
#include "lattice/operator.hpp"
#include "latticemg/coarsening.hpp"
#include "latticemg/coarsest.hpp"
#include "latticemg/kernels.hpp"
#include "latticemg/team.hpp"

#include <functional>
#include <string>
#include <vector>

namespace linnet::latticemg {

/// Between two grids: cells in twos along each halved axis (the last one alone where the number is odd), constant
/// transfer, the Galerkin couplings times this, the excess times the other. Half the couplings is what a grid of twice
/// the spacing has.
inline float coupling_factor(bool halved) {
  return halved ? 0.5F : 1.0F;
}
inline constexpr float excess_factor = 1;

/// The largest grid that is solved directly.
inline constexpr int coarsest_cells = 128;

struct CycleOptions {
  bool w_cycle = true;
  /// Red-black Gauss-Seidel sweeps before the coarse grid and after it.
  int sweeps = 2;
  int threads = 1;
  /// null: the fastest.
  const Kernels* kernels = nullptr;
};

/// cycle.cpp: the V and W cycle on levels[0] from its b, u = 0 before. Called by all members of a team, each with a
/// scratch line of its own.
struct Cycle {
  using Hook = std::function<void(Lines)>;
  const std::vector<Level>& levels;
  CoarsestSolver* coarsest;
  const CycleOptions& options;
  const Kernels& kernels;
  float* scratch;

  void run(Member* member) const;
  /// `red_done`: the first half sweep was done. last(lines) is called for each plane when it has its answer.
  void run(Member* member, bool red_done, const Hook& last) const;

private:
  enum class Start : std::uint8_t { zero, red_done, iterate };
  void visit(std::size_t l, Start start, Member* member, const Hook* last) const;
  void descend(const Level& fine, const Level& coarse, Start start, Member* member) const;
  void ascend(const Level& fine, const Level& coarse, Member* member, const Hook* last) const;
  void half_sweep(const Level& level, int colour, bool from_zero, Member* member) const;
  void copy_ends(const Level& level, int colour, Member* member) const;
};

/// The threads, of so many, that a level is worth.
int team_size(const Level& level, int threads);

/// A symmetric approximation z = M r of the inverse of a lattice operator, by one multigrid cycle in single precision
/// from zero. M is positive definite but for constants of singular components, of which the coarsest grid adds none;
/// rows coupled with none are solved exactly. The same bits whatever the threads.
class Multigrid {
public:
  /// Of an operator with its whole lattice in the box, and where its `rows` rows lie. Memory is used again where the
  /// grid is the same. Returns what stands against the operator, in one line, or nothing: it must have couplings >= 0,
  /// no excess below zero, and no row that is all zeros.
  std::string build(const LatticeOperator& op, const Lattice& lattice, PetscInt rows, int threads,
                    Coarsening coarsening = Coarsening::automatic);
  /// z <- M r, one number a row; threads split the work. Inf or NaN in r make all of z NaN.
  void apply(const CycleOptions& options, const double* r, double* z);

  /// Conjugate gradients around the cycle, fused with it: x in double precision, r and p in single, A p in double from
  /// the rounded p, so that r follows b - A x; r is computed anew where it has fallen far below where it was last.
  struct Outer {
    const double* b; ///< one number a row
    double* x;       ///< the guess (`guess_zero`: not read) and the answer
    bool guess_zero;
    int recompute; ///< iterations after which r is computed anew in any case, 0: never
    /// Asked before each iteration, and once more after `confirm`, by the thread that called; `exact`: r = b - A x was
    /// computed anew.
    std::function<Verdict(int iterations, double norm, bool exact)> judge;
  };
  /// x is written in all cases but `declined`.
  OuterEnd solve(const CycleOptions& options, const Outer& outer);
  /// The iterate of a solve that is under way: from within judge().
  void copy_iterate(const Outer& outer, double* x) const;

  const std::vector<Level>& levels() const { return levels_; }
  const CoarseningPlan& plan() const { return plan_; }
  std::size_t bytes() const;
  /// Of one application, and of one step of solve().
  double flops(const CycleOptions& options) const;
  double outer_flops(const CycleOptions& options) const;

private:
  friend class OuterIteration;
  friend class FineSweeps; // cnn/fine_sweeps.hpp
  std::string check(const LatticeOperator& op) const;
  void lay_out(const LatticeOperator& op, const CoarseningPlan& plan);
  void place_fields(bool general, int threads);
  void place_rows(const LatticeOperator& op, const Lattice& lattice, PetscInt rows, int threads);
  void find_decoupled(const LatticeOperator& op, const Lattice& lattice, PetscInt rows);
  /// Runs work(member) in a team of threads.
  void run_team(int threads, const std::function<void(Member*)>& work);
  Cycle cycle(const CycleOptions& options, const Member& member);

  CoarseningPlan plan_;
  // What the fields are laid out for.
  GridSize laid_size_{0, 0, 0};
  std::array<bool, 3> laid_periodic_{};
  bool laid_general_ = false;
  double scale_ = 1; // levels hold the operator times this
  std::vector<Level> levels_;
  Buffer<float> memory_;
  Buffer<std::uint8_t> code_;
  CoarsestSolver coarsest_;
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
  double iterate_scale_ = 1; // the iterate is x times this
};

// setup.cpp

/// `axis`: of the lattice, by axis of the level. Uniform couplings and the codes of the finest level; false, and the
/// level is not complete, where the operator is not uniform, has walls between neighbours or too many diagonals.
bool import_uniform(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, int threads, Level* level);
/// Any operator: couplings, diagonals and excess (in b) of the finest level.
void import_general(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, int threads, Level* level);

// coarsen_operator.cpp

/// Couplings and excess (in b) of the second level.
void coarsen_operator(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, int threads,
                      Level* coarse);

// coarsen.cpp

/// The cells of the finer grid in cell I, on one axis of so many.
struct Range {
  int first, last;
};
inline Range fine_cells(const Level& coarse, int axis, int I, int fine_size) {
  return coarse.halved[axis] ? Range{2 * I, std::min(2 * I + 1, fine_size - 1)} : Range{I, I};
}

/// Couplings and excess (in b) of the coarse grid from those of the fine one.
void coarsen(const Level& fine, int threads, Level* coarse);
/// Around an axis of two cells both ways lead to the same neighbour: one coupling.
void join_two_ways(const bool* was_periodic, Level* level);
/// Diagonals from couplings and excess.
void set_diagonals(int threads, Level* level);
/// Copies the cells of one colour at the ends of periodic axes beyond the other ends.
template <class T>
void wrap(const Level& level, T* field, int colour);

} // namespace linnet::latticemg
