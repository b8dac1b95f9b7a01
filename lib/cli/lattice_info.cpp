#include "cli/lattice_info.hpp"

#include "cli/petsc.hpp"
#include "lattice/operator.hpp"

#include <limits>

namespace linnet {

namespace {

std::string coefficients(const LatticeOperator& op) {
  if (op.voxel)
    return "voxel Laplacian";
  if (op.uniform)
    return "one coupling an axis";
  return "variable";
}

} // namespace

nlohmann::ordered_json describe_lattice(SparseMatrix& matrix) {
  if (matrix.nnz() > std::numeric_limits<PetscInt>::max())
    return {{"refusal", "more entries than 32-bit indices count"}};
  std::vector<PetscInt> row_start(matrix.row_start.begin(), matrix.row_start.end());
  MatHandle A;
  check(MatCreateSeqAIJWithArrays(PETSC_COMM_SELF, static_cast<PetscInt>(matrix.rows),
                                  static_cast<PetscInt>(matrix.cols), row_start.data(), matrix.column.data(),
                                  matrix.value.data(), A.out()));
  LatticePlacement placement;
  std::string refusal;
  check(UpdateLatticePlacement(A, nullptr, nullptr, &placement, &refusal));
  if (!refusal.empty())
    return {{"refusal", refusal}};
  const Lattice& lattice = placement.lattice;
  const LatticeOperator& op = placement.op;
  return {{"grid", lattice.size},
          {"periodic", lattice.periodic},
          {"rows_in_natural_order", lattice.natural},
          {"coefficients", coefficients(op)},
          {"couplings", {op.min_coupling, op.max_coupling}},
          {"row_factors", op.has_row_factors},
          {"singular", op.coupled_rows > 0 && op.max_excess == 0}};
}

std::string lattice_line(const nlohmann::ordered_json& lattice) {
  if (lattice.contains("refusal"))
    return "no: " + lattice["refusal"].get<std::string>();
  const auto grid = lattice["grid"].get<std::vector<int>>();
  const auto periodic = lattice["periodic"].get<std::vector<bool>>();
  std::string text;
  for (std::size_t axis = 0; axis < grid.size(); ++axis)
    text += (axis > 0 ? " x " : "") + std::to_string(grid[axis]) + (periodic[axis] ? " (periodic)" : "");
  text += " cells, " + lattice["coefficients"].get<std::string>();
  return text + (lattice["row_factors"].get<bool>() ? ", symmetric by a factor of each row" : "");
}

} // namespace linnet
