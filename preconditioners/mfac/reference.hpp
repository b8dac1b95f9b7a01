// The algorithms of M-FAC as published (Frantar, Kurtic, Alistarh, NeurIPS 2021), for tests and benchmarks: plain
// loops in the precision T. F = lambda I + (1/m) sum_i g_i g_i^T.
#pragma once

#include <cstddef>
#include <vector>

namespace linnet::mfac::reference {

namespace detail {

template <class T>
T dot(const T* a, const T* b, std::size_t n) {
  constexpr std::size_t lanes = 32; // independent sums, which the compiler keeps in vectors
  T part[lanes] = {};
  std::size_t j = 0;
  for (; j + lanes <= n; j += lanes)
    for (std::size_t l = 0; l < lanes; ++l)
      part[l] += a[j + l] * b[j + l];
  T sum = 0;
  for (; j < n; ++j)
    sum += a[j] * b[j];
  for (const T p : part)
    sum += p;
  return sum;
}

template <class T>
void axpy(T factor, const T* x, T* y, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j)
    y[j] += factor * x[j];
}

} // namespace detail

/// Section 3.1, static: v_i = F_{i-1}^-1 g_i and q_i = m + g_i . v_i, by the Sherman-Morrison recursion.
template <class T>
class Static {
public:
  /// G: m rows of d numbers, one behind the other. 2 d m^2 flops.
  Static(const std::vector<T>& G, std::size_t rows, T lambda)
      : m(rows), d(G.size() / rows), damping(lambda), V(G.size()), q(rows) {
    for (std::size_t i = 0; i < m; ++i) {
      const T* g = G.data() + i * d;
      T* v = V.data() + i * d;
      for (std::size_t j = 0; j < d; ++j) // v_i = g_i / lambda - sum_{k<i} v_k (v_k . g_i) / q_k
        v[j] = g[j] / damping;
      for (std::size_t k = 0; k < i; ++k)
        detail::axpy(-detail::dot(V.data() + k * d, g, d) / q[k], V.data() + k * d, v, d);
      q[i] = static_cast<T>(m) + detail::dot(g, v, d);
    }
  }
  /// F^-1 x = x / lambda - sum_i v_i (v_i . x) / q_i
  std::vector<T> product(const std::vector<T>& x) const {
    std::vector<T> z(d);
    for (std::size_t j = 0; j < d; ++j)
      z[j] = x[j] / damping;
    for (std::size_t i = 0; i < m; ++i)
      detail::axpy(-detail::dot(V.data() + i * d, x.data(), d) / q[i], V.data() + i * d, z.data(), d);
    return z;
  }
  /// [F^-1]_jk = delta_jk / lambda - sum_i v_ij v_ik / q_i
  T element(std::size_t j, std::size_t k) const {
    T sum = j == k ? 1 / damping : T(0);
    for (std::size_t i = 0; i < m; ++i)
      sum -= V[i * d + j] * V[i * d + k] / q[i];
    return sum;
  }

private:
  std::size_t m, d;
  T damping;
  std::vector<T> V, q;
};

/// Section 3.2, dynamic: S = G G^T, an unpivoted L U of m I + S / lambda, D its upper triangle without m I, q its
/// diagonal, B = L^-1 / lambda. A new row takes the place of the oldest one; O(d m + m^3).
template <class T>
class Dynamic {
public:
  Dynamic(const std::vector<T>& rows_of_window, std::size_t rows, T lambda)
      : m(rows), d(rows_of_window.size() / rows), damping(lambda), G(rows_of_window), S(rows * rows) {
    for (std::size_t i = 0; i < m; ++i)
      update_row(i);
    decompose();
  }
  void update(const std::vector<T>& g) {
    std::copy(g.begin(), g.end(), G.begin() + static_cast<std::ptrdiff_t>(oldest * d));
    update_row(oldest);
    oldest = (oldest + 1) % m;
    decompose();
  }
  /// y = G x / lambda; y_j -= D_ij y_i / q_i for j > i; F^-1 x = x / lambda - G^T B^T (y / q)
  std::vector<T> product(const std::vector<T>& x) const {
    std::vector<T> y(m), c(m, T(0)), z(d);
    for (std::size_t i = 0; i < m; ++i)
      y[i] = detail::dot(G.data() + i * d, x.data(), d) / damping;
    for (std::size_t i = 0; i < m; ++i)
      for (std::size_t j = i + 1; j < m; ++j)
        y[j] -= U[i * m + j] * y[i] / U[i * m + i];
    for (std::size_t i = 0; i < m; ++i)
      for (std::size_t j = 0; j <= i; ++j)
        c[j] += B[i * m + j] * (y[i] / U[i * m + i]);
    for (std::size_t j = 0; j < d; ++j)
      z[j] = x[j] / damping;
    for (std::size_t i = 0; i < m; ++i)
      detail::axpy(-c[i], G.data() + i * d, z.data(), d);
    return z;
  }

private:
  void update_row(std::size_t i) {
    for (std::size_t j = 0; j < m; ++j)
      S[i * m + j] = S[j * m + i] = detail::dot(G.data() + i * d, G.data() + j * d, d);
  }
  void decompose() {
    U.resize(m * m);
    B.assign(m * m, T(0));
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < m; ++j)
        U[i * m + j] = S[i * m + j] / damping;
      U[i * m + i] += static_cast<T>(m);
      B[i * m + i] = 1 / damping;
    }
    for (std::size_t k = 0; k < m; ++k) // rows below k lose their column k; the same of I / lambda gives B
      for (std::size_t i = k + 1; i < m; ++i) {
        const T factor = U[i * m + k] / U[k * m + k];
        detail::axpy(-factor, U.data() + k * m + k, U.data() + i * m + k, m - k);
        detail::axpy(-factor, B.data() + k * m, B.data() + i * m, k + 1);
      }
  }

  std::size_t m, d;
  T damping;
  std::vector<T> G, S, U, B;
  std::size_t oldest = 0;
};

} // namespace linnet::mfac::reference
