#include "learned/train/voxel_system.hpp"

#include <cmath>

namespace linnet::learned {

double dot(const VoxelSystem::Field& a, const VoxelSystem::Field& b) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

template <class Visit>
void VoxelSystem::for_each_cell(Visit&& visit) const {
  std::size_t cell = 0;
  for (int k = 0; k < size_[2]; ++k)
    for (int j = 0; j < size_[1]; ++j)
      for (int i = 0; i < size_[0]; ++i)
        visit(cell++, at(i, j, k));
}

std::size_t VoxelSystem::cells() const {
  return static_cast<std::size_t>(size_[0]) * static_cast<std::size_t>(size_[1]) * static_cast<std::size_t>(size_[2]);
}

VoxelSystem::VoxelSystem(const VoxelDomain& domain, const std::array<int, 3>& axis, const std::array<bool, 3>& flip) {
  for (std::size_t a = 0; a < 3; ++a)
    size_[a] = static_cast<int>(domain.grid.extent(axis[a]));
  const auto padded = [&](int a) { return static_cast<std::size_t>(size_[static_cast<std::size_t>(a)]) + 2; };
  stride_ = {1, padded(0), padded(0) * padded(1)};
  length_ = stride_[2] * padded(2);
  first_ = at(0, 0, 0);
  last_ = at(size_[0] - 1, size_[1] - 1, size_[2] - 1) + 1;
  for (Field* field : {&face_[0], &face_[1], &face_[2], &diagonal_, &inverse_, &excess_, &colour_[0], &colour_[1]})
    field->assign(length_, 0.0F);
  for (int k = 0; k < size_[2]; ++k)
    for (int j = 0; j < size_[1]; ++j)
      for (int i = 0; i < size_[0]; ++i) {
        const std::array<int, 3> own{i, j, k};
        std::array<std::int64_t, 3> place{};
        for (std::size_t a = 0; a < 3; ++a)
          place[static_cast<std::size_t>(axis[a])] = flip[a] ? size_[a] - 1 - own[a] : own[a];
        if (domain.at(place[0], place[1], place[2]) != Cell::fluid)
          continue;
        const std::size_t c = at(i, j, k);
        for (std::size_t a = 0; a < 3; ++a)
          for (int upper = 0; upper < 2; ++upper) {
            const Neighbour across = neighbour(domain, place, 2 * axis[a] + (upper != flip[a] ? 1 : 0));
            diagonal_[c] += across.kind != Cell::solid ? 1.0F : 0.0F;
            excess_[c] += across.kind == Cell::air ? 1.0F : 0.0F;
            if (upper && across.kind == Cell::fluid)
              face_[a][c] = 1;
          }
        if (diagonal_[c] <= 0)
          continue;
        inverse_[c] = 1 / diagonal_[c];
        colour_[static_cast<std::size_t>((i + j + k) % 2)][c] = 1;
        ++unknowns_;
      }
}

void VoxelSystem::multiply(const Field& u, Field* y) const {
  const std::size_t sy = stride_[1], sz = stride_[2];
  const float *x = face_[0].data(), *fy = face_[1].data(), *z = face_[2].data(), *in = u.data();
  float* out = y->data();
#pragma omp simd
  for (std::size_t c = first_; c < last_; ++c)
    out[c] = diagonal_[c] * in[c] - (x[c] * in[c + 1] + x[c - 1] * in[c - 1] + fy[c] * in[c + sy] +
                                     fy[c - sy] * in[c - sy] + z[c] * in[c + sz] + z[c - sz] * in[c - sz]);
}

void VoxelSystem::half_sweep(const Field& b, int colour, Field* u) const {
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
}

void VoxelSystem::half_sweep_transposed(int colour, Field* g) const {
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
}

void VoxelSystem::sweep(const Field& b, int count, bool reversed, Field* u) const {
  for (int s = 0; s < count; ++s)
    for (int half = 0; half < 2; ++half)
      half_sweep(b, half == 0 ? reversed : !reversed, u);
}

void VoxelSystem::sweep_transposed(int count, bool reversed, Field* g) const {
  for (int s = 0; s < count; ++s)
    for (int half = 1; half >= 0; --half)
      half_sweep_transposed(half == 0 ? reversed : !reversed, g);
}

void VoxelSystem::gather(const Field& field, float* values) const {
  for_each_cell([&](std::size_t cell, std::size_t c) { values[cell] = field[c]; });
}

void VoxelSystem::scatter(const float* values, Field* field) const {
  for_each_cell([&](std::size_t cell, std::size_t c) { (*field)[c] = inverse_[c] > 0 ? values[cell] : 0.0F; });
}

void VoxelSystem::write_operator(float* fields) const {
  for_each_cell([&](std::size_t cell, std::size_t c) {
    const float row[5] = {face_[0][c], face_[1][c], face_[2][c], excess_[c], inverse_[c] > 0 ? 1.0F : 0.0F};
    std::copy(row, row + 5, fields + 5 * cell);
  });
}

VoxelSystem::Field VoxelSystem::solve(const Field& b, double tolerance, int most_iterations) const {
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
