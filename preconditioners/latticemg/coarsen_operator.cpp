// From an operator to the second level, without the couplings of the finest one.
#include "latticemg/lines.hpp"
#include "latticemg/multigrid.hpp"

#include <algorithm>

namespace linnet::latticemg {

namespace {

// By axis of the levels.
struct Source {
  const LatticeOperator& op;
  const std::array<int, 3>& axis;
  double scale;
  std::array<std::size_t, 3> step{};
  std::array<int, 3> size{};
  std::array<double, 3> unit{}; // scaled
  bool scales_excess;
  double everywhere;                                    // excess of all cells
  std::array<std::array<float, 64>, 8> excess_factor{}; // by place in the coarse cell (a bit an axis), and links

  Source(const LatticeOperator& from, const std::array<int, 3>& axes, double factor, const CycleWeights& weights,
         const bool* halved)
      : op(from), axis(axes), scale(factor), scales_excess(weights.scales_excess(0)),
        everywhere(factor * std::max(0.0, from.min_excess)) {
    for (std::size_t a = 0; a < 3; ++a) {
      step[a] = op.stride(axis[a]);
      size[a] = op.size[static_cast<std::size_t>(axis[a])];
      unit[a] = op.unit[static_cast<std::size_t>(axis[a])] * scale;
    }
    for (unsigned place = 0; place < 8; ++place)
      for (unsigned links = 0; links < 64; ++links) {
        int open = 0, outward = 0;
        for (unsigned a = 0; a < 3; ++a)
          for (unsigned up = 0; up < 2 && size[a] > 1; ++up)
            if (!(links >> (2U * static_cast<unsigned>(axis[a]) + up) & 1)) {
              ++open;
              outward += halved[a] && (place >> a & 1) == up;
            }
        excess_factor[place][links] = weights.excess_factor(0, open, outward);
      }
  }
  std::size_t line(int j, int k) const {
    return static_cast<std::size_t>(j) * step[1] + static_cast<std::size_t>(k) * step[2];
  }
  int upper(std::size_t a) const { return 2 * axis[a] + 1; }
  // The coupling with the upper neighbour.
  double coupling(std::size_t cell, std::size_t a) const {
    if (!(op.links[cell] >> upper(a) & 1))
      return 0;
    return op.uniform ? unit[a] : scale * op.face[static_cast<std::size_t>(axis[a])][cell];
  }
  // As the coarse cell has it.
  double excess(std::size_t cell, int i, int j, int k) const {
    const unsigned links = op.links[cell] & (LatticeOperator::row_bit - 1U);
    if (links == 0)
      return 0;
    const double own = scale * std::max(0.0, op.excess_of(cell));
    const auto place = static_cast<std::size_t>((i & 1) | (j & 1) << 1 | (k & 1) << 2);
    const double kept = scales_excess ? std::min(own, everywhere) : own;
    return kept + excess_factor[place][links] * (own - kept);
  }
};

// The sum of the fine couplings between coarse cells, by axis, and of the excess, by coarse cell of line (J, K).
struct Sums {
  std::vector<double> face[3], excess;
  explicit Sums(int cells) : excess(static_cast<std::size_t>(cells)) {
    for (std::vector<double>& f : face)
      f.resize(static_cast<std::size_t>(cells));
  }
};

void sum_any(const Source& from, const Level& coarse, int J, int K, Sums* sums) {
  const Range y = fine_cells(coarse, 1, J, from.size[1]), z = fine_cells(coarse, 2, K, from.size[2]);
  for (std::size_t I = 0; I < sums->excess.size(); ++I) {
    const int first_i = 2 * static_cast<int>(I), last_i = std::min(first_i + 1, from.size[0] - 1);
    double face[3] = {0, 0, 0}, excess = 0;
    for (int k = z.first; k <= z.last; ++k)
      for (int j = y.first; j <= y.last; ++j)
        for (int i = first_i; i <= last_i; ++i) {
          const std::size_t cell = from.line(j, k) + static_cast<std::size_t>(i) * from.step[0];
          face[0] += i == last_i ? from.coupling(cell, 0) : 0;
          face[1] += j == y.last ? from.coupling(cell, 1) : 0;
          face[2] += k == z.last ? from.coupling(cell, 2) : 0;
          excess += from.excess(cell, i, j, k);
        }
    for (int a = 0; a < 3; ++a)
      sums->face[a][I] = face[a];
    sums->excess[I] = excess;
  }
}

// counts[i] += bit of links[i]
void count_links(const std::uint8_t* links, int bit, int cells, std::uint8_t* counts) {
  for (int i = 0; i < cells; ++i)
    counts[i] = static_cast<std::uint8_t>(counts[i] + (links[i] >> bit & 1));
}

bool all_zero(const std::uint8_t* codes, int cells) {
  unsigned any = 0;
  for (int i = 0; i < cells; ++i)
    any |= codes[i];
  return any == 0;
}

// Uniform couplings, cells of a line one after the other in memory: couplings are counted. `counts`: three lines of
// fine cells and one more cell each.
void sum_uniform(const Source& from, const Level& coarse, int J, int K, std::vector<std::uint8_t>* counts, Sums* sums) {
  const LatticeOperator& op = from.op;
  const int n = from.size[0], length = n + 1, cells = static_cast<int>(sums->excess.size());
  const Range y = fine_cells(coarse, 1, J, from.size[1]), z = fine_cells(coarse, 2, K, from.size[2]);
  std::fill(counts->begin(), counts->end(), std::uint8_t{0});
  std::fill(sums->excess.begin(), sums->excess.end(), 0.0);
  std::uint8_t* const count[3] = {counts->data(), counts->data() + length, counts->data() + 2 * length};
  for (int k = z.first; k <= z.last; ++k)
    for (int j = y.first; j <= y.last; ++j) {
      const std::size_t line = from.line(j, k);
      const std::uint8_t* links = op.links.data() + line;
      count_links(links, from.upper(0), n, count[0]);
      if (j == y.last)
        count_links(links, from.upper(1), n, count[1]);
      if (k == z.last)
        count_links(links, from.upper(2), n, count[2]);
      if (op.coded && op.excess_values[0] == 0 && all_zero(op.excess_code.data() + line, n))
        continue;
      for (int i = 0; i < n; ++i)
        sums->excess[static_cast<std::size_t>(i / 2)] += from.excess(line + static_cast<std::size_t>(i), i, j, k);
    }
  for (int I = 0; I < cells; ++I) {
    const auto at = static_cast<std::size_t>(I);
    sums->face[0][at] = from.unit[0] * count[0][std::min(2 * I + 1, n - 1)];
    sums->face[1][at] = from.unit[1] * (count[1][2 * I] + count[1][2 * I + 1]);
    sums->face[2][at] = from.unit[2] * (count[2][2 * I] + count[2][2 * I + 1]);
  }
}

} // namespace

void coarsen_operator(const LatticeOperator& op, const std::array<int, 3>& axis, double scale,
                      const CycleWeights& weights, int threads, Level* coarse) {
  const Source from(op, axis, scale, weights, coarse->halved);
  const bool counted = op.uniform && from.step[0] == 1;
#pragma omp parallel num_threads(threads)
  {
    Sums sums(coarse->size[0]);
    std::vector<std::uint8_t> counts(static_cast<std::size_t>(3 * (from.size[0] + 1)));
#pragma omp for schedule(static)
    for (int line = 0; line < coarse->size[1] * coarse->own.count(); ++line) {
      const int J = line % coarse->size[1], K = coarse->own.first + line / coarse->size[1];
      if (counted)
        sum_uniform(from, *coarse, J, K, &counts, &sums);
      else
        sum_any(from, *coarse, J, K, &sums);
      for (int I = 0; I < coarse->size[0]; ++I) {
        const std::ptrdiff_t c = coarse->at(I, J, K);
        const auto at = static_cast<std::size_t>(I);
        for (int a = 0; a < 3; ++a)
          coarse->face[a][c] = weights.coupling_factor(0, coarse->halved[a]) * static_cast<float>(sums.face[a][at]);
        coarse->b[c] = static_cast<float>(sums.excess[at]);
      }
    }
  }
  bool periodic[3];
  for (std::size_t a = 0; a < 3; ++a)
    periodic[a] = op.wraps[static_cast<std::size_t>(axis[a])];
  join_two_ways(periodic, coarse);
}

} // namespace linnet::latticemg
