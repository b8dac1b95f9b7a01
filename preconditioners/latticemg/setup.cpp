// From an operator to the finest level and the one after it.
#include "latticemg/lines.hpp"
#include "latticemg/multigrid.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace linnet::latticemg {

namespace {

constexpr unsigned link_bits = LatticeOperator::row_bit - 1;

std::array<std::size_t, 3> strides_of(const LatticeOperator& op, const std::array<int, 3>& axis) {
  return {op.stride(axis[0]), op.stride(axis[1]), op.stride(axis[2])};
}

// The diagonals that occur, by the links and the excess of a cell.
class Codes {
public:
  static constexpr std::uint8_t unknown = 255;
  Codes(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, Level* level)
      : op_(op), level_(level), code_of_(op.excess_values.size() << 6, unknown) {
    for (std::size_t a = 0; a < 3; ++a)
      unit_[static_cast<std::size_t>(axis[a])] = op.unit[static_cast<std::size_t>(axis[a])];
    scale_ = scale;
    for (std::size_t key = 0; key < code_of_.size(); key += 64)
      code_of_[key] = 0; // coupled with none
  }
  std::uint8_t operator()(unsigned links, unsigned excess) {
    std::uint8_t& code = code_of_[excess << 6 | (links & link_bits)];
    return code != unknown ? code : code = find(links & link_bits, excess);
  }
  bool overflow() const { return overflow_; }

private:
  std::uint8_t find(unsigned links, unsigned excess) {
    double diagonal = op_.excess_values[excess];
    for (unsigned d = 0; d < 6; ++d)
      diagonal += links >> d & 1 ? unit_[d / 2] : 0;
    diagonal *= scale_;
    if (op_.voxel)
      diagonal = std::round(diagonal);
    std::uint8_t code = unknown - 1;
#pragma omp critical(linnet_latticemg_codes)
    {
      int c = 1; // those that are 0 are free
      while (c < most_diagonals && level_->exact_diagonal_of[c] != 0 && level_->exact_diagonal_of[c] != diagonal)
        ++c;
      overflow_ = overflow_ || c == most_diagonals;
      if (c < most_diagonals) {
        level_->exact_diagonal_of[c] = diagonal;
        code = static_cast<std::uint8_t>(c);
      }
    }
    return code;
  }

  const LatticeOperator& op_;
  Level* level_;
  std::array<double, 3> unit_{};
  double scale_ = 1;
  std::vector<std::uint8_t> code_of_;
  bool overflow_ = false;
};

// Whether some cell of a line and its neighbour `step` further both have unknowns and are not coupled. `unit`: cells
// follow each other.
template <bool unit>
bool has_wall(const std::uint8_t* links, std::ptrdiff_t stride, std::ptrdiff_t step, int count, int direction) {
  const unsigned ahead = 1U << direction;
  std::uint8_t wall = 0;
  for (int i = 0; i < count; ++i) {
    const std::ptrdiff_t at = unit ? i : i * stride;
    const unsigned own = links[at], other = links[at + step];
    const bool both = static_cast<bool>(own & link_bits) & static_cast<bool>(other & link_bits);
    wall = static_cast<std::uint8_t>(wall | (both & !(own & ahead)));
  }
  return wall != 0;
}

// The codes of a line, dealt to both colours. Most blocks of cells are coupled on all sides, without excess.
template <bool unit>
void code_line(const std::uint8_t* links, const std::uint8_t* excess, std::ptrdiff_t stride, int count, Codes* codes,
               std::uint8_t* even, std::uint8_t* odd) {
  // Not (i & 1 ? odd : even)[i >> 1]: GCC 12 reads i before it is set there when it checks for undefined behaviour.
  std::uint8_t* const colour[2] = {even, odd};
  constexpr int width = 8;
  constexpr std::uint64_t ones = 0x0101010101010101;
  const int blocks = unit ? count / width * width : 0;
  for (int i = 0; i < blocks; i += width) {
    std::uint64_t l, e;
    std::memcpy(&l, links + i, width);
    std::memcpy(&e, excess + i, width);
    if (l == (links[i] * ones) && e == (excess[i] * ones)) {
      const std::uint8_t code = (*codes)(links[i], excess[i]);
      std::memset(even + i / 2, code, width / 2);
      std::memset(odd + i / 2, code, width / 2);
      continue;
    }
    for (int c = i; c < i + width; ++c)
      colour[c & 1][c >> 1] = (*codes)(links[c], excess[c]);
  }
  for (int i = blocks; i < count; ++i)
    colour[i & 1][i >> 1] = (*codes)(links[i * stride], excess[i * stride]);
}

// Whether there is a wall in line (j, k), or above it on some axis.
template <bool unit>
bool has_walls(const LatticeOperator& op, const std::array<int, 3>& axis, const std::array<std::size_t, 3>& step, int j,
               int k, const Level& level) {
  const std::uint8_t* links =
      op.links.data() + static_cast<std::size_t>(j) * step[1] + static_cast<std::size_t>(k) * step[2];
  const auto stride = static_cast<std::ptrdiff_t>(step[0]);
  const int n = level.size[0];
  bool walls = has_wall<unit>(links, stride, stride, n - 1, 2 * axis[0] + 1);
  if (j + 1 < level.size[1])
    walls |= has_wall<unit>(links, stride, static_cast<std::ptrdiff_t>(step[1]), n, 2 * axis[1] + 1);
  if (k + 1 < level.size[2])
    walls |= has_wall<unit>(links, stride, static_cast<std::ptrdiff_t>(step[2]), n, 2 * axis[2] + 1);
  return walls;
}

// A line of the finest level: its codes, and whether it has walls.
template <bool unit>
bool import_line(const LatticeOperator& op, const std::array<int, 3>& axis, const std::array<std::size_t, 3>& step,
                 int j, int k, Codes* codes, const Level& level) {
  const std::size_t from = static_cast<std::size_t>(j) * step[1] + static_cast<std::size_t>(k) * step[2];
  const std::uint8_t* links = op.links.data() + from;
  const auto stride = static_cast<std::ptrdiff_t>(step[0]);
  const int n = level.size[0];
  code_line<unit>(links, op.excess_code.data() + from, stride, n, codes, level.code + level.at(0, j, k),
                  level.code + level.at(1, j, k));
  return has_walls<unit>(op, axis, step, j, k, level);
}

// The diagonals of a line, of which units[l] is the sum of the couplings of a cell with links l, all times `scale`.
void import_diagonals_of_line(const LatticeOperator& op, const std::array<std::size_t, 3>& step, double scale,
                              const double* units, int j, int k, const Level& level) {
  std::size_t from = static_cast<std::size_t>(j) * step[1] + static_cast<std::size_t>(k) * step[2];
  const std::ptrdiff_t begin[2] = {level.at(0, j, k), level.at(1, j, k)};
  for (int i = 0; i < level.size[0]; ++i, from += step[0]) {
    const std::ptrdiff_t c = begin[i & 1] + (i >> 1);
    const unsigned links = op.links[from] & link_bits;
    const double diagonal = links ? units[links] + scale * op.excess_of(from) : 0;
    const auto rounded = static_cast<float>(diagonal);
    level.diagonal[c] = rounded;
    level.diagonal_low[c] = static_cast<float>(diagonal - rounded);
    level.inverse[c] = diagonal > 0 ? static_cast<float>(1 / diagonal) : 0;
  }
}

// Units of the level; whether all are 1.
bool set_units(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, Level* level) {
  bool ones = true;
  for (int a = 0; a < 3; ++a) {
    // The largest coupling is exactly 1 times the scale.
    const double unit = op.unit[static_cast<std::size_t>(axis[static_cast<std::size_t>(a)])];
    level->exact_unit[a] = unit == op.max_coupling && scale == 1 / unit ? 1 : unit * scale;
    level->unit[a] = static_cast<float>(level->exact_unit[a]);
    ones = ones && (level->size[a] == 1 || level->exact_unit[a] == 1);
  }
  return ones;
}

} // namespace

bool import_coded(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, int threads, Level* level) {
  if (!op.coded || level->mixed())
    return false;
  const std::array<std::size_t, 3> step = strides_of(op, axis);
  std::fill_n(level->exact_diagonal_of, most_diagonals, 0.0);
  bool walls = level->wraps(), overflow = false;
#pragma omp parallel num_threads(threads) reduction(|| : walls, overflow)
  {
    Codes codes(op, axis, scale, level);
    const int lines = level->size[1] * level->size[2];
#pragma omp for schedule(static)
    for (int line = 0; line < lines; ++line) {
      const int j = line % level->size[1], k = line / level->size[1];
      walls |= step[0] == 1 ? import_line<true>(op, axis, step, j, k, &codes, *level)
                            : import_line<false>(op, axis, step, j, k, &codes, *level);
    }
    overflow = codes.overflow();
  }
  if (overflow)
    return false;
  const bool few = level->exact_diagonal_of[few_diagonals] == 0; // they fill it from its beginning
  const bool ones = set_units(op, axis, scale, level) && few;
  level->exact = true;
  for (int c = 0; c < most_diagonals; ++c) {
    const double diagonal = level->exact_diagonal_of[c];
    level->diagonal_of[c] = static_cast<float>(diagonal);
    level->inverse_of[c] = diagonal > 0 ? static_cast<float>(1 / diagonal) : 0;
    level->exact = level->exact && level->diagonal_of[c] == diagonal;
  }
  if (walls)
    level->couplings = ones ? Couplings::wall_ones : Couplings::walls;
  else if (ones && level->size[0] > 1 && level->size[2] > 1)
    level->couplings = level->size[1] > 1 ? Couplings::ones : Couplings::flat_ones;
  else
    level->couplings = Couplings::uniform;
  return true;
}

void import_diagonals(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, int threads,
                      Level* level) {
  const std::array<std::size_t, 3> step = strides_of(op, axis);
  (void)set_units(op, axis, scale, level);
  double units[link_bits + 1] = {};
  for (unsigned links = 0; links <= link_bits; ++links)
    for (unsigned d = 0; d < 6; ++d)
      units[links] += links >> d & 1 ? scale * op.unit[d / 2] : 0;
  bool walls = level->wraps();
  const int lines = level->size[1] * level->size[2];
#pragma omp parallel for schedule(static) num_threads(threads) reduction(|| : walls)
  for (int line = 0; line < lines; ++line) {
    const int j = line % level->size[1], k = line / level->size[1];
    import_diagonals_of_line(op, step, scale, units, j, k, *level);
    walls = walls || (step[0] == 1 ? has_walls<true>(op, axis, step, j, k, *level)
                                   : has_walls<false>(op, axis, step, j, k, *level));
  }
  level->exact = false;
  level->couplings = walls ? Couplings::wall_diagonals : Couplings::diagonals;
}

void import_links(const LatticeOperator& op, const std::array<int, 3>& axis, int threads, Level* level) {
  const std::array<std::size_t, 3> step = strides_of(op, axis);
  std::uint8_t by_axis[link_bits + 1]; // the bits of the level, by those of the lattice
  for (unsigned links = 0; links <= link_bits; ++links) {
    by_axis[links] = 0;
    for (unsigned a = 0; a < 3; ++a)
      by_axis[links] |= static_cast<std::uint8_t>((links >> 2 * axis[a] & 3U) << 2 * a);
  }
  for_each_line(*level, threads, [&](int j, int k) {
    const std::uint8_t* from =
        op.links.data() + static_cast<std::size_t>(j) * step[1] + static_cast<std::size_t>(k) * step[2];
    std::uint8_t* const colour[2] = {level->links + level->at(0, j, k), level->links + level->at(1, j, k)};
    for (int i = 0; i < level->size[0]; ++i)
      colour[i & 1][i >> 1] = by_axis[from[static_cast<std::size_t>(i) * step[0]] & link_bits];
  });
}

namespace {

// The cells of one colour on a line. `plain`: no axis wraps around in the box.
template <bool plain>
void import_general_line(const LatticeOperator& op, const std::array<int, 3>& axis,
                         const std::array<std::size_t, 3>& step, double scale, double least_excess, int colour, int j,
                         int k, const Level& level) {
  const bool own_colours = level.mixed();
  const std::array<const double*, 3> coupling{op.face[static_cast<std::size_t>(axis[0])].data(),
                                              op.face[static_cast<std::size_t>(axis[1])].data(),
                                              op.face[static_cast<std::size_t>(axis[2])].data()};
  const int q = (j + k + colour) & 1;
  std::ptrdiff_t c = level.at(q, j, k);
  for (int i = q; i < level.size[0]; i += 2, ++c) {
    const std::size_t from = static_cast<std::size_t>(i) * step[0] + static_cast<std::size_t>(j) * step[1] +
                             static_cast<std::size_t>(k) * step[2];
    const int at[3] = {i, j, k};
    const unsigned links = op.links[from] & link_bits;
    const double excess = links ? std::max(least_excess, op.excess_of(from)) : 0;
    double diagonal = excess, own_colour = 0;
    for (std::size_t a = 0; a < 3; ++a) {
      const int lower = 2 * axis[a];
      double below, above;
      if constexpr (plain) {
        below = links >> lower & 1 ? coupling[a][from - step[a]] : 0;
        above = links >> (lower + 1) & 1 ? coupling[a][from] : 0;
      } else {
        below = op.coupling(from, lower);
        above = op.coupling(from, lower + 1);
      }
      const double w = scale * above;
      const auto rounded = static_cast<float>(w);
      level.face[a][c] = rounded;
      level.face_low[a][c] = static_cast<float>(w - rounded);
      diagonal += below + above;
      if (own_colours && level.periodic[a] && level.size[a] % 2)
        own_colour += at[a] == 0 ? below : at[a] == level.size[a] - 1 ? above : 0;
    }
    diagonal *= scale;
    const auto rounded = static_cast<float>(diagonal);
    level.b[c] = static_cast<float>(scale * excess);
    level.diagonal[c] = rounded;
    level.diagonal_low[c] = static_cast<float>(diagonal - rounded);
    level.inverse[c] = diagonal > 0 ? static_cast<float>(1 / (diagonal + scale * own_colour)) : 0;
  }
}

} // namespace

void import_general(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, bool below_zero,
                    int threads, Level* level) {
  const double least_excess = below_zero ? -std::numeric_limits<double>::infinity() : 0;
  const std::array<std::size_t, 3> step = strides_of(op, axis);
  const bool plain = !op.uniform && !op.wraps[0] && !op.wraps[1] && !op.wraps[2];
  level->couplings = Couplings::general;
  for_each_line(*level, threads, [&](int j, int k) {
    for (int colour = 0; colour < 2; ++colour)
      if (plain)
        import_general_line<true>(op, axis, step, scale, least_excess, colour, j, k, *level);
      else
        import_general_line<false>(op, axis, step, scale, least_excess, colour, j, k, *level);
  });
  for (int colour = 0; colour < 2; ++colour)
    for (int a = 0; a < 3; ++a) {
      wrap(*level, level->face[a], colour);
      wrap(*level, level->face_low[a], colour);
    }
}

} // namespace linnet::latticemg
