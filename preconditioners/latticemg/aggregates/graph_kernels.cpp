// The kernels of the aggregates, compiled once for each instruction set by Highway's foreach_target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latticemg/aggregates/graph_kernels.cpp"
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#define HWY_BROKEN_EMU128 0 // broken by gcc 12 are high halves of products of integers, of which there are none here
#include <hwy/foreach_target.h> // must come before highway.h

#include "latticemg/aggregates/graph_level.hpp"

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace linnet::latticemg::HWY_NAMESPACE {

namespace {

namespace hn = hwy::HWY_NAMESPACE;
using F = hn::CappedTag<float, block>;
using I = hn::RebindToSigned<F>;
using VF = hn::Vec<F>;
constexpr int lanes = static_cast<int>(hn::MaxLanes(F()));

HWY_INLINE VF couplings(const std::uint16_t* w) {
  const hn::RebindToUnsigned<F> bits;
  return hn::BitCast(F(), hn::ShiftLeft<16>(hn::PromoteTo(bits, hn::LoadU(hn::Rebind<std::uint16_t, F>(), w))));
}

// b - A u of the nodes at places lane ... lane + lanes - 1 of block B, which have the values `own`.
HWY_INLINE VF residual_of(const GraphLevel& level, const float* u, int B, int lane, VF own) {
  const F df;
  const int p = B * block + lane;
  VF sum = hn::NegMulAdd(hn::LoadU(df, level.excess.data() + p), own, hn::LoadU(df, level.b.data() + p));
  const BlockLinks links = level.links[static_cast<std::size_t>(B)];
  const std::uint16_t* w = level.coupling.data() + links.coupling + lane;
  const int* at = level.neighbour.data() + links.index;
  for (int c = 0; c < links.plain; ++c)
    sum = hn::MulAdd(couplings(w + std::ptrdiff_t{block} * c), hn::Sub(hn::LoadU(df, u + at[c] + lane), own), sum);
  at += links.plain + lane;
  w += std::ptrdiff_t{block} * links.plain;
  for (int c = links.plain; c < links.columns; ++c, w += block, at += block)
    sum = hn::MulAdd(couplings(w), hn::Sub(hn::GatherIndex(df, u, hn::LoadU(I(), at)), own), sum);
  return sum;
}

void relax(const GraphLevel& level, int first, int last, float* u) {
  const F df;
  for (int B = first; B < last; ++B)
    for (int lane = 0; lane < block; lane += lanes) {
      const int p = B * block + lane;
      const VF own = hn::LoadU(df, u + p);
      hn::StoreU(hn::MulAdd(residual_of(level, u, B, lane, own), hn::LoadU(df, level.inverse.data() + p), own), df,
                 u + p);
    }
}

void residual(const GraphLevel& level, int first, int last, float* to) {
  const F df;
  const float* u = level.u.data();
  for (int B = first; B < last; ++B)
    for (int lane = 0; lane < block; lane += lanes) {
      const int p = B * block + lane;
      hn::StoreU(residual_of(level, u, B, lane, hn::LoadU(df, u + p)), df, to + p);
    }
}

void prolong(const GraphLevel& level, int first, int last, const float* coarse, float* u) {
  const F df;
  for (int p = first * block; p < last * block; p += lanes) {
    const VF e = hn::GatherIndex(df, coarse, hn::LoadU(I(), level.parent.data() + p));
    hn::StoreU(hn::Add(hn::LoadU(df, u + p), e), df, u + p);
  }
}

constexpr GraphKernels table{relax, residual, prolong};

} // namespace
const GraphKernels& kernels() {
  return table;
}
} // namespace linnet::latticemg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace linnet::latticemg {
HWY_EXPORT(kernels);
const GraphKernels& graph_kernels() {
  return HWY_DYNAMIC_DISPATCH(kernels)();
}
} // namespace linnet::latticemg
#endif
