// The passes over G that are bound by memory, compiled once for each instruction set by Highway's foreach_target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mfac/kernels.cpp"
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#define HWY_BROKEN_EMU128 0 // broken by gcc 12 are high halves of products of integers, of which there are none here
#include <hwy/foreach_target.h> // must come before highway.h

#include "mfac/kernels.hpp"

#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace linnet::mfac::HWY_NAMESPACE {

namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<double>;
using V = hn::Vec<D>;
constexpr int lanes = static_cast<int>(hn::MaxLanes(D()));

// Reads lanes numbers of G as f64.
HWY_INLINE V load(const double* p) {
  return hn::LoadU(D(), p);
}
HWY_INLINE V load(const float* p) {
  return hn::PromoteTo(D(), hn::LoadU(hn::Rebind<float, D>(), p));
}
HWY_INLINE V load(const std::uint16_t* p) {
  const hn::Rebind<std::uint32_t, D> du;
  const auto bits = hn::ShiftLeft<16>(hn::PromoteTo(du, hn::LoadU(hn::Rebind<std::uint16_t, D>(), p)));
  return hn::PromoteTo(D(), hn::BitCast(hn::Rebind<float, D>(), bits));
}
HWY_INLINE double load_one(double x) {
  return x;
}
HWY_INLINE double load_one(float x) {
  return x;
}
HWY_INLINE double load_one(std::uint16_t x) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x) << 16);
}

// Rows are taken eight at a time, so that x is read once for eight numbers of G.
constexpr int group = 8;

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

template <class T>
void product_of(const Block& block, const double* x, double* y) {
  const T* g = static_cast<const T*>(block.data);
  std::int64_t i = 0;
  for (; i + group <= block.rows; i += group)
    product_rows<group>(g + i * block.stride, block.stride, block.columns, x, y + i);
  for (; i < block.rows; ++i)
    product_rows<1>(g + i * block.stride, block.stride, block.columns, x, y + i);
}

template <class T>
void transposed_of(const Block& block, const double* c, double* x) {
  const T* g = static_cast<const T*>(block.data);
  std::int64_t i = 0;
  for (; i + group <= block.rows; i += group)
    transposed_rows<group>(g + i * block.stride, block.stride, block.columns, c + i, x);
  for (; i < block.rows; ++i)
    transposed_rows<1>(g + i * block.stride, block.stride, block.columns, c + i, x);
}

// S_ij += g_i . h_j for A rows i and B rows j: A x B sums in registers, A + B numbers read for A B products.
template <int A, int B, class T>
HWY_INLINE void gram_tile(const T* g, const T* h, std::int64_t stride, std::int64_t columns, double* S,
                          std::int64_t lds) {
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
      const V right = load(h + b * stride + k);
      for (int a = 0; a < A; ++a)
        sum[a][b] = hn::MulAdd(left[a], right, sum[a][b]);
    }
  }
  for (int a = 0; a < A; ++a)
    for (int b = 0; b < B; ++b) {
      double total = hn::GetLane(hn::SumOfLanes(d, sum[a][b]));
      for (std::int64_t t = k; t < columns; ++t)
        total += load_one(g[a * stride + t]) * load_one(h[b * stride + t]);
      S[a * lds + b] += total;
    }
}

// Of the rows [i, i_end) with the rows [j, j_end). Tiles across the diagonal are computed whole.
template <class T>
void gram_rectangle(const T* g, std::int64_t stride, std::int64_t columns, std::int64_t i, std::int64_t i_end,
                    std::int64_t j_begin, std::int64_t j_end, double* S, std::int64_t lds) {
  constexpr int tile = lanes >= 8 ? 4 : 3; // registers: 32, or 16
  for (; i < i_end; i += tile) {
    const bool whole = i + tile <= i_end;
    for (std::int64_t j = j_begin; j < j_end && j < i + tile; j += tile) {
      const T *left = g + i * stride, *right = g + j * stride;
      double* s = S + i * lds + j;
      if (whole && j + tile <= j_end) {
        gram_tile<tile, tile>(left, right, stride, columns, s, lds);
        continue;
      }
      for (std::int64_t a = 0; a < tile && i + a < i_end; ++a)
        for (std::int64_t b = 0; b < tile && j + b < j_end; ++b)
          gram_tile<1, 1>(left + a * stride, right + b * stride, stride, columns, s + a * lds + b, lds);
    }
  }
}

// Slices of the columns, and squares of rows in them, that stay in the second cache.
template <class T>
void gram_of(const Block& block, double* S, std::int64_t lds) {
  constexpr std::int64_t slice = 1024, square = 48;
  const T* g = static_cast<const T*>(block.data);
  for (std::int64_t k = 0; k < block.columns; k += slice)
    for (std::int64_t i = 0; i < block.rows; i += square)
      for (std::int64_t j = 0; j <= i; j += square)
        gram_rectangle(g + k, block.stride, std::min(slice, block.columns - k), i, std::min(i + square, block.rows), j,
                       std::min(j + square, block.rows), S, lds);
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

} // namespace

void Product(const Block& block, const double* x, double* y) {
  if (block.precision == Precision::f64)
    product_of<double>(block, x, y);
  else if (block.precision == Precision::f32)
    product_of<float>(block, x, y);
  else
    product_of<std::uint16_t>(block, x, y);
}

void Transposed(const Block& block, const double* c, double* x) {
  if (block.precision == Precision::f64)
    transposed_of<double>(block, c, x);
  else if (block.precision == Precision::f32)
    transposed_of<float>(block, c, x);
  else
    transposed_of<std::uint16_t>(block, c, x);
}

void Gram(const Block& block, double* S, std::int64_t lds) {
  if (block.precision == Precision::f64)
    gram_of<double>(block, S, lds);
  else if (block.precision == Precision::f32)
    gram_of<float>(block, S, lds);
  else
    gram_of<std::uint16_t>(block, S, lds);
}

void Widen(const Block& block, double* to, std::int64_t to_stride) {
  if (block.precision == Precision::f64)
    widen_of<double>(block, to, to_stride);
  else if (block.precision == Precision::f32)
    widen_of<float>(block, to, to_stride);
  else
    widen_of<std::uint16_t>(block, to, to_stride);
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
HWY_EXPORT(Gram);
HWY_EXPORT(Widen);
HWY_EXPORT(Name);

void add_product(const Block& block, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(Product)(block, x, y);
}

void add_transposed(const Block& block, const double* c, double* x) {
  HWY_DYNAMIC_DISPATCH(Transposed)(block, c, x);
}

void add_gram(const Block& block, double* S, std::int64_t lds) {
  HWY_DYNAMIC_DISPATCH(Gram)(block, S, lds);
}

void widen(const Block& block, double* to, std::int64_t to_stride) {
  HWY_DYNAMIC_DISPATCH(Widen)(block, to, to_stride);
}

const char* kernels_name() {
  return HWY_DYNAMIC_DISPATCH(Name)();
}

const char* name_of(Precision precision) {
  return precision == Precision::f64 ? "f64" : precision == Precision::f32 ? "f32" : "bf16";
}

namespace {

// f64 to bf16 in one rounding: through f32 with the sticky bit kept (rounding to odd), so that ties stay ties.
std::uint16_t to_bf16(double x) {
  const float f = static_cast<float>(x);
  auto bits = std::bit_cast<std::uint32_t>(f);
  if (static_cast<double>(f) != x && (bits & 1) == 0)
    bits += (std::abs(static_cast<double>(f)) < std::abs(x)) ? 1 : -1; // the odd neighbour on the side of x
  return static_cast<std::uint16_t>((bits + 0x7fffU + ((bits >> 16) & 1)) >> 16);
}

} // namespace

void narrow(const double* x, std::int64_t count, Precision precision, void* to) {
  if (precision == Precision::f64)
    std::copy_n(x, count, static_cast<double*>(to));
  else if (precision == Precision::f32)
    std::transform(x, x + count, static_cast<float*>(to), [](double number) { return static_cast<float>(number); });
  else
    std::transform(x, x + count, static_cast<std::uint16_t*>(to), to_bf16);
}

bool storable(const double* x, std::int64_t count, Precision precision) {
  const double limit = precision == Precision::f64 ? 1e150 : precision == Precision::f32 ? 3.4e38 : 3.38e38;
  bool all = true;
  for (std::int64_t j = 0; j < count; ++j)
    all &= std::abs(x[j]) <= limit; // never of what is not a number
  return all;
}

} // namespace linnet::mfac
#endif
