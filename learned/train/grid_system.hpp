#pragma once

#include "learned/train/grid_operator.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace linnet::learned {

/// How a system lies in the operator that it is made from: its axis a is axis[a] of the operator, in the opposite
/// direction where flip[a].
struct Orientation {
  std::array<int, 3> axis{0, 1, 2};
  std::array<bool, 3> flip{};
};

/// A GridOperator to compute with, in single precision. Fields have a layer of zeros around the box, so that neighbours
/// lie at fixed distances. Along a periodic axis with an odd number of cells the sweeps are not those of PCCNN.
class GridSystem {
public:
  using Field = std::vector<float>;

  explicit GridSystem(const GridOperator& op, const Orientation& orientation = {});

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
  /// The cell of the operator that is cell (i, j, k) of the system.
  std::size_t cell_of_operator(int i, int j, int k) const;

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
  /// Takes the mean over each singular component away.
  void project(Field* field) const;
  /// By conjugate gradients with symmetric sweeps: A x = b to a relative residual of `tolerance`.
  Field solve(const Field& b, double tolerance, int most_iterations) const;

private:
  template <class Visit>
  void for_each_cell(Visit&& visit) const;
  void copy_ends(Field* field) const;  ///< cells beyond periodic ends <- those at the other ends
  void clear_ends(Field* field) const; ///< <- 0
  void multiply_inside(const Field& u, Field* y) const;

  std::array<int, 3> size_{};
  Orientation orientation_;
  Grid operator_size_{};
  std::array<std::size_t, 3> stride_{};
  std::size_t length_ = 0, first_ = 0, last_ = 0, unknowns_ = 0; // cells of the box lie in [first_, last_)
  std::array<Field, 3> face_;                                    // coupling with the upper neighbour
  Field diagonal_, inverse_, excess_;
  std::array<Field, 2> colour_; // 1 on the unknowns of a colour
  /// The two ends of a line along a periodic axis.
  struct Ends {
    std::size_t first, last, stride;
    float coupling;
  };
  std::vector<Ends> ends_;
  std::vector<std::vector<std::size_t>> singular_; // cells of each component
};

double dot(const GridSystem::Field& a, const GridSystem::Field& b);

} // namespace linnet::learned
