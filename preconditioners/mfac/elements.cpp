#include "mfac/elements.hpp"

namespace linnet::mfac {

Elements::Elements(Window& window)
    : W(window.rows().columns() > 0 ? window.present() : 0, window.rows().columns(), Precision::f64) {
  const std::int64_t n = window.present(), d = W.columns();
  const Cholesky& L = window.factor();
  damping = window.raised_damping() > 0 ? window.raised_damping() : window.model().damping;
  std::vector<double> row(static_cast<std::size_t>(d)), lower(static_cast<std::size_t>(n * n), 0.0);
  for (std::int64_t age = 0; age < n; ++age) {
    window.rows().get(window.slot(age), row.data());
    W.set(age, row.data());
    for (std::int64_t j = 0; j <= age; ++j)
      lower[static_cast<std::size_t>(age * n + j)] = L.at(age, j);
  }
  if (n > 0 && d > 0)
    W.solve_lower(lower.data());
}

double Elements::at(std::int64_t j, std::int64_t k) const {
  double dot = 0;
  for (std::int64_t i = 0; i < W.rows(); ++i)
    dot += W.at(i, j) * W.at(i, k);
  return ((j == k ? 1 : 0) - dot) / damping;
}

void Elements::diagonal(double* out) const {
  W.column_squares(out);
  for (std::int64_t j = 0; j < W.columns(); ++j)
    out[j] = (1 - out[j]) / damping;
}

} // namespace linnet::mfac
