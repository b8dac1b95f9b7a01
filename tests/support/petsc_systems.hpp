#pragma once

#include <gtest/gtest.h>
#include <petscksp.h>

#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

/// A PETSc call inside a test: a failure ends the test with PETSc's error code.
#define LINNET_CALL(...) ASSERT_EQ(static_cast<int>(__VA_ARGS__), 0)

namespace linnet::test {

/// Owns a PETSc object.
template <class T, PetscErrorCode (*destroy)(T*)>
class Owned {
public:
  Owned() = default;
  Owned(Owned&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() { destroy(&object_); }
  operator T() const { return object_; } // NOLINT(google-explicit-constructor): PETSc calls take the object
  T* out() {
    destroy(&object_);
    return &object_;
  }

private:
  T object_ = nullptr;
};
using OwnedMat = Owned<Mat, MatDestroy>;
using OwnedVec = Owned<Vec, VecDestroy>;
using OwnedKSP = Owned<KSP, KSPDestroy>;
using OwnedPC = Owned<PC, PCDestroy>;
using OwnedNullSpace = Owned<MatNullSpace, MatNullSpaceDestroy>;

/// Value of the entry (i, j) of an n x n matrix; zero where there is none.
using Entry = std::function<double(PetscInt, PetscInt)>;

/// An AIJ matrix with the entries within `bandwidth` of the diagonal, on PETSC_COMM_WORLD.
inline OwnedMat banded_matrix(PetscInt n, PetscInt bandwidth, const Entry& entry) {
  OwnedMat A;
  PetscInt first = 0, last = 0;
  MatCreateAIJ(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, n, n, 2 * bandwidth + 1, nullptr, 2 * bandwidth + 1,
               nullptr, A.out());
  MatSetOption(A, MAT_NEW_NONZERO_ALLOCATION_ERR, PETSC_FALSE);
  MatGetOwnershipRange(A, &first, &last);
  for (PetscInt i = first; i < last; i++)
    for (PetscInt j = std::max<PetscInt>(0, i - bandwidth); j <= std::min(n - 1, i + bandwidth); j++)
      if (const double value = entry(i, j); value != 0 || i == j)
        MatSetValue(A, i, j, value, INSERT_VALUES);
  MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
  MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
  MatSetOption(A, MAT_SYMMETRIC, PETSC_TRUE);
  return A;
}

/// The 5-point Laplacian on m x m cells, Dirichlet all round or Neumann all round (singular).
inline OwnedMat laplacian(PetscInt m, bool neumann = false) {
  return banded_matrix(m * m, m, [=](PetscInt i, PetscInt j) -> double {
    const PetscInt xi = i % m, yi = i / m, xj = j % m, yj = j / m;
    const PetscInt distance = std::abs(xi - xj) + std::abs(yi - yj);
    if (distance == 0)
      return neumann ? (xi > 0) + (xi < m - 1) + (yi > 0) + (yi < m - 1) : 4;
    return distance == 1 ? -1 : 0;
  });
}

inline OwnedMat diagonal_matrix(const std::vector<double>& diagonal) {
  return banded_matrix(static_cast<PetscInt>(diagonal.size()), 0,
                       [&](PetscInt i, PetscInt) { return diagonal[static_cast<std::size_t>(i)]; });
}

/// Entries in [-1, 1) from the global index and the seed alone: the same on any number of ranks.
inline OwnedVec noise(Mat A, unsigned seed = 1) {
  OwnedVec v;
  PetscInt first = 0, last = 0;
  MatCreateVecs(A, v.out(), nullptr);
  VecGetOwnershipRange(v, &first, &last);
  for (PetscInt i = first; i < last; i++) {
    unsigned long long h =
        (static_cast<unsigned long long>(i) + 1) * 0x9E3779B97F4A7C15ULL + seed * 0xD1B54A32D192ED03ULL;
    h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9ULL;
    h = (h ^ (h >> 27)) * 0x94D049BB133111EBULL;
    VecSetValue(v, i, static_cast<double>((h ^ (h >> 31)) >> 11) * 0x1p-52 - 1, INSERT_VALUES);
  }
  VecAssemblyBegin(v);
  VecAssemblyEnd(v);
  return v;
}

inline OwnedVec zeros(Mat A) {
  OwnedVec v;
  MatCreateVecs(A, v.out(), nullptr);
  VecSet(v, 0);
  return v;
}

/// Random columns, distributed as the rows of A.
inline OwnedMat random_columns(Mat A, PetscInt columns) {
  OwnedMat X;
  PetscInt local = 0, rows = 0;
  MatGetLocalSize(A, &local, nullptr);
  MatGetSize(A, &rows, nullptr);
  MatCreateDense(PETSC_COMM_WORLD, local, PETSC_DECIDE, rows, columns, nullptr, X.out());
  MatSetRandom(X, nullptr);
  return X;
}

/// ||b - A x|| / ||b||
inline double relative_residual(Mat A, Vec x, Vec b) {
  OwnedVec r;
  PetscReal norm_r = 0, norm_b = 0;
  VecDuplicate(b, r.out());
  MatMult(A, x, r);
  VecAYPX(r, -1, b);
  VecNorm(r, NORM_2, &norm_r);
  VecNorm(b, NORM_2, &norm_b);
  return norm_r / norm_b;
}

/// What an object's -..._view prints, on the first rank; all ranks call it.
template <class Object>
std::string view_text(Object object, PetscErrorCode (*view)(Object, PetscViewer)) {
  char buffer[16384] = "";
  PetscViewer viewer = nullptr;
  FILE* file = fmemopen(buffer, sizeof(buffer), "w");
  PetscViewerASCIIOpenWithFILE(PETSC_COMM_WORLD, file, &viewer);
  view(object, viewer);
  PetscViewerDestroy(&viewer);
  std::fclose(file);
  return buffer;
}

inline bool first_rank() {
  PetscMPIInt rank = 0;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  return rank == 0;
}

/// z = apply(r) as a preconditioner; counts its applications.
struct ShellPC {
  std::function<PetscErrorCode(Vec r, Vec z)> apply;
  int applications = 0;

  void attach(PC pc) {
    PCSetType(pc, PCSHELL);
    PCShellSetContext(pc, this);
    PCShellSetApply(pc, [](PC self, Vec r, Vec z) {
      ShellPC* shell = nullptr;
      PCShellGetContext(self, &shell);
      shell->applications++;
      return shell->apply(r, z);
    });
  }
};

/// z = -r: a preconditioner whose every direction leads uphill.
inline PetscErrorCode negate(Vec r, Vec z) {
  PetscCall(VecCopy(r, z));
  return VecScale(z, -1);
}

/// y = A x through a shell that counts its products.
struct CountingMat {
  Mat inner = nullptr;
  int products = 0;
  OwnedMat shell;

  explicit CountingMat(Mat A) : inner(A) {
    PetscInt m = 0, n = 0;
    MatGetLocalSize(A, &m, &n);
    MatCreateShell(PETSC_COMM_WORLD, m, n, PETSC_DETERMINE, PETSC_DETERMINE, this, shell.out());
    MatShellSetOperation(shell, MATOP_MULT, reinterpret_cast<void (*)()>(multiply));
  }
  static PetscErrorCode multiply(Mat self, Vec x, Vec y) {
    CountingMat* counting = nullptr;
    MatShellGetContext(self, &counting);
    counting->products++;
    return MatMult(counting->inner, x, y);
  }
};

} // namespace linnet::test
