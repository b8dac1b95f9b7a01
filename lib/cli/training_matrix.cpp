#include "cli/training_matrix.hpp"

#include "base/error.hpp"
#include "cli/petsc.hpp"
#include "lattice/operator.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace linnet {

namespace {

using learned::GridOperator;

// Axes of one cell last.
GridOperator from_lattice(const LatticeOperator& op) {
  GridOperator grid;
  std::array<int, 3> axis{0, 1, 2};
  std::stable_partition(axis.begin(), axis.end(), [&](int a) { return op.size[static_cast<std::size_t>(a)] > 1; });
  const auto of = [&](std::size_t a) { return static_cast<std::size_t>(axis[a]); };
  for (std::size_t a = 0; a < 3; ++a) {
    grid.size[a] = static_cast<int>(op.size[of(a)]);
    grid.periodic[a] = op.closes[of(a)];
  }
  for (PetscInt k = 0; k < grid.size[2]; ++k)
    for (PetscInt j = 0; j < grid.size[1]; ++j)
      for (PetscInt i = 0; i < grid.size[0]; ++i) {
        const std::array<PetscInt, 3> own{i, j, k};
        std::size_t c = 0;
        for (std::size_t a = 0; a < 3; ++a)
          c += static_cast<std::size_t>(own[a]) * op.stride(axis[a]);
        for (std::size_t a = 0; a < 3; ++a)
          grid.face[a].push_back(op.links[c] ? static_cast<float>(op.coupling(c, 2 * axis[a] + 1)) : 0);
        grid.excess.push_back(op.links[c] ? static_cast<float>(op.excess_of(c)) : 0);
      }
  grid.normalise();
  return grid;
}

// `cells`: of the rows, on a grid of that `size`; null: it is recovered.
GridOperator operator_of(SparseMatrix* matrix, const std::vector<std::int64_t>* cells, const GridSize& size,
                         const std::string& name, int dimension) {
  if (matrix->rows != matrix->cols || matrix->nnz() > std::numeric_limits<PetscInt>::max())
    throw InputError(name, "", "expected a square matrix");
  std::vector<PetscInt> row_start(matrix->row_start.begin(), matrix->row_start.end());
  MatHandle A;
  check(MatCreateSeqAIJWithArrays(PETSC_COMM_SELF, static_cast<PetscInt>(matrix->rows),
                                  static_cast<PetscInt>(matrix->cols), row_start.data(), matrix->column.data(),
                                  matrix->value.data(), A.out()));
  if (cells) {
    const std::vector<PetscInt> numbers(cells->begin(), cells->end());
    IsHandle rows;
    check(ISCreateGeneral(PETSC_COMM_SELF, static_cast<PetscInt>(numbers.size()), numbers.data(), PETSC_COPY_VALUES,
                          rows.out()));
    compose_cells(A, rows);
  }
  LatticePlacement placement;
  std::string refusal;
  check(UpdateLatticePlacement(A, nullptr, &size, &placement, &refusal));
  if (refusal.empty() && placement.op.min_coupling < 0)
    refusal = "negative couplings";
  if (!refusal.empty())
    throw InputError(name, "", "expected a grid operator: " + refusal);
  GridOperator grid = from_lattice(placement.op);
  const int found = grid.size[2] > 1 ? 3 : 2;
  if (found != dimension)
    throw InputError(name, "",
                     "expected a grid of " + std::to_string(dimension) + " dimensions, found " + std::to_string(found));
  if (grid.unknowns() == 0)
    throw InputError(name, "", "expected unknowns that are coupled");
  return grid;
}

} // namespace

learned::GridOperator grid_operator_of(SparseMatrix* matrix, const std::string& name, int dimension) {
  return operator_of(matrix, nullptr, {}, name, dimension);
}

learned::GridOperator grid_operator_of(PressureSystem* system, const std::string& name, int dimension) {
  const VoxelGrid& grid = system->grid;
  const GridSize size{static_cast<PetscInt>(grid.nx), static_cast<PetscInt>(grid.ny), static_cast<PetscInt>(grid.nz)};
  return operator_of(&system->matrix, &system->cells, size, name, dimension);
}

} // namespace linnet
