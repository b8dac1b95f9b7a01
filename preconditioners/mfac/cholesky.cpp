#include "mfac/cholesky.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>

extern "C" void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);

namespace linnet::mfac {

bool Cholesky::factor(const double* S, std::int64_t lds, std::int64_t size, double ridge) {
  n = ld = size;
  L.assign(static_cast<std::size_t>(n * n), 0.0);
  for (std::int64_t j = 0; j < n; ++j) {
    std::copy_n(S + j * lds + j, n - j, L.data() + j * ld + j);
    L[static_cast<std::size_t>(j * ld + j)] += ridge;
  }
  const int order = static_cast<int>(n), stride = static_cast<int>(ld);
  int info = 0;
  if (n > 0)
    dpotrf_("L", &order, L.data(), &stride, &info);
  return info == 0 && std::all_of(L.begin(), L.end(), [](double x) { return std::isfinite(x); });
}

bool Cholesky::slide(const double* s, double diagonal) {
  // Column j + 1 of L22 and the carry x (at first l21) are rotated into (r, 0) on the diagonal, and move to column j.
  row.assign(L.begin() + 1, L.begin() + n);
  double* x = row.data();
  for (std::int64_t j = 0; j + 1 < n; ++j) {
    const double* from = L.data() + (j + 1) * ld + (j + 1);
    double* to = L.data() + j * ld + j;
    const double r = std::hypot(from[0], x[j]), c = from[0] / r, t = x[j] / r;
    to[0] = r;
    for (std::int64_t i = 1; i + j + 1 < n; ++i) {
      const double l = from[i], carry = x[j + i];
      to[i] = c * l + t * carry;
      x[j + i] = c * carry - t * l;
    }
  }
  // The last row: L w = s, l_nn^2 = diagonal - |w|^2.
  std::copy_n(s, n - 1, x);
  if (n > 1)
    cblas_dtrsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, static_cast<int>(n - 1), L.data(),
                static_cast<int>(ld), x, 1);
  double rest = diagonal;
  for (std::int64_t j = 0; j + 1 < n; ++j) {
    rest -= x[j] * x[j];
    L[static_cast<std::size_t>(j * ld + n - 1)] = x[j];
  }
  if (!(rest > 0) || !std::isfinite(rest))
    return false;
  L[static_cast<std::size_t>((n - 1) * ld + n - 1)] = std::sqrt(rest);
  return true;
}

void Cholesky::solve(double* X, std::int64_t ldx, std::int64_t count) const {
  if (n == 0 || count == 0)
    return;
  for (const CBLAS_TRANSPOSE transpose : {CblasNoTrans, CblasTrans})
    if (count == 1)
      cblas_dtrsv(CblasColMajor, CblasLower, transpose, CblasNonUnit, static_cast<int>(n), L.data(),
                  static_cast<int>(ld), X, 1);
    else
      cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, transpose, CblasNonUnit, static_cast<int>(n),
                  static_cast<int>(count), 1, L.data(), static_cast<int>(ld), X, static_cast<int>(ldx));
}

void Cholesky::solve_lower(double* X, std::int64_t ldx, std::int64_t rows) const {
  if (n > 0 && rows > 0)
    cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, static_cast<int>(rows),
                static_cast<int>(n), 1, L.data(), static_cast<int>(ld), X, static_cast<int>(ldx));
}

std::vector<double> Cholesky::inverse_lower() const {
  std::vector<double> inverse(static_cast<std::size_t>(n * n), 0.0);
  for (std::int64_t i = 0; i < n; ++i)
    inverse[static_cast<std::size_t>(i * n + i)] = 1;
  if (n > 0) // by rows: X L^T = I read by columns is X^T
    cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, static_cast<int>(n),
                static_cast<int>(n), 1, L.data(), static_cast<int>(ld), inverse.data(), static_cast<int>(n));
  return inverse;
}

} // namespace linnet::mfac
