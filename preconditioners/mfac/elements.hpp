#pragma once

#include "mfac/window.hpp"

namespace linnet::mfac {

/// Elements of F^-1 for a fixed set of rows: with W = L^-1 G, m x d,
///   [F^-1]_jk = (delta_jk - W_:j . W_:k) / lambda
/// 2 d m^2 + 2 m^3/3 flops to set up from the rows, 2 m an element off the diagonal.
class Elements {
public:
  /// Of the rows in the window now; W has as many columns as the holder has. It is kept in f64: where the data
  /// determine a coordinate well, 1 - |W_:j|^2 is small.
  explicit Elements(Window& window);
  /// The same with W in the place of the rows, in their precision (for bf16 rows in f32, elsewhere): no memory is
  /// touched for the first time. The diagonal is of W before rounding; in f32 an element off it is off by up to
  /// 6e-8 |W_:j| |W_:k| / lambda, where |W_:j| < 1.
  explicit Elements(Window&& window);

  double at(std::int64_t j, std::int64_t k) const;
  /// out_j = [F^-1]_jj
  void diagonal(double* out) const;
  std::size_t bytes() const { return W.bytes(); }

private:
  void fill(Window& window, const Rows& G);

  Rows W;
  std::vector<double> squares; // |W_:j|^2
  double damping = 0;
};

} // namespace linnet::mfac
