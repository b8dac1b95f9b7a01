// Vectors of the outer iteration on a plane, both colours of it. Included once for each instruction set.
#if defined(LINNET_LATTICEMG_OUTER_VECTORS) == defined(HWY_TARGET_TOGGLE)
#ifdef LINNET_LATTICEMG_OUTER_VECTORS
#undef LINNET_LATTICEMG_OUTER_VECTORS
#else
#define LINNET_LATTICEMG_OUTER_VECTORS
#endif

#include "latticemg/kernels.hpp"
#include "latticemg/line_vectors.hpp"

HWY_BEFORE_NAMESPACE();
namespace linnet::latticemg::HWY_NAMESPACE {

// work(colour, line) over both colours of some lines of a plane.
template <class Work>
HWY_INLINE void for_both_colours(const Level& level, Lines lines, const Work& work) {
  for (int colour = 0; colour < 2; ++colour) {
    const Colour cells(level, colour, lines.k);
    cells.for_each_line(lines.first, lines.last, [&](const Line& line, int, int) HWY_ATTR { work(colour, line); });
  }
}

inline double dot(const Level& level, Lines lines) {
  const F df;
  VD sum = hn::Zero(D());
  const float* u = level.u;
  const float* b = level.b;
  for_both_colours(level, lines, [&](int, const Line& line) HWY_ATTR {
    VF part = hn::Zero(df);
    for (std::ptrdiff_t t = line.own; t < line.own + line.end; t += lanes)
      part = hn::MulAdd(hn::LoadU(df, u + t), hn::LoadU(df, b + t), part);
    sum = hn::Add(sum, hn::Add(lower(part), upper(part)));
  });
  return total(sum);
}

template <bool first, bool advances>
double direction_as(const Level& level, const OuterFields& outer, float beta, const Advance& advance, Lines lines) {
  const F df;
  const D dd;
  const VF factor = hn::Set(df, beta);
  const VD before = hn::Set(dd, advance.before), now = hn::Set(dd, advance.now);
  const bool keep = advance.keep;
  VD sum = hn::Zero(dd);
  const float* u = level.u;
  float* p = outer.p;
  double* x = outer.x;
  for_both_colours(level, lines, [&](int, const Line& line) HWY_ATTR {
    VF square = hn::Zero(df);
    for (std::ptrdiff_t t = line.own; t < line.own + line.end; t += lanes) {
      const VF z = hn::LoadU(df, u + t);
      const VF old = first ? hn::Zero(df) : hn::LoadU(df, p + t);
      const VF fresh = first ? z : hn::MulAdd(factor, old, z);
      if constexpr (advances) {
        const VD low = hn::MulAdd(before, lower(old), hn::Mul(now, lower(fresh)));
        const VD high = hn::MulAdd(before, upper(old), hn::Mul(now, upper(fresh)));
        hn::StoreU(keep ? hn::Add(hn::LoadU(dd, x + t), low) : low, dd, x + t);
        hn::StoreU(keep ? hn::Add(hn::LoadU(dd, x + t + half_lanes), high) : high, dd, x + t + half_lanes);
      }
      square = hn::MulAdd(fresh, fresh, square);
      hn::StoreU(fresh, df, p + t);
    }
    sum = hn::Add(sum, hn::Add(lower(square), upper(square)));
  });
  return total(sum);
}

inline void advance(const Level& level, const OuterFields& outer, const Advance& advance, Lines lines) {
  const D dd;
  const VD now = hn::Set(dd, advance.now);
  const bool keep = advance.keep;
  const float* p = outer.p;
  double* x = outer.x;
  for_both_colours(level, lines, [&](int, const Line& line) HWY_ATTR {
    for (std::ptrdiff_t t = line.own; t < line.own + line.end; t += half_lanes) {
      const VD step = hn::Mul(now, load(p + t));
      hn::StoreU(keep ? hn::Add(hn::LoadU(dd, x + t), step) : step, dd, x + t);
    }
  });
}

template <class Operator>
double energy_as(const Level& level, Lines lines) {
  VD sum = hn::Zero(D());
  const Operator A(level);
  const float* u = level.u;
  const bool single = Operator::unweighted && level.exact;
  for_both_colours(level, lines, [&](int, const Line& line) HWY_ATTR {
    for (std::ptrdiff_t t = 0; t < line.end; t += lanes) {
      if (single) {
        // Rows sum to what they should: what is lost in single precision is rounding of either sign.
        const VF own = hn::LoadU(F(), u + line.own + t);
        const VF energy = hn::Mul(own, hn::MulSub(A.diagonal(line, t), own, A.neighbours(line, u, t)));
        sum = hn::Add(sum, hn::Add(lower(energy), upper(energy)));
      } else {
        for (int half = 0; half < 2; ++half) {
          const VD own = load(u + line.own + t + half * half_lanes);
          sum = hn::MulAdd(own, A.exact_product(line, own, u, t, half), sum);
        }
      }
    }
  });
  return total(sum);
}

template <class Operator>
double update_as(const Level& level, const OuterFields& outer, double alpha, Lines lines) {
  const F df;
  const D dd;
  const VD step = hn::Set(dd, alpha);
  VD sum = hn::Zero(dd);
  const Operator A(level);
  const float* p = outer.p;
  float* b = level.b;
  float* u = level.u;
  for_both_colours(level, lines, [&](int colour, const Line& line) HWY_ATTR {
    for (std::ptrdiff_t t = 0; t < line.end; t += lanes) {
      for (int half = 0; half < 2; ++half) {
        const std::ptrdiff_t s = line.own + t + half * half_lanes;
        const VD Ap = A.exact_product(line, load(p + s), p, t, half);
        const VD r = hn::NegMulAdd(step, Ap, load(b + s));
        sum = hn::MulAdd(r, r, sum);
        store(r, b + s);
      }
      if (colour == 0)
        hn::StoreU(hn::Mul(A.inverse(line, t), hn::LoadU(df, b + line.own + t)), df, u + line.own + t);
    }
  });
  return total(sum);
}

template <class Operator>
double residual_as(const Level& level, const OuterFields& outer, Lines lines) {
  const D dd;
  VD sum = hn::Zero(dd);
  const Operator A(level);
  const double* x = outer.x;
  const float* low = level.u;
  float* b = level.b;
  for_both_colours(level, lines, [&](int, const Line& line) HWY_ATTR {
    for (std::ptrdiff_t t = 0; t < line.end; t += lanes)
      for (int half = 0; half < 2; ++half) {
        const std::ptrdiff_t s = line.own + t + half * half_lanes;
        const VD Ax = A.exact_product(line, hn::LoadU(dd, x + s), x, t, half);
        const VD r = hn::Sub(hn::Add(load(b + s), load(low + s)), Ax);
        sum = hn::MulAdd(r, r, sum);
        store(r, b + s);
      }
  });
  return total(sum);
}

} // namespace linnet::latticemg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
