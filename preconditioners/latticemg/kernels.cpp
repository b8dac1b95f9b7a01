// The kernels, compiled once for each instruction set by Highway's foreach_target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "latticemg/kernels.cpp"
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#define HWY_BROKEN_EMU128 0 // broken by gcc 12 are high halves of products of integers, of which there are none here
#include <hwy/foreach_target.h> // must come before highway.h

#include "latticemg/kernels.hpp"
#include "latticemg/line_vectors.hpp"
#include "latticemg/outer_vectors.hpp"

#include <hwy/highway.h>

#include <algorithm>
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

// b - A u of the block of cells from t on; beside the unknowns anything.
template <class Operator>
HWY_INLINE VF residual_at(const Operator& A, const Line& line, const float* b, const float* u, std::ptrdiff_t t) {
  const F df;
  const VF right = hn::Add(hn::LoadU(df, b + line.own + t), A.neighbours(line, u, t));
  return hn::NegMulAdd(A.diagonal(line, t), hn::LoadU(df, u + line.own + t), right);
}
HWY_INLINE VF residual_at(const Differences& A, const Line& line, const float* b, const float* u, std::ptrdiff_t t) {
  return A.residual(line, b, u, t);
}
// Zero beside the unknowns.
template <class Operator>
HWY_INLINE VF residual_of(const Operator& A, const Line& line, const float* b, const float* u, std::ptrdiff_t t) {
  return A.on_unknowns(line, t, residual_at(A, line, b, u, t));
}

// Weighted: u_c <- u_c + omega (b_c + sum_d w_cd u_d - a_cc u_c) / (a_cc + couplings with cells of the same colour).
template <class Operator, bool weighted>
void relax_as(const Level& level, int colour, float omega, Lines lines) {
  const F df;
  const VF factor = hn::Set(df, omega);
  const Operator A(level);
  const Colour cells(level, colour, lines.k);
  const float* field = level.u;
  const float* b = level.b;
  float* to = level.u;
  cells.for_each_line(lines.first, lines.last, [&](const Line& line, int, int) HWY_ATTR {
    float* u = to + line.own;
    for (std::ptrdiff_t t = 0; t < line.end; t += lanes) {
      if constexpr (weighted) {
        const VF step = hn::Mul(factor, A.inverse(line, t));
        hn::StoreU(hn::MulAdd(step, residual_at(A, line, b, field, t), hn::LoadU(df, u + t)), df, u + t);
      } else {
        const VF right = hn::Add(hn::LoadU(df, b + line.own + t), A.neighbours(line, field, t));
        hn::StoreU(hn::Mul(A.inverse(line, t), right), df, u + t);
      }
    }
  });
}

template <class Operator>
void relax_zero_as(const Level& level, int colour, Lines lines) {
  const F df;
  const Operator A(level);
  const Colour cells(level, colour, lines.k);
  const float* b = level.b;
  float* u = level.u;
  cells.for_each_line(lines.first, lines.last, [&](const Line& line, int, int) HWY_ATTR {
    for (std::ptrdiff_t t = 0; t < line.end; t += lanes)
      hn::StoreU(hn::Mul(A.inverse(line, t), hn::LoadU(df, b + line.own + t)), df, u + line.own + t);
  });
}

// From numbers in the order of the cells to both colours of the extent of a coarse line, and back.
HWY_INLINE void deal(const Level& coarse, Extent extent, int J, int K, const float* from, bool add) {
  const F df;
  float* even = coarse.b + coarse.at(0, J, K);
  float* odd = coarse.b + coarse.at(1, J, K);
  for (int t = extent.first; t < extent.last; t += lanes) {
    VF e, o;
    hn::LoadInterleaved2(df, from + 2 * t, e, o);
    hn::StoreU(add ? hn::Add(e, hn::LoadU(df, even + t)) : e, df, even + t);
    hn::StoreU(add ? hn::Add(o, hn::LoadU(df, odd + t)) : o, df, odd + t);
  }
}

HWY_INLINE void interleave(const Level& coarse, int J, int K, float* to) {
  const F df;
  const float* even = coarse.u + coarse.at(0, J, K);
  const float* odd = coarse.u + coarse.at(1, J, K);
  const Extent extent = coarse.extent_of(J, K);
  for (int t = extent.first; t < extent.last; t += lanes)
    hn::StoreInterleaved2(hn::LoadU(df, even + t), hn::LoadU(df, odd + t), df, to + 2 * t);
}

HWY_INLINE void clear(int from, int to, float* numbers) {
  for (int t = from; t < to; t += lanes)
    hn::StoreU(hn::Zero(F()), F(), numbers + t);
}

// both: of both colours, in one sum, as sums of more than two would depend on the order of planes.
template <class Operator, bool both = false>
void restrict_as(const Level& fine, const Level& coarse, int colour, Lines lines, bool add, float* scratch) {
  const F df;
  const int step = coarse.halved[1] ? 2 : 1, K = coarse.halved[2] ? lines.k / 2 : lines.k;
  const Operator A(fine);
  const Colour cells(fine, colour, lines.k), others(fine, 1 - colour, lines.k);
  const float* b = fine.b;
  const float* u = fine.u;
  // Into the coarse line that holds line j and the one after it, of these extents.
  const auto restrict_lines = [&](int j, Extent extent, Extent of_coarse) HWY_ATTR {
    const Line one = cells.line(j, extent);
    float* to = scratch + extent.first;
    if (step == 2 && j + 1 < lines.last) {
      const Line two = cells.line(j + 1, extent);
      for (std::ptrdiff_t t = 0; t < one.end; t += lanes)
        hn::StoreU(hn::Add(residual_of(A, two, b, u, t), residual_of(A, one, b, u, t)), df, to + t);
    } else {
      for (std::ptrdiff_t t = 0; t < one.end; t += lanes)
        hn::StoreU(residual_of(A, one, b, u, t), df, to + t);
    }
    for (int i = j; both && i < std::min(j + step, lines.last); ++i) {
      const Line other = others.line(i, extent);
      for (std::ptrdiff_t t = 0; t < other.end; t += lanes)
        hn::StoreU(hn::Add(hn::LoadU(df, to + t), residual_of(A, other, b, u, t)), df, to + t);
    }
    deal(coarse, of_coarse, j / step, K, scratch, add);
  };
  if (cells.whole()) {
    const Extent all = cells.extent(0), all_of_coarse = coarse.extent_of(0, K);
    clear(all.last, 2 * all_of_coarse.last, scratch);
    for (int j = lines.first; j < lines.last; j += step)
      restrict_lines(j, all, all_of_coarse);
    return;
  }
  for (int j = lines.first; j < lines.last; j += step) {
    const Extent one = cells.extent(j), two = step == 2 && j + 1 < lines.last ? cells.extent(j + 1) : one;
    const Extent extent{std::min(one.first, two.first), std::max(one.last, two.last)};
    const Extent of_coarse = coarse.extent_of(j / step, K);
    clear(2 * of_coarse.first, extent.first, scratch);
    clear(extent.last, 2 * of_coarse.last, scratch);
    restrict_lines(j, extent, of_coarse);
  }
}

template <class Operator>
void prolong_as(const Level& fine, const Level& coarse, int colour, Lines lines, float* scratch) {
  const F df;
  const int step = coarse.halved[1] ? 2 : 1, K = coarse.halved[2] ? lines.k / 2 : lines.k;
  const Operator A(fine);
  const Colour cells(fine, colour, lines.k);
  float* field = fine.u;
  cells.for_each_line(lines.first, lines.last, [&](const Line& line, int j, int first) HWY_ATTR {
    if (j % step == 0 || j == lines.first)
      interleave(coarse, j / step, K, scratch);
    const float* from = scratch + first;
    float* u = field + line.own;
    for (std::ptrdiff_t t = 0; t < line.end; t += lanes)
      hn::StoreU(hn::Add(hn::LoadU(df, u + t), A.on_unknowns(line, t, hn::LoadU(df, from + t))), df, u + t);
  });
}

template <class Operator>
void residual_of_cycle_as(const Level& level, int colour, Lines lines, float* residual) {
  const Operator A(level);
  const Colour cells(level, colour, lines.k);
  const float* b = level.b;
  const float* u = level.u;
  cells.for_each_line(lines.first, lines.last, [&](const Line& line, int, int) HWY_ATTR {
    for (std::ptrdiff_t t = 0; t < line.end; t += lanes)
      hn::StoreU(residual_of(A, line, b, u, t), F(), residual + line.own + t);
  });
}

template <class Operator>
void add_correction_as(const Level& level, int colour, Lines lines, const int* node, const float* correction) {
  const F df;
  const Operator A(level);
  const Colour cells(level, colour, lines.k);
  float* field = level.u;
  cells.for_each_line(lines.first, lines.last, [&](const Line& line, int, int) HWY_ATTR {
    float* u = field + line.own;
    for (std::ptrdiff_t t = 0; t < line.end; t += lanes) {
      const VF e = hn::GatherIndex(df, correction, hn::LoadU(I(), node + line.own + t));
      hn::StoreU(hn::Add(hn::LoadU(df, u + t), A.on_unknowns(line, t, e)), df, u + t);
    }
  });
}

// The kernel for what the couplings are, General for differences. NAME_as<Operator>(ARGUMENTS) of `level`.
#define LINNET_BY_COUPLINGS(level, name, ...)                                                                          \
  switch ((level).couplings) {                                                                                         \
  case Couplings::ones:                                                                                                \
    return name<Uniform<true, false>>(__VA_ARGS__);                                                                    \
  case Couplings::flat_ones:                                                                                           \
    return name<Uniform<false, false>>(__VA_ARGS__);                                                                   \
  case Couplings::uniform:                                                                                             \
    return name<Uniform<true, true>>(__VA_ARGS__);                                                                     \
  case Couplings::walls:                                                                                               \
    return name<Walls<true>>(__VA_ARGS__);                                                                             \
  case Couplings::wall_ones:                                                                                           \
    return name<Walls<false>>(__VA_ARGS__);                                                                            \
  case Couplings::diagonals:                                                                                           \
    return name<Uniform<true, true, CellsWithDiagonals>>(__VA_ARGS__);                                                 \
  case Couplings::wall_diagonals:                                                                                      \
    return name<Walls<true, CellsWithDiagonals>>(__VA_ARGS__);                                                         \
  default:                                                                                                             \
    return name<General>(__VA_ARGS__);                                                                                 \
  }

template <class Operator>
void relax_anew_as(const Level& level, int colour, Lines lines) {
  relax_as<Operator, false>(level, colour, 1, lines);
}
template <class Operator>
void relax_by(const Level& level, int colour, float omega, Lines lines) {
  if (omega != 1 || level.mixed())
    relax_as<Operator, true>(level, colour, omega, lines);
  else
    relax_as<Operator, false>(level, colour, omega, lines);
}
void relax(const Level& level, int colour, float omega, Lines lines) {
  if (level.couplings == Couplings::differences)
    return relax_as<Differences, true>(level, colour, omega, lines);
  LINNET_BY_COUPLINGS(level, relax_by, level, colour, omega, lines)
}
void relax_anew(const Level& level, int colour, Lines lines) {
  LINNET_BY_COUPLINGS(level, relax_anew_as, level, colour, lines)
}
void relax_zero(const Level& level, int colour, Lines lines) {
  LINNET_BY_COUPLINGS(level, relax_zero_as, level, colour, lines)
}
void restrict_residual(const Level& fine, const Level& coarse, int colour, Lines lines, bool add, float* scratch) {
  if (fine.couplings == Couplings::differences)
    return restrict_as<Differences, true>(fine, coarse, colour, lines, add, scratch);
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
double direction(const Level& level, const OuterFields& outer, float beta, const Advance& advance, Lines lines) {
  if (outer.x)
    return beta == 0 ? direction_as<true, true>(level, outer, beta, advance, lines)
                     : direction_as<false, true>(level, outer, beta, advance, lines);
  return beta == 0 ? direction_as<true, false>(level, outer, beta, advance, lines)
                   : direction_as<false, false>(level, outer, beta, advance, lines);
}
double energy(const Level& level, Lines lines) {
  LINNET_BY_COUPLINGS(level, energy_as, level, lines)
}
double update(const Level& level, const OuterFields& outer, double alpha, Lines lines) {
  LINNET_BY_COUPLINGS(level, update_as, level, outer, alpha, lines)
}
double residual(const Level& level, const OuterFields& outer, Lines lines) {
  LINNET_BY_COUPLINGS(level, residual_as, level, outer, lines)
}

constexpr Kernels table{
    lanes,     relax,   relax_anew, relax_zero, restrict_residual, prolong, residual_of_cycle, add_correction, dot,
    direction, advance, energy,     update,     residual};

} // namespace
} // namespace linnet::latticemg::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

namespace linnet::latticemg {
const Registration HWY_CONCAT(registration_of_, HWY_NAMESPACE)(HWY_TARGET, HWY_NAMESPACE::table);
} // namespace linnet::latticemg
