#include "lattice/local_rows.hpp"
#include "base/threads.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace linnet {

namespace {

PetscErrorCode OpenBlock(Mat A, LocalRows::Block* block) {
  PetscInt rows = 0;
  PetscBool done = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(MatGetRowIJ(A, 0, PETSC_FALSE, PETSC_FALSE, &rows, &block->ia, &block->ja, &done));
  PetscCheck(done, PETSC_COMM_SELF, PETSC_ERR_SUP, "the rows of this matrix cannot be read");
  PetscCall(MatSeqAIJGetArrayRead(A, &block->a));
  block->matrix = A;
  PetscFunctionReturn(0);
}

PetscErrorCode CloseBlock(LocalRows::Block* block) {
  PetscInt rows = 0;
  PetscBool done = PETSC_FALSE;

  PetscFunctionBegin;
  if (!block->matrix)
    PetscFunctionReturn(0);
  PetscCall(MatSeqAIJRestoreArrayRead(block->matrix, &block->a));
  PetscCall(MatRestoreRowIJ(block->matrix, 0, PETSC_FALSE, PETSC_FALSE, &rows, &block->ia, &block->ja, &done));
  *block = LocalRows::Block{};
  PetscFunctionReturn(0);
}

} // namespace

PetscErrorCode OpenLocalRows(Mat A, LocalRows* rows, std::string* refusal) {
  PetscBool sequential = PETSC_FALSE, distributed = PETSC_FALSE, converts = PETSC_FALSE;
  PetscInt m = 0, n = 0, local_columns = 0;
  Mat own = nullptr, other = nullptr;
  PetscLayout layout = nullptr;
  int differs = 0;

  PetscFunctionBegin;
  refusal->clear();
  *rows = LocalRows{};
  PetscCall(PetscObjectBaseTypeCompare(reinterpret_cast<PetscObject>(A), MATSEQAIJ, &sequential));
  PetscCall(PetscObjectBaseTypeCompare(reinterpret_cast<PetscObject>(A), MATMPIAIJ, &distributed));
  PetscCall(PetscObjectTypeCompareAny(reinterpret_cast<PetscObject>(A), &converts, MATSEQSBAIJ, MATMPISBAIJ, MATSEQBAIJ,
                                      MATMPIBAIJ, MATIS, ""));
  if (!sequential && !distributed && !converts) {
    MatType type = nullptr;
    PetscCall(MatGetType(A, &type));
    *refusal = std::string("the matrix is of type ") + (type ? type : "none") + ", not AIJ";
    PetscFunctionReturn(0);
  }
  PetscCall(MatGetSize(A, &m, &n));
  if (m != n) {
    *refusal = "the matrix has " + std::to_string(m) + " rows and " + std::to_string(n) + " columns";
    PetscFunctionReturn(0);
  }
  if (m == 0) {
    *refusal = "the matrix is empty";
    PetscFunctionReturn(0);
  }
  PetscCall(MatGetLocalSize(A, &rows->count, &local_columns));
  PetscCall(MatGetOwnershipRange(A, &rows->begin, nullptr));
  rows->global_count = m;
  differs = rows->count != local_columns;
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, &differs, 1, MPI_INT, MPI_MAX, PetscObjectComm(reinterpret_cast<PetscObject>(A))));
  if (differs) {
    *refusal = "the matrix distributes its rows and its columns differently";
    PetscFunctionReturn(0);
  }
  if (converts) {
    PetscCall(MatConvert(A, MATAIJ, MAT_INITIAL_MATRIX, &rows->copy));
    A = rows->copy;
    PetscCall(PetscObjectBaseTypeCompare(reinterpret_cast<PetscObject>(A), MATSEQAIJ, &sequential));
  }
  if (sequential) {
    PetscCall(OpenBlock(A, &rows->own));
  } else {
    PetscCall(MatMPIAIJGetSeqAIJ(A, &own, &other, &rows->ghosts));
    PetscCall(MatGetLocalSize(other, nullptr, &rows->ghost_count));
    PetscCall(OpenBlock(own, &rows->own));
    PetscCall(OpenBlock(other, &rows->other));
    PetscCall(MatGetLayouts(A, &layout, nullptr));
    PetscCall(PetscSFCreate(PetscObjectComm(reinterpret_cast<PetscObject>(A)), &rows->to_ghosts));
    PetscCall(
        PetscSFSetGraphLayout(rows->to_ghosts, layout, rows->ghost_count, nullptr, PETSC_OWN_POINTER, rows->ghosts));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode CloseLocalRows(LocalRows* rows) {
  PetscFunctionBegin;
  PetscCall(CloseBlock(&rows->own));
  PetscCall(CloseBlock(&rows->other));
  PetscCall(PetscSFDestroy(&rows->to_ghosts));
  PetscCall(MatDestroy(&rows->copy));
  PetscFunctionReturn(0);
}

PetscErrorCode BroadcastToGhosts(const LocalRows& rows, MPI_Datatype type, const void* own, void* ghosts) {
  PetscFunctionBegin;
  PetscCall(PetscSFBcastBegin(rows.to_ghosts, type, own, ghosts, MPI_REPLACE));
  PetscCall(PetscSFBcastEnd(rows.to_ghosts, type, own, ghosts, MPI_REPLACE));
  PetscFunctionReturn(0);
}

void LocalRows::Block::drop(PetscInt e, PetscInt entries) {
  if (changed.empty()) {
    changed.resize(static_cast<std::size_t>(entries));
#pragma omp parallel for schedule(static) num_threads(default_threads())
    for (PetscInt k = 0; k < entries; ++k)
      changed[static_cast<std::size_t>(k)] = a[k];
    a = changed.data();
  }
  changed[static_cast<std::size_t>(e)] = 0;
}

void LocalRows::Block::multiply_rows(PetscInt rows, const double* factors) {
  const PetscScalar* const from = a;
  changed.resize(static_cast<std::size_t>(ia[rows]));
#pragma omp parallel for schedule(static) num_threads(default_threads())
  for (PetscInt r = 0; r < rows; ++r)
    for (PetscInt e = ia[r]; e < ia[r + 1]; ++e)
      changed[static_cast<std::size_t>(e)] = factors[r] * from[e];
  a = changed.data();
}

PetscErrorCode DropRounding(Mat A, LocalRows* rows, bool* any) {
  constexpr double rounding = 1e-12;
  std::vector<double> bound(static_cast<std::size_t>(rows->count), 0);
  int found = 0;

  PetscFunctionBegin;
  const auto for_each = [&](const LocalRows::Block& block, PetscInt r, const auto& visit) {
    for (PetscInt e = block.ia ? block.ia[r] : 0; block.ia && e < block.ia[r + 1]; ++e)
      if (block.a[e] != 0 && std::abs(block.a[e]) <= bound[static_cast<std::size_t>(r)])
        visit(e);
  };
#pragma omp parallel for reduction(max : found) schedule(static) num_threads(default_threads())
  for (PetscInt r = 0; r < rows->count; ++r) {
    for (PetscInt e = rows->own.ia[r]; e < rows->own.ia[r + 1]; ++e)
      if (rows->own.ja[e] == r && std::isfinite(rows->own.a[e]))
        bound[static_cast<std::size_t>(r)] = rounding * std::abs(rows->own.a[e]);
    for (const LocalRows::Block* block : {&rows->own, &rows->other})
      for_each(*block, r, [&](PetscInt) { found = 1; });
  }
  for (LocalRows::Block* block : {&rows->own, &rows->other})
    for (PetscInt r = 0; found && r < rows->count; ++r)
      for_each(*block, r, [&](PetscInt e) { block->drop(e, block->ia[rows->count]); });
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, &found, 1, MPI_INT, MPI_MAX, PetscObjectComm(reinterpret_cast<PetscObject>(A))));
  *any = found;
  PetscFunctionReturn(0);
}

PetscErrorCode AgreeOnRefusal(MPI_Comm comm, std::string* refusal) {
  PetscMPIInt rank = 0, ranks = 0;
  int first = 0, length = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  if (ranks == 1)
    PetscFunctionReturn(0);
  first = refusal->empty() ? ranks : rank;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, comm));
  if (first == ranks)
    PetscFunctionReturn(0);
  length = static_cast<int>(refusal->size());
  PetscCallMPI(MPI_Bcast(&length, 1, MPI_INT, first, comm));
  refusal->resize(static_cast<std::size_t>(length));
  PetscCallMPI(MPI_Bcast(refusal->data(), length, MPI_CHAR, first, comm));
  PetscFunctionReturn(0);
}

} // namespace linnet
