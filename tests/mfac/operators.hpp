// Operators for the tests of PCMFAC and PCNYSTROM, the same on any number of ranks.
#pragma once

#include "support/petsc_systems.hpp"

#include <linnet/linnet.h>

#include <cmath>
#include <functional>
#include <string>

namespace mfac_test {

using namespace linnet::test;

/// Entries in [-1, 1) from i and j alone.
inline double mixed(PetscInt i, PetscInt j) {
  unsigned long long h =
      (static_cast<unsigned long long>(i) * 1000003 + static_cast<unsigned long long>(j) + 1) * 0x9E3779B97F4A7C15ULL;
  h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9ULL;
  h = (h ^ (h >> 27)) * 0x94D049BB133111EBULL;
  return static_cast<double>((h ^ (h >> 31)) >> 11) * 0x1p-52 - 1;
}

inline OwnedMat dense(PetscInt rows, PetscInt columns, const std::function<double(PetscInt, PetscInt)>& entry = mixed) {
  OwnedMat A;
  PetscInt first = 0, last = 0;
  MatCreateDense(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, rows, columns, nullptr, A.out());
  MatGetOwnershipRange(A, &first, &last);
  for (PetscInt i = first; i < last; i++)
    for (PetscInt j = 0; j < columns; j++)
      MatSetValue(A, i, j, entry(i, j), INSERT_VALUES);
  MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
  MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
  return A;
}

inline OwnedMat constant_diagonal(PetscInt n, double value) {
  OwnedMat A;
  MatCreateConstantDiagonal(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, n, n, value, A.out());
  return A;
}

/// A sequential vector on each rank.
inline OwnedVec replicated(const std::vector<double>& numbers) {
  OwnedVec v;
  VecCreateSeq(PETSC_COMM_SELF, static_cast<PetscInt>(numbers.size()), v.out());
  for (std::size_t i = 0; i < numbers.size(); i++)
    VecSetValue(v, static_cast<PetscInt>(i), numbers[i], INSERT_VALUES);
  VecAssemblyBegin(v);
  VecAssemblyEnd(v);
  return v;
}

/// A + U C U^T, or A + U C V^T.
inline OwnedMat low_rank(Mat base, Mat U, Vec c = nullptr, Mat V = nullptr) {
  OwnedMat A;
  MatCreateLRC(base, U, c, V ? V : U, A.out());
  return A;
}

inline OwnedMat normal(Mat J) {
  OwnedMat A;
  MatCreateNormal(J, A.out());
  return A;
}

inline OwnedPC make_pc(Mat A, PCType type) {
  OwnedPC pc;
  LinnetInitialize();
  PCCreate(PETSC_COMM_WORLD, pc.out());
  PCSetOperators(pc, A, A);
  PCSetType(pc, type);
  return pc;
}

/// |b - A M b| / |b|
inline double defect(Mat A, PC pc, unsigned seed = 1) {
  const OwnedVec b = noise(A, seed), z = zeros(A);
  EXPECT_EQ(static_cast<int>(PCApply(pc, b, z)), 0);
  return relative_residual(A, z, b);
}

/// |A z + shift z - b| / |b| with z = M b
inline double shifted_defect(Mat A, double shift, PC pc) {
  const OwnedVec b = noise(A, 1), z = zeros(A), r = zeros(A);
  PetscReal norm_r = 0, norm_b = 0;
  EXPECT_EQ(static_cast<int>(PCApply(pc, b, z)), 0);
  MatMult(A, z, r);
  VecAXPBYPCZ(r, -1, shift, 1, b, z);
  VecNorm(r, NORM_2, &norm_r);
  VecNorm(b, NORM_2, &norm_b);
  return norm_r / norm_b;
}

/// What a call that must fail returns, without PETSc's message.
template <class Call>
int error_of(const Call& call) {
  PetscPushErrorHandler(PetscReturnErrorHandler, nullptr);
  const PetscErrorCode ierr = call();
  PetscPopErrorHandler();
  return static_cast<int>(ierr);
}

/// PCMatApply() against PCApply() of each column.
inline void expect_columns_alike(Mat A, PC pc) {
  PetscInt n = 0, local = 0, first = 0, last = 0;
  MatGetSize(A, &n, nullptr);
  MatGetLocalSize(A, &local, nullptr);
  const OwnedMat X = dense(n, 3, [](PetscInt i, PetscInt j) { return mixed(i, j + 50); });
  OwnedMat Y;
  MatDuplicate(X, MAT_COPY_VALUES, Y.out());
  LINNET_CALL(PCMatApply(pc, X, Y));
  const OwnedVec z = zeros(A);
  MatGetOwnershipRange(A, &first, &last);
  for (PetscInt k = 0; k < 3; k++) {
    Vec x = nullptr;
    const PetscScalar *one = nullptr, *many = nullptr;
    PetscInt ld = 0;
    MatDenseGetColumnVecRead(X, k, &x);
    LINNET_CALL(PCApply(pc, x, z));
    MatDenseRestoreColumnVecRead(X, k, &x);
    MatDenseGetLDA(Y, &ld);
    MatDenseGetArrayRead(Y, &many);
    VecGetArrayRead(z, &one);
    for (PetscInt i = 0; i < last - first; i++)
      ASSERT_NEAR(one[i], many[k * ld + i], 1e-10 * (1 + std::abs(one[i])));
    VecRestoreArrayRead(z, &one);
    MatDenseRestoreArrayRead(Y, &many);
  }
}

} // namespace mfac_test
