// The passes over G that are bound by arithmetic: tiles of sums in registers over blocks of G that are widened to f64
// and packed once. Compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mfac/packed.cpp"
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#define HWY_BROKEN_EMU128 0     // see kernels.cpp
#include <hwy/foreach_target.h> // must come before highway.h

#include "mfac/loads.hpp"
#include "mfac/packed.hpp"

#include <hwy/highway.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace linnet::mfac::HWY_NAMESPACE {

namespace {

constexpr int across = 3; // vectors of a tile, times `lanes` numbers: 24 sums, 4 operands of 32 registers (15 of 16)

std::int64_t groups_of(std::int64_t rows) {
  return (rows + lanes - 1) / lanes;
}

// Turns a square of lanes x lanes numbers.
HWY_INLINE void transpose(V* r) {
  V t[lanes];
  const D d;
  for (int i = 0; i < lanes; i += 2) {
    t[i] = hn::InterleaveLower(d, r[i], r[i + 1]);
    t[i + 1] = hn::InterleaveUpper(d, r[i], r[i + 1]);
  }
  if constexpr (lanes == 2) {
    r[0] = t[0];
    r[1] = t[1];
  } else if constexpr (lanes == 4) { // t_0: columns 0 2 of rows 0 1
    for (int i = 0; i < 2; ++i) {
      r[i] = hn::ConcatLowerLower(d, t[i + 2], t[i]);
      r[i + 2] = hn::ConcatUpperUpper(d, t[i + 2], t[i]);
    }
  } else {      // t_0: columns 0 2 4 6 of rows 0 1
    V u[lanes]; // u_i: columns i, i + 4 of rows 0 .. 3; u_{i + 4} of rows 4 .. 7
    for (int half = 0; half < lanes; half += 4)
      for (int i = 0; i < 2; ++i) {
        const V low = t[half + i], high = t[half + i + 2];
        u[half + i] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(high), low);
        u[half + i + 2] = hn::OddEvenBlocks(high, hn::SwapAdjacentBlocks(low));
      }
    for (int i = 0; i < 4; ++i) {
      r[i] = hn::ConcatLowerLower(d, u[i + 4], u[i]);
      r[i + 4] = hn::ConcatUpperUpper(d, u[i + 4], u[i]);
    }
  }
}

// to[(i / lanes * depth + k) * lanes + i % lanes] = G_ik, zero for rows behind the last one, k < columns.
template <class T>
void pack_rows(const T* g, std::int64_t stride, std::int64_t rows, std::int64_t columns, std::int64_t depth,
               double* to) {
  const D d;
  for (std::int64_t i = 0; i < rows; i += lanes, to += depth * lanes) {
    const std::int64_t present = std::min<std::int64_t>(lanes, rows - i);
    const T* row = g + i * stride;
    std::int64_t k = 0;
    for (; k + lanes <= columns && present == lanes; k += lanes) {
      V square[lanes];
      for (int r = 0; r < lanes; ++r)
        square[r] = load(row + r * stride + k);
      transpose(square);
      for (int r = 0; r < lanes; ++r)
        hn::StoreU(square[r], d, to + (k + r) * lanes);
    }
    for (; k < columns; ++k)
      for (std::int64_t r = 0; r < lanes; ++r)
        to[k * lanes + r] = r < present ? load_one(row[r * stride + k]) : 0.0;
  }
}

template <class T>
HWY_INLINE void prefetch(const T* from, std::int64_t count) {
  for (std::int64_t k = 0; k < count; k += 64 / static_cast<std::int64_t>(sizeof(T)))
    __builtin_prefetch(from + k);
}

// S_ji += sum_k G_jk G_ik for `vectors` groups of rows i and one group of rows j, a and b. The tile of S and the group
// behind b, which the next tile is of, come into the first cache meanwhile.
template <int vectors>
HWY_NOINLINE void gram_tile(const double* a, const double* b, std::int64_t depth, std::int64_t columns, double* S,
                            std::int64_t lds) {
  const D d;
  V sum[lanes][vectors];
  for (int r = 0; r < lanes; ++r)
    for (int v = 0; v < vectors; ++v) {
      __builtin_prefetch(S + r * lds + v * lanes, 1);
      sum[r][v] = hn::Zero(d);
    }
  for (std::int64_t k = 0; k < columns; ++k) {
    V left[vectors];
    for (int v = 0; v < vectors; ++v)
      left[v] = hn::LoadU(d, a + (v * depth + k) * lanes);
    __builtin_prefetch(b + (depth + k) * lanes);
    for (int r = 0; r < lanes; ++r) {
      const V factor = hn::Set(d, b[k * lanes + r]);
      for (int v = 0; v < vectors; ++v)
        sum[r][v] = hn::MulAdd(left[v], factor, sum[r][v]);
    }
  }
  for (int r = 0; r < lanes; ++r)
    for (int v = 0; v < vectors; ++v) {
      double* const s = S + r * lds + v * lanes;
      hn::StoreU(hn::Add(hn::LoadU(d, s), sum[r][v]), d, s);
    }
}

void gram_tiles(int vectors, const double* a, const double* b, std::int64_t depth, std::int64_t columns, double* S,
                std::int64_t lds) {
  if (vectors == 3)
    gram_tile<3>(a, b, depth, columns, S, lds);
  else if (vectors == 2)
    gram_tile<2>(a, b, depth, columns, S, lds);
  else
    gram_tile<1>(a, b, depth, columns, S, lds);
}

constexpr std::int64_t gram_depth = 128; // columns at a time: four groups of rows in the first cache

template <class T>
void gram_of(const Block& block, double* work, double* S, std::int64_t lds) {
  const T* g = static_cast<const T*>(block.data);
  const std::int64_t groups = groups_of(block.rows);
  for (std::int64_t k = 0; k < block.columns; k += gram_depth) {
    const std::int64_t columns = std::min(gram_depth, block.columns - k);
    const std::int64_t next = std::min(gram_depth, block.columns - k - columns);
    pack_rows(g + k, block.stride, block.rows, columns, gram_depth, work);
    for (std::int64_t i = 0; i < groups; i += across) {
      for (std::int64_t r = i * lanes; r < std::min(block.rows, (i + across) * lanes); ++r)
        prefetch(g + r * block.stride + k + columns, next);
      for (std::int64_t j = 0; j < std::min(groups, i + across); ++j) {
        const std::int64_t first = std::max(i, j); // groups above the diagonal are left out
        gram_tiles(static_cast<int>(std::min(groups, i + across) - first), work + first * gram_depth * lanes,
                   work + j * gram_depth * lanes, gram_depth, columns, S + j * lanes * lds + first * lanes, lds);
      }
    }
  }
}

// The rows of M by groups, as pack_rows() does it for columns 0 .. m - 1.
void pack_factors(const double* M, std::int64_t m, double* to) {
  pack_rows(M, m, m, m, m, to);
}

constexpr std::int64_t slice = 4 * across * lanes; // columns of G at a time

// to[(k % across-vector slice)]: G_kj of `slice` columns, tile by tile, [tile][k][across * lanes], zero behind the
// last.
template <class T>
void pack_columns(const T* g, std::int64_t stride, std::int64_t rows, std::int64_t columns, double* to) {
  constexpr std::int64_t width = across * lanes;
  const D d;
  for (std::int64_t first = 0; first < columns; first += width, to += rows * width)
    for (std::int64_t k = 0; k < rows; ++k) {
      const T* from = g + k * stride + first;
      double* out = to + k * width;
      if (first + width <= columns)
        for (int v = 0; v < across; ++v)
          hn::StoreU(load(from + v * lanes), d, out + v * lanes);
      else
        for (std::int64_t j = 0; j < width; ++j)
          out[j] = first + j < columns ? load_one(from[j]) : 0.0;
    }
}

HWY_INLINE void store(V v, double* to) {
  hn::StoreU(v, D(), to);
}
HWY_INLINE void store(V v, float* to) {
  const hn::Rebind<float, D> df;
  hn::StoreU(hn::DemoteTo(df, v), df, to);
}

constexpr std::int64_t ahead = 8; // steps: G of one tile and M together are more than the first cache

// W_bj = sum_k M_bk G_kj for a group of rows b and a tile of columns; squares_j += W_bj^2
template <class T>
HWY_NOINLINE void combination_tile(const double* G, const double* M, std::int64_t depth, std::int64_t rows,
                                   std::int64_t columns, T* W, std::int64_t ldw, double* squares) {
  const D d;
  V sum[lanes][across];
  for (int r = 0; r < lanes; ++r)
    for (int v = 0; v < across; ++v)
      sum[r][v] = hn::Zero(d);
  constexpr std::int64_t width = across * lanes;
  for (std::int64_t k = 0; k < depth; ++k) {
    V left[across];
    for (int v = 0; v < across; ++v) {
      left[v] = hn::LoadU(d, G + k * width + v * lanes);
      __builtin_prefetch(G + (k + ahead) * width + v * lanes);
    }
    for (int r = 0; r < lanes; ++r) {
      const V factor = hn::Set(d, M[k * lanes + r]);
      for (int v = 0; v < across; ++v)
        sum[r][v] = hn::MulAdd(left[v], factor, sum[r][v]);
    }
  }
  for (int v = 0; v < across; ++v) {
    V square = hn::LoadU(d, squares + v * lanes);
    for (int r = 0; r < lanes; ++r)
      square = hn::MulAdd(sum[r][v], sum[r][v], square);
    hn::StoreU(square, d, squares + v * lanes);
  }
  if (rows == lanes && columns == width) {
    for (int r = 0; r < lanes; ++r)
      for (int v = 0; v < across; ++v)
        store(sum[r][v], W + r * ldw + v * lanes);
    return;
  }
  double row[width];
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < across; ++v)
      hn::StoreU(sum[r][v], d, row + v * lanes);
    for (std::int64_t j = 0; j < columns; ++j)
      W[r * ldw + j] = static_cast<T>(row[j]);
  }
}

template <class T, class U>
void combine(const Block& block, const double* factors, bool lower, double* work, U* W, std::int64_t ldw,
             double* squares) {
  constexpr std::int64_t width = across * lanes;
  const T* g = static_cast<const T*>(block.data);
  const std::int64_t m = block.rows;
  for (std::int64_t first = 0; first < block.columns; first += slice) {
    const std::int64_t columns = std::min(slice, block.columns - first);
    const std::int64_t next = std::min(slice, block.columns - first - columns);
    pack_columns(g + first, block.stride, m, columns, work);
    double sums[slice] = {};
    for (std::int64_t b = 0; b < m; b += lanes) {
      const std::int64_t rows = std::min<std::int64_t>(lanes, m - b);
      for (std::int64_t r = b; r < b + rows; ++r)
        prefetch(g + r * block.stride + first + columns, next);
      for (std::int64_t j = 0; j < columns; j += width)
        combination_tile(work + j * m, factors + b * m, lower ? b + rows : m, rows, std::min(width, columns - j),
                         W + b * ldw + first + j, ldw, sums + j);
    }
    std::copy_n(sums, columns, squares + first);
  }
}

// Calls body(number) with a number of the type that is stored.
template <class Body>
void by_type(Precision precision, const Body& body) {
  if (precision == Precision::f64)
    body(double{});
  else if (precision == Precision::f32)
    body(float{});
  else
    body(std::uint16_t{});
}

} // namespace

void Gram(const Block& block, double* work, double* S, std::int64_t lds) {
  by_type(block.precision, [&](auto number) { gram_of<decltype(number)>(block, work, S, lds); });
}

void Pack(const double* M, std::int64_t m, double* to) {
  pack_factors(M, m, to);
}

void Combine(const Block& block, const double* factors, bool lower, double* work, void* W, Precision stored,
             std::int64_t ldw, double* squares) {
  by_type(block.precision, [&](auto number) {
    using T = decltype(number);
    if (stored == Precision::f64)
      combine<T>(block, factors, lower, work, static_cast<double*>(W), ldw, squares);
    else
      combine<T>(block, factors, lower, work, static_cast<float*>(W), ldw, squares);
  });
}

} // namespace linnet::mfac::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace linnet::mfac {

HWY_EXPORT(Gram);
HWY_EXPORT(Pack);
HWY_EXPORT(Combine);

namespace {

constexpr std::int64_t most_lanes = 8, most_slice = 96; // of all instruction sets

std::int64_t padded(std::int64_t rows) {
  return (rows + most_lanes - 1) / most_lanes * most_lanes;
}

} // namespace

// Not a power of two: the rows of a tile of S would share a few sets of the caches.
std::int64_t gram_stride(std::int64_t rows) {
  return padded(rows) + most_lanes;
}

std::size_t gram_work(std::int64_t rows) {
  return static_cast<std::size_t>(padded(rows) * 128);
}

void add_gram(const Block& block, double* work, double* S, std::int64_t lds) {
  HWY_DYNAMIC_DISPATCH(Gram)(block, work, S, lds);
}

Buffer<double> packed_factors(const double* M, std::int64_t m) {
  Buffer<double> factors;
  factors.resize(static_cast<std::size_t>(padded(m) * m));
  HWY_DYNAMIC_DISPATCH(Pack)(M, m, factors.data());
  return factors;
}

std::size_t combination_work(std::int64_t rows) {
  return static_cast<std::size_t>(rows * most_slice);
}

void combine(const Block& block, const Buffer<double>& factors, bool lower, double* work, void* W, Precision stored,
             std::int64_t ldw, double* squares) {
  HWY_DYNAMIC_DISPATCH(Combine)(block, factors.data(), lower, work, W, stored, ldw, squares);
}

} // namespace linnet::mfac
#endif
