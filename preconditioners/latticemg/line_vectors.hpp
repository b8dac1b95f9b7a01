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

// A colour of one line, and where its neighbours lie.
struct Place {
  std::ptrdiff_t own;   // t = 0 of the cells
  std::ptrdiff_t other; // t = 0 of the other colour
  int q;
  int end; // whole blocks

  HWY_INLINE Place(const Level& level, int colour, int j, int k) {
    const std::ptrdiff_t line = k * level.plane + j * level.line;
    q = (j + k + colour) & 1;
    own = line + colour * level.gap;
    other = line + (1 - colour) * level.gap;
    end = round_up(level.count(q));
  }
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

  HWY_INLINE Coded(const Level& level, const Place& place)
      : level_(level), code_(level.code + place.own), inverse_(level.inverse_of), diagonal_(level.diagonal_of),
        q_(place.q) {}

  // sum_d w_d u_d of the block of cells from t on.
  HWY_INLINE VF neighbours(const float* u, std::ptrdiff_t t) const {
    const F df;
    VF sum = hn::Add(hn::LoadU(df, u + t + q_ - 1), hn::LoadU(df, u + t + q_));
    const VF z = hn::Add(hn::LoadU(df, u + t - level_.plane), hn::LoadU(df, u + t + level_.plane));
    if constexpr (weighted)
      sum = hn::MulAdd(hn::Set(df, level_.unit[2]), z, hn::Mul(hn::Set(df, level_.unit[0]), sum));
    else
      sum = hn::Add(sum, z);
    if constexpr (with_y) {
      const VF y = hn::Add(hn::LoadU(df, u + t - level_.line), hn::LoadU(df, u + t + level_.line));
      sum = weighted ? hn::MulAdd(hn::Set(df, level_.unit[1]), y, sum) : hn::Add(sum, y);
    }
    return sum;
  }
  HWY_INLINE VF inverse(std::ptrdiff_t t) const { return inverse_(index(t)); }
  HWY_INLINE VF diagonal(std::ptrdiff_t t) const { return diagonal_(index(t)); }
  HWY_INLINE VF on_unknowns(std::ptrdiff_t t, VF v) const {
    const auto unknown = hn::Gt(index(t), hn::Zero(I()));
    return hn::IfThenElseZero(hn::RebindMask(F(), unknown), v);
  }
  // (A p)_c of one half of the block, from p_c and the other colour; zero where there is no unknown.
  template <class Real>
  HWY_INLINE VD exact_product(VD own, const Real* p, std::ptrdiff_t t, int half) const {
    const D dd;
    const std::ptrdiff_t s = t + half * half_lanes;
    VD sum = hn::Add(load(p + s + q_ - 1), load(p + s + q_));
    const VD z = hn::Add(load(p + s - level_.plane), load(p + s + level_.plane));
    if constexpr (weighted)
      sum = hn::MulAdd(hn::Set(dd, level_.exact_unit[2]), z, hn::Mul(hn::Set(dd, level_.exact_unit[0]), sum));
    else
      sum = hn::Add(sum, z);
    if constexpr (with_y) {
      const VD y = hn::Add(load(p + s - level_.line), load(p + s + level_.line));
      sum = weighted ? hn::MulAdd(hn::Set(dd, level_.exact_unit[1]), y, sum) : hn::Add(sum, y);
    }
    const VD a = exact_diagonal(t, half);
    return hn::IfThenElseZero(hn::Gt(a, hn::Zero(dd)), hn::MulSub(a, own, sum));
  }

private:
  HWY_INLINE VI index(std::ptrdiff_t t) const {
    const hn::Rebind<std::uint8_t, F> bytes;
    return hn::PromoteTo(I(), hn::LoadU(bytes, code_ + t));
  }
  HWY_INLINE VD exact_diagonal(std::ptrdiff_t t, int half) const {
    if (level_.exact) {
      const VF a = diagonal(t);
      return half ? upper(a) : lower(a);
    }
    const hn::RebindToSigned<D> wide;
    const hn::Rebind<std::int32_t, D> narrow;
    const hn::Rebind<std::uint8_t, D> bytes;
    const auto code = hn::PromoteTo(narrow, hn::LoadU(bytes, code_ + t + half * half_lanes));
    return hn::GatherIndex(D(), level_.exact_diagonal_of, hn::PromoteTo(wide, code));
  }

  const Level& level_;
  const std::uint8_t* code_;
  Lookup inverse_, diagonal_;
  std::ptrdiff_t q_;
};

// Any couplings, zero where there is no unknown.
class General {
public:
  static constexpr bool unweighted = false;

  HWY_INLINE General(const Level& level, const Place& place)
      : level_(level), own_(place.own), other_(place.other), q_(place.q) {}

  HWY_INLINE VF neighbours(const float* u, std::ptrdiff_t t) const {
    const F df;
    const std::ptrdiff_t own = own_ + t, other = other_ + t;
    const auto term = [&](int axis, std::ptrdiff_t coupling, std::ptrdiff_t cell) HWY_ATTR {
      return hn::Mul(hn::LoadU(df, level_.face[axis] + coupling), hn::LoadU(df, u + cell));
    };
    const auto with = [&](int axis, std::ptrdiff_t coupling, std::ptrdiff_t cell, VF sum) HWY_ATTR {
      return hn::MulAdd(hn::LoadU(df, level_.face[axis] + coupling), hn::LoadU(df, u + cell), sum);
    };
    return hn::Add(hn::Add(with(0, own, t + q_, term(0, other + q_ - 1, t + q_ - 1)),
                           with(1, own, t + level_.line, term(1, other - level_.line, t - level_.line))),
                   with(2, own, t + level_.plane, term(2, other - level_.plane, t - level_.plane)));
  }
  HWY_INLINE VF inverse(std::ptrdiff_t t) const { return hn::LoadU(F(), level_.inverse + own_ + t); }
  HWY_INLINE VF diagonal(std::ptrdiff_t t) const { return hn::LoadU(F(), level_.diagonal + own_ + t); }
  // A residual without unknown is zero by itself; a correction there is read by none.
  HWY_INLINE VF on_unknowns(std::ptrdiff_t t, VF v) const {
    return hn::IfThenElseZero(hn::Gt(inverse(t), hn::Zero(F())), v);
  }
  template <class Real>
  HWY_INLINE VD exact_product(VD own_value, const Real* p, std::ptrdiff_t t, int half) const {
    const std::ptrdiff_t s = t + half * half_lanes, own = own_ + s, other = other_ + s;
    const auto minus = [&](int axis, std::ptrdiff_t coupling, std::ptrdiff_t cell, VD sum) HWY_ATTR {
      const VD w = hn::Add(load(level_.face[axis] + coupling), load(level_.face_low[axis] + coupling));
      return hn::NegMulAdd(w, load(p + cell), sum);
    };
    const VD a = hn::Add(load(level_.diagonal + own), load(level_.diagonal_low + own));
    VD sum = hn::Mul(a, own_value);
    sum = minus(0, own, s + q_, minus(0, other + q_ - 1, s + q_ - 1, sum));
    sum = minus(1, own, s + level_.line, minus(1, other - level_.line, s - level_.line, sum));
    sum = minus(2, own, s + level_.plane, minus(2, other - level_.plane, s - level_.plane, sum));
    return hn::IfThenElseZero(hn::Gt(a, hn::Zero(D())), sum); // beyond the cells of a periodic axis lie copies
  }

private:
  const Level& level_;
  std::ptrdiff_t own_, other_, q_;
};

} // namespace linnet::latticemg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
