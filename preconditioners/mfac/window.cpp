#include "mfac/window.hpp"

#include <algorithm>
#include <limits>

namespace linnet::mfac {

Window::Window(std::int64_t capacity, std::int64_t columns, Precision precision, const Model& model, Reduction sum)
    : G(capacity, columns, precision), F(model), sum_over_holders(std::move(sum)), most(capacity),
      S(static_cast<std::size_t>(capacity * capacity), 0.0) {}

Window::Window(Rows rows, const Model& model, Reduction sum)
    : G(std::move(rows)), F(model), sum_over_holders(std::move(sum)), most(G.rows()), n(most),
      S(static_cast<std::size_t>(n * n), 0.0) {
  G.gram(S.data(), n);
  reduce(S.data(), n * n);
  factor_anew();
}

// Dependent rows make S singular, and its rounding errors, of about n eps |S|, may be larger than the ridge: it is then
// raised above them.
void Window::factor_anew() {
  std::vector<double> by_age(static_cast<std::size_t>(n * n));
  double trace = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < n; ++j)
      by_age[static_cast<std::size_t>(i * n + j)] = S[static_cast<std::size_t>(slot(i) * capacity() + slot(j))];
    trace += by_age[static_cast<std::size_t>(i * n + i)];
  }
  raised = 0;
  if (!L.factor(by_age.data(), n, n, ridge())) {
    raised = std::max(ridge(), std::numeric_limits<double>::epsilon() * trace);
    while (!L.factor(by_age.data(), n, n, raised))
      raised *= 10;
  }
  current = true;
}

void Window::prepare() {
  if (!current)
    factor_anew();
}

bool Window::push(const double* g) {
  double refused = storable(g, G.columns(), G.precision()) ? 0 : 1;
  reduce(&refused, 1);
  if (refused > 0)
    return false;
  const bool full = n == capacity();
  const std::int64_t newest = full ? head : n;
  G.set(newest, g);
  n += full ? 0 : 1;
  if (full)
    head = (head + 1) % capacity();

  // s = G g of the row as it is stored
  std::vector<double> rounded, s(static_cast<std::size_t>(capacity()));
  const double* x = g;
  if (G.precision() != Precision::f64) {
    rounded.resize(static_cast<std::size_t>(G.columns()));
    G.get(newest, rounded.data());
    x = rounded.data();
  }
  G.multiply(x, G.columns(), 1, s.data(), n);
  reduce(s.data(), n);
  for (std::int64_t i = 0; i < n; ++i)
    S[static_cast<std::size_t>(newest * capacity() + i)] = S[static_cast<std::size_t>(i * capacity() + newest)] =
        s[static_cast<std::size_t>(i)];

  if (!full || !current || raised > 0) { // while it fills the ridge n lambda grows: no rank-1 change
    current = false;
    return true;
  }
  std::vector<double> by_age(static_cast<std::size_t>(n));
  for (std::int64_t age = 0; age < n; ++age)
    by_age[static_cast<std::size_t>(age)] = s[static_cast<std::size_t>(slot(age))];
  current = L.slide(by_age.data(), by_age.back() + ridge());
  return true;
}

void Window::solve(double* X, std::int64_t ldx, std::int64_t count) {
  prepare();
  const double inverse = 1 / (ridge() * weight());
  y.assign(static_cast<std::size_t>(capacity() * count), 0.0);
  if (n == 0) {
    for (std::int64_t k = 0; k < count; ++k)
      for (std::int64_t j = 0; j < G.columns(); ++j)
        X[k * ldx + j] *= inverse;
    return;
  }
  const std::int64_t m = capacity();
  G.multiply(X, ldx, count, y.data(), n);
  reduce(y.data(), m * count);
  const auto turn = [&](std::int64_t by) { // between slots and ages
    if (by > 0)
      for (std::int64_t k = 0; k < count; ++k)
        std::rotate(y.data() + k * m, y.data() + k * m + by, y.data() + k * m + n);
  };
  turn(head);
  L.solve(y.data(), m, count);
  turn(head > 0 ? n - head : 0);
  for (double& number : y)
    number *= -inverse;
  G.multiply_transposed(y.data(), count, inverse, X, ldx, n);
}

void Window::solve_in_range(const double* c, double* u) {
  prepare();
  y.assign(c, c + n);
  L.solve(y.data(), n, 1);
  if (head > 0)
    std::rotate(y.begin(), y.begin() + (n - head), y.end());
  for (double& number : y)
    number /= weight();
  G.multiply_transposed(y.data(), 1, 0, u, G.columns(), n);
}

void Window::solve_newest(double* u) {
  std::vector<double> c(static_cast<std::size_t>(n), 0.0);
  if (n > 0)
    c.back() = 1;
  solve_in_range(c.data(), u);
}

} // namespace linnet::mfac
