#include "mfac/orthonormal.hpp"

#include <cblas.h>

#include <cmath>
#include <limits>

namespace linnet::mfac {

namespace {

// |S - I| of Frobenius, and the trace of S.
double distance_from_identity(const std::vector<double>& S, std::int64_t k, double* trace) {
  double square = 0;
  *trace = 0;
  for (std::int64_t i = 0; i < k; ++i)
    for (std::int64_t j = 0; j < k; ++j) {
      const double s = S[static_cast<std::size_t>(i * k + j)];
      square += std::pow(s - (i == j ? 1 : 0), 2);
      *trace += i == j ? s : 0;
    }
  return std::sqrt(square);
}

} // namespace

bool orthonormalise(Rows* A, const Reduction& sum, std::vector<double>* T) {
  constexpr int most_passes = 8;
  const std::int64_t k = A->rows();
  const auto size = static_cast<std::size_t>(k * k);
  const int order = static_cast<int>(k);
  std::vector<double> S(size), squares(static_cast<std::size_t>(A->columns()));
  T->assign(size, 0.0);
  for (std::int64_t i = 0; i < k; ++i)
    (*T)[static_cast<std::size_t>(i * k + i)] = 1;
  for (int pass = 0; pass < most_passes; ++pass) {
    A->gram(S.data(), k);
    if (sum)
      sum(S.data(), size);
    double trace = 0, shift = 0;
    const double distance = distance_from_identity(S, k, &trace);
    if (!(trace > 0) || !std::isfinite(distance))
      return false;
    Cholesky L;
    while (!L.factor(S.data(), k, k, shift))
      shift = shift > 0 ? 10 * shift : std::numeric_limits<double>::epsilon() * trace;
    std::vector<double> factor(size, 0.0); // T <- T L
    for (std::int64_t j = 0; j < k; ++j)
      for (std::int64_t i = j; i < k; ++i)
        factor[static_cast<std::size_t>(j * k + i)] = L.at(i, j);
    cblas_dtrmm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, order, order, 1, T->data(), order,
                factor.data(), order);
    *T = std::move(factor);
    if (distance < 0.5) { // the condition of S is below 3: rounding errors stay what they are
      A->set_combinations(*A, L.inverse_lower().data(), true, squares.data());
      return true;
    }
    A->solve_lower(L);
  }
  return false;
}

} // namespace linnet::mfac
