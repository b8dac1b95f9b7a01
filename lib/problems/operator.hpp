#pragma once

#include "problems/assemble.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace linnet {

/// The coefficient of each cell: one of two values.
struct Coefficients {
  std::vector<std::uint8_t> inclusion;                            ///< per cell: 1 inside an inclusion; empty: nowhere
  std::array<std::array<double, 2>, 2> face = {{{1, 1}, {1, 1}}}; ///< harmonic mean, by the kinds of the two cells
};

/// Smooth random inclusions, about half of the box, whose coefficient is spec.jump times that outside.
Coefficients make_coefficients(const VoxelGrid& grid, const AssemblySpec& spec);

/// 1 / h_a^2 by axis.
inline std::array<double, 3> inverse_squares(const AssemblySpec& spec) {
  std::array<double, 3> inverse{};
  for (std::size_t a = 0; a < 3; ++a)
    inverse[a] = 1 / (spec.spacing[a] * spec.spacing[a]);
  return inverse;
}

/// The operator's weights on a domain.
struct VoxelOperator {
  const VoxelDomain& domain;
  const Coefficients& coefficients;
  std::array<double, 3> inverse_square; ///< 1 / h_a^2
  double shift;

  /// Weight of the face of `cell` across `side`.
  double weight(std::int64_t cell, const Neighbour& across, int side) const {
    double c = 1;
    if (!coefficients.inclusion.empty()) {
      const std::size_t here = coefficients.inclusion[static_cast<std::size_t>(cell)];
      c = coefficients.face[here][across.cell < 0 || across.kind == Cell::air
                                      ? here
                                      : coefficients.inclusion[static_cast<std::size_t>(across.cell)]];
    }
    return c * inverse_square[static_cast<std::size_t>(side / 2)];
  }
};

} // namespace linnet
