#include "mfac/primal.hpp"

#include <cblas.h>

#include <algorithm>
#include <limits>

namespace linnet::mfac {

Primal::Primal(const Rows& rows, std::int64_t used, const Model& model) : d(rows.columns()) {
  const double weight = model.weight > 0 ? model.weight : used > 0 ? 1.0 / static_cast<double>(used) : 1.0;
  std::vector<double> F(static_cast<std::size_t>(d * d), 0.0);
  constexpr std::int64_t batch = 64;
  std::vector<double> g(static_cast<std::size_t>(batch * d));
  for (std::int64_t first = 0; first < used; first += batch) {
    const std::int64_t count = std::min(batch, used - first);
    for (std::int64_t i = 0; i < count; ++i)
      rows.get(first + i, g.data() + i * d);
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, static_cast<int>(d), static_cast<int>(count), weight, g.data(),
                static_cast<int>(d), 1, F.data(), static_cast<int>(d));
  }
  double trace = 0;
  for (std::int64_t j = 0; j < d; ++j) {
    trace += F[static_cast<std::size_t>(j * d + j)];
    for (std::int64_t k = 0; k < j; ++k)
      F[static_cast<std::size_t>(k * d + j)] = F[static_cast<std::size_t>(j * d + k)];
  }
  double damping = model.damping;
  while (!L.factor(F.data(), d, d, damping))
    raised = damping = std::max(10 * damping, std::numeric_limits<double>::epsilon() * trace);
  inverse.assign(F.size(), 0.0);
  for (std::int64_t j = 0; j < d; ++j)
    inverse[static_cast<std::size_t>(j * d + j)] = 1;
  L.solve(inverse.data(), d, d);
  for (std::int64_t j = 0; j < d; ++j)
    for (std::int64_t k = 0; k < j; ++k)
      inverse[static_cast<std::size_t>(k * d + j)] = inverse[static_cast<std::size_t>(j * d + k)];
}

void Primal::solve(double* X, std::int64_t ldx, std::int64_t count) const {
  L.solve(X, ldx, count);
}

} // namespace linnet::mfac
