#pragma once

#include "mfac/cholesky.hpp"
#include "mfac/rows.hpp"

#include <functional>

namespace linnet::mfac {

/// Adds `count` numbers over all holders of columns of G (the ranks of MPI), in place and the same on each; empty:
/// there is one holder.
using Reduction = std::function<void(double* numbers, std::size_t count)>;

/// The matrix F = damping I + weight G^T G.
struct Model {
  double damping = 0; ///< lambda > 0
  double weight = 0;  ///< of each g g^T; 0: 1 / (the rows present), as in M-FAC
};

/// The inverse of F by the Gram matrix of its rows, for a fixed set of rows or a sliding window of them:
///
///   L L^T = (lambda / w) I + G G^T,   F^-1 x = (x - G^T (L L^T)^-1 G x) / lambda
///
/// M-FAC (Frantar, Kurtic, Alistarh, NeurIPS 2021) computes the same operator by a recursion over the rows (static) or
/// an unpivoted L D L^T (dynamic); see reference.hpp. Products and sums are in f64 whatever G is stored in. Each
/// holder has its own columns of G, and the small factor.
class Window {
public:
  Window() = default;
  /// At most `capacity` rows of `columns` numbers (those of this holder).
  Window(std::int64_t capacity, std::int64_t columns, Precision precision, const Model& model, Reduction sum = {});
  /// The rows given, all present; d m^2 + m^3/3 flops. The last one counts as the newest.
  Window(Rows rows, const Model& model, Reduction sum = {});

  std::int64_t capacity() const { return most; }
  std::int64_t present() const { return n; }
  const Rows& rows() const { return G; }
  Rows take_rows() { return std::move(G); } ///< leaves the factor alone: call factor() before
  const Model& model() const { return F; }
  double weight() const { return F.weight > 0 ? F.weight : n > 0 ? 1.0 / static_cast<double>(n) : 1.0; }
  /// 0, or what stands in the place of lambda since the rows are dependent to rounding and lambda is below it.
  double raised_damping() const { return raised > 0 ? raised * weight() : 0; }
  /// Row of G that is the age-th oldest.
  std::int64_t slot(std::int64_t age) const { return (head + age) % capacity(); }
  const Cholesky& factor() { return prepare(), L; } ///< rows by age, the oldest first

  /// Adds a row, in the place of the oldest one where the window is full: one pass over G, 2 d m + 3.5 m^2 flops.
  /// False, and nothing has changed, where a number of it (on any holder) cannot be stored: see storable().
  bool push(const double* g);
  /// X <- F^-1 X for `count` columns of the holder's length, ldx apart. Two passes over G and one sum of m numbers a
  /// column over the holders, 4 d m flops a column.
  void solve(double* X, std::int64_t ldx, std::int64_t count = 1);
  /// u <- F^-1 G^T c = G^T (L L^T)^-1 c / w, c by age: for right-hand sides in the range of the window. One pass over
  /// G, and no cancellation however small lambda is.
  void solve_in_range(const double* c, double* u);
  /// u <- F^-1 g for the newest row g, the step of M-FAC's optimiser.
  void solve_newest(double* u);

  /// Writes or reads all that a window of the same shape needs to go on with the same bits; `archive`: see Rows, and
  /// (*archive)(T*) for numbers and vectors of them.
  template <class Archive>
  void state(Archive* archive) {
    G.state(archive);
    L.state(archive);
    (*archive)(&n);
    (*archive)(&head);
    (*archive)(&S);
    (*archive)(&current);
    (*archive)(&raised);
  }

private:
  void prepare(); // L, where rows have changed since
  double ridge() const { return raised > 0 ? raised : F.damping / weight(); }
  void factor_anew();
  void reduce(double* numbers, std::int64_t count) const {
    if (sum_over_holders)
      sum_over_holders(numbers, static_cast<std::size_t>(count));
  }

  Rows G;
  Model F;
  Reduction sum_over_holders;
  std::int64_t most = 0, n = 0, head = 0; // rows of G, rows present, slot of the oldest
  std::vector<double> S;                  // G G^T by slots
  Cholesky L;
  bool current = false; // L is that of the rows
  double raised = 0;    // the ridge, where lambda / w is too small
  std::vector<double> y;
};

} // namespace linnet::mfac
