// The kernels, compiled once for each instruction set by Highway's foreach_target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latticemg/kernels.cpp"
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#define HWY_BROKEN_EMU128 0 // broken by gcc 12 are high halves of products of integers, of which there are none here
#include <hwy/foreach_target.h> // must come before highway.h

#include "latticemg/kernels.hpp"
#include "latticemg/line_vectors.hpp"

#include <hwy/highway.h>

#include <map>

#ifndef LINNET_LATTICEMG_REGISTRATION
#define LINNET_LATTICEMG_REGISTRATION
namespace linnet::latticemg {
namespace {

// By target; a lower number is a better one.
std::map<std::int64_t, Kernels>& compiled() {
  static std::map<std::int64_t, Kernels> kernels;
  return kernels;
}
struct Registration {
  Registration(std::int64_t target, const Kernels& kernels) { compiled().emplace(target, kernels); }
};

} // namespace

const std::vector<const Kernels*>& supported_kernels() {
  static const std::vector<const Kernels*> all = [] {
    std::vector<const Kernels*> found;
    for (auto& [target, kernels] : compiled())
      if (hwy::SupportedTargets() & target) {
        kernels.name = hwy::TargetName(target);
        found.push_back(&kernels);
      }
    return found;
  }();
  return all;
}

} // namespace linnet::latticemg
#endif

HWY_BEFORE_NAMESPACE();
namespace linnet::latticemg::HWY_NAMESPACE {

namespace {

// Weighted: u_c <- u_c + omega (b_c + sum_d w_cd u_d - a_cc u_c) / (a_cc + couplings with cells of the same colour).
template <class Operator, bool weighted>
void relax_as(const Level& level, int colour, float omega, Lines lines) {
  const F df;
  const VF factor = hn::Set(df, omega);
  for (int j = lines.first; j < lines.last; ++j) {
    const Place place(level, colour, j, lines.k);
    const Operator A(level, place);
    const float* b = level.b + place.own;
    float* u = level.u + place.own;
    for (int t = 0; t < place.end; t += lanes) {
      const VF right = hn::Add(hn::LoadU(df, b + t), A.neighbours(level.u + place.other, t));
      if constexpr (weighted) {
        const VF before = hn::LoadU(df, u + t);
        const VF r = hn::NegMulAdd(A.diagonal(t), before, right);
        hn::StoreU(hn::MulAdd(hn::Mul(factor, A.inverse(t)), r, before), df, u + t);
      } else {
        hn::StoreU(hn::Mul(A.inverse(t), right), df, u + t);
      }
    }
  }
}

template <class Operator>
void relax_zero_as(const Level& level, int colour, Lines lines) {
  const F df;
  for (int j = lines.first; j < lines.last; ++j) {
    const Place place(level, colour, j, lines.k);
    const Operator A(level, place);
    const float* b = level.b + place.own;
    float* u = level.u + place.own;
    for (int t = 0; t < place.end; t += lanes)
      hn::StoreU(hn::Mul(A.inverse(t), hn::LoadU(df, b + t)), df, u + t);
  }
}

// From numbers in the order of the cells to both colours of a coarse line, and back.
void deal(const Level& coarse, int J, int K, const float* from, bool add) {
  const F df;
  float* even = coarse.b + coarse.at(0, J, K);
  float* odd = coarse.b + coarse.at(1, J, K);
  const int end = round_up(coarse.count(0));
  for (int t = 0; t < end; t += lanes) {
    VF e, o;
    hn::LoadInterleaved2(df, from + 2 * t, e, o);
    hn::StoreU(add ? hn::Add(e, hn::LoadU(df, even + t)) : e, df, even + t);
    hn::StoreU(add ? hn::Add(o, hn::LoadU(df, odd + t)) : o, df, odd + t);
  }
}

void interleave(const Level& coarse, int J, int K, float* to) {
  const F df;
  const float* even = coarse.u + coarse.at(0, J, K);
  const float* odd = coarse.u + coarse.at(1, J, K);
  const int end = round_up(coarse.count(0));
  for (int t = 0; t < end; t += lanes)
    hn::StoreInterleaved2(hn::LoadU(df, even + t), hn::LoadU(df, odd + t), df, to + 2 * t);
}

template <class Operator>
void restrict_as(const Level& fine, const Level& coarse, int colour, Lines lines, bool add, float* scratch) {
  const F df;
  const int coarse_end = 2 * round_up(coarse.count(0)), end = round_up(fine.count(0));
  for (int t = end; t < coarse_end; t += lanes)
    hn::StoreU(hn::Zero(df), df, scratch + t);
  const int step = coarse.halved[1] ? 2 : 1, K = coarse.halved[2] ? lines.k / 2 : lines.k;
  for (int j = lines.first; j < lines.last; j += step) {
    for (int line = j; line < j + step && line < lines.last; ++line) {
      const Place place(fine, colour, line, lines.k);
      const Operator A(fine, place);
      const float* b = fine.b + place.own;
      const float* u = fine.u + place.own;
      for (int t = 0; t < end; t += lanes) {
        const VF right = hn::Add(hn::LoadU(df, b + t), A.neighbours(fine.u + place.other, t));
        const VF r = A.on_unknowns(t, hn::NegMulAdd(A.diagonal(t), hn::LoadU(df, u + t), right));
        hn::StoreU(line == j ? r : hn::Add(r, hn::LoadU(df, scratch + t)), df, scratch + t);
      }
    }
    deal(coarse, j / step, K, scratch, add);
  }
}

template <class Operator>
void prolong_as(const Level& fine, const Level& coarse, int colour, Lines lines, float* scratch) {
  const F df;
  const int step = coarse.halved[1] ? 2 : 1, K = coarse.halved[2] ? lines.k / 2 : lines.k;
  for (int j = lines.first; j < lines.last; ++j) {
    if (j % step == 0 || j == lines.first)
      interleave(coarse, j / step, K, scratch);
    const Place place(fine, colour, j, lines.k);
    const Operator A(fine, place);
    float* u = fine.u + place.own;
    for (int t = 0; t < place.end; t += lanes)
      hn::StoreU(hn::Add(hn::LoadU(df, u + t), A.on_unknowns(t, hn::LoadU(df, scratch + t))), df, u + t);
  }
}

template <class Operator>
void residual_of_cycle_as(const Level& level, int colour, Lines lines, float* residual) {
  const F df;
  for (int j = lines.first; j < lines.last; ++j) {
    const Place place(level, colour, j, lines.k);
    const Operator A(level, place);
    const float* b = level.b + place.own;
    const float* u = level.u + place.own;
    for (int t = 0; t < place.end; t += lanes) {
      const VF right = hn::Add(hn::LoadU(df, b + t), A.neighbours(level.u + place.other, t));
      const VF r = hn::NegMulAdd(A.diagonal(t), hn::LoadU(df, u + t), right);
      hn::StoreU(A.on_unknowns(t, r), df, residual + place.own + t);
    }
  }
}

template <class Operator>
void add_correction_as(const Level& level, int colour, Lines lines, const int* node, const float* correction) {
  const F df;
  for (int j = lines.first; j < lines.last; ++j) {
    const Place place(level, colour, j, lines.k);
    const Operator A(level, place);
    float* u = level.u + place.own;
    for (int t = 0; t < place.end; t += lanes) {
      const VF e = hn::GatherIndex(df, correction, hn::LoadU(I(), node + place.own + t));
      hn::StoreU(hn::Add(hn::LoadU(df, u + t), A.on_unknowns(t, e)), df, u + t);
    }
  }
}

double dot(const Level& level, Lines lines) {
  const F df;
  VD sum = hn::Zero(D());
  for (int j = lines.first; j < lines.last; ++j)
    for (int colour = 0; colour < 2; ++colour) {
      const Place place(level, colour, j, lines.k);
      VF part = hn::Zero(df);
      for (int t = 0; t < place.end; t += lanes)
        part = hn::MulAdd(hn::LoadU(df, level.u + place.own + t), hn::LoadU(df, level.b + place.own + t), part);
      sum = hn::Add(sum, hn::Add(lower(part), upper(part)));
    }
  return total(sum);
}

void direction(const Level& level, const OuterFields& outer, float beta, Lines lines) {
  const F df;
  const VF factor = hn::Set(df, beta);
  for (int j = lines.first; j < lines.last; ++j)
    for (int colour = 0; colour < 2; ++colour) {
      const Place place(level, colour, j, lines.k);
      const float* u = level.u + place.own;
      float* p = outer.p + place.own;
      for (int t = 0; t < place.end; t += lanes)
        hn::StoreU(beta == 0 ? hn::LoadU(df, u + t) : hn::MulAdd(factor, hn::LoadU(df, p + t), hn::LoadU(df, u + t)),
                   df, p + t);
    }
}

template <class Operator>
double energy_as(const Level& level, const OuterFields& outer, Lines lines) {
  VD sum = hn::Zero(D());
  for (int j = lines.first; j < lines.last; ++j)
    for (int colour = 0; colour < 2; ++colour) {
      const Place place(level, colour, j, lines.k);
      const Operator A(level, place);
      const float* p = outer.p + place.own;
      for (int t = 0; t < place.end; t += lanes) {
        if (Operator::unweighted && level.exact) {
          // Rows sum to what they should: what is lost in single precision is rounding of either sign.
          const VF own = hn::LoadU(F(), p + t);
          const VF energy = hn::Mul(own, hn::MulSub(A.diagonal(t), own, A.neighbours(outer.p + place.other, t)));
          sum = hn::Add(sum, hn::Add(lower(energy), upper(energy)));
        } else {
          for (int half = 0; half < 2; ++half) {
            const VD own = load(p + t + half * half_lanes);
            sum = hn::MulAdd(own, A.exact_product(own, outer.p + place.other, t, half), sum);
          }
        }
      }
    }
  return total(sum);
}

template <class Operator>
double update_as(const Level& level, const OuterFields& outer, double alpha, Lines lines) {
  const D dd;
  const VD step = hn::Set(dd, alpha);
  VD sum = hn::Zero(dd);
  for (int j = lines.first; j < lines.last; ++j)
    for (int colour = 0; colour < 2; ++colour) {
      const Place place(level, colour, j, lines.k);
      const Operator A(level, place);
      const float* p = outer.p + place.own;
      float* b = level.b + place.own;
      for (int t = 0; t < place.end; t += lanes) {
        for (int half = 0; half < 2; ++half) {
          const int s = t + half * half_lanes;
          const VD own = load(p + s);
          double* x = outer.x + place.own + s;
          hn::StoreU(hn::MulAdd(step, own, hn::LoadU(dd, x)), dd, x);
          const VD r = hn::NegMulAdd(step, A.exact_product(own, outer.p + place.other, t, half), load(b + s));
          sum = hn::MulAdd(r, r, sum);
          store(r, b + s);
        }
        if (colour == 0)
          hn::StoreU(hn::Mul(A.inverse(t), hn::LoadU(F(), b + t)), F(), level.u + place.own + t);
      }
    }
  return total(sum);
}

template <class Operator>
double residual_as(const Level& level, const OuterFields& outer, Lines lines) {
  const D dd;
  VD sum = hn::Zero(dd);
  for (int j = lines.first; j < lines.last; ++j)
    for (int colour = 0; colour < 2; ++colour) {
      const Place place(level, colour, j, lines.k);
      const Operator A(level, place);
      const double* x = outer.x + place.own;
      const float* low = level.u + place.own;
      float* b = level.b + place.own;
      for (int t = 0; t < place.end; t += lanes)
        for (int half = 0; half < 2; ++half) {
          const int s = t + half * half_lanes;
          const VD Ax = A.exact_product(hn::LoadU(dd, x + s), outer.x + place.other, t, half);
          const VD r = hn::Sub(hn::Add(load(b + s), load(low + s)), Ax);
          sum = hn::MulAdd(r, r, sum);
          store(r, b + s);
        }
    }
  return total(sum);
}

// The kernel for what the couplings are. NAME_as<Operator>(ARGUMENTS) of `level`.
#define LINNET_BY_COUPLINGS(level, name, ...)                                                                          \
  switch ((level).couplings) {                                                                                         \
  case Couplings::ones:                                                                                                \
    return name<Coded<true, false>>(__VA_ARGS__);                                                                      \
  case Couplings::flat_ones:                                                                                           \
    return name<Coded<false, false>>(__VA_ARGS__);                                                                     \
  case Couplings::uniform:                                                                                             \
    return name<Coded<true, true>>(__VA_ARGS__);                                                                       \
  default:                                                                                                             \
    return name<General>(__VA_ARGS__);                                                                                 \
  }

template <class Operator>
void relax_by(const Level& level, int colour, float omega, Lines lines) {
  if (omega != 1 || level.mixed())
    relax_as<Operator, true>(level, colour, omega, lines);
  else
    relax_as<Operator, false>(level, colour, omega, lines);
}
void relax(const Level& level, int colour, float omega, Lines lines) {
  LINNET_BY_COUPLINGS(level, relax_by, level, colour, omega, lines)
}
void relax_zero(const Level& level, int colour, Lines lines) {
  LINNET_BY_COUPLINGS(level, relax_zero_as, level, colour, lines)
}
void restrict_residual(const Level& fine, const Level& coarse, int colour, Lines lines, bool add, float* scratch) {
  LINNET_BY_COUPLINGS(fine, restrict_as, fine, coarse, colour, lines, add, scratch)
}
void prolong(const Level& fine, const Level& coarse, int colour, Lines lines, float* scratch) {
  LINNET_BY_COUPLINGS(fine, prolong_as, fine, coarse, colour, lines, scratch)
}
void residual_of_cycle(const Level& level, int colour, Lines lines, float* residual) {
  LINNET_BY_COUPLINGS(level, residual_of_cycle_as, level, colour, lines, residual)
}
void add_correction(const Level& level, int colour, Lines lines, const int* node, const float* correction) {
  LINNET_BY_COUPLINGS(level, add_correction_as, level, colour, lines, node, correction)
}
double energy(const Level& level, const OuterFields& outer, Lines lines) {
  LINNET_BY_COUPLINGS(level, energy_as, level, outer, lines)
}
double update(const Level& level, const OuterFields& outer, double alpha, Lines lines) {
  LINNET_BY_COUPLINGS(level, update_as, level, outer, alpha, lines)
}
double residual(const Level& level, const OuterFields& outer, Lines lines) {
  LINNET_BY_COUPLINGS(level, residual_as, level, outer, lines)
}

constexpr Kernels table{
    lanes,     relax,  relax_zero, restrict_residual, prolong, residual_of_cycle, add_correction, dot,
    direction, energy, update,     residual};

} // namespace
} // namespace linnet::latticemg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

namespace linnet::latticemg {
const Registration HWY_CONCAT(registration_of_, HWY_NAMESPACE)(HWY_TARGET, HWY_NAMESPACE::table);
} // namespace linnet::latticemg
