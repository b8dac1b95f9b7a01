#include "mfac/rows.hpp"

#include <cblas.h>
#include <omp.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace linnet::mfac {

namespace {

constexpr std::int64_t alignment = 64; // bytes
constexpr std::size_t huge_page = std::size_t{1} << 21;
constexpr std::int64_t slice_numbers = 1 << 17; // widened at a time: 1 MiB of f64

std::int64_t round_up(std::int64_t n, std::int64_t unit) {
  return (n + unit - 1) / unit * unit;
}

// Threads of a pass over that many panels.
int team(std::int64_t panels) {
  return static_cast<int>(std::clamp<std::int64_t>(panels, 1, omp_get_max_threads()));
}

// Sums of each thread, added in the order of the threads: the same bits for the same number of them.
class Sums {
public:
  Sums(int threads, std::size_t count) : length(round_up(static_cast<std::int64_t>(count), 8)) {
    all.resize(static_cast<std::size_t>(threads) * length, 0.0);
  }
  double* of(int thread) { return all.data() + static_cast<std::size_t>(thread) * length; }
  void add_up(int threads, std::size_t count, double* out) {
    std::copy_n(all.data(), count, out);
    for (int t = 1; t < threads; ++t)
      for (std::size_t i = 0; i < count; ++i)
        out[i] += of(t)[i];
  }

private:
  std::size_t length;
  std::vector<double> all;
};

// Columns [first, first + count) of a block.
Block slice(const Block& block, std::int64_t first, std::int64_t count) {
  Block part = block;
  part.data = static_cast<const std::byte*>(block.data) + first * bytes_of(block.precision);
  part.columns = count;
  return part;
}

// Columns of a block that are widened at a time.
std::int64_t slice_columns(std::int64_t rows) {
  return std::clamp<std::int64_t>(slice_numbers / std::max<std::int64_t>(rows, 1) / 64 * 64, 256, Rows::panel_columns);
}

// The block in f64: itself, or widened into scratch.
struct Wide {
  const double* data;
  std::int64_t stride;
};
Wide wide(const Block& block, std::vector<double>& scratch) {
  if (block.precision == Precision::f64)
    return {static_cast<const double*>(block.data), block.stride};
  const std::int64_t stride = round_up(block.columns, 8);
  scratch.resize(static_cast<std::size_t>(block.rows * stride));
  widen(block, scratch.data(), stride);
  return {scratch.data(), stride};
}

// Calls body(slice, first column of the slice in its block) for the slices of a block.
template <class Body>
void for_slices(const Block& block, const Body& body) {
  const std::int64_t most = slice_columns(block.rows);
  for (std::int64_t first = 0; first < block.columns; first += most)
    body(slice(block, first, std::min(most, block.columns - first)), first);
}

} // namespace

Rows::Rows(std::int64_t rows, std::int64_t columns, Precision precision) : m(rows), d(columns), stored(precision) {
  const std::int64_t unit = alignment / bytes_of(stored);
  const std::int64_t last = d % panel_columns;
  const std::int64_t padded = d - last + round_up(last, unit);
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::size_t>(m), static_cast<std::size_t>(padded * bytes_of(stored)), &bytes))
    throw std::bad_alloc();
  size = bytes;
  if (bytes == 0)
    return;
  const std::size_t unit_of_memory = bytes >= huge_page ? huge_page : alignment;
  const std::size_t whole = (bytes + unit_of_memory - 1) / unit_of_memory * unit_of_memory;
  data.reset(static_cast<std::byte*>(std::aligned_alloc(unit_of_memory, whole)));
  if (!data)
    throw std::bad_alloc();
  if (unit_of_memory == huge_page)
    (void)madvise(data.get(), whole, MADV_HUGEPAGE);
  const std::int64_t count = panels();
#pragma omp parallel for num_threads(team(count)) schedule(static) // pages lie where they are used
  for (std::int64_t p = 0; p < count; ++p)
    std::memset(start(p), 0, static_cast<std::size_t>(m * stride(p) * bytes_of(stored)));
}

std::int64_t Rows::width(std::int64_t panel) const {
  return std::min(panel_columns, d - panel * panel_columns);
}

std::int64_t Rows::stride(std::int64_t panel) const {
  return round_up(width(panel), alignment / bytes_of(stored));
}

std::byte* Rows::start(std::int64_t panel) const {
  return data.get() + panel * panel_columns * m * bytes_of(stored);
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

void Rows::get(std::int64_t i, double* x) const {
  for (std::int64_t p = 0; p < panels(); ++p) {
    Block row = block(p, 1);
    row.data = start(p) + i * stride(p) * bytes_of(stored);
    widen(row, x + p * panel_columns, row.stride);
  }
}

double Rows::at(std::int64_t i, std::int64_t j) const {
  const std::int64_t p = j / panel_columns;
  Block row = block(p, 1);
  row.data = start(p) + (i * stride(p) + j % panel_columns) * bytes_of(stored);
  row.columns = 1;
  double x = 0;
  widen(row, &x, 1);
  return x;
}

void Rows::multiply(const double* X, std::int64_t ldx, std::int64_t count, double* Y, std::int64_t used) const {
  const std::int64_t all = panels();
  const int threads = team(all);
  const auto length = static_cast<std::size_t>(m * count);
  Sums sums(threads, length);
#pragma omp parallel num_threads(threads)
  {
    std::vector<double> scratch;
    double* y = sums.of(omp_get_thread_num());
#pragma omp for schedule(static)
    for (std::int64_t p = 0; p < all; ++p) {
      const double* x = X + p * panel_columns;
      if (count == 1) {
        add_product(block(p, used), x, y);
        continue;
      }
      for_slices(block(p, used), [&](const Block& part, std::int64_t first) { // Y += G X
        const Wide g = wide(part, scratch);
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, static_cast<int>(used), static_cast<int>(count),
                    static_cast<int>(part.columns), 1, g.data, static_cast<int>(g.stride), x + first,
                    static_cast<int>(ldx), 1, y, static_cast<int>(m));
      });
    }
  }
  sums.add_up(threads, length, Y);
}

void Rows::multiply_transposed(const double* C, std::int64_t count, double beta, double* X, std::int64_t ldx,
                               std::int64_t used) const {
  const std::int64_t all = panels();
#pragma omp parallel num_threads(team(all))
  {
    std::vector<double> scratch;
#pragma omp for schedule(static)
    for (std::int64_t p = 0; p < all; ++p) {
      double* x = X + p * panel_columns;
      for (std::int64_t k = 0; k < count; ++k)
        for (std::int64_t j = 0; j < width(p); ++j)
          x[k * ldx + j] = beta == 0 ? 0 : beta * x[k * ldx + j];
      if (count == 1) {
        add_transposed(block(p, used), C, x);
        continue;
      }
      for_slices(block(p, used), [&](const Block& part, std::int64_t first) { // X += G^T C
        const Wide g = wide(part, scratch);
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, static_cast<int>(part.columns), static_cast<int>(count),
                    static_cast<int>(used), 1, g.data, static_cast<int>(g.stride), C, static_cast<int>(m), 1, x + first,
                    static_cast<int>(ldx));
      });
    }
  }
}

void Rows::gram(double* S, std::int64_t used) const {
  const std::int64_t all = panels();
  const int threads = team(all);
  const auto length = static_cast<std::size_t>(used * used);
  Sums sums(threads, length);
#pragma omp parallel num_threads(threads)
  {
    double* s = sums.of(omp_get_thread_num());
#pragma omp for schedule(static)
    for (std::int64_t p = 0; p < all; ++p)
      add_gram(block(p, used), s, used);
  }
  sums.add_up(threads, length, S);
  for (std::int64_t i = 0; i < used; ++i)
    for (std::int64_t j = 0; j < i; ++j)
      S[j * used + i] = S[i * used + j];
}

void Rows::gram_with(const Rows& other, double* S) const {
  const std::int64_t all = panels();
  const int threads = team(all);
  const auto length = static_cast<std::size_t>(m * other.m);
  Sums sums(threads, length);
#pragma omp parallel num_threads(threads)
  {
    std::vector<double> mine, theirs;
    double* s = sums.of(omp_get_thread_num());
#pragma omp for schedule(static)
    for (std::int64_t p = 0; p < all; ++p)
      for_slices(block(p, m), [&](const Block& part, std::int64_t first) { // S += G H^T
        const Wide g = wide(part, mine), h = wide(slice(other.block(p, other.m), first, part.columns), theirs);
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(m), static_cast<int>(other.m),
                    static_cast<int>(part.columns), 1, g.data, static_cast<int>(g.stride), h.data,
                    static_cast<int>(h.stride), 1, s, static_cast<int>(other.m));
      });
  }
  sums.add_up(threads, length, S);
}

void Rows::solve_lower(const double* C) {
  const std::int64_t all = panels();
#pragma omp parallel for num_threads(team(all)) schedule(static)
  for (std::int64_t p = 0; p < all; ++p)
    for_slices(block(p, m), [&](const Block& part, std::int64_t first) {
      cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, static_cast<int>(m),
                  static_cast<int>(part.columns), 1, C, static_cast<int>(m),
                  reinterpret_cast<double*>(start(p)) + first, static_cast<int>(part.stride));
    });
}

void Rows::column_squares(double* out) const {
  const std::int64_t all = panels();
#pragma omp parallel num_threads(team(all))
  {
    std::vector<double> scratch;
#pragma omp for schedule(static)
    for (std::int64_t p = 0; p < all; ++p)
      for_slices(block(p, m), [&](const Block& part, std::int64_t first) {
        const Wide g = wide(part, scratch);
        double* to = out + p * panel_columns + first;
        std::fill_n(to, part.columns, 0.0);
        for (std::int64_t i = 0; i < m; ++i)
          for (std::int64_t j = 0; j < part.columns; ++j)
            to[j] += g.data[i * g.stride + j] * g.data[i * g.stride + j];
      });
  }
}

} // namespace linnet::mfac
