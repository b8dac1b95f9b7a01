#include "lattice/check.hpp"
#include "lattice/voxels.hpp"

#include <cmath>
#include <set>

namespace voxels {

namespace {

// The cells of all rows, on every rank.
std::vector<PetscInt> all_cells(Mat A, const linnet::Lattice& lattice) {
  PetscInt rows = 0, local = 0;
  PetscMPIInt ranks = 0;
  MatGetSize(A, &rows, nullptr);
  MatGetLocalSize(A, &local, nullptr);
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  std::vector<PetscInt> mine, all(static_cast<std::size_t>(rows));
  for (PetscInt r = 0; r < local; ++r)
    mine.push_back(lattice.cell(r));
  std::vector<int> length(static_cast<std::size_t>(ranks)), start(static_cast<std::size_t>(ranks), 0);
  MPI_Allgather(&local, 1, MPI_INT, length.data(), 1, MPI_INT, PETSC_COMM_WORLD);
  for (std::size_t r = 1; r < start.size(); ++r)
    start[r] = start[r - 1] + length[r - 1];
  MPI_Allgatherv(mine.data(), local, MPIU_INT, all.data(), length.data(), start.data(), MPIU_INT, PETSC_COMM_WORLD);
  return all;
}

bool on_all_ranks(bool good) {
  int all = good;
  MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_INT, MPI_MIN, PETSC_COMM_WORLD);
  return all != 0;
}

// Steps between two cells, the short way round where an axis closes.
PetscInt distance(const linnet::Lattice& lattice, PetscInt a, PetscInt b) {
  PetscInt steps = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const PetscInt extent = lattice.size[axis];
    PetscInt d = std::abs(a % extent - b % extent);
    if (lattice.periodic[axis])
      d = std::min(d, extent - d);
    steps += d;
    a /= extent;
    b /= extent;
  }
  return steps;
}

PetscInt beside(const linnet::Lattice& lattice, PetscInt cell, int direction) {
  std::array<PetscInt, 3> at{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    at[axis] = cell % lattice.size[axis];
    cell /= lattice.size[axis];
  }
  const auto axis = static_cast<std::size_t>(direction / 2);
  const PetscInt extent = lattice.size[axis];
  at[axis] = (at[axis] + (direction % 2 ? 1 : extent - 1)) % extent;
  return at[0] + lattice.size[0] * (at[1] + lattice.size[1] * at[2]);
}

} // namespace

testing::AssertionResult is_exact(Mat A, const linnet::Lattice& lattice) {
  const std::vector<PetscInt> cells = all_cells(A, lattice);
  const std::int64_t count = std::int64_t{lattice.size[0]} * lattice.size[1] * lattice.size[2];
  std::set<PetscInt> taken;
  std::string wrong;
  for (const PetscInt cell : cells)
    if (cell < 0 || cell >= count || !taken.insert(cell).second)
      wrong = "cell " + std::to_string(cell) + " is outside, or taken twice";
  PetscInt begin = 0, end = 0;
  MatGetOwnershipRange(A, &begin, &end);
  for (PetscInt r = begin; r < end; ++r) {
    PetscInt entries = 0;
    const PetscInt* columns = nullptr;
    const PetscScalar* values = nullptr;
    MatGetRow(A, r, &entries, &columns, &values);
    for (PetscInt e = 0; e < entries; ++e)
      if (columns[e] != r && values[e] != 0 &&
          distance(lattice, cells[static_cast<std::size_t>(r)], cells[static_cast<std::size_t>(columns[e])]) != 1)
        wrong = "rows " + std::to_string(r) + " and " + std::to_string(columns[e]) +
                " are coupled, their cells no neighbours";
    MatRestoreRow(A, r, &entries, &columns, &values);
  }
  if (!on_all_ranks(wrong.empty()))
    return testing::AssertionFailure() << (wrong.empty() ? "wrong on another rank" : wrong);
  return testing::AssertionSuccess();
}

testing::AssertionResult multiplies_like(Mat A, const linnet::Lattice& lattice, const linnet::LatticeOperator& op) {
  const std::vector<PetscInt> cells = all_cells(A, lattice);
  std::vector<double> by_cell(static_cast<std::size_t>(lattice.cell_count()), NAN);
  for (std::size_t row = 0; row < cells.size(); ++row)
    by_cell[static_cast<std::size_t>(cells[row])] = 2 * random(7, row) - 1;
  Vec x = nullptr, y = nullptr;
  PetscInt begin = 0, end = 0;
  MatCreateVecs(A, &x, &y);
  MatGetOwnershipRange(A, &begin, &end);
  for (PetscInt r = begin; r < end; ++r)
    VecSetValue(x, r, 2 * random(7, static_cast<std::uint64_t>(r)) - 1, INSERT_VALUES);
  VecAssemblyBegin(x);
  VecAssemblyEnd(x);
  MatMult(A, x, y);
  const PetscScalar* product = nullptr;
  VecGetArrayRead(y, &product);
  std::string wrong;
  for (PetscInt r = 0; r < end - begin; ++r) {
    const PetscInt cell = lattice.cell(r);
    const std::size_t c = op.box_index(lattice, cell);
    const double u = by_cell[static_cast<std::size_t>(cell)];
    double sum = op.excess_of(c) * u, size = std::abs(sum);
    for (int d = 0; d < 6; ++d) {
      const double w = op.coupling(c, d);
      if (w == 0)
        continue;
      const double v = by_cell[static_cast<std::size_t>(beside(lattice, cell, d))];
      sum += w * (u - v);
      size += std::abs(w) * (std::abs(u) + std::abs(v));
    }
    if (!(std::abs(sum - product[r]) <= 1e-13 * size))
      wrong = "row " + std::to_string(begin + r) + ": " + std::to_string(sum) + ", not " + std::to_string(product[r]);
  }
  VecRestoreArrayRead(y, &product);
  VecDestroy(&x);
  VecDestroy(&y);
  if (!on_all_ranks(wrong.empty()))
    return testing::AssertionFailure() << (wrong.empty() ? "wrong on another rank" : wrong);
  return testing::AssertionSuccess();
}

testing::AssertionResult recovers(Mat A, linnet::LatticePlacement* placement) {
  linnet::LatticePlacement own;
  linnet::LatticePlacement* found = placement ? placement : &own;
  std::string refusal;
  const PetscErrorCode status = UpdateLatticePlacement(A, nullptr, nullptr, found, &refusal);
  testing::AssertionResult result = testing::AssertionSuccess();
  if (status)
    result = testing::AssertionFailure() << "PETSc error " << status;
  else if (!refusal.empty())
    result = testing::AssertionFailure() << "refused: " << refusal;
  else if (testing::AssertionResult exact = is_exact(A, found->lattice); !exact)
    result = exact;
  else
    result = multiplies_like(A, found->lattice, found->op);
  MatDestroy(&A);
  return result;
}

std::string refusal_of(Mat A) {
  linnet::LatticePlacement placement;
  std::string refusal;
  EXPECT_PETSC(UpdateLatticePlacement(A, nullptr, nullptr, &placement, &refusal));
  if (refusal.empty()) {
    EXPECT_TRUE(is_exact(A, placement.lattice));
  }
  EXPECT_EQ(refusal.find('\n'), std::string::npos);
  MatDestroy(&A);
  return refusal;
}

} // namespace voxels
