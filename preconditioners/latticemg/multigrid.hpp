#pragma once

#include "lattice/buffer.hpp"
#include "lattice/operator.hpp"
#include "latticemg/coarsest.hpp"
#include "latticemg/kernels.hpp"

#include <string>
#include <utility>
#include <vector>

namespace linnet::latticemg {

/// Between two grids: cells in twos along each axis (the last one alone where the number is odd), constant transfer,
/// the Galerkin couplings times this, the excess times the other. Half the couplings is what a grid of twice the
/// spacing has.
inline constexpr float coupling_factor = 0.5F;
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

/// A symmetric approximation z = M r of the inverse of a lattice operator, by one multigrid cycle in single precision
/// from zero. M is positive definite but for constants of singular components, of which the coarsest grid adds none;
/// rows coupled with none are solved exactly. The same bits whatever the threads and the instruction set.
class Multigrid {
public:
  /// Of an operator with its whole lattice in the box, and where its `rows` rows lie. Memory is used again where the
  /// grid is the same. Returns what stands against the operator, in one line, or nothing: it must have couplings >= 0,
  /// no excess below zero, and no row that is all zeros.
  std::string build(const LatticeOperator& op, const Lattice& lattice, PetscInt rows, int threads);
  /// z <- M r, one number a row; threads split the work. Inf or NaN in r make all of z NaN.
  void apply(const CycleOptions& options, const double* r, double* z);

  const std::vector<Level>& levels() const { return levels_; }
  bool uniform() const { return !levels_.empty() && levels_[0].code; }
  std::size_t bytes() const;
  /// Of one application.
  double flops(const CycleOptions& options) const;

private:
  std::string check(const LatticeOperator& op) const;
  void lay_out(const LatticeOperator& op);
  void place_rows(const LatticeOperator& op, const Lattice& lattice, PetscInt rows, int threads);
  void find_decoupled(const LatticeOperator& op, const Lattice& lattice, PetscInt rows);

  std::array<int, 3> axis_{};           // of the lattice, by axis of the levels
  std::array<bool, 3> laid_periodic_{}; // with size, what the levels were laid out for
  GridSize laid_size_{0, 0, 0};
  double scale_ = 1; // levels hold the operator times this
  std::vector<Level> levels_;
  std::vector<Buffer<float>> fields_;
  Buffer<std::uint8_t> code_;
  CoarsestSolver coarsest_;
  Buffer<std::uint32_t> place_;                        // in the fields of the finest level, by row
  std::vector<std::pair<PetscInt, double>> decoupled_; // row and 1 / diagonal
  std::vector<std::vector<float>> scratch_;            // by thread
};

/// setup.cpp: levels[0] from the operator, its excess in levels[0].b; `axis` as above.
void import_operator(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, int threads,
                     Level* level);
/// Couplings and excess (in b) of the coarse grid; then diagonals of both.
void coarsen(const Level& fine, int threads, Level* coarse);
void set_diagonals(int threads, Level* level);
/// Copies the cells of one colour at the ends of periodic axes beyond the other ends.
void wrap(const Level& level, float* field, int colour);

/// cycle.cpp: u of the finest level from its b. Called by all threads of a team of `threads`, with one scratch line
/// each.
struct Team {
  int id, count;
};
void run_cycle(const std::vector<Level>& levels, CoarsestSolver* coarsest, const CycleOptions& options,
               const Kernels& kernels, Team team, float* scratch);

} // namespace linnet::latticemg
