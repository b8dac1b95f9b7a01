// Compiled once for each instruction set, with LINNET_ISA its namespace. Nothing here may call an inline function of
// another header: the linker would keep one copy for all.
#include "latticemg/kernels.hpp"

#define LINNET_QUOTE(x) #x
#define LINNET_STRING(x) LINNET_QUOTE(x)

namespace linnet::latticemg::LINNET_ISA {

namespace {

#define LINNET_SIMD _Pragma("omp simd")

// A colour of one line, and where its neighbours lie.
struct Place {
  std::ptrdiff_t own;   // t = 0 of the cells
  std::ptrdiff_t other; // t = 0 of the other colour
  int q;
  int blocks;
};

inline Place place_of(const Level& level, int colour, int j, int k) {
  const std::ptrdiff_t line = k * level.plane + j * level.line;
  const int q = (j + k + colour) & 1;
  return {line + colour * level.gap, line + (1 - colour) * level.gap, q, (level.count(q) + block - 1) / block};
}

// sum_d w_cd u_d of one block; what it computes where there is no unknown is discarded.
struct General {
  const float *u, *x_below, *x, *y_below, *y, *z_below, *z;
  std::ptrdiff_t line, plane;
  int q;
  General(const Level& level, const Place& place)
      : u(level.u + place.other), x_below(level.face[0] + place.other + place.q - 1), x(level.face[0] + place.own),
        y_below(level.face[1] + place.other - level.line), y(level.face[1] + place.own),
        z_below(level.face[2] + place.other - level.plane), z(level.face[2] + place.own), line(level.line),
        plane(level.plane), q(place.q) {}
  inline float neighbours(std::ptrdiff_t t) const {
    return (x_below[t] * u[t + q - 1] + x[t] * u[t + q]) + (y_below[t] * u[t - line] + y[t] * u[t + line]) +
           (z_below[t] * u[t - plane] + z[t] * u[t + plane]);
  }
};

struct FromArrays {
  const float *inverse_, *diagonal_;
  FromArrays(const Level& level, const Place& place)
      : inverse_(level.inverse + place.own), diagonal_(level.diagonal + place.own) {}
  inline float inverse(std::ptrdiff_t t) const { return inverse_[t]; }
  inline float diagonal(std::ptrdiff_t t) const { return diagonal_[t]; }
};

struct Uniform {
  const float* u;
  std::ptrdiff_t line, plane;
  int q;
  float x, y, z;
  Uniform(const Level& level, const Place& place)
      : u(level.u + place.other), line(level.line), plane(level.plane), q(place.q), x(level.unit[0]), y(level.unit[1]),
        z(level.unit[2]) {}
  inline float neighbours(std::ptrdiff_t t) const {
    return x * (u[t + q - 1] + u[t + q]) + y * (u[t - line] + u[t + line]) + z * (u[t - plane] + u[t + plane]);
  }
};

struct FromCodes {
  const std::uint8_t* code;
  const float *inverse_of, *diagonal_of;
  FromCodes(const Level& level, const Place& place)
      : code(level.code + place.own), inverse_of(level.inverse_of), diagonal_of(level.diagonal_of) {}
  inline float inverse(std::ptrdiff_t t) const { return inverse_of[code[t]]; }
  inline float diagonal(std::ptrdiff_t t) const { return diagonal_of[code[t]]; }
};

// `damped`: u_c <- u_c + (b_c + sum_d w_cd u_d - a_cc u_c) / (a_cc + couplings within the colour).
template <class Couplings, class Diagonal, bool damped>
void relax_as(const Level& level, int colour, Lines lines) {
  for (int j = lines.first; j < lines.last; ++j) {
    const Place place = place_of(level, colour, j, lines.k);
    const Couplings w(level, place);
    const Diagonal a(level, place);
    const float* __restrict b = level.b + place.own;
    float* __restrict u = level.u + place.own;
    for (int first = 0; first < place.blocks * block; first += block) {
      LINNET_SIMD
      for (int t = first; t < first + block; ++t)
        u[t] = a.inverse(t) * (b[t] + w.neighbours(t) - (damped ? a.diagonal(t) * u[t] : 0)) + (damped ? u[t] : 0);
    }
  }
}

template <class Diagonal>
void relax_zero_as(const Level& level, int colour, Lines lines) {
  for (int j = lines.first; j < lines.last; ++j) {
    const Place place = place_of(level, colour, j, lines.k);
    const Diagonal a(level, place);
    const float* __restrict b = level.b + place.own;
    float* __restrict u = level.u + place.own;
    for (int first = 0; first < place.blocks * block; first += block) {
      LINNET_SIMD
      for (int t = first; t < first + block; ++t)
        u[t] = a.inverse(t) * b[t];
    }
  }
}

// The cells of both colours on a line of the coarse grid, by cell number on the line.
struct CoarseLine {
  float *even, *odd;
  int even_count, odd_count;
  CoarseLine(const Level& coarse, float* field, int J, int K)
      : even(field + coarse.at(0, J, K)), odd(field + coarse.at(1, J, K)), even_count(coarse.count(0)),
        odd_count(coarse.count(1)) {}
};

void deal(const CoarseLine& to, const float* __restrict from, bool add) {
  float* __restrict even = to.even;
  float* __restrict odd = to.odd;
  const int pairs = to.odd_count;
  if (add) {
    LINNET_SIMD
    for (int t = 0; t < pairs; ++t) {
      even[t] += from[2 * t];
      odd[t] += from[2 * t + 1];
    }
  } else {
    LINNET_SIMD
    for (int t = 0; t < pairs; ++t) {
      even[t] = from[2 * t];
      odd[t] = from[2 * t + 1];
    }
  }
  if (to.even_count > pairs)
    even[pairs] = from[2 * pairs] + (add ? even[pairs] : 0);
}

void interleave(const CoarseLine& from, float* __restrict to) {
  const float* __restrict even = from.even;
  const float* __restrict odd = from.odd;
  LINNET_SIMD
  for (int t = 0; t < from.odd_count; ++t) {
    to[2 * t] = even[t];
    to[2 * t + 1] = odd[t];
  }
  if (from.even_count > from.odd_count)
    to[2 * from.odd_count] = even[from.odd_count];
}

template <class Couplings, class Diagonal>
void restrict_as(const Level& fine, const Level& coarse, int colour, Lines lines, bool add, float* __restrict scratch) {
  const int blocks = (fine.count(0) + block - 1) / block;
  for (int j = lines.first; j < lines.last; j += 2) {
    for (int line = j; line < j + 2 && line < lines.last; ++line) {
      const Place place = place_of(fine, colour, line, lines.k);
      const Couplings w(fine, place);
      const Diagonal a(fine, place);
      const float* __restrict b = fine.b + place.own;
      const float* __restrict u = fine.u + place.own;
      const bool first_line = line == j;
      for (int first = 0; first < blocks * block; first += block) {
        LINNET_SIMD
        for (int t = first; t < first + block; ++t) {
          const float d = a.diagonal(t);
          const float r = b[t] + w.neighbours(t) - d * u[t];
          const float here = d > 0 ? r : 0.0F;
          scratch[t] = first_line ? here : scratch[t] + here;
        }
      }
    }
    deal(CoarseLine(coarse, coarse.b, j / 2, lines.k / 2), scratch, add);
  }
}

template <class Diagonal>
void prolong_as(const Level& fine, const Level& coarse, int colour, Lines lines, float* __restrict scratch) {
  for (int j = lines.first; j < lines.last; ++j) {
    if (j % 2 == 0 || j == lines.first)
      interleave(CoarseLine(coarse, coarse.u, j / 2, lines.k / 2), scratch);
    const Place place = place_of(fine, colour, j, lines.k);
    const Diagonal a(fine, place);
    float* __restrict u = fine.u + place.own;
    for (int first = 0; first < place.blocks * block; first += block) {
      LINNET_SIMD
      for (int t = first; t < first + block; ++t)
        u[t] += a.inverse(t) > 0 ? scratch[t] : 0.0F;
    }
  }
}

void relax(const Level& level, int colour, Lines lines) {
  if (level.code)
    relax_as<Uniform, FromCodes, false>(level, colour, lines);
  else if (level.mixed())
    relax_as<General, FromArrays, true>(level, colour, lines);
  else
    relax_as<General, FromArrays, false>(level, colour, lines);
}

void relax_zero(const Level& level, int colour, Lines lines) {
  level.code ? relax_zero_as<FromCodes>(level, colour, lines) : relax_zero_as<FromArrays>(level, colour, lines);
}

void restrict_residual(const Level& fine, const Level& coarse, int colour, Lines lines, bool add, float* scratch) {
  fine.code ? restrict_as<Uniform, FromCodes>(fine, coarse, colour, lines, add, scratch)
            : restrict_as<General, FromArrays>(fine, coarse, colour, lines, add, scratch);
}

void prolong(const Level& fine, const Level& coarse, int colour, Lines lines, float* scratch) {
  fine.code ? prolong_as<FromCodes>(fine, coarse, colour, lines, scratch)
            : prolong_as<FromArrays>(fine, coarse, colour, lines, scratch);
}

} // namespace

extern const Kernels kernels;
const Kernels kernels{LINNET_STRING(LINNET_ISA), relax, relax_zero, restrict_residual, prolong};

} // namespace linnet::latticemg::LINNET_ISA
