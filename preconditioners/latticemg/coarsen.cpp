// From a level to the next coarser one.
#include "latticemg/lines.hpp"
#include "latticemg/multigrid.hpp"

#include <algorithm>

namespace linnet::latticemg {

namespace {

// sum[t] += from[t]
void add(float* __restrict sum, const float* __restrict from, int count) {
  for (int t = 0; t < count; ++t)
    sum[t] += from[t];
}

// At an end of a periodic axis with an odd number of cells, where the neighbour around it has the same colour.
bool touches_own_colour(const Level& level, int axis, int x) {
  return level.periodic[axis] && level.size[axis] % 2 && (x == 0 || x == level.size[axis] - 1);
}

// 1 / (diagonal + couplings with cells of the same colour) where there are such.
void set_mixed_inverses(const Level& level) {
  for (int k = 0; k < level.size[2]; ++k)
    for (int j = 0; j < level.size[1]; ++j)
      for (int i = 0; i < level.size[0]; ++i) {
        const int at[3] = {i, j, k};
        const std::ptrdiff_t c = level.at(i, j, k);
        float own_colour = 0;
        for (int a = 0; a < 3; ++a)
          if (touches_own_colour(level, a, at[a]))
            own_colour +=
                at[a] == 0 ? level.face[a][level.at(i - (a == 0), j - (a == 1), k - (a == 2))] : level.face[a][c];
        if (own_colour > 0)
          level.inverse[c] = 1 / (1 / level.inverse[c] + own_colour);
      }
}

// Adds the excess of a line of cells of one colour, i = i_0, i_0 + 2, ..., to that of their coarse cells.
void add_excess(const Level& fine, const Level& coarse, std::size_t l, const CycleWeights& weights, int i_0, int j,
                int k, float* sum) {
  const int count = fine.count(i_0), at[3] = {i_0, j, k};
  const std::ptrdiff_t line = fine.at(i_0, j, k);
  if (!weights.scales_excess(l))
    return add(sum, fine.b + line, count);
  const float* face[6] = {}; // by direction: the couplings on that side; null: along an axis of one cell
  bool leads_out[6] = {};
  for (int d = 0; d < 6; ++d) {
    const int a = d / 2;
    if (fine.size[a] == 1)
      continue;
    face[d] = fine.face[a] + (d % 2 ? line : fine.at(i_0 - (a == 0), j - (a == 1), k - (a == 2)));
    leads_out[d] = coarse.halved[a] && at[a] % 2 == d % 2;
  }
  for (int t = 0; t < count; ++t) {
    const float own = fine.b[line + t];
    if (own == 0)
      continue;
    int open = 0, outward = 0;
    for (int d = 0; d < 6; ++d)
      if (face[d] && face[d][t] == 0) {
        ++open;
        outward += leads_out[d];
      }
    sum[t] += weights.coarse_excess(l, own, fine.excess_everywhere, open, outward);
  }
}

} // namespace

void coarsen(const Level& fine, std::size_t l, const CycleWeights& weights, int threads, Level* coarse) {
  const int length = round_up(fine.count(0));
  for_each_line(*coarse, coarse->own, threads, [&](int J, int K) {
    // Sums by coarse cell: couplings along the axes, then the excess.
    std::vector<float> sums(static_cast<std::size_t>(4 * length), 0.0F);
    float* const sum[4] = {sums.data(), sums.data() + length, sums.data() + 2 * length, sums.data() + 3 * length};
    const Range y = fine_cells(*coarse, 1, J, fine.size[1]), z = fine_cells(*coarse, 2, K, fine.size[2]);
    for (int k = z.first; k <= z.last; ++k)
      for (int j = y.first; j <= y.last; ++j)
        for (int i = 0; i < std::min(2, fine.size[0]); ++i) {
          const std::ptrdiff_t line = fine.at(i, j, k);
          const int count = fine.count(i);
          if (i == 1)
            add(sum[0], fine.face[0] + line, count);
          if (j == y.last)
            add(sum[1], fine.face[1] + line, count);
          if (k == z.last)
            add(sum[2], fine.face[2] + line, count);
          add_excess(fine, *coarse, l, weights, i, j, k, sum[3]);
        }
    if (fine.size[0] % 2) // the last cell is alone
      for (int k = z.first; k <= z.last; ++k)
        for (int j = y.first; j <= y.last; ++j)
          sum[0][fine.count(0) - 1] += fine.face[0][fine.at(fine.size[0] - 1, j, k)];
    for (int I = 0; I < coarse->size[0]; ++I) {
      const std::ptrdiff_t c = coarse->at(I, J, K);
      for (int a = 0; a < 3; ++a)
        coarse->face[a][c] = weights.coupling_factor(l, coarse->halved[a]) * sum[a][I];
      coarse->b[c] = sum[3][I];
    }
  });
  join_two_ways(fine.periodic, coarse);
}

void join_two_ways(const bool* was_periodic, Level* level) {
  for (int a = 0; a < 3; ++a) {
    if (!(was_periodic[a] && level->size[a] == 2))
      continue;
    for_each_line(*level, level->own, 1, [&](int j, int k) {
      for (int i = 0; i < level->size[0]; ++i) {
        const int at[3] = {i, j, k};
        if (at[a] != 0)
          continue;
        float& other = level->face[a][level->at(i + (a == 0), j + (a == 1), k + (a == 2))];
        level->face[a][level->at(i, j, k)] += other;
        other = 0;
      }
    });
  }
}

void set_diagonals(int threads, Level* level) {
  for (int colour = 0; colour < 2; ++colour)
    for (float* face : level->face)
      wrap(*level, face, colour);
  const bool differences = level->couplings == Couplings::differences;
  for_each_line(*level, threads, [&](int j, int k) {
    for (int i = 0; i < std::min(2, level->size[0]); ++i) {
      const std::ptrdiff_t own = level->at(i, j, k), left = level->at(i - 1, j, k);
      const int count = level->count(i);
      float* __restrict inverse = level->inverse + own; // first of all the diagonal
      std::copy_n(level->b + own, count, inverse);
      if (level->size[0] > 1) {
        add(inverse, level->face[0] + left, count);
        add(inverse, level->face[0] + own, count);
      }
      if (level->size[1] > 1) {
        add(inverse, level->face[1] + level->at(i, j - 1, k), count);
        add(inverse, level->face[1] + own, count);
      }
      if (level->size[2] > 1) {
        add(inverse, level->face[2] + level->at(i, j, k - 1), count);
        add(inverse, level->face[2] + own, count);
      }
      std::copy_n((differences ? level->b + own : inverse), count, level->diagonal + own);
      for (int t = 0; t < count; ++t)
        inverse[t] = inverse[t] > 0 ? 1 / inverse[t] : 0.0F;
    }
  });
  if (level->mixed())
    set_mixed_inverses(*level);
}

template <class T>
void wrap(const Level& level, T* field, int colour) {
  for (int a = 0; a < 3; ++a) {
    if (!level.periodic[a])
      continue;
    const int n = level.size[a], b = (a + 1) % 3, c = (a + 2) % 3;
    for (int q = 0; q < level.size[b]; ++q)
      for (int p = 0; p < level.size[c]; ++p)
        for (int upper = 0; upper < 2; ++upper) {
          int from[3], to[3];
          from[b] = to[b] = q;
          from[c] = to[c] = p;
          from[a] = upper ? 0 : n - 1;
          to[a] = upper ? n : -1;
          if (((from[0] + from[1] + from[2]) & 1) == colour)
            field[level.at(to[0], to[1], to[2])] = field[level.at(from[0], from[1], from[2])];
        }
  }
}
template void wrap(const Level&, float*, int);
template void wrap(const Level&, double*, int);

} // namespace linnet::latticemg
