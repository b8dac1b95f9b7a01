// The passes over G that are bound by memory, compiled once for each instruction set by Highway's foreach_target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mfac/kernels.cpp"
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#define HWY_BROKEN_EMU128 0 // broken by gcc 12 are high halves of products of integers, of which there are none here
#include <hwy/foreach_target.h> // must come before highway.h

#include "mfac/kernels.hpp"
#include "mfac/loads.hpp"

#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace linnet::mfac::HWY_NAMESPACE {

namespace {

// Rows are taken so many at a time: x is read once for all of them, and memory gives more to several streams than to
// one.
constexpr int group = lanes >= 8 ? 16 : 8;

// y_r += sum_j G_rj x_j for the first `count` rows of a group.
template <int count, class T>
void product_rows(const T* g, std::int64_t stride, std::int64_t columns, const double* x, double* y) {
  const D d;
  const T* row[count];
  V sum[count];
  for (int r = 0; r < count; ++r) {
    row[r] = g + r * stride;
    sum[r] = hn::Zero(d);
  }
  std::int64_t j = 0;
  if constexpr (sizeof(T) == 2)
    j = product_quads<count>(row, stride, columns, x, sum);
  for (; j + line<T> * lanes <= columns; j += line<T> * lanes) {
    V part[line<T>];
    for (int l = 0; l < line<T>; ++l)
      part[l] = hn::LoadU(d, x + j + l * lanes);
    const std::int64_t ahead = fetched<count, T>(j, columns, stride);
    for (int r = 0; r < count; ++r) {
      fetch<count>(row[r] + j + ahead);
      for (int l = 0; l < line<T>; ++l)
        sum[r] = hn::MulAdd(load(row[r] + j + l * lanes), part[l], sum[r]);
    }
  }
  for (; j + lanes <= columns; j += lanes) {
    const V xj = hn::LoadU(d, x + j);
    for (int r = 0; r < count; ++r)
      sum[r] = hn::MulAdd(load(row[r] + j), xj, sum[r]);
  }
  for (int r = 0; r < count; ++r) {
    double total = hn::GetLane(hn::SumOfLanes(d, sum[r]));
    for (std::int64_t t = j; t < columns; ++t)
      total += load_one(row[r][t]) * x[t];
    y[r] += total;
  }
}

// x_j += sum_r G_rj c_r over the first `count` rows of a group.
template <int count, class T>
void transposed_rows(const T* g, std::int64_t stride, std::int64_t columns, const double* c, double* x) {
  const D d;
  const T* row[count];
  V factor[count];
  for (int r = 0; r < count; ++r) {
    row[r] = g + r * stride;
    factor[r] = hn::Set(d, c[r]);
  }
  std::int64_t j = 0;
  if constexpr (sizeof(T) == 2)
    j = transposed_quads<count>(row, stride, columns, factor, x);
  for (; j + line<T> * lanes <= columns; j += line<T> * lanes) {
    V part[line<T>];
    for (int l = 0; l < line<T>; ++l)
      part[l] = hn::LoadU(d, x + j + l * lanes);
    const std::int64_t ahead = fetched<count, T>(j, columns, stride);
    for (int r = 0; r < count; ++r) {
      fetch<count>(row[r] + j + ahead);
      for (int l = 0; l < line<T>; ++l)
        part[l] = hn::MulAdd(load(row[r] + j + l * lanes), factor[r], part[l]);
    }
    for (int l = 0; l < line<T>; ++l)
      hn::StoreU(part[l], d, x + j + l * lanes);
  }
  for (; j + lanes <= columns; j += lanes) {
    V sum = hn::LoadU(d, x + j);
    for (int r = 0; r < count; ++r)
      sum = hn::MulAdd(load(row[r] + j), factor[r], sum);
    hn::StoreU(sum, d, x + j);
  }
  for (; j < columns; ++j)
    for (int r = 0; r < count; ++r)
      x[j] += load_one(row[r][j]) * c[r];
}

// Calls body<rows>(first row) for all groups of rows; the part of x that belongs to a panel stays in the first caches.
template <class Body>
void by_groups(const Block& block, const Body& body) {
  std::int64_t i = 0;
  for (; i + group <= block.rows; i += group)
    body(std::integral_constant<int, group>(), i);
  for (; i < block.rows; ++i)
    body(std::integral_constant<int, 1>(), i);
}

// Asks for the part of x behind the block's columns, where the next panel's begins, that falls to rows i to i + rows -
// 1: when that panel comes, all of its x is in the second cache. What lies behind the last panel does no harm.
HWY_INLINE void fetch_next(const Block& block, const double* x, std::int64_t i, std::int64_t rows) {
  const double* const end = x + block.columns + block.columns * (i + rows) / block.rows;
  for (const double* p = x + block.columns + block.columns * i / block.rows; p < end; p += 64 / sizeof(double))
    __builtin_prefetch(p, 0, 2);
}

template <class T>
void product_of(const Block& block, const double* x, double* y) {
  const T* g = static_cast<const T*>(block.data);
  by_groups(block, [&](auto rows, std::int64_t i) {
    fetch_next(block, x, i, rows());
    product_rows<rows()>(g + i * block.stride, block.stride, block.columns, x, y + i);
  });
}

template <class T>
void transposed_of(const Block& block, const double* c, double* x) {
  const T* g = static_cast<const T*>(block.data);
  by_groups(block, [&](auto rows, std::int64_t i) {
    fetch_next(block, x, i, rows());
    transposed_rows<rows()>(g + i * block.stride, block.stride, block.columns, c + i, x);
  });
}

// S_ab += g_a . h_b for A rows a and B rows b: A x B sums in registers, A + B numbers read for A B products.
template <int A, int B, class T, class U>
HWY_INLINE void dot_tile(const T* g, std::int64_t stride, const U* h, std::int64_t h_stride, std::int64_t columns,
                         double* S, std::int64_t lda, std::int64_t ldb) {
  const D d;
  V sum[A][B];
  for (auto& row : sum)
    for (V& s : row)
      s = hn::Zero(d);
  std::int64_t k = 0;
  for (; k + lanes <= columns; k += lanes) {
    V left[A];
    for (int a = 0; a < A; ++a)
      left[a] = load(g + a * stride + k);
    for (int b = 0; b < B; ++b) {
      const V right = load(h + b * h_stride + k);
      for (int a = 0; a < A; ++a)
        sum[a][b] = hn::MulAdd(left[a], right, sum[a][b]);
    }
  }
  for (int a = 0; a < A; ++a)
    for (int b = 0; b < B; ++b) {
      double total = hn::GetLane(hn::SumOfLanes(d, sum[a][b]));
      for (std::int64_t t = k; t < columns; ++t)
        total += load_one(g[a * stride + t]) * load_one(h[b * h_stride + t]);
      S[a * lda + b * ldb] += total;
    }
}

constexpr int tile = lanes >= 8 ? 4 : 3; // tile^2 sums, 2 tile numbers: of 32 registers, or 16

template <class T>
void products_of(const Block& block, const double* X, std::int64_t ldx, std::int64_t count, double* Y,
                 std::int64_t ldy) {
  constexpr std::int64_t slice = 512; // eight rows of X in the first cache
  const T* g = static_cast<const T*>(block.data);
  for (std::int64_t k = 0; k < block.columns; k += slice) {
    const std::int64_t columns = std::min(slice, block.columns - k);
    for (std::int64_t i = 0; i < block.rows; i += tile)
      for (std::int64_t b = 0; b < count; b += tile) {
        const T* left = g + i * block.stride + k;
        const double* right = X + b * ldx + k;
        double* y = Y + b * ldy + i;
        if (i + tile <= block.rows && b + tile <= count) {
          dot_tile<tile, tile>(left, block.stride, right, ldx, columns, y, 1, ldy);
          continue;
        }
        for (std::int64_t r = 0; r < tile && i + r < block.rows; ++r)
          for (std::int64_t c = 0; c < tile && b + c < count; ++c)
            dot_tile<1, 1>(left + r * block.stride, block.stride, right + c * ldx, ldx, columns, y + c * ldy + r, 1,
                           ldy);
      }
  }
}

// W_bj += sum_k M_bk G_kj for B rows b, `vectors` vectors of columns and the rows [0, rows) of G.
template <int B, int vectors, class T>
HWY_INLINE void combination_tile(const T* g, std::int64_t stride, std::int64_t rows, const double* M, std::int64_t ldm,
                                 double* W, std::int64_t ldw) {
  const D d;
  V sum[B][vectors];
  for (int b = 0; b < B; ++b)
    for (int v = 0; v < vectors; ++v)
      sum[b][v] = hn::LoadU(d, W + b * ldw + v * lanes);
  for (std::int64_t k = 0; k < rows; ++k) {
    V numbers[vectors];
    for (int v = 0; v < vectors; ++v)
      numbers[v] = load(g + k * stride + v * lanes);
    for (int b = 0; b < B; ++b) {
      const V factor = hn::Set(d, M[b * ldm + k]);
      for (int v = 0; v < vectors; ++v)
        sum[b][v] = hn::MulAdd(factor, numbers[v], sum[b][v]);
    }
  }
  for (int b = 0; b < B; ++b)
    for (int v = 0; v < vectors; ++v)
      hn::StoreU(sum[b][v], d, W + b * ldw + v * lanes);
}

template <int B, class T>
void combine_rows(const T* g, std::int64_t stride, std::int64_t columns, std::int64_t rows, const double* M,
                  std::int64_t ldm, double* W, std::int64_t ldw) {
  std::int64_t j = 0;
  for (; j + tile * lanes <= columns; j += tile * lanes)
    combination_tile<B, tile>(g + j, stride, rows, M, ldm, W + j, ldw);
  for (; j + lanes <= columns; j += lanes)
    combination_tile<B, 1>(g + j, stride, rows, M, ldm, W + j, ldw);
  for (; j < columns; ++j)
    for (int b = 0; b < B; ++b)
      for (std::int64_t k = 0; k < rows; ++k)
        W[b * ldw + j] += M[b * ldm + k] * load_one(g[k * stride + j]);
}

template <class T>
void combinations_of(const Block& block, const double* M, std::int64_t ldm, std::int64_t count, double* W,
                     std::int64_t ldw) {
  constexpr std::int64_t batch = 32; // rows of G at a time: so many streams of memory
  const T* g = static_cast<const T*>(block.data);
  for (std::int64_t first = 0; first < block.rows; first += batch) {
    const T* rows = g + first * block.stride;
    for (std::int64_t b = 0; b < count; b += tile) {
      const std::int64_t several = std::min<std::int64_t>(tile, count - b);
      const std::int64_t used = std::min(batch, block.rows - first);
      const double* factors = M + b * ldm + first;
      if (several == tile)
        combine_rows<tile>(rows, block.stride, block.columns, used, factors, ldm, W + b * ldw, ldw);
      else
        for (std::int64_t r = 0; r < several; ++r)
          combine_rows<1>(rows, block.stride, block.columns, used, factors + r * ldm, ldm, W + (b + r) * ldw, ldw);
    }
  }
}

template <class T>
void widen_of(const Block& block, double* to, std::int64_t to_stride) {
  for (std::int64_t i = 0; i < block.rows; ++i) {
    const T* from = static_cast<const T*>(block.data) + i * block.stride;
    std::int64_t j = 0;
    for (; j + lanes <= block.columns; j += lanes)
      hn::StoreU(load(from + j), D(), to + i * to_stride + j);
    for (; j < block.columns; ++j)
      to[i * to_stride + j] = load_one(from[j]);
  }
}

// Calls body(number) with a number of the type that the block stores.
template <class Body>
void by_type(const Block& block, const Body& body) {
  if (block.precision == Precision::f64)
    body(double{});
  else if (block.precision == Precision::f32)
    body(float{});
  else
    body(std::uint16_t{});
}

} // namespace

void Product(const Block& block, const double* x, double* y) {
  by_type(block, [&](auto number) { product_of<decltype(number)>(block, x, y); });
}

void Transposed(const Block& block, const double* c, double* x) {
  by_type(block, [&](auto number) { transposed_of<decltype(number)>(block, c, x); });
}

void Products(const Block& block, const double* X, std::int64_t ldx, std::int64_t count, double* Y, std::int64_t ldy) {
  by_type(block, [&](auto number) { products_of<decltype(number)>(block, X, ldx, count, Y, ldy); });
}

void Combinations(const Block& block, const double* M, std::int64_t ldm, std::int64_t count, double* W,
                  std::int64_t ldw) {
  by_type(block, [&](auto number) { combinations_of<decltype(number)>(block, M, ldm, count, W, ldw); });
}

void Widen(const Block& block, double* to, std::int64_t to_stride) {
  by_type(block, [&](auto number) { widen_of<decltype(number)>(block, to, to_stride); });
}

const char* Name() {
  return hwy::TargetName(HWY_TARGET);
}

} // namespace linnet::mfac::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace linnet::mfac {

HWY_EXPORT(Product);
HWY_EXPORT(Transposed);
HWY_EXPORT(Products);
HWY_EXPORT(Combinations);
HWY_EXPORT(Widen);
HWY_EXPORT(Name);

void add_product(const Block& block, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(Product)(block, x, y);
}

void add_transposed(const Block& block, const double* c, double* x) {
  HWY_DYNAMIC_DISPATCH(Transposed)(block, c, x);
}

void add_products(const Block& block, const double* X, std::int64_t ldx, std::int64_t count, double* Y,
                  std::int64_t ldy) {
  HWY_DYNAMIC_DISPATCH(Products)(block, X, ldx, count, Y, ldy);
}

void add_combinations(const Block& block, const double* M, std::int64_t ldm, std::int64_t count, double* W,
                      std::int64_t ldw) {
  HWY_DYNAMIC_DISPATCH(Combinations)(block, M, ldm, count, W, ldw);
}

void widen(const Block& block, double* to, std::int64_t to_stride) {
  HWY_DYNAMIC_DISPATCH(Widen)(block, to, to_stride);
}

const char* kernels_name() {
  return HWY_DYNAMIC_DISPATCH(Name)();
}

std::vector<std::int64_t> kernel_targets() {
  return hwy::SupportedAndGeneratedTargets();
}

void use_kernels(std::int64_t target) {
  hwy::SetSupportedTargetsForTest(target);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

} // namespace linnet::mfac
#endif
