#include "problems/noise.hpp"

#include <cmath>

namespace linnet {

SmoothNoise::Axis SmoothNoise::make_axis(std::int64_t n, double length) {
  Axis axis{};
  if (n == 1) {
    axis.points = 1;
    axis.spline.push_back({0, {1, 0, 0}});
    return axis;
  }
  for (std::int64_t i = 0; i < n; ++i) {
    const double t = static_cast<double>(i) / length;
    const double f = t - std::floor(t);
    axis.spline.push_back({static_cast<std::int64_t>(t), {0.5 * (1 - f) * (1 - f), 0.5 + f * (1 - f), 0.5 * f * f}});
  }
  axis.points = axis.spline.back().first + 3;
  return axis;
}

SmoothNoise::SmoothNoise(const VoxelGrid& grid, double length, const RandomStream& stream)
    : axis_{make_axis(grid.nx, length), make_axis(grid.ny, length), make_axis(grid.nz, length)} {
  double variance = 1;
  for (int axis = 0; axis < 3; ++axis)
    if (grid.extent(axis) > 1)
      variance *= 0.55; // integral of w0^2 + w1^2 + w2^2 over f in [0, 1]
  scale_ = 1 / std::sqrt(variance);
  value_.resize(static_cast<std::size_t>(axis_[0].points * axis_[1].points * axis_[2].points));
  for (std::size_t i = 0; i < value_.size(); ++i)
    value_[i] = stream.normal(i);
}

void SmoothNoise::line(std::int64_t j, std::int64_t k, std::vector<double>& values) const {
  const Spline& y = axis_[1].spline[static_cast<std::size_t>(j)];
  const Spline& z = axis_[2].spline[static_cast<std::size_t>(k)];
  const std::size_t points = static_cast<std::size_t>(axis_[0].points);
  // along[p] = scale sum_ab wy[a] wz[b] value[p, y + a, z + b], with two zeros behind for the splines of a single cell
  thread_local std::vector<double> along;
  along.assign(points + 2, 0);
  for (std::size_t b = 0; b < 3; ++b)
    for (std::size_t a = 0; a < 3; ++a) {
      const double weight = scale_ * y.weight[a] * z.weight[b];
      if (weight == 0)
        continue;
      const std::size_t row = static_cast<std::size_t>(y.first) + a +
                              static_cast<std::size_t>(axis_[1].points) * (static_cast<std::size_t>(z.first) + b);
      for (std::size_t p = 0; p < points; ++p)
        along[p] += weight * value_[row * points + p];
    }
  const std::vector<Spline>& splines = axis_[0].spline;
  values.resize(splines.size());
  for (std::size_t i = 0; i < splines.size(); ++i) {
    const double* const v = &along[static_cast<std::size_t>(splines[i].first)];
    values[i] = splines[i].weight[0] * v[0] + splines[i].weight[1] * v[1] + splines[i].weight[2] * v[2];
  }
}

} // namespace linnet
