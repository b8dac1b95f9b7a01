// From an operator to the finest level, and from a level to the next coarser one.
#include "latticemg/multigrid.hpp"

#include <algorithm>

namespace linnet::latticemg {

namespace {

// Runs work(i, j, k, place) over the cells of a level; threads split the planes, or the lines where there is one plane.
template <class Work>
void for_each_cell(const Level& level, int threads, const Work& work) {
  const int lines = level.size[1] * level.size[2];
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int line = 0; line < lines; ++line) {
    const int j = line % level.size[1], k = line / level.size[1];
    for (int i = 0; i < level.size[0]; ++i)
      work(i, j, k, level.at(i, j, k));
  }
}

// At an end of a periodic axis with an odd number of cells, where the neighbour around it has the same colour.
bool touches_own_colour(const Level& level, int axis, int x) {
  return level.periodic[axis] && level.size[axis] % 2 && (x == 0 || x == level.size[axis] - 1);
}

} // namespace

void import_operator(const LatticeOperator& op, const std::array<int, 3>& axis, double scale, int threads,
                     Level* level) {
  const std::size_t step[3] = {op.stride(axis[0]), op.stride(axis[1]), op.stride(axis[2])};
  for_each_cell(*level, threads, [&](int i, int j, int k, std::ptrdiff_t c) {
    const std::size_t from = i * step[0] + j * step[1] + k * step[2];
    const unsigned links = op.links[from];
    for (std::size_t a = 0; a < 3; ++a) {
      const int upper = 2 * axis[a] + 1;
      const double w = !(links >> upper & 1) ? 0 : op.uniform ? op.unit[axis[a]] : op.face[axis[a]][from];
      level->face[a][c] = static_cast<float>(scale * w);
    }
    const bool coupled = links & (LatticeOperator::row_bit - 1);
    level->b[c] = coupled ? static_cast<float>(scale * std::max(0.0, op.excess_of(from))) : 0;
  });
}

void coarsen(const Level& fine, int threads, Level* coarse) {
  for_each_cell(*coarse, threads, [&](int I, int J, int K, std::ptrdiff_t c) {
    const int end[3] = {std::min(2 * I + 2, fine.size[0]), std::min(2 * J + 2, fine.size[1]),
                        std::min(2 * K + 2, fine.size[2])};
    float w[3] = {0, 0, 0}, excess = 0;
    for (int k = 2 * K; k < end[2]; ++k)
      for (int j = 2 * J; j < end[1]; ++j)
        for (int i = 2 * I; i < end[0]; ++i) {
          const std::ptrdiff_t f = fine.at(i, j, k);
          const int at[3] = {i, j, k};
          for (int a = 0; a < 3; ++a)
            w[a] += at[a] + 1 == end[a] ? fine.face[a][f] : 0;
          excess += fine.b[f];
        }
    for (int a = 0; a < 3; ++a)
      coarse->face[a][c] = coupling_factor * w[a];
    coarse->b[c] = excess_factor * excess;
  });
  // Around an axis of two cells both ways lead to the same neighbour.
  for (int a = 0; a < 3; ++a) {
    if (!(fine.periodic[a] && coarse->size[a] == 2))
      continue;
    for_each_cell(*coarse, threads, [&](int i, int j, int k, std::ptrdiff_t c) {
      const int at[3] = {i, j, k};
      if (at[a] == 0) {
        float& other = coarse->face[a][coarse->at(i + (a == 0), j + (a == 1), k + (a == 2))];
        coarse->face[a][c] += other;
        other = 0;
      }
    });
  }
}

void set_diagonals(int threads, Level* level) {
  for (int colour = 0; colour < 2; ++colour)
    for (float* face : level->face)
      wrap(*level, face, colour);
  for_each_cell(*level, threads, [&](int i, int j, int k, std::ptrdiff_t c) {
    const int at[3] = {i, j, k};
    float diagonal = level->b[c], own_colour = 0;
    for (int a = 0; a < 3; ++a) {
      if (level->size[a] == 1)
        continue;
      const float lower = level->face[a][level->at(i - (a == 0), j - (a == 1), k - (a == 2))],
                  upper = level->face[a][c];
      diagonal += lower + upper;
      if (touches_own_colour(*level, a, at[a]))
        own_colour += at[a] == 0 ? lower : upper;
    }
    level->diagonal[c] = diagonal;
    level->inverse[c] = diagonal > 0 ? 1 / (diagonal + own_colour) : 0;
  });
}

void wrap(const Level& level, float* field, int colour) {
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

} // namespace linnet::latticemg
