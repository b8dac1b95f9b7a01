// Vectors along a line of a level: where its neighbours lie, and the forms of the operator. Included once for each
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

// Bytes of a block of cells, and of one half of it.
HWY_INLINE VI bytes_of_block(const std::uint8_t* p) {
  return hn::PromoteTo(I(), hn::LoadU(hn::Rebind<std::uint8_t, F>(), p));
}
HWY_INLINE auto bytes_of_half(const std::uint8_t* p) {
  const auto narrow = hn::PromoteTo(hn::Rebind<std::int32_t, D>(), hn::LoadU(hn::Rebind<std::uint8_t, D>(), p));
  return hn::PromoteTo(hn::RebindToSigned<D>(), narrow);
}

// Members below are copies, not references to a level: stores of vectors may alias anything, so that what a level holds
// would be loaded again for each block.

// One colour of a line within its extent, and where its neighbours lie; t counts from the first cell of the extent.
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
        step_(level.line), parity_(k + colour), end_{round_up(level.count(0)), round_up(level.count(1))},
        extent_(level.extent ? level.extent + static_cast<std::ptrdiff_t>(k) * level.size[1] : nullptr) {}

  bool whole() const { return !extent_; }
  Extent extent(std::ptrdiff_t j) const { return extent_ ? extent_[j] : Extent{0, end_[0]}; }
  HWY_INLINE Line line(std::ptrdiff_t j, Extent extent) const {
    const std::ptrdiff_t q = (j + parity_) & 1, first = j * step_ + extent.first;
    return {own_ + first, other_ + first, q, extent.last - extent.first};
  }
  // work(line, its number, first cell of its extent): two loops, as lines of one length take less time.
  template <class Work>
  HWY_INLINE void for_each_line(int first, int last, const Work& work) const {
    if (whole()) {
      for (int j = first; j < last; ++j) {
        const std::ptrdiff_t q = (j + parity_) & 1;
        work(Line{own_ + j * step_, other_ + j * step_, q, q ? end_[1] : end_[0]}, j, 0);
      }
    } else {
      for (int j = first; j < last; ++j)
        work(line(j, extent_[j]), j, extent_[j].first);
    }
  }

private:
  std::ptrdiff_t own_, other_, step_, parity_;
  int end_[2];
  const Extent* extent_;
};

// A table of 16 or 64 numbers.
template <int entries>
class Lookup {
public:
  HWY_INLINE explicit Lookup(const float* table) {
    if constexpr (lanes == 16)
      for (int n = 0; n < registers; ++n)
        values_[n] = hn::LoadU(F(), table + n * lanes);
    else
      table_ = table;
  }
  HWY_INLINE VF operator()(VI index) const {
    if constexpr (lanes != 16)
      return hn::GatherIndex(F(), table_, index);
    else if constexpr (registers == 1)
      return hn::TableLookupLanes(values_[0], hn::IndicesFromVec(F(), index));
    else
      return select(32, index, select(16, index, lane(0, index), lane(1, index)),
                    select(16, index, lane(2, index), lane(3, index)));
  }

private:
  static constexpr int registers = lanes == 16 ? entries / lanes : 1;
  HWY_INLINE VF lane(int n, VI index) const {
    return hn::TableLookupLanes(values_[n], hn::IndicesFromVec(F(), hn::And(index, hn::Set(I(), lanes - 1))));
  }
  HWY_INLINE static VF select(int bit, VI index, VF without, VF with) {
    return hn::IfThenElse(hn::RebindMask(F(), hn::TestBit(index, hn::Set(I(), bit))), with, without);
  }

  VF values_[registers];
  const float* table_ = nullptr;
};

// Unknowns and diagonals told by codes.
template <int diagonals>
class CodedCells {
public:
  HWY_INLINE explicit CodedCells(const Level& level)
      : code_(level.code), exact_(level.exact), exact_diagonal_of_(level.exact_diagonal_of), inverse_(level.inverse_of),
        diagonal_(level.diagonal_of) {}

  HWY_INLINE VF inverse(const Line& line, std::ptrdiff_t t) const { return inverse_(index(line, t)); }
  HWY_INLINE VF diagonal(const Line& line, std::ptrdiff_t t) const { return diagonal_(index(line, t)); }
  HWY_INLINE VF on_unknowns(const Line& line, std::ptrdiff_t t, VF v) const {
    const auto unknown = hn::Gt(index(line, t), hn::Zero(I()));
    return hn::IfThenElseZero(hn::RebindMask(F(), unknown), v);
  }

protected:
  // a own - sum of one half of the block; zero where there is no unknown.
  HWY_INLINE VD exact_row(const Line& line, VD own, VD sum, std::ptrdiff_t t, int half) const {
    const VD a = exact_diagonal(line, t, half);
    return hn::IfThenElseZero(hn::Gt(a, hn::Zero(D())), hn::MulSub(a, own, sum));
  }

private:
  HWY_INLINE VI index(const Line& line, std::ptrdiff_t t) const { return bytes_of_block(code_ + line.own + t); }
  HWY_INLINE VD exact_diagonal(const Line& line, std::ptrdiff_t t, int half) const {
    if (exact_) {
      const VF a = diagonal(line, t);
      return half ? upper(a) : lower(a);
    }
    return hn::GatherIndex(D(), exact_diagonal_of_, bytes_of_half(code_ + line.own + t + half * half_lanes));
  }

  const std::uint8_t* code_;
  bool exact_;
  const double* exact_diagonal_of_;
  Lookup<diagonals> inverse_, diagonal_;
};

// Unknowns and diagonals by cell.
class CellsWithDiagonals {
public:
  HWY_INLINE explicit CellsWithDiagonals(const Level& level)
      : inverse_(level.inverse), diagonal_(level.diagonal), diagonal_low_(level.diagonal_low) {}

  HWY_INLINE VF inverse(const Line& line, std::ptrdiff_t t) const { return hn::LoadU(F(), inverse_ + line.own + t); }
  HWY_INLINE VF diagonal(const Line& line, std::ptrdiff_t t) const { return hn::LoadU(F(), diagonal_ + line.own + t); }
  HWY_INLINE VF on_unknowns(const Line& line, std::ptrdiff_t t, VF v) const {
    return hn::IfThenElseZero(hn::Gt(inverse(line, t), hn::Zero(F())), v);
  }

protected:
  HWY_INLINE VD exact_row(const Line& line, VD own, VD sum, std::ptrdiff_t t, int half) const {
    const VD a = exact_diagonal(line.own + t + half * half_lanes);
    return hn::IfThenElseZero(hn::Gt(a, hn::Zero(D())), hn::MulSub(a, own, sum));
  }
  // Of half a block from cell c on.
  HWY_INLINE VD exact_diagonal(std::ptrdiff_t c) const { return hn::Add(load(diagonal_ + c), load(diagonal_low_ + c)); }

  const float *inverse_, *diagonal_, *diagonal_low_;
};

// The couplings along the axes, times sums over the neighbours on both sides.
template <bool weighted>
class Units {
public:
  HWY_INLINE explicit Units(const Level& level) {
    for (int axis = 0; weighted && axis < 3; ++axis) {
      unit_[axis] = level.unit[axis];
      exact_unit_[axis] = level.exact_unit[axis];
    }
  }
  HWY_INLINE VF weigh(VF x, VF z) const { return weigh(F(), unit_, x, z); }
  HWY_INLINE VF weigh(VF x, VF y, VF z) const { return weigh(F(), unit_, x, y, z); }
  HWY_INLINE VD weigh(VD x, VD z) const { return weigh(D(), exact_unit_, x, z); }
  HWY_INLINE VD weigh(VD x, VD y, VD z) const { return weigh(D(), exact_unit_, x, y, z); }

private:
  template <class Tag, class Real, class V>
  HWY_INLINE static V weigh(Tag tag, const Real* unit, V x, V z) {
    if constexpr (weighted)
      return hn::MulAdd(hn::Set(tag, unit[2]), z, hn::Mul(hn::Set(tag, unit[0]), x));
    else
      return hn::Add(x, z);
  }
  template <class Tag, class Real, class V>
  HWY_INLINE static V weigh(Tag tag, const Real* unit, V x, V y, V z) {
    const V sum = weigh(tag, unit, x, z);
    return weighted ? hn::MulAdd(hn::Set(tag, unit[1]), y, sum) : hn::Add(sum, y);
  }

  float unit_[3]{};
  double exact_unit_[3]{};
};

// The same coupling along an axis between all unknowns: beside them lie zeros. with_y: there is a second axis across
// the line.
template <bool with_y, bool weighted, class Cells = CodedCells<weighted ? most_diagonals : few_diagonals>>
class Uniform : public Cells {
public:
  static constexpr bool unweighted = !weighted;

  HWY_INLINE explicit Uniform(const Level& level)
      : Cells(level), line_(level.line), plane_(level.plane), units_(level) {}

  // sum_d w_d u_d of the block of cells from t on.
  HWY_INLINE VF neighbours(const Line& line, const float* field, std::ptrdiff_t t) const {
    const F df;
    return sum(field + line.other + t, line.q, [&](const float* u) HWY_ATTR { return hn::LoadU(df, u); });
  }
  // (A p)_c of one half of the block, from p_c and the other colour; zero where there is no unknown.
  template <class Real>
  HWY_INLINE VD exact_product(const Line& line, VD own, const Real* field, std::ptrdiff_t t, int half) const {
    const VD all =
        sum(field + line.other + t + half * half_lanes, line.q, [](const Real* p) HWY_ATTR { return load(p); });
    return Cells::exact_row(line, own, all, t, half);
  }

private:
  template <class Real, class Load>
  HWY_INLINE auto sum(const Real* u, std::ptrdiff_t q, const Load& value) const {
    const auto x = hn::Add(value(u + q - 1), value(u + q));
    const auto z = hn::Add(value(u - plane_), value(u + plane_));
    if constexpr (with_y)
      return units_.weigh(x, hn::Add(value(u - line_), value(u + line_)), z);
    else
      return units_.weigh(x, z);
  }

  std::ptrdiff_t line_, plane_;
  Units<weighted> units_;
};

// The same coupling along an axis where there is one.
template <bool weighted, class Cells = CodedCells<weighted ? most_diagonals : few_diagonals>>
class Walls : public Cells {
public:
  static constexpr bool unweighted = !weighted;

  HWY_INLINE explicit Walls(const Level& level)
      : Cells(level), links_(level.links), line_(level.line), plane_(level.plane), units_(level) {}

  HWY_INLINE VF neighbours(const Line& line, const float* field, std::ptrdiff_t t) const {
    const F df;
    const VI links = bytes_of_block(links_ + line.own + t);
    return sum(field + line.other + t, line.q, [&](const float* u, int bit) HWY_ATTR {
      const auto linked = hn::TestBit(links, hn::Set(I(), 1 << bit));
      return hn::IfThenElseZero(hn::RebindMask(df, linked), hn::LoadU(df, u));
    });
  }
  template <class Real>
  HWY_INLINE VD exact_product(const Line& line, VD own, const Real* field, std::ptrdiff_t t, int half) const {
    const std::ptrdiff_t s = t + half * half_lanes;
    const auto links = bytes_of_half(links_ + line.own + s);
    const VD all = sum(field + line.other + s, line.q, [&](const Real* p, int bit) HWY_ATTR {
      const auto linked = hn::TestBit(links, hn::Set(hn::RebindToSigned<D>(), std::int64_t{1} << bit));
      return hn::IfThenElseZero(hn::RebindMask(D(), linked), load(p));
    });
    return Cells::exact_row(line, own, all, t, half);
  }

private:
  template <class Real, class Load>
  HWY_INLINE auto sum(const Real* u, std::ptrdiff_t q, const Load& linked) const {
    return units_.weigh(hn::Add(linked(u + q - 1, 0), linked(u + q, 1)),
                        hn::Add(linked(u - line_, 2), linked(u + line_, 3)),
                        hn::Add(linked(u - plane_, 4), linked(u + plane_, 5)));
  }

  const std::uint8_t* links_;
  std::ptrdiff_t line_, plane_;
  Units<weighted> units_;
};

// Any couplings, zero where there is no unknown.
class General : public CellsWithDiagonals {
public:
  static constexpr bool unweighted = false;

  HWY_INLINE explicit General(const Level& level) : CellsWithDiagonals(level), stride_{1, level.line, level.plane} {
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
  template <class Real>
  HWY_INLINE VD exact_product(const Line& line, VD own_value, const Real* field, std::ptrdiff_t t, int half) const {
    const std::ptrdiff_t s = t + half * half_lanes, own = line.own + s, other = line.other + s;
    const Real* p = field + other;
    const auto minus = [&](int axis, std::ptrdiff_t coupling, const Real* value, VD sum) HWY_ATTR {
      const VD w = hn::Add(load(face_[axis] + coupling), load(face_low_[axis] + coupling));
      return hn::NegMulAdd(w, load(value), sum);
    };
    const VD a = exact_diagonal(own);
    VD sum = hn::Mul(a, own_value);
    sum = minus(0, own, p + line.q, minus(0, other + line.q - 1, p + line.q - 1, sum));
    for (int axis = 1; axis < 3; ++axis)
      sum = minus(axis, own, p + stride_[axis], minus(axis, other - stride_[axis], p - stride_[axis], sum));
    return hn::IfThenElseZero(hn::Gt(a, hn::Zero(D())), sum); // beyond the cells of a periodic axis lie copies
  }

protected:
  const float *face_[3], *face_low_[3];
  std::ptrdiff_t stride_[3];
};

// The same, applied to differences.
class Differences : public General {
public:
  HWY_INLINE explicit Differences(const Level& level) : General(level) {}

  // b + sum_d w_d (u_d - u_c) - excess u_c of the block of cells from t on.
  HWY_INLINE VF residual(const Line& line, const float* b, const float* field, std::ptrdiff_t t) const {
    const F df;
    const std::ptrdiff_t own = line.own + t, other = line.other + t;
    const VF value = hn::LoadU(df, field + own);
    const auto plus = [&](const float* coupling, const float* u, VF sum) HWY_ATTR {
      return hn::MulAdd(hn::LoadU(df, coupling), hn::Sub(hn::LoadU(df, u), value), sum);
    };
    const float* u = field + other;
    const VF own_part = hn::NegMulAdd(hn::LoadU(df, diagonal_ + own), value, hn::LoadU(df, b + own));
    const VF x = plus(face_[0] + own, u + line.q, plus(face_[0] + other + line.q - 1, u + line.q - 1, own_part));
    const VF y =
        plus(face_[1] + own, u + stride_[1], plus(face_[1] + other - stride_[1], u - stride_[1], hn::Zero(df)));
    const VF z =
        plus(face_[2] + own, u + stride_[2], plus(face_[2] + other - stride_[2], u - stride_[2], hn::Zero(df)));
    return hn::Add(x, hn::Add(y, z));
  }
};

} // namespace linnet::latticemg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
