// Vectors along a line of a level: where its neighbours lie, and the two forms of the operator. Included once for each
// instruction set.
#if defined(LINNET_LATTICEMG_LINE_VECTORS) == defined(HWY_TARGET_TOGGLE)
#ifdef LINNET_LATTICEMG_LINE_VECTORS
#undef LINNET_LATTICEMG_LINE_VECTORS
#else
#define LINNET_LATTICEMG_LINE_VECTORS
#endif

#include "latticemg/level.hpp"

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace linnet::latticemg::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using F = hn::CappedTag<float, block>;
using D = hn::Repartition<double, F>;
using FHalf = hn::Half<F>;
using I = hn::RebindToSigned<F>;
using VF = hn::Vec<F>;
using VD = hn::Vec<D>;
using VI = hn::Vec<I>;
constexpr int lanes = static_cast<int>(hn::MaxLanes(F()));
constexpr int half_lanes = lanes / 2;

HWY_INLINE VD load(const float* p) {
  return hn::PromoteTo(D(), hn::LoadU(FHalf(), p));
}
HWY_INLINE VD load(const double* p) {
  return hn::LoadU(D(), p);
}
HWY_INLINE void store(VD v, float* p) {
  hn::StoreU(hn::DemoteTo(FHalf(), v), FHalf(), p);
}
HWY_INLINE VD lower(VF v) {
  return hn::PromoteTo(D(), hn::LowerHalf(FHalf(), v));
}
HWY_INLINE VD upper(VF v) {
  return hn::PromoteTo(D(), hn::UpperHalf(FHalf(), v));
}
HWY_INLINE double total(VD v) {
  return hn::GetLane(hn::SumOfLanes(D(), v));
}

// Members below are copies, not references to a level: stores of vectors may alias anything, so that what a level holds
// would be loaded again for each block.

// One colour of a line, and where its neighbours lie.
struct Line {
  std::ptrdiff_t own;   // t = 0 of the cells
  std::ptrdiff_t other; // t = 0 of the other colour
  std::ptrdiff_t q;
  std::ptrdiff_t end; // whole blocks
};

// One colour of plane k.
class Colour {
public:
  HWY_INLINE Colour(const Level& level, int colour, int k)
      : own_(k * level.plane + colour * level.gap), other_(k * level.plane + (1 - colour) * level.gap),
        step_(level.line), parity_(k + colour), end_{round_up(level.count(0)), round_up(level.count(1))} {}

  HWY_INLINE Line line(std::ptrdiff_t j) const {
    const std::ptrdiff_t q = (j + parity_) & 1;
    return {own_ + j * step_, other_ + j * step_, q, q ? end_[1] : end_[0]};
  }

private:
  std::ptrdiff_t own_, other_, step_, parity_, end_[2];
};

// A table of 16 numbers.
class Lookup {
public:
  HWY_INLINE explicit Lookup(const float* table) {
    if constexpr (lanes == 16)
      values_ = hn::LoadU(F(), table);
    else
      table_ = table;
  }
  HWY_INLINE VF operator()(VI index) const {
    if constexpr (lanes == 16)
      return hn::TableLookupLanes(values_, hn::IndicesFromVec(F(), index));
    else
      return hn::GatherIndex(F(), table_, index);
  }

private:
  VF values_;
  const float* table_ = nullptr;
};

// Unknowns told by codes; the same coupling along an axis everywhere. with_y: there is a second axis across the line.
template <bool with_y, bool weighted>
class Coded {
public:
  static constexpr bool unweighted = !weighted;

  HWY_INLINE explicit Coded(const Level& level)
      : code_(level.code), line_(level.line), plane_(level.plane), exact_(level.exact),
        exact_diagonal_of_(level.exact_diagonal_of), inverse_(level.inverse_of), diagonal_(level.diagonal_of) {
    for (int axis = 0; weighted && axis < 3; ++axis) {
      unit_[axis] = level.unit[axis];
      exact_unit_[axis] = level.exact_unit[axis];
    }
  }

  // sum_d w_d u_d of the block of cells from t on.
  HWY_INLINE VF neighbours(const Line& line, const float* field, std::ptrdiff_t t) const {
    const F df;
    const float* u = field + line.other + t;
    VF sum = hn::Add(hn::LoadU(df, u + line.q - 1), hn::LoadU(df, u + line.q));
    const VF z = hn::Add(hn::LoadU(df, u - plane_), hn::LoadU(df, u + plane_));
    if constexpr (weighted)
      sum = hn::MulAdd(hn::Set(df, unit_[2]), z, hn::Mul(hn::Set(df, unit_[0]), sum));
    else
      sum = hn::Add(sum, z);
    if constexpr (with_y) {
      const VF y = hn::Add(hn::LoadU(df, u - line_), hn::LoadU(df, u + line_));
      sum = weighted ? hn::MulAdd(hn::Set(df, unit_[1]), y, sum) : hn::Add(sum, y);
    }
    return sum;
  }
  HWY_INLINE VF inverse(const Line& line, std::ptrdiff_t t) const { return inverse_(index(line, t)); }
  HWY_INLINE VF diagonal(const Line& line, std::ptrdiff_t t) const { return diagonal_(index(line, t)); }
  HWY_INLINE VF on_unknowns(const Line& line, std::ptrdiff_t t, VF v) const {
    const auto unknown = hn::Gt(index(line, t), hn::Zero(I()));
    return hn::IfThenElseZero(hn::RebindMask(F(), unknown), v);
  }
  // (A p)_c of one half of the block, from p_c and the other colour; zero where there is no unknown.
  template <class Real>
  HWY_INLINE VD exact_product(const Line& line, VD own, const Real* field, std::ptrdiff_t t, int half) const {
    const D dd;
    const Real* p = field + line.other + t + half * half_lanes;
    VD sum = hn::Add(load(p + line.q - 1), load(p + line.q));
    const VD z = hn::Add(load(p - plane_), load(p + plane_));
    if constexpr (weighted)
      sum = hn::MulAdd(hn::Set(dd, exact_unit_[2]), z, hn::Mul(hn::Set(dd, exact_unit_[0]), sum));
    else
      sum = hn::Add(sum, z);
    if constexpr (with_y) {
      const VD y = hn::Add(load(p - line_), load(p + line_));
      sum = weighted ? hn::MulAdd(hn::Set(dd, exact_unit_[1]), y, sum) : hn::Add(sum, y);
    }
    const VD a = exact_diagonal(line, t, half);
    return hn::IfThenElseZero(hn::Gt(a, hn::Zero(dd)), hn::MulSub(a, own, sum));
  }

private:
  HWY_INLINE VI index(const Line& line, std::ptrdiff_t t) const {
    const hn::Rebind<std::uint8_t, F> bytes;
    return hn::PromoteTo(I(), hn::LoadU(bytes, code_ + line.own + t));
  }
  HWY_INLINE VD exact_diagonal(const Line& line, std::ptrdiff_t t, int half) const {
    if (exact_) {
      const VF a = diagonal(line, t);
      return half ? upper(a) : lower(a);
    }
    const hn::RebindToSigned<D> wide;
    const hn::Rebind<std::int32_t, D> narrow;
    const hn::Rebind<std::uint8_t, D> bytes;
    const auto code = hn::PromoteTo(narrow, hn::LoadU(bytes, code_ + line.own + t + half * half_lanes));
    return hn::GatherIndex(D(), exact_diagonal_of_, hn::PromoteTo(wide, code));
  }

  const std::uint8_t* code_;
  std::ptrdiff_t line_, plane_;
  bool exact_;
  const double* exact_diagonal_of_;
  float unit_[3]{};
  double exact_unit_[3]{};
  Lookup inverse_, diagonal_;
};

// Any couplings, zero where there is no unknown.
class General {
public:
  static constexpr bool unweighted = false;

  HWY_INLINE explicit General(const Level& level)
      : inverse_(level.inverse), diagonal_(level.diagonal),
        diagonal_low_(level.diagonal_low), stride_{1, level.line, level.plane} {
    for (int axis = 0; axis < 3; ++axis) {
      face_[axis] = level.face[axis];
      face_low_[axis] = level.face_low[axis];
    }
  }

  HWY_INLINE VF neighbours(const Line& line, const float* field, std::ptrdiff_t t) const {
    const F df;
    const std::ptrdiff_t own = line.own + t, other = line.other + t;
    const float* u = field + other;
    const VF x = hn::Mul(hn::LoadU(df, face_[0] + other + line.q - 1), hn::LoadU(df, u + line.q - 1));
    const VF y = hn::Mul(hn::LoadU(df, face_[1] + other - stride_[1]), hn::LoadU(df, u - stride_[1]));
    const VF z = hn::Mul(hn::LoadU(df, face_[2] + other - stride_[2]), hn::LoadU(df, u - stride_[2]));
    return hn::Add(hn::Add(hn::MulAdd(hn::LoadU(df, face_[0] + own), hn::LoadU(df, u + line.q), x),
                           hn::MulAdd(hn::LoadU(df, face_[1] + own), hn::LoadU(df, u + stride_[1]), y)),
                   hn::MulAdd(hn::LoadU(df, face_[2] + own), hn::LoadU(df, u + stride_[2]), z));
  }
  HWY_INLINE VF inverse(const Line& line, std::ptrdiff_t t) const { return hn::LoadU(F(), inverse_ + line.own + t); }
  HWY_INLINE VF diagonal(const Line& line, std::ptrdiff_t t) const { return hn::LoadU(F(), diagonal_ + line.own + t); }
  // A residual without unknown is zero by itself; a correction there is read by none.
  HWY_INLINE VF on_unknowns(const Line& line, std::ptrdiff_t t, VF v) const {
    return hn::IfThenElseZero(hn::Gt(inverse(line, t), hn::Zero(F())), v);
  }
  template <class Real>
  HWY_INLINE VD exact_product(const Line& line, VD own_value, const Real* field, std::ptrdiff_t t, int half) const {
    const std::ptrdiff_t s = t + half * half_lanes, own = line.own + s, other = line.other + s;
    const Real* p = field + other;
    const auto minus = [&](int axis, std::ptrdiff_t coupling, const Real* value, VD sum) HWY_ATTR {
      const VD w = hn::Add(load(face_[axis] + coupling), load(face_low_[axis] + coupling));
      return hn::NegMulAdd(w, load(value), sum);
    };
    const VD a = hn::Add(load(diagonal_ + own), load(diagonal_low_ + own));
    VD sum = hn::Mul(a, own_value);
    sum = minus(0, own, p + line.q, minus(0, other + line.q - 1, p + line.q - 1, sum));
    for (int axis = 1; axis < 3; ++axis)
      sum = minus(axis, own, p + stride_[axis], minus(axis, other - stride_[axis], p - stride_[axis], sum));
    return hn::IfThenElseZero(hn::Gt(a, hn::Zero(D())), sum); // beyond the cells of a periodic axis lie copies
  }

private:
  const float *inverse_, *diagonal_, *diagonal_low_;
  const float *face_[3], *face_low_[3];
  std::ptrdiff_t stride_[3];
};

} // namespace linnet::latticemg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
