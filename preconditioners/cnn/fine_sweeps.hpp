#pragma once

#include "latticemg/multigrid.hpp"

namespace linnet::latticemg {

/// The exact sweeps of a multigrid's finest grid, not periodic, around another correction than that of its coarser
/// grids. Cells are numbered i + nx (j + ny k) by the axes of the level.
class FineSweeps {
public:
  explicit FineSweeps(Multigrid* multigrid) : m_(*multigrid) {}

  /// Cells along the axes of a network: those of the level, x and z in two dimensions.
  std::array<int, 3> size() const;
  std::size_t cells() const { return static_cast<std::size_t>(finest().cells()); }
  /// [cell][5]: couplings with the upper neighbours along the axes of size(), excess, 1 on unknowns; couplings of 1 at
  /// most.
  void write_operator(int threads, float* fields) const;
  /// Red-black sweeps on r (one number a row) from zero; the residual after them by cell. False where r is zero or not
  /// finite; z is then zero or not a number.
  bool before(const double* r, int sweeps, int threads, float* residual, double* z);
  /// Adds the correction on unknowns, sweeps black-red, and writes z, one number a row.
  void after(const double* r, const float* correction, int sweeps, int threads, double* z);

private:
  const Level& finest() const { return m_.levels_[0]; }
  /// Of red cells, or of both colours.
  void residual_of_plane(int k, bool both, float* residual) const;
  void add_on_plane(int k, bool both, const float* correction) const;

  Multigrid& m_;
  double largest_ = 0;
};

} // namespace linnet::latticemg
