#pragma once

#include "learned/graph.hpp"

#include <array>
#include <vector>

namespace linnet::learned {

/// The coefficients of a Poisson-type operator on the cells i + nx (j + ny k) of a box:
///   (A u)_c = sum over neighbours w_cd (u_c - u_d) + e_c u_c,   w, e >= 0.
struct GridOperator {
  Grid size{};
  std::array<bool, 3> periodic{};
  std::array<std::vector<float>, 3> face; ///< w with the upper neighbour; that of the last cell: around the axis
  std::vector<float> excess;              ///< e; only of unknowns
  std::vector<std::uint8_t> unknown;      ///< 1 on the cells that are coupled with others

  std::size_t cells() const { return cells_of(size); }
  std::size_t unknowns() const;
  /// Scales it to a largest coupling of 1, as PCCNN does, and finds the unknowns.
  void normalise();
  /// For each cell the number of its component where that one is singular (no excess at all), else -1.
  std::vector<int> singular_components() const;
};

} // namespace linnet::learned
