#pragma once

#include "latticemg/multigrid.hpp"

namespace linnet::latticemg {

/// The exact sweeps of a multigrid's finest grid, not periodic, around another correction than that of its coarser
/// grids. Fields are of planes first ... last - 1 of the grid, all or those around the slab of this rank; cells are
/// numbered i + nx (j + ny k) by the axes of the level. Collective over the ranks that have a slab.
class FineSweeps {
public:
  /// On all planes.
  explicit FineSweeps(Multigrid* multigrid) : FineSweeps(multigrid, 0, 0) { last_ = planes(); }
  FineSweeps(Multigrid* multigrid, int first, int last) : m_(*multigrid), first_(first), last_(last) {}

  /// Cells of the whole grid along the axes of a network: those of the level, x and z in two dimensions.
  std::array<int, 3> size() const;
  /// Of the whole grid.
  int planes() const { return finest().shared ? m_.layout().slabs.first.back() : finest().size[2]; }
  std::size_t cells() const { return static_cast<std::size_t>(last_ - first_) * plane(); }
  /// [cell][5]: couplings with the upper neighbours along the axes of size(), excess, 1 on unknowns; couplings of 1 at
  /// most.
  void write_operator(int threads, float* fields) const;
  /// Red-black sweeps on r (one number a row) from zero; the residual after them by cell, of this rank's planes. False
  /// where r is zero or not finite; z is then zero or not a number.
  bool before(const double* r, int sweeps, int threads, float* residual, double* z);
  /// Adds the correction on unknowns, sweeps black-red, and writes z, one number a row.
  void after(const double* r, const float* correction, int sweeps, int threads, double* z);
  /// Between before() and after_turn(), for one sweep and more: u <- M r, that is the correction added on unknowns and
  /// sweeps black-red; then, with u_1 and `residual` those of before(), red-black sweeps on A (u - u_1) from zero.
  /// `residual`: that after them, by cell, of this rank's planes.
  void turn(const float* correction, int sweeps, int threads, float* residual);
  /// As after(), from the sum of u_1 and what turn() ended with.
  void after_turn(const double* r, const float* correction, int sweeps, int threads, double* z);

  /// Operations of before() and after() on this rank.
  double flops(int sweeps) const;
  std::size_t bytes() const { return kept_.size() * sizeof(float); }

private:
  const Level& finest() const { return m_.levels_[0]; }
  std::size_t plane() const {
    return static_cast<std::size_t>(finest().size[0]) * static_cast<std::size_t>(finest().size[1]);
  }
  /// Where a field has cell (i, j) of plane k of the level.
  std::ptrdiff_t cell(int i, int j, int k) const {
    return i + finest().size[0] * (j + static_cast<std::ptrdiff_t>(finest().size[1]) * (k + finest().begin - first_));
  }
  void exchange(float* field, unsigned colours, int depth, Member* member) const;
  void set_b(const double* r, Member* member) const;
  /// Sweeps red-black on b from zero, and the residual.
  void go_down(int sweeps, float* residual, Member* member) const;
  /// The correction, and sweeps black-red.
  void go_up(const float* correction, int sweeps, Member* member) const;
  void answer(const double* r, double* z, Member* member) const;
  /// b <- A (u - u_1) on a plane, as the difference of the residuals of u_1, which black cells have none of, and of u,
  /// which red cells have none of.
  void set_b_between(int k, const float* residual) const;
  /// Of red cells, or of both colours.
  void residual_of_plane(int k, bool both, float* residual) const;
  void add_on_plane(int k, bool both, const float* correction) const;

  Multigrid& m_;
  int first_, last_;
  double largest_ = 0;
  Buffer<float> kept_; // u_1 of red cells, laid out as the level's fields
};

} // namespace linnet::latticemg
