#include "mfac/elements.hpp"

#include <algorithm>

namespace linnet::mfac {

Elements::Elements(Window& window)
    : W(window.rows().columns() > 0 ? window.present() : 0, window.rows().columns(), Precision::f64, false) {
  fill(window, window.rows());
}

Elements::Elements(Window&& window) {
  window.factor();
  const bool in_place = window.present() == window.capacity() && window.rows().precision() != Precision::bf16;
  if (in_place) {
    W = window.take_rows();
    fill(window, W);
    return;
  }
  const Rows G = window.take_rows();
  W = Rows(G.columns() > 0 ? window.present() : 0, G.columns(),
           G.precision() == Precision::f64 ? Precision::f64 : Precision::f32, false);
  fill(window, G);
}

void Elements::fill(Window& window, const Rows& G) {
  const std::int64_t n = window.present(), d = W.columns();
  squares.assign(static_cast<std::size_t>(d), 0.0);
  const Cholesky& L = window.factor();
  damping = window.raised_damping() > 0 ? window.raised_damping() : window.model().damping;
  std::vector<double> M = L.inverse_lower(); // its columns by age; those of G are by slot
  if (n > 0 && window.slot(0) > 0)
    for (std::int64_t i = 0; i < n; ++i)
      std::rotate(M.begin() + i * n, M.begin() + i * n + (n - window.slot(0)), M.begin() + (i + 1) * n);
  if (n > 0 && d > 0)
    W.set_combinations(G, M.data(), window.slot(0) == 0, squares.data());
}

double Elements::at(std::int64_t j, std::int64_t k) const {
  if (j == k)
    return (1 - squares[static_cast<std::size_t>(j)]) / damping;
  double dot = 0;
  for (std::int64_t i = 0; i < W.rows(); ++i)
    dot += W.at(i, j) * W.at(i, k);
  return -dot / damping;
}

void Elements::diagonal(double* out) const {
  std::transform(squares.begin(), squares.end(), out, [&](double square) { return (1 - square) / damping; });
}

} // namespace linnet::mfac
