// Solves with PCLATTICEMG through PETSc's objects, on any number of ranks.
#pragma once

#include "lattice/voxels.hpp"
#include "support/petsc_systems.hpp"

#include <linnet/linnet.h>

#include <string>
#include <vector>

namespace latticemg_test {

using namespace linnet::test;

inline int rank_in_world() {
  int rank = 0;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  return rank;
}

inline int ranks_of_world() {
  int ranks = 1;
  MPI_Comm_size(PETSC_COMM_WORLD, &ranks);
  return ranks;
}

struct Outcome {
  PetscInt iterations = -1;
  KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
  double residual = -1; ///< ||b - A x|| / ||b||
};

/// CG or another method around latticemg, rtol 1e-6 on the unpreconditioned norm.
inline OwnedKSP make_solver(Mat A, const char* type = KSPCG) {
  OwnedKSP ksp;
  PC pc = nullptr;
  LinnetInitialize();
  KSPCreate(PETSC_COMM_WORLD, ksp.out());
  KSPSetType(ksp, type);
  KSPSetOperators(ksp, A, A);
  KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED);
  KSPSetTolerances(ksp, 1e-6, PETSC_DEFAULT, PETSC_DEFAULT, 300);
  KSPGetPC(ksp, &pc);
  PCSetType(pc, PCLATTICEMG);
  return ksp;
}

inline PC pc_of(KSP ksp) {
  PC pc = nullptr;
  KSPGetPC(ksp, &pc);
  return pc;
}

/// With a random right-hand side, without its part in the null space of the matrix.
inline Outcome solve(KSP ksp, unsigned seed = 1) {
  Mat A = nullptr;
  MatNullSpace constants = nullptr;
  KSPGetOperators(ksp, &A, nullptr);
  MatGetNullSpace(A, &constants);
  const OwnedVec b = noise(A, seed), x = zeros(A);
  if (constants)
    MatNullSpaceRemove(constants, b);
  Outcome outcome;
  EXPECT_EQ(static_cast<int>(KSPSolve(ksp, b, x)), 0);
  KSPGetIterationNumber(ksp, &outcome.iterations);
  KSPGetConvergedReason(ksp, &outcome.reason);
  outcome.residual = relative_residual(A, x, b);
  return outcome;
}

inline OwnedMat owned(Mat A) {
  OwnedMat matrix;
  *matrix.out() = A;
  return matrix;
}

/// Of the active cells of a domain; with constants attached as the null space where `singular`.
inline OwnedMat system(const voxels::Domain& domain, const voxels::Coefficients& coefficients, bool singular = false) {
  OwnedMat A = owned(voxels::matrix(domain, voxels::compact(domain), coefficients));
  if (singular) {
    OwnedNullSpace constants;
    MatNullSpaceCreate(PETSC_COMM_WORLD, PETSC_TRUE, 0, nullptr, constants.out());
    MatSetNullSpace(A, constants);
  }
  return A;
}

/// MatZeroRows() or MatZeroRowsColumns() of the rows that `is_fixed` picks by their numbers.
template <class IsFixed>
void fix_rows(Mat A, double diagonal, const IsFixed& is_fixed, bool columns = false) {
  PetscInt first = 0, last = 0;
  std::vector<PetscInt> rows;
  MatGetOwnershipRange(A, &first, &last);
  for (PetscInt row = first; row < last; ++row)
    if (is_fixed(row))
      rows.push_back(row);
  LINNET_CALL((columns ? MatZeroRowsColumns : MatZeroRows)(A, static_cast<PetscInt>(rows.size()), rows.data(), diagonal,
                                                           nullptr, nullptr));
}

/// The cells of the rows that system() made, on a matrix on any communicator.
inline void compose_cells(Mat A, const voxels::Domain& domain) {
  const voxels::Numbering numbering = voxels::compact(domain);
  PetscInt first = 0, last = 0;
  IS cells = nullptr;
  MatGetOwnershipRange(A, &first, &last);
  ISCreateGeneral(PetscObjectComm(reinterpret_cast<PetscObject>(A)), last - first, numbering.cell_of_row.data() + first,
                  PETSC_COPY_VALUES, &cells);
  PetscObjectCompose(reinterpret_cast<PetscObject>(A), "linnet_cells", reinterpret_cast<PetscObject>(cells));
  ISDestroy(&cells);
}

/// What a scatter of all of a vector brings to this rank.
inline std::vector<double> scattered(Vec v, PetscErrorCode (*create)(Vec, VecScatter*, Vec*)) {
  VecScatter scatter = nullptr;
  Vec all = nullptr;
  PetscInt length = 0;
  const PetscScalar* values = nullptr;
  create(v, &scatter, &all);
  VecScatterBegin(scatter, v, all, INSERT_VALUES, SCATTER_FORWARD);
  VecScatterEnd(scatter, v, all, INSERT_VALUES, SCATTER_FORWARD);
  VecGetLocalSize(all, &length);
  VecGetArrayRead(all, &values);
  std::vector<double> copy(values, values + length);
  VecRestoreArrayRead(all, &values);
  VecScatterDestroy(&scatter);
  VecDestroy(&all);
  return copy;
}
/// All of a vector on the first rank, nothing on the others.
inline std::vector<double> on_first_rank(Vec v) {
  return scattered(v, VecScatterCreateToZero);
}
inline std::vector<double> everywhere(Vec v) {
  return scattered(v, VecScatterCreateToAll);
}

/// A matrix on one process alone, whatever the communicator of the test.
inline OwnedMat on_each_process(Mat A) {
  PetscInt rows = 0;
  IS all = nullptr;
  Mat* copies = nullptr;
  OwnedMat copy;
  MatGetSize(A, &rows, nullptr);
  ISCreateStride(PETSC_COMM_SELF, rows, 0, 1, &all);
  MatCreateSubMatrices(A, 1, &all, &all, MAT_INITIAL_MATRIX, &copies);
  MatDuplicate(copies[0], MAT_COPY_VALUES, copy.out());
  MatDestroySubMatrices(1, &copies);
  ISDestroy(&all);
  return copy;
}

inline std::string view(PC pc) {
  return view_text<PC>(pc, PCView);
}

} // namespace latticemg_test
