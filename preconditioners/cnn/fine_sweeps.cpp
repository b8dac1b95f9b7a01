#include "cnn/fine_sweeps.hpp"

#include "latticemg/rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace linnet::latticemg {

namespace {

// The cells of one colour on a line, and where their neighbours lie: cell t of them is i = 2 t + q.
struct ColouredLine {
  int q, count;
  std::ptrdiff_t own, neighbour[6]; // -x +x -y +y -z +z

  ColouredLine(const Level& level, int colour, int j, int k)
      : q((j + k + colour) & 1), count(level.count(q)),
        own(level.at(q, j, k)), neighbour{level.at(q - 1, j, k), level.at(q + 1, j, k), level.at(q, j - 1, k),
                                          level.at(q, j + 1, k), level.at(q, j, k - 1), level.at(q, j, k + 1)} {}
};

// Couplings and diagonals of any kind of level.
class Coefficients {
public:
  explicit Coefficients(const Level& level)
      : level_(level), coded_(level.coded()), general_(level.general()), walls_(level.has_walls()) {}

  bool unknown(std::ptrdiff_t c) const { return coded_ ? level_.code[c] != 0 : level_.inverse[c] > 0; }
  float diagonal(std::ptrdiff_t c) const { return coded_ ? level_.diagonal_of[level_.code[c]] : level_.diagonal[c]; }
  // Of cell t of a line in a direction. Without walls, that with a cell without unknown counts: u is 0 there.
  float coupling(const ColouredLine& line, int direction, int t) const {
    const int axis = direction / 2;
    if (!general_)
      return !walls_ || level_.links[line.own + t] >> direction & 1 ? level_.unit[axis] : 0;
    return level_.face[axis][(direction % 2 ? line.own : line.neighbour[direction]) + t];
  }

private:
  const Level& level_;
  bool coded_, general_, walls_;
};

} // namespace

std::array<int, 3> FineSweeps::size() const {
  const Level& level = finest();
  return level.size[1] > 1 ? std::array<int, 3>{level.size[0], level.size[1], planes()}
                           : std::array<int, 3>{level.size[0], planes(), 1};
}

void FineSweeps::exchange(float* field, unsigned colours, int depth, Member* member) const {
  if (!finest().shared || depth == 0)
    return;
  member->barrier();
  if (member->id() == 0)
    m_.halo_->exchange(finest(), field, colours, depth);
  member->barrier();
}

double FineSweeps::flops(int sweeps) const {
  const double relax = finest().general() ? 13 : 7; // of a cell
  return static_cast<double>(finest().cells()) * (2 * sweeps * relax + (relax + 3) / 2 + 1);
}

void FineSweeps::write_operator(int threads, float* fields) const {
  const Level& level = finest();
  const Coefficients coefficients(level);
  const bool flat = level.size[1] == 1;
#pragma omp parallel for collapse(2) schedule(static) num_threads(threads)
  for (int k = level.own.first; k < level.own.last; ++k)
    for (int j = 0; j < level.size[1]; ++j)
      for (int colour = 0; colour < 2; ++colour) {
        const ColouredLine line(level, colour, j, k);
        for (int t = 0; t < line.count; ++t) {
          float* const out = fields + 5 * cell(2 * t + line.q, j, k);
          std::fill(out, out + 5, 0.0F);
          if (!coefficients.unknown(line.own + t))
            continue;
          out[3] = coefficients.diagonal(line.own + t);
          out[4] = 1;
          for (int d = 0; d < 6; ++d) {
            if (level.size[d / 2] == 1 || !coefficients.unknown(line.neighbour[d] + t))
              continue;
            const float w = coefficients.coupling(line, d, t);
            out[3] -= w;
            if (d % 2)
              out[flat && d == 5 ? 1 : d / 2] = w;
          }
        }
      }
}

void FineSweeps::residual_of_plane(int k, bool both, float* residual) const {
  const Level& level = finest();
  const Coefficients coefficients(level);
  for (int j = 0; j < level.size[1]; ++j)
    for (int colour = 0; colour < 2; ++colour) {
      const ColouredLine line(level, colour, j, k);
      float* const out = residual + cell(line.q, j, k);
      for (int t = 0; t < line.count; ++t) {
        const std::ptrdiff_t c = line.own + t;
        float r = 0;
        if ((both || colour == 0) && coefficients.unknown(c)) {
          r = level.b[c] - coefficients.diagonal(c) * level.u[c];
          for (int d = 0; d < 6; ++d)
            if (level.size[d / 2] > 1)
              r += coefficients.coupling(line, d, t) * level.u[line.neighbour[d] + t];
        }
        out[2 * t] = r;
      }
    }
}

void FineSweeps::add_on_plane(int k, bool both, const float* correction) const {
  const Level& level = finest();
  const Coefficients coefficients(level);
  for (int j = 0; j < level.size[1]; ++j)
    for (int colour = 0; colour < (both ? 2 : 1); ++colour) {
      const ColouredLine line(level, colour, j, k);
      const float* const from = correction + cell(line.q, j, k);
      for (int t = 0; t < line.count; ++t)
        if (coefficients.unknown(line.own + t))
          level.u[line.own + t] += from[2 * t];
    }
}

void FineSweeps::set_b_between(int k, const float* residual) const {
  const Level& level = finest();
  const Coefficients coefficients(level);
  for (int j = 0; j < level.size[1]; ++j) {
    const ColouredLine red(level, 0, j, k), black(level, 1, j, k);
    const float* const of_red = residual + cell(red.q, j, k);
    for (int t = 0; t < red.count; ++t)
      level.b[red.own + t] = of_red[2 * t];
    for (int t = 0; t < black.count; ++t) {
      const std::ptrdiff_t c = black.own + t;
      if (!coefficients.unknown(c))
        continue;
      float product = coefficients.diagonal(c) * level.u[c];
      for (int d = 0; d < 6; ++d)
        if (level.size[d / 2] > 1)
          product -= coefficients.coupling(black, d, t) * level.u[black.neighbour[d] + t];
      level.b[c] = product - level.b[c];
    }
  }
}

void FineSweeps::set_b(const double* r, Member* member) const {
  const double down = 1 / largest_;
  const auto [first, last] = member->part_of(static_cast<std::ptrdiff_t>(m_.place_.size()));
  for (std::ptrdiff_t i = first; i < last; ++i)
    finest().b[m_.place_[static_cast<std::size_t>(i)]] = static_cast<float>(r[i] * down);
}

void FineSweeps::go_down(int sweeps, float* residual, Member* member) const {
  const Level& level = finest();
  const Kernels& kernels = *supported_kernels()[0];
  const int half_sweeps = 2 * sweeps;
  exchange(level.b, Halo::both, half_sweeps, member);
  // Half sweep h on the planes that later ones need.
  member->wavefront(level.around(half_sweeps), half_sweeps + 1, [&](int h, int k) {
    if (!level.around(half_sweeps - h).has(k))
      return;
    const Lines lines{k, 0, level.size[1]};
    if (h == half_sweeps)
      residual_of_plane(k, sweeps == 0, residual); // after a sweep black cells have none
    else if (h == 0)
      kernels.relax_zero(level, 0, lines);
    else
      kernels.relax(level, h & 1, 1, lines);
  });
  member->barrier();
}

void FineSweeps::go_up(const float* correction, int sweeps, Member* member) const {
  const Level& level = finest();
  const Kernels& kernels = *supported_kernels()[0];
  const int half_sweeps = 2 * sweeps;
  if (level.shared)
    member->share(level.own, [&](int k) { add_on_plane(k, sweeps == 0, correction); });
  exchange(level.u, Halo::red, half_sweeps, member);
  member->wavefront(level.around(half_sweeps), half_sweeps + 1, [&](int h, int k) {
    if (!level.around(half_sweeps - h).has(k))
      return;
    if (h > 0)
      kernels.relax(level, h & 1, 1, {k, 0, level.size[1]});
    else if (!level.shared)
      add_on_plane(k, sweeps == 0, correction); // black cells are overwritten before they are read
  });
  member->barrier();
}

void FineSweeps::answer(const double* r, double* z, Member* member) const {
  const double up = largest_ * m_.scale_;
  const auto [first, last] = member->part_of(static_cast<std::ptrdiff_t>(m_.place_.size()));
  for (std::ptrdiff_t i = first; i < last; ++i)
    z[i] = up * finest().u[m_.place_[static_cast<std::size_t>(i)]];
  member->barrier();
  if (member->id() == 0)
    for (const Multigrid::Decoupled& d : m_.decoupled_)
      z[d.row] = r[d.row] * d.inverse;
}

bool FineSweeps::before(const double* r, int sweeps, int threads, float* residual, double* z) {
  const auto rows = static_cast<std::ptrdiff_t>(m_.place_.size());
  largest_ = largest_magnitude(r, rows, threads);
  if (finest().shared)
    MPI_Allreduce(MPI_IN_PLACE, &largest_, 1, MPI_DOUBLE, MPI_MAX, m_.layout().ranks.active);
  if (!std::isfinite(largest_) || largest_ == 0) {
    std::fill_n(z, rows, largest_ == 0 ? 0 : std::numeric_limits<double>::quiet_NaN());
    return false;
  }
  m_.run_team(threads, [&](Member* member) {
    const Level& level = finest();
    set_b(r, member);
    if (sweeps == 0) {
      const auto [begin, end] = member->part_of(2 * level.gap);
      std::fill(level.u - level.front + begin, level.u - level.front + end, 0.0F);
    }
    member->barrier();
    go_down(sweeps, residual, member);
  });
  return true;
}

void FineSweeps::after(const double* r, const float* correction, int sweeps, int threads, double* z) {
  m_.run_team(threads, [&](Member* member) {
    go_up(correction, sweeps, member);
    answer(r, z, member);
  });
}

void FineSweeps::turn(const float* correction, int sweeps, int threads, float* residual) {
  const Level& level = finest();
  kept_.resize(static_cast<std::size_t>(level.gap));
  m_.run_team(threads, [&](Member* member) {
    const auto [begin, end] = member->part_of(level.gap);
    std::copy(level.u - level.front + begin, level.u - level.front + end, kept_.data() + begin);
    member->barrier();
    go_up(correction, sweeps, member);
    exchange(level.u, Halo::red, 1, member);
    member->share(level.own, [&](int k) { set_b_between(k, residual); });
    member->barrier();
    go_down(sweeps, residual, member);
  });
}

void FineSweeps::after_turn(const double* r, const float* correction, int sweeps, int threads, double* z) {
  const Level& level = finest();
  m_.run_team(threads, [&](Member* member) {
    set_b(r, member);
    const auto [begin, end] = member->part_of(level.gap);
    for (std::ptrdiff_t i = begin; i < end; ++i)
      level.u[i - level.front] += kept_[static_cast<std::size_t>(i)];
    member->barrier();
    exchange(level.b, Halo::both, 2 * sweeps, member);
    go_up(correction, sweeps, member);
    answer(r, z, member);
  });
}

} // namespace linnet::latticemg
