#include "mfac/rows.hpp"
#include "base/threads.hpp"

#include "base/large_pages.hpp"
#include "mfac/packed.hpp"

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace linnet::mfac {

namespace {

constexpr std::int64_t alignment = 64; // bytes

std::int64_t round_up(std::int64_t n, std::int64_t unit) {
  return (n + unit - 1) / unit * unit;
}

// Threads of a pass over that many panels.
int team(std::int64_t panels) {
  return static_cast<int>(std::clamp<std::int64_t>(panels, 1, default_threads()));
}

// Sums of each thread, added in the order of the threads: the same bits for the same number of them.
class Sums {
public:
  Sums(int threads, std::size_t count)
      : length(static_cast<std::size_t>(round_up(static_cast<std::int64_t>(count), 8))) {
    all.resize(static_cast<std::size_t>(threads) * length);
    std::fill(all.begin(), all.end(), 0.0);
  }
  double* of(int thread) { return all.data() + static_cast<std::size_t>(thread) * length; }
  const double* add_up(int threads, std::size_t count) {
    for (int t = 1; t < threads; ++t)
      for (std::size_t i = 0; i < count; ++i)
        all[i] += of(t)[i];
    return all.data();
  }

private:
  std::size_t length;
  Buffer<double> all;
};

// Numbers for one thread to pack into.
Buffer<double> workspace(std::size_t count) {
  Buffer<double> work;
  work.resize(count);
  return work;
}

} // namespace

Rows::Rows(std::int64_t rows, std::int64_t columns, Precision precision, bool cleared)
    : m(rows), d(columns), stored(precision) {
  const std::int64_t padded = d > 0 ? (panels() - 1) * stride(0) + stride(panels() - 1) : 0;
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::size_t>(m), static_cast<std::size_t>(padded * bytes_of(stored)), &bytes))
    throw std::bad_alloc();
  size = bytes;
  if (bytes == 0)
    return;
  data = {static_cast<std::byte*>(allocate_untouched(bytes)), Free{bytes}};
  const std::int64_t count = cleared ? panels() : 0;
#pragma omp parallel for num_threads(team(count)) schedule(static) // pages lie where they are used
  for (std::int64_t p = 0; p < count; ++p)
    std::memset(start(p), 0, static_cast<std::size_t>(m * stride(p) * bytes_of(stored)));
}

Rows Rows::with_rows(std::int64_t rows) const {
  Rows other(rows, d, stored, rows > m);
  const std::int64_t count = m > 0 ? panels() : 0;
#pragma omp parallel for num_threads(team(count)) schedule(static)
  for (std::int64_t p = 0; p < count; ++p)
    std::memcpy(other.start(p), start(p), static_cast<std::size_t>(m * stride(p) * bytes_of(stored)));
  return other;
}

Rows Rows::copy() const {
  return with_rows(m);
}

void Rows::extend(std::int64_t rows) {
  *this = with_rows(rows);
}

double Rows::square() const {
  const std::int64_t all = panels();
  double sum = 0;
  for (std::int64_t p = 0; p < all; ++p)
    for (std::int64_t i = 0; i < m; ++i)
      sum += cblas_ddot(static_cast<int>(width(p)), numbers(p) + i * stride(p), 1, numbers(p) + i * stride(p), 1);
  return sum;
}

std::int64_t Rows::width(std::int64_t panel) const {
  return std::min(panel_columns, d - panel * panel_columns);
}

// A line of cache more than the width: rows that are a power of two apart would share a few sets of the caches.
std::int64_t Rows::stride(std::int64_t panel) const {
  const std::int64_t line = alignment / bytes_of(stored);
  return round_up(width(panel), line) + line;
}

std::byte* Rows::start(std::int64_t panel) const {
  return data.get() + (panel > 0 ? panel * stride(0) * m * bytes_of(stored) : 0);
}

Block Rows::block(std::int64_t panel, std::int64_t used) const {
  return {start(panel), stored, used, width(panel), stride(panel)};
}

void Rows::set(std::int64_t i, const double* x) {
  const std::int64_t count = panels();
#pragma omp parallel for num_threads(team(count)) schedule(static)
  for (std::int64_t p = 0; p < count; ++p)
    narrow(x + p * panel_columns, width(p), stored, start(p) + i * stride(p) * bytes_of(stored));
}

void Rows::get(std::int64_t i, std::int64_t first, std::int64_t count, double* x) const {
  const std::int64_t end = first + count, behind = (end + panel_columns - 1) / panel_columns;
#pragma omp parallel for if (count > panel_columns) num_threads(team(panels())) schedule(static)
  for (std::int64_t p = first / panel_columns; p < behind; ++p) {
    const std::int64_t skipped = std::max<std::int64_t>(first - p * panel_columns, 0);
    Block row = block(p, 1);
    row.data = start(p) + (i * stride(p) + skipped) * bytes_of(stored);
    row.columns = std::min(width(p), end - p * panel_columns) - skipped;
    widen(row, x + p * panel_columns + skipped - first, row.stride);
  }
}

double Rows::at(std::int64_t i, std::int64_t j) const {
  double x = 0;
  get(i, j, 1, &x);
  return x;
}

void Rows::multiply(const double* X, std::int64_t ldx, std::int64_t count, double* Y, std::int64_t used) const {
  const std::int64_t all = panels();
  const int threads = team(all);
  const auto length = static_cast<std::size_t>(m * count);
  Sums sums(threads, length);
#pragma omp parallel num_threads(threads)
  {
    double* y = sums.of(omp_get_thread_num());
#pragma omp for schedule(static)
    for (std::int64_t p = 0; p < all; ++p)
      if (count == 1)
        add_product(block(p, used), X + p * panel_columns, y);
      else
        add_products(block(p, used), X + p * panel_columns, ldx, count, y, m);
  }
  std::copy_n(sums.add_up(threads, length), length, Y);
}

void Rows::multiply_transposed(const double* C, std::int64_t count, double beta, double* X, std::int64_t ldx,
                               std::int64_t used) const {
  const std::int64_t all = panels();
#pragma omp parallel for num_threads(team(all)) schedule(static)
  for (std::int64_t p = 0; p < all; ++p) {
    double* x = X + p * panel_columns;
    for (std::int64_t k = 0; k < count; ++k)
      for (std::int64_t j = 0; j < width(p); ++j)
        x[k * ldx + j] = beta == 0 ? 0 : beta * x[k * ldx + j];
    if (count == 1)
      add_transposed(block(p, used), C, x);
    else
      add_combinations(block(p, used), C, m, count, x, ldx);
  }
}

void Rows::multiply(const Rows& X, double* S) const {
  const std::int64_t all = panels();
  const int threads = team(all), rows = static_cast<int>(m);
  const auto length = static_cast<std::size_t>(m * m);
  Sums sums(threads, length);
#pragma omp parallel num_threads(threads)
  {
    double* s = sums.of(omp_get_thread_num());
#pragma omp for schedule(static)
    for (std::int64_t p = 0; p < all; ++p) {
      const int ld = static_cast<int>(stride(p));
      cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, rows, rows, static_cast<int>(width(p)), 1, numbers(p), ld,
                  X.numbers(p), ld, 1, s, rows);
    }
  }
  std::copy_n(sums.add_up(threads, length), length, S);
}

void Rows::gram(double* S, std::int64_t used) const {
  const std::int64_t all = panels(), lds = gram_stride(used);
  const int threads = team(all);
  const auto length = static_cast<std::size_t>(lds * lds);
  Sums sums(threads, length);
#pragma omp parallel num_threads(threads)
  {
    double* s = sums.of(omp_get_thread_num());
    Buffer<double> work = workspace(gram_work(used));
#pragma omp for schedule(static)
    for (std::int64_t p = 0; p < all; ++p)
      add_gram(block(p, used), work.data(), s, lds);
  }
  const double* upper = sums.add_up(threads, length);
  for (std::int64_t i = 0; i < used; ++i)
    for (std::int64_t j = 0; j <= i; ++j)
      S[i * used + j] = S[j * used + i] = upper[j * lds + i];
}

void Rows::set_combinations(const Rows& other, const double* M, bool lower, double* squares) {
  const std::int64_t all = panels();
  const Buffer<double> factors = packed_factors(M, m);
#pragma omp parallel num_threads(team(all))
  {
    Buffer<double> work = workspace(combination_work(m));
#pragma omp for schedule(static)
    for (std::int64_t p = 0; p < all; ++p)
      combine(other.block(p, m), factors, lower, work.data(), start(p), stored, stride(p), squares + p * panel_columns);
  }
}

void Rows::solve_lower(const Cholesky& L) {
  const std::int64_t all = panels();
#pragma omp parallel for num_threads(team(all)) schedule(static)
  for (std::int64_t p = 0; p < all; ++p)
    L.solve_lower(numbers(p), stride(p), width(p));
}

void Rows::add(double factor, const Rows& X) {
  const std::int64_t all = panels();
#pragma omp parallel for num_threads(team(all)) schedule(static)
  for (std::int64_t p = 0; p < all; ++p)
    for (std::int64_t i = 0; i < m; ++i)
      cblas_daxpy(static_cast<int>(width(p)), factor, X.numbers(p) + i * stride(p), 1, numbers(p) + i * stride(p), 1);
}

} // namespace linnet::mfac
