#pragma once

#include "problems/voxels.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace linnet::learned {

/// A pressure operator on a box of voxels, in single precision, with couplings of 1:
///   (A u)_c = sum over fluid neighbours (u_c - u_d) + e_c u_c,   e_c the number of neighbours that are air or open.
/// Fields have a layer of zeros around the box, so that neighbours lie at fixed distances.
class VoxelSystem {
public:
  using Field = std::vector<float>;

  /// Axis a of the system is axis[a] of the domain, in the opposite direction where flip[a]. Periodic sides are not
  /// for it.
  VoxelSystem(const VoxelDomain& domain, const std::array<int, 3>& axis, const std::array<bool, 3>& flip);

  const std::array<int, 3>& size() const { return size_; }
  std::size_t cells() const;
  std::size_t unknowns() const { return unknowns_; }
  Field zeros() const { return Field(length_, 0.0F); }
  bool active(std::size_t at) const { return inverse_[at] > 0; }
  /// Where cell (i, j, k) lies in a field.
  std::size_t at(int i, int j, int k) const {
    return static_cast<std::size_t>(i + 1) + stride_[1] * static_cast<std::size_t>(j + 1) +
           stride_[2] * static_cast<std::size_t>(k + 1);
  }

  /// y <- A u
  void multiply(const Field& u, Field* y) const;
  /// u <- u after a half sweep of Gauss-Seidel over one colour (parity of i + j + k).
  void half_sweep(const Field& b, int colour, Field* u) const;
  /// g <- (the derivative of half_sweep with respect to u)^T g
  void half_sweep_transposed(int colour, Field* g) const;
  /// The same order as the preconditioner's: `count` times red, black from u; reversed: black, red.
  void sweep(const Field& b, int count, bool reversed, Field* u) const;
  void sweep_transposed(int count, bool reversed, Field* g) const;

  /// values[cell], without the layer of zeros; and back, on unknowns.
  void gather(const Field& field, float* values) const;
  void scatter(const float* values, Field* field) const;
  /// [cell][5]: couplings with the upper neighbours, excess, 1 on unknowns.
  void write_operator(float* fields) const;
  /// By conjugate gradients with symmetric sweeps: A x = b to a relative residual of `tolerance`.
  Field solve(const Field& b, double tolerance, int most_iterations) const;

private:
  template <class Visit>
  void for_each_cell(Visit&& visit) const;

  std::array<int, 3> size_{};
  std::array<std::size_t, 3> stride_{};
  std::size_t length_ = 0, first_ = 0, last_ = 0, unknowns_ = 0; // cells of the box lie in [first_, last_)
  std::array<Field, 3> face_;                                    // coupling with the upper neighbour
  Field diagonal_, inverse_, excess_;
  std::array<Field, 2> colour_; // 1 on the unknowns of a colour
};

double dot(const VoxelSystem::Field& a, const VoxelSystem::Field& b);

} // namespace linnet::learned
