// Numbers of G as vectors of f64, and passes over bf16 four vectors at a time, for the kernels: included once for each
// instruction set.
#if defined(LINNET_MFAC_LOADS) == defined(HWY_TARGET_TOGGLE)
#ifdef LINNET_MFAC_LOADS
#undef LINNET_MFAC_LOADS
#else
#define LINNET_MFAC_LOADS
#endif

#include <hwy/highway.h>

#include <bit>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace linnet::mfac::HWY_NAMESPACE {

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

// Vectors of a line of cache, of at least one.
template <class T>
constexpr int line = 64 / static_cast<int>(sizeof(T)) > lanes ? 64 / static_cast<int>(sizeof(T)) / lanes : 1;

// How far ahead of column j of a row of a group of `count` rows to ask for memory: a kibibyte, which behind the last
// column is at the beginning of the row at the same place of the next group. The processor's own prefetcher begins anew
// in each row. What lies behind the last group does no harm.
template <int count, class T>
HWY_INLINE std::int64_t fetched(std::int64_t j, std::int64_t columns, std::int64_t stride) {
  constexpr std::int64_t distance = 1024 / static_cast<std::int64_t>(sizeof(T));
  return j + distance < columns ? distance : distance - columns + count * stride;
}
template <int count, class T>
HWY_INLINE void fetch(const T* p) {
  if constexpr (count > 1)
    __builtin_prefetch(p);
}

// Four vectors of bf16 at once: the odd numbers of a pair are f32 as they stand, the even ones when moved up.
struct Quad {
  V even[2], odd[2];
};
HWY_INLINE Quad load_quad(const std::uint16_t* p) {
  const hn::Repartition<std::uint32_t, D> du;
  const hn::Repartition<float, D> df;
  const D d;
  const auto pairs = hn::BitCast(du, hn::LoadU(hn::Repartition<std::uint16_t, D>(), p));
  const auto even = hn::BitCast(df, hn::ShiftLeft<16>(pairs));
  const auto odd = hn::BitCast(df, hn::And(pairs, hn::Set(du, 0xffff0000U)));
  const hn::Half<decltype(df)> half;
  return {{hn::PromoteTo(d, hn::LowerHalf(half, even)), hn::PromoteTo(d, hn::UpperHalf(half, even))},
          {hn::PromoteTo(d, hn::LowerHalf(half, odd)), hn::PromoteTo(d, hn::UpperHalf(half, odd))}};
}

// The part of product_rows() that whole quads cover; returns the first column behind it.
template <int count>
std::int64_t product_quads(const std::uint16_t* const* row, std::int64_t stride, std::int64_t columns, const double* x,
                           V* sum) {
  const D d;
  std::int64_t j = 0;
  for (; j + 4 * lanes <= columns; j += 4 * lanes) {
    V even[2], odd[2];
    for (int h = 0; h < 2; ++h)
      hn::LoadInterleaved2(d, x + j + 2 * h * lanes, even[h], odd[h]);
    const std::int64_t ahead = fetched<count, std::uint16_t>(j, columns, stride);
    for (int r = 0; r < count; ++r) {
      fetch<count>(row[r] + j + ahead);
      const Quad g = load_quad(row[r] + j);
      for (int h = 0; h < 2; ++h)
        sum[r] = hn::MulAdd(g.odd[h], odd[h], hn::MulAdd(g.even[h], even[h], sum[r]));
    }
  }
  return j;
}

// The same of transposed_rows().
template <int count>
std::int64_t transposed_quads(const std::uint16_t* const* row, std::int64_t stride, std::int64_t columns,
                              const V* factor, double* x) {
  const D d;
  std::int64_t j = 0;
  for (; j + 4 * lanes <= columns; j += 4 * lanes) {
    V even[2], odd[2];
    for (int h = 0; h < 2; ++h)
      hn::LoadInterleaved2(d, x + j + 2 * h * lanes, even[h], odd[h]);
    const std::int64_t ahead = fetched<count, std::uint16_t>(j, columns, stride);
    for (int r = 0; r < count; ++r) {
      fetch<count>(row[r] + j + ahead);
      const Quad g = load_quad(row[r] + j);
      for (int h = 0; h < 2; ++h) {
        even[h] = hn::MulAdd(g.even[h], factor[r], even[h]);
        odd[h] = hn::MulAdd(g.odd[h], factor[r], odd[h]);
      }
    }
    for (int h = 0; h < 2; ++h)
      hn::StoreInterleaved2(even[h], odd[h], d, x + j + 2 * h * lanes);
  }
  return j;
}

} // namespace linnet::mfac::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
