#include "cli/lattice_system.hpp"

#include "base/error.hpp"
#include "cli/ranks.hpp"
#include "lattice/from_lines.hpp"
#include "problems/operator.hpp"

#include <algorithm>
#include <thread>
#include <type_traits>

namespace linnet {

namespace {

// What every rank must know of the problem, but for its cells.
struct Known {
  VoxelGrid grid;
  Sides sides;
  AssemblySpec spec;
  std::int64_t components, singular_components, singular_rows, empty;
};
static_assert(std::is_trivially_copyable_v<Known>);

// Numbers the singular components of more than one cell; the others become empty rows.
Known take_singular(PressureProblem& problem) {
  Known known{problem.domain.grid,
              problem.domain.sides,
              problem.spec,
              static_cast<std::int64_t>(problem.components.size()),
              0,
              0,
              0};
  std::vector<std::int32_t> number(problem.components.size(), -1);
  for (std::size_t c = 0; !problem.singular.empty() && c < number.size(); ++c) {
    const Component& component = problem.components[c];
    if (component.anchored)
      continue;
    known.empty += component.cells == 1;
    number[c] = component.cells == 1 ? empty_row : static_cast<std::int32_t>(known.singular_components++);
    known.singular_rows += component.cells == 1 ? 0 : component.cells;
  }
  for (std::int32_t& component : problem.singular)
    component = component < 0 ? -1 : number[static_cast<std::size_t>(component)];
  return known;
}

void fill_line(const VoxelOperator& op, PetscInt i, PetscInt j, PetscInt k, PetscInt count, MatLatticeCell* cells) {
  const VoxelDomain& domain = op.domain;
  for (PetscInt c = 0; c < count; ++c) {
    const std::array<std::int64_t, 3> position = {i + c, j, k};
    const std::int64_t here = domain.grid.cell(i + c, j, k);
    MatLatticeCell& cell = cells[c];
    if (domain.cell[static_cast<std::size_t>(here)] != Cell::fluid) {
      cell.unknown = PETSC_FALSE;
      continue;
    }
    bool coupled = false;
    cell.excess = op.shift;
    for (int side = 0; side < 6; ++side) {
      const Neighbour across = neighbour(domain, position, side);
      if (across.kind == Cell::solid)
        continue;
      const double weight = op.weight(here, across, side);
      if (across.kind == Cell::air)
        cell.excess += weight;
      else if (side % 2)
        cell.upper[side / 2] = weight;
      coupled = coupled || across.kind == Cell::fluid;
    }
    if (!coupled && cell.excess == 0)
      cell.excess = 1;
  }
}

Properties properties_of(const System& system, const Known& known) {
  Properties p;
  MatInfo info;
  PetscInt n = 0;
  check(MatGetSize(system.A, &n, nullptr));
  check(MatGetInfo(system.A, MAT_GLOBAL_SUM, &info));
  p.n = p.positive_diagonals = n;
  p.nnz = static_cast<std::int64_t>(info.nz_used);
  p.symmetric = p.left_constants = true;
  p.dominance = 1; // at most
  p.components = known.components;
  p.singular_components = known.singular_components;
  p.singular_rows = known.singular_rows;
  p.dominant_components = p.components - p.singular_components;
  return p;
}

} // namespace

std::int64_t create_lattice_system(System& system, PressureProblem& problem) {
  const MPI_Comm comm = system.comm;
  Known known{};
  on_rank_0(comm, [&] { known = take_singular(problem); });
  MPI_Bcast(&known, sizeof(Known), MPI_BYTE, 0, comm);
  VoxelDomain domain = std::move(problem.domain);
  domain.grid = known.grid;
  domain.sides = known.sides;
  domain.cell.resize(static_cast<std::size_t>(known.grid.cells()));
  MPI_Bcast(domain.cell.data(), static_cast<int>(domain.cell.size()), MPI_BYTE, 0, comm);

  const AssemblySpec& spec = known.spec;
  const Coefficients coefficients = make_coefficients(domain.grid, spec);
  const VoxelOperator op{domain, coefficients, inverse_squares(spec), spec.shift};
  const std::array<PetscInt, 3> size{static_cast<PetscInt>(domain.grid.nx), static_cast<PetscInt>(domain.grid.ny),
                                     static_cast<PetscInt>(domain.grid.nz)};
  std::array<bool, 3> periodic{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    periodic[axis] = domain.sides[2 * axis] == Beyond::periodic;
  const int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / size_of(comm));
  std::string refusal;
  check(CreateLatticeMatrix(
      comm, size, periodic, spec.numbering == Numbering::full, threads,
      [&op](PetscInt i, PetscInt j, PetscInt k, PetscInt count, MatLatticeCell* cells) {
        fill_line(op, i, j, k, count, cells);
        return PetscErrorCode{0};
      },
      system.A.out(), &refusal));
  if (!refusal.empty())
    throw InputError(system.file + ": " + refusal);
  system.properties = properties_of(system, known);
  if (system.properties.known_spd())
    check(MatSetOption(system.A, MAT_SPD, PETSC_TRUE));
  if (known.singular_components > 0 || known.empty > 0)
    system.singular = scatter(comm, problem.singular, row_offsets(system));
  problem.singular = {};
  return known.empty;
}

} // namespace linnet
