#pragma once

#include "files/sparse_matrix.hpp"
#include "problems/components.hpp"
#include "problems/voxels.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace linnet {

/// What becomes of fluid that reaches neither air nor an open side, where there is no shift: its block is singular.
enum class Isolated : std::uint8_t {
  drop, ///< made solid
  keep  ///< kept, with a right-hand side that sums to zero over each such component
};

/// Which cells have rows.
enum class Numbering : std::uint8_t {
  compact, ///< fluid cells, ascending
  full     ///< all cells; those without fluid have identity rows and right-hand side 0
};

/// Right-hand sides b.
enum class RightHandSide : std::uint8_t {
  random,    ///< standard normal
  smooth,    ///< the product over the axes of sin(pi x_a / L_a)
  point,     ///< 1 in the fluid cell nearest the middle of the box, 0 elsewhere
  divergence ///< -div u of a smooth random velocity u without flow through solid faces
};

inline constexpr std::array<const char*, 2> isolated_names = {"drop", "keep"};
inline constexpr std::array<const char*, 2> numbering_names = {"compact", "full"};
inline constexpr std::array<const char*, 4> right_hand_side_names = {"random", "smooth", "point", "divergence"};

/// The choice of that name; each throws InputError for another.
Isolated isolated_from_name(const std::string& name);
Numbering numbering_from_name(const std::string& name);
RightHandSide right_hand_side_from_name(const std::string& name);

/// How a domain becomes a linear system.
struct AssemblySpec {
  std::array<double, 3> spacing = {1, 1, 1}; ///< of the cells along x, y, z; positive
  double shift = 0;                          ///< added to every fluid cell's diagonal; not negative
  /// Ratio of the coefficient inside smooth random inclusions (about half of the box) to that outside; positive.
  double jump = 1;
  Isolated isolated = Isolated::drop;
  Numbering numbering = Numbering::compact;
  RightHandSide right_hand_side = RightHandSide::random;
  std::uint64_t seed = 1; ///< of the right-hand side and the inclusions
  int threads = 0;        ///< 0: one a core; the system does not depend on it
};

/// A pressure system A p = b and where its rows lie.
///
/// A is -div(c grad) with faces of area 1 over cells of volume 1:
///   a_pq = -w_pq for fluid neighbours q, w_pq = 2 c_p c_q / (c_p + c_q) / h^2 with h the spacing across their face,
///   a_pp = shift + sum of w_pq over neighbours that are fluid, air or an open side (where c_q = c_p).
/// With the default spec this is the number of neighbours that are not solid on the diagonal and -1 beside it.
struct PressureSystem {
  SparseMatrix matrix;               ///< symmetric, columns ascending
  std::vector<double> rhs;           ///< b, one a row
  VoxelGrid grid;                    ///< that the cells are numbered in
  std::vector<std::int64_t> cells;   ///< cell of each row
  std::int64_t fluid = 0;            ///< unknowns: fluid cells left after dropping
  std::int64_t dropped = 0;          ///< fluid cells made solid
  std::vector<Component> components; ///< those left, in the order of their first cells
};

/// All of a pressure system but its matrix.
struct PressureProblem {
  VoxelDomain domain; ///< after dropping
  AssemblySpec spec;
  std::vector<double> rhs;           ///< b, one a row
  std::int64_t fluid = 0;            ///< as above
  std::int64_t dropped = 0;          ///< as above
  std::vector<Component> components; ///< as above
  /// By row: the component where it is not anchored and there is no shift, else -1. Empty where there is none.
  std::vector<std::int32_t> singular;
};

/// Throws InputError for values outside the ranges above and for a domain without an unknown.
PressureProblem prepare(VoxelDomain domain, const AssemblySpec& spec);
/// The same.
PressureSystem assemble(VoxelDomain domain, const AssemblySpec& spec);

} // namespace linnet
