#pragma once

#include <cstddef>
#include <cstdint>

namespace linnet::latticemg {

/// What the couplings of a level are, from the cheapest to any.
enum class Couplings : std::uint8_t {
  ones,           ///< 1 along each of three axes, between all cells with an unknown
  flat_ones,      ///< the same along x and z only
  uniform,        ///< unit[axis] between all cells with an unknown
  walls,          ///< unit[axis] between the cells that `links` joins
  wall_ones,      ///< the same, and 1 along each axis
  diagonals,      ///< uniform, each cell having its own diagonal
  wall_diagonals, ///< walls, each cell having its own diagonal
  general,        ///< face[axis]
  /// The same, applied to differences: sum_d w_d (u_d - u_c). Where couplings are of very different sizes, a diagonal
  /// in single precision would hold cells with large ones like an excess of 2^-24 of it.
  differences
};

/// How a level holds diagonals and couplings.
enum class Form : std::uint8_t {
  coded,     ///< diagonals by code, one coupling along each axis
  diagonals, ///< diagonals by cell, one coupling along each axis
  general    ///< diagonals and couplings by cell
};

/// Different diagonals of a level whose couplings are of one size along each axis: 27 of unequal spacings, and excess.
inline constexpr int most_diagonals = 64;
inline constexpr int few_diagonals = 16;

/// Planes first ... last - 1 of a field.
struct Planes {
  int first, last;

  int count() const { return last - first; }
  bool has(int k) const { return first <= k && k < last; }
};

/// Kernels work on blocks of this many cells of a line; the rest of the last block holds no unknowns.
inline constexpr int block = 16;

inline int round_up(int count) {
  return (count + block - 1) / block * block;
}

/// Cells t = first ... last - 1 of either colour of a line: whole blocks that hold all its unknowns. Both 0 where it
/// has none.
struct Extent {
  int first, last;
};

/// One grid of the hierarchy, colour by colour: the cells of colour c on line (j, k) are i = 2 t + q, q = (j + k + c)
/// mod 2, and lie at
///
///   c gap + k plane + j line + t,   t = i / 2.
///
/// All neighbours of a cell have the other colour. Those on y and z have the same t, those on x have t + q - 1 and t +
/// q: a half sweep reads one colour and writes the other, each contiguously; and the two cells of a pair along x have
/// the same t, so that pairs are summed without a permutation. Beyond the cells lie zeros, or on a periodic axis copies
/// of the cells at its other end (with an odd number of cells, of the other colour).
///
/// Ranks may share a level: each owns some planes of it, and its field has more around them, which hold copies of the
/// neighbours' cells. Otherwise all planes are this rank's own.
///
/// Plain data: kernels that are compiled for several instruction sets share it.
struct Level {
  int size[3]; ///< of the field; y is the axis that has one cell where the grid has fewer than three dimensions
  bool periodic[3];
  bool shared;
  int begin;      ///< plane 0 of the field is this plane of the grid
  Planes own;     ///< of this rank
  Planes grid;    ///< those of the field that are planes of the grid; the others are empty
  bool halved[3]; ///< cells are two of the finer grid on this axis (the last one alone where their number is odd)
  std::ptrdiff_t line, plane, gap; ///< line = 0 where size[1] = 1, plane = 0 where size[2] = 1
  std::ptrdiff_t front;            ///< the field begins this far before its cell (0, 0, 0), and is 2 gap long

  float* u;
  float* b;
  /// By line, j + k size[1]: beyond it u is 0, and kernels do not go there. Null: all of it.
  const Extent* extent;

  float excess_everywhere; ///< what any whole cell has; for coarsen()

  Couplings couplings;
  /// Not coded: 1 / (diagonal + couplings with cells of the same colour), 0 where there is no unknown.
  float* inverse;
  float* diagonal; ///< differences: the excess, which is the diagonal less the couplings
  /// general, differences: coupling with the upper neighbour on each axis.
  float* face[3];
  /// Finest level: the exact value is the sum of both parts, to 2^-48 of it.
  float* diagonal_low;
  float* face_low[3];

  /// Coded: the diagonal of cell c is diagonal_of[code[c]], few_diagonals of them where couplings are 1; code 0 where
  /// there is no unknown.
  std::uint8_t* code;
  /// has_walls(): bits 2 a and 2 a + 1 where the cell is coupled with its lower and its upper neighbour on axis a.
  std::uint8_t* links;
  float unit[3];
  float diagonal_of[most_diagonals], inverse_of[most_diagonals];
  double exact_unit[3], exact_diagonal_of[most_diagonals];
  bool exact; ///< diagonal_of is exact

  /// Cells of one colour on a line.
  int count(int q) const { return (size[0] + 1 - q) / 2; }
  std::ptrdiff_t cells() const { return static_cast<std::ptrdiff_t>(size[0]) * size[1] * own.count(); }
  Extent extent_of(int j, int k) const {
    return extent ? extent[static_cast<std::ptrdiff_t>(k) * size[1] + j] : Extent{0, round_up(count(0))};
  }
  /// The planes of this rank and `reach` more on both sides, as far as the grid goes.
  Planes around(int reach) const {
    if (own.count() == 0)
      return own;
    return {own.first - reach < grid.first ? grid.first : own.first - reach,
            own.last + reach > grid.last ? grid.last : own.last + reach};
  }
  Form form() const {
    return couplings < Couplings::diagonals ? Form::coded
           : couplings < Couplings::general ? Form::diagonals
                                            : Form::general;
  }
  bool coded() const { return form() == Form::coded; }
  bool general() const { return form() == Form::general; }
  bool has_walls() const {
    return couplings == Couplings::walls || couplings == Couplings::wall_ones || couplings == Couplings::wall_diagonals;
  }
  bool has_unknown(std::ptrdiff_t c) const { return coded() ? code[c] != 0 : inverse[c] > 0; }
  bool wraps() const { return periodic[0] || periodic[1] || periodic[2]; }
  /// Some cells of one colour are coupled: an odd number of cells around an axis.
  bool mixed() const {
    return (periodic[0] && size[0] % 2) || (periodic[1] && size[1] % 2) || (periodic[2] && size[2] % 2);
  }
  /// The same on both sides of the ends, for -1 <= i <= size[0] and so on.
  std::ptrdiff_t at(int i, int j, int k) const { return ((i + j + k) & 1 ? gap : 0) + k * plane + j * line + (i >> 1); }
};

} // namespace linnet::latticemg
