#pragma once

#include <cstdint>
#include <vector>

namespace linnet::mfac {

/// Lower Cholesky factor L L^T = S + ridge I of a small matrix, whose rows and columns may be slid by one.
class Cholesky {
public:
  std::int64_t size() const { return n; }
  /// L_ij, i >= j
  double at(std::int64_t i, std::int64_t j) const { return L[static_cast<std::size_t>(j * ld + i)]; }

  /// From S (n x n, symmetric, stride lds). n^3/3 flops. False where S + ridge I is not positive definite to rounding.
  bool factor(const double* S, std::int64_t lds, std::int64_t n, double ridge);
  /// Deletes the first row and column, then appends a last one: s_0 .. s_{n-2} with the rows that remain, `diagonal`
  /// with itself (ridge included). With L = [l11 0; l21 L22] the trailing block becomes the factor of
  /// L22 L22^T + l21 l21^T: a rank-1 update, never a downdate. 3.5 n^2 flops. False, and the factor is lost, where the
  /// new matrix is not positive definite to rounding.
  bool slide(const double* s, double diagonal);
  /// X <- (L L^T)^-1 X for columns ldx apart.
  void solve(double* X, std::int64_t ldx, std::int64_t count) const;
  /// X <- X L^-T for X of `rows` rows and n columns, ldx apart. n^2 flops a row.
  void solve_lower(double* X, std::int64_t ldx, std::int64_t rows) const;
  /// L^-1 by rows, n x n, zero above the diagonal. n^3/3 flops.
  std::vector<double> inverse_lower() const;

  template <class Archive>
  void state(Archive* archive) {
    (*archive)(&n);
    (*archive)(&ld);
    (*archive)(&L);
    (*archive)(&row);
  }

private:
  std::int64_t n = 0, ld = 0;
  std::vector<double> L; // by columns
  std::vector<double> row;
};

} // namespace linnet::mfac
