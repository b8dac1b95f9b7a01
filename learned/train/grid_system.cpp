#include "learned/train/grid_system.hpp"

#include <algorithm>
#include <cmath>

namespace linnet::learned {

double dot(const GridSystem::Field& a, const GridSystem::Field& b) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

template <class Visit>
void GridSystem::for_each_cell(Visit&& visit) const {
  std::size_t cell = 0;
  for (int k = 0; k < size_[2]; ++k)
    for (int j = 0; j < size_[1]; ++j)
      for (int i = 0; i < size_[0]; ++i)
        visit(cell++, at(i, j, k));
}

std::size_t GridSystem::cells() const {
  return static_cast<std::size_t>(size_[0]) * static_cast<std::size_t>(size_[1]) * static_cast<std::size_t>(size_[2]);
}

std::size_t GridSystem::cell_of_operator(int i, int j, int k) const {
  const std::array<int, 3> own{i, j, k};
  std::array<std::size_t, 3> place{};
  for (std::size_t a = 0; a < 3; ++a)
    place[static_cast<std::size_t>(orientation_.axis[a])] =
        static_cast<std::size_t>(orientation_.flip[a] ? size_[a] - 1 - own[a] : own[a]);
  const auto nx = static_cast<std::size_t>(operator_size_[0]), ny = static_cast<std::size_t>(operator_size_[1]);
  return place[0] + nx * (place[1] + ny * place[2]);
}

GridSystem::GridSystem(const GridOperator& op, const Orientation& orientation)
    : orientation_(orientation), operator_size_(op.size) {
  std::array<bool, 3> wraps{};
  for (std::size_t a = 0; a < 3; ++a) {
    size_[a] = op.size[static_cast<std::size_t>(orientation.axis[a])];
    wraps[a] = op.periodic[static_cast<std::size_t>(orientation.axis[a])];
  }
  const auto padded = [&](int a) { return static_cast<std::size_t>(size_[static_cast<std::size_t>(a)]) + 2; };
  stride_ = {1, padded(0), padded(0) * padded(1)};
  length_ = stride_[2] * padded(2);
  first_ = at(0, 0, 0);
  last_ = at(size_[0] - 1, size_[1] - 1, size_[2] - 1) + 1;
  for (Field* field : {&face_[0], &face_[1], &face_[2], &diagonal_, &inverse_, &excess_, &colour_[0], &colour_[1]})
    field->assign(length_, 0.0F);
  const std::vector<int> component = op.singular_components();
  for (int k = 0; k < size_[2]; ++k)
    for (int j = 0; j < size_[1]; ++j)
      for (int i = 0; i < size_[0]; ++i) {
        const std::array<int, 3> own{i, j, k};
        const std::size_t c = at(i, j, k), from = cell_of_operator(i, j, k);
        excess_[c] = op.excess[from];
        diagonal_[c] += excess_[c];
        for (std::size_t a = 0; a < 3; ++a) { // the coupling with the upper neighbour
          const bool last = own[a] == size_[a] - 1;
          if (last && !wraps[a])
            continue;
          std::array<int, 3> next = own;
          next[a] = last ? 0 : own[a] + 1;
          const std::size_t lower = orientation.flip[a] ? cell_of_operator(next[0], next[1], next[2]) : from;
          const float w = op.face[static_cast<std::size_t>(orientation.axis[a])][lower];
          face_[a][c] = w;
          diagonal_[c] += w;
          diagonal_[at(next[0], next[1], next[2])] += w;
          if (last) { // the cells beyond both ends
            const std::size_t below = at(next[0], next[1], next[2]) - stride_[a];
            face_[a][below] = w;
            ends_.push_back({below + stride_[a], c, stride_[a], w});
          }
        }
        if (component[from] >= 0) {
          singular_.resize(std::max(singular_.size(), static_cast<std::size_t>(component[from]) + 1));
          singular_[static_cast<std::size_t>(component[from])].push_back(c);
        }
        if (op.unknown[from]) {
          colour_[static_cast<std::size_t>((i + j + k) % 2)][c] = 1;
          ++unknowns_;
        }
      }
  for (std::size_t c = 0; c < length_; ++c)
    inverse_[c] = colour_[0][c] + colour_[1][c] > 0 && diagonal_[c] > 0 ? 1 / diagonal_[c] : 0;
}

void GridSystem::copy_ends(Field* field) const {
  for (const Ends& e : ends_) {
    (*field)[e.first - e.stride] = (*field)[e.last];
    (*field)[e.last + e.stride] = (*field)[e.first];
  }
}

void GridSystem::clear_ends(Field* field) const {
  for (const Ends& e : ends_)
    (*field)[e.first - e.stride] = (*field)[e.last + e.stride] = 0;
}

void GridSystem::project(Field* field) const {
  for (const std::vector<std::size_t>& cells : singular_) {
    double sum = 0;
    for (const std::size_t c : cells)
      sum += (*field)[c];
    for (const std::size_t c : cells)
      (*field)[c] -= static_cast<float>(sum / static_cast<double>(cells.size()));
  }
}

void GridSystem::multiply(const Field& u, Field* y) const {
  if (!ends_.empty()) {
    Field wrapped = u;
    copy_ends(&wrapped);
    multiply_inside(wrapped, y);
    clear_ends(y);
    return;
  }
  multiply_inside(u, y);
}

// With the cells beyond periodic ends as they are.
void GridSystem::multiply_inside(const Field& u, Field* y) const {
  const std::size_t sy = stride_[1], sz = stride_[2];
  const float *x = face_[0].data(), *fy = face_[1].data(), *z = face_[2].data(), *in = u.data();
  float* out = y->data();
#pragma omp simd
  for (std::size_t c = first_; c < last_; ++c)
    out[c] = diagonal_[c] * in[c] - (x[c] * in[c + 1] + x[c - 1] * in[c - 1] + fy[c] * in[c + sy] +
                                     fy[c - sy] * in[c - sy] + z[c] * in[c + sz] + z[c - sz] * in[c - sz]);
}

void GridSystem::half_sweep(const Field& b, int colour, Field* u) const {
  copy_ends(u);
  const std::size_t sy = stride_[1], sz = stride_[2];
  const float *x = face_[0].data(), *fy = face_[1].data(), *z = face_[2].data(), *right = b.data();
  const float* own = colour_[static_cast<std::size_t>(colour)].data();
  float* v = u->data();
#pragma omp simd
  for (std::size_t c = first_; c < last_; ++c) {
    const float sum = x[c] * v[c + 1] + x[c - 1] * v[c - 1] + fy[c] * v[c + sy] + fy[c - sy] * v[c - sy] +
                      z[c] * v[c + sz] + z[c - sz] * v[c - sz];
    v[c] += own[c] * ((right[c] + sum) * inverse_[c] - v[c]);
  }
  clear_ends(u);
}

void GridSystem::half_sweep_transposed(int colour, Field* g) const {
  const std::size_t sy = stride_[1], sz = stride_[2];
  const float *x = face_[0].data(), *fy = face_[1].data(), *z = face_[2].data();
  const float* own = colour_[static_cast<std::size_t>(colour)].data();
  float* v = g->data();
  Field parts(length_, 0.0F);
  float* t = parts.data();
#pragma omp simd
  for (std::size_t c = first_; c < last_; ++c) {
    t[c] = own[c] * inverse_[c] * v[c];
    v[c] -= own[c] * v[c];
  }
#pragma omp simd
  for (std::size_t c = first_; c < last_; ++c)
    v[c] += x[c] * t[c + 1] + x[c - 1] * t[c - 1] + fy[c] * t[c + sy] + fy[c - sy] * t[c - sy] + z[c] * t[c + sz] +
            z[c - sz] * t[c - sz];
  clear_ends(g);
  for (const Ends& e : ends_) {
    v[e.last] += e.coupling * t[e.first];
    v[e.first] += e.coupling * t[e.last];
  }
}

void GridSystem::sweep(const Field& b, int count, bool reversed, Field* u) const {
  for (int s = 0; s < count; ++s)
    for (int half = 0; half < 2; ++half)
      half_sweep(b, half == 0 ? reversed : !reversed, u);
}

void GridSystem::sweep_transposed(int count, bool reversed, Field* g) const {
  for (int s = 0; s < count; ++s)
    for (int half = 1; half >= 0; --half)
      half_sweep_transposed(half == 0 ? reversed : !reversed, g);
}

void GridSystem::gather(const Field& field, float* values) const {
  for_each_cell([&](std::size_t cell, std::size_t c) { values[cell] = field[c]; });
}

void GridSystem::scatter(const float* values, Field* field) const {
  for_each_cell([&](std::size_t cell, std::size_t c) { (*field)[c] = inverse_[c] > 0 ? values[cell] : 0.0F; });
}

void GridSystem::write_operator(float* fields) const {
  for_each_cell([&](std::size_t cell, std::size_t c) {
    const float row[5] = {face_[0][c], face_[1][c], face_[2][c], excess_[c], inverse_[c] > 0 ? 1.0F : 0.0F};
    std::copy(row, row + 5, fields + 5 * cell);
  });
}

GridSystem::Field GridSystem::solve(const Field& b, double tolerance, int most_iterations) const {
  Field x = zeros(), r = b, p = zeros(), z = zeros(), Ap = zeros();
  double rz = 0;
  const double target = tolerance * tolerance * dot(b, b);
  for (int iteration = 0; iteration < most_iterations && dot(r, r) > target; ++iteration) {
    std::fill(z.begin(), z.end(), 0.0F);
    sweep(r, 1, false, &z);
    sweep(r, 1, true, &z);
    const double before = rz;
    rz = dot(r, z);
    const auto beta = static_cast<float>(iteration == 0 ? 0 : rz / before);
    for (std::size_t i = 0; i < length_; ++i)
      p[i] = z[i] + beta * p[i];
    multiply(p, &Ap);
    const auto alpha = static_cast<float>(rz / dot(p, Ap));
    for (std::size_t i = 0; i < length_; ++i) {
      x[i] += alpha * p[i];
      r[i] -= alpha * Ap[i];
    }
  }
  return x;
}

} // namespace linnet::learned
