#include "learned/train/voxel_operator.hpp"

namespace linnet::learned {

GridOperator grid_operator(const VoxelDomain& domain, const VoxelCoefficients& coefficients) {
  GridOperator op;
  const std::size_t cells = static_cast<std::size_t>(domain.grid.cells());
  for (std::size_t a = 0; a < 3; ++a) {
    op.size[a] = static_cast<int>(domain.grid.extent(static_cast<int>(a)));
    op.periodic[a] = domain.sides[2 * a] == Beyond::periodic;
    op.face[a].assign(cells, 0);
  }
  op.excess.assign(cells, 0);
  const auto c_of = [&](std::int64_t cell) {
    return coefficients.coefficient.empty() ? 1.0 : coefficients.coefficient[static_cast<std::size_t>(cell)];
  };
  for (std::int64_t k = 0, cell = 0; k < domain.grid.nz; ++k)
    for (std::int64_t j = 0; j < domain.grid.ny; ++j)
      for (std::int64_t i = 0; i < domain.grid.nx; ++i, ++cell) {
        if (domain.at(i, j, k) != Cell::fluid)
          continue;
        const auto own = static_cast<std::size_t>(cell);
        double excess = coefficients.shift;
        for (int side = 0; side < 6; ++side) {
          const auto axis = static_cast<std::size_t>(side / 2);
          const Neighbour across = neighbour(domain, {i, j, k}, side);
          const double h = coefficients.spacing[axis], here = c_of(cell) / (h * h);
          if (across.kind == Cell::air)
            excess += here;
          else if (across.kind == Cell::fluid && side % 2 == 1)
            op.face[axis][own] = static_cast<float>(2 * here * c_of(across.cell) / (c_of(cell) + c_of(across.cell)));
        }
        op.excess[own] = static_cast<float>(excess);
      }
  op.normalise();
  return op;
}

} // namespace linnet::learned
