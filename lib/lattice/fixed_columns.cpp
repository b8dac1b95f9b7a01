#include "lattice/fixed_columns.hpp"
#include "base/threads.hpp"
#include "lattice/guarded.hpp"

#include <petscsf.h>

#include <algorithm>
#include <vector>

namespace linnet {

namespace {

// 1: the row holds nothing but its diagonal.
struct FixedRows {
  std::vector<int> own, ghosts;
  bool any = false; // among these
};

PetscErrorCode FindFixedRows(Mat A, const LocalRows& rows, FixedRows* fixed) {
  PetscFunctionBegin;
  fixed->own.resize(static_cast<std::size_t>(rows.count));
  fixed->ghosts.resize(static_cast<std::size_t>(rows.ghost_count));
#pragma omp parallel for schedule(static) num_threads(default_threads())
  for (PetscInt r = 0; r < rows.count; ++r) {
    bool lone = true;
    for (PetscInt e = rows.own.ia[r]; lone && e < rows.own.ia[r + 1]; ++e)
      lone = rows.own.ja[e] == r || rows.own.a[e] == 0;
    for (PetscInt e = rows.other.ia ? rows.other.ia[r] : 0; lone && rows.other.ia && e < rows.other.ia[r + 1]; ++e)
      lone = rows.other.a[e] == 0;
    fixed->own[static_cast<std::size_t>(r)] = lone;
  }
  if (rows.other.ia) {
    PetscLayout layout = nullptr;
    PetscSF sf = nullptr;
    PetscCall(MatGetLayouts(A, &layout, nullptr));
    PetscCall(PetscSFCreate(PetscObjectComm(reinterpret_cast<PetscObject>(A)), &sf));
    PetscCall(PetscSFSetGraphLayout(sf, layout, rows.ghost_count, nullptr, PETSC_OWN_POINTER, rows.ghosts));
    PetscCall(PetscSFBcastBegin(sf, MPI_INT, fixed->own.data(), fixed->ghosts.data(), MPI_REPLACE));
    PetscCall(PetscSFBcastEnd(sf, MPI_INT, fixed->own.data(), fixed->ghosts.data(), MPI_REPLACE));
    PetscCall(PetscSFDestroy(&sf));
  }
  for (const std::vector<int>* rows_or_ghosts : {&fixed->own, &fixed->ghosts})
    fixed->any = fixed->any || std::find(rows_or_ghosts->begin(), rows_or_ghosts->end(), 1) != rows_or_ghosts->end();
  PetscFunctionReturn(0);
}

// visit(row, entry) for what a block has in columns of fixed rows, but for the diagonals of these.
template <class Visit>
void for_each_in_fixed_columns(const LocalRows& rows, const LocalRows::Block& block, const FixedRows& fixed,
                               const Visit& visit) {
  const bool own = &block == &rows.own;
  const std::vector<int>& of_column = own ? fixed.own : fixed.ghosts;
  for (PetscInt r = 0; fixed.any && block.ia && r < rows.count; ++r)
    for (PetscInt e = block.ia[r]; e < block.ia[r + 1]; ++e)
      if (block.a[e] != 0 && of_column[static_cast<std::size_t>(block.ja[e])] && !(own && block.ja[e] == r))
        visit(r, e);
}

PetscErrorCode FillFixedColumns(Mat A, const LocalRows& rows, Mat moved, Vec inverse) {
  PetscScalar* of_row = nullptr;
  FixedRows fixed;
  std::vector<PetscInt> own(static_cast<std::size_t>(rows.count), 0), other(own);

  PetscFunctionBegin;
  PetscCall(FindFixedRows(A, rows, &fixed));
  for_each_in_fixed_columns(rows, rows.own, fixed, [&](PetscInt r, PetscInt) { ++own[static_cast<std::size_t>(r)]; });
  for_each_in_fixed_columns(rows, rows.other, fixed,
                            [&](PetscInt r, PetscInt) { ++other[static_cast<std::size_t>(r)]; });
  PetscCall(MatSetSizes(moved, rows.count, rows.count, rows.global_count, rows.global_count));
  PetscCall(MatSetType(moved, MATAIJ));
  PetscCall(MatSeqAIJSetPreallocation(moved, 0, own.data()));
  PetscCall(MatMPIAIJSetPreallocation(moved, 0, own.data(), 0, other.data()));
  PetscErrorCode status = 0;
  for (const LocalRows::Block* block : {&rows.own, &rows.other})
    for_each_in_fixed_columns(rows, *block, fixed, [&](PetscInt r, PetscInt e) {
      const PetscInt column = block == &rows.own ? rows.begin + block->ja[e] : rows.ghosts[block->ja[e]];
      if (status == 0)
        status = MatSetValue(moved, rows.begin + r, column, -block->a[e], INSERT_VALUES);
    });
  PetscCall(status);
  PetscCall(MatAssemblyBegin(moved, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(moved, MAT_FINAL_ASSEMBLY));
  PetscCall(MatGetDiagonal(A, inverse));
  PetscCall(VecReciprocal(inverse)); // zeros stay
  PetscCall(VecGetArray(inverse, &of_row));
  for (PetscInt r = 0; r < rows.count; ++r)
    of_row[r] = fixed.own[static_cast<std::size_t>(r)] ? of_row[r] : 0;
  PetscCall(VecRestoreArray(inverse, &of_row));
  PetscCall(MatDiagonalScale(moved, nullptr, inverse));
  PetscFunctionReturn(0);
}

} // namespace

PetscErrorCode DropFixedColumns(Mat A, LocalRows* rows, bool* any) {
  FixedRows fixed;
  int found = 0;

  PetscFunctionBegin;
  PetscCall(FindFixedRows(A, *rows, &fixed));
  for (LocalRows::Block* block : {&rows->own, &rows->other})
    for_each_in_fixed_columns(*rows, *block, fixed, [&](PetscInt, PetscInt e) {
      block->drop(e, block->ia[rows->count]);
      found = 1;
    });
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, &found, 1, MPI_INT, MPI_MAX, PetscObjectComm(reinterpret_cast<PetscObject>(A))));
  *any = found;
  PetscFunctionReturn(0);
}

PetscErrorCode MakeFixedColumns(Mat A, Mat* moved, Vec* inverse) {
  LocalRows rows;
  std::string refusal;
  bool rounded = false;

  PetscFunctionBegin;
  PetscCall(OpenLocalRows(A, &rows, &refusal));
  PetscCheck(refusal.empty(), PetscObjectComm(reinterpret_cast<PetscObject>(A)), PETSC_ERR_SUP, "%s", refusal.c_str());
  PetscCall(MatCreate(PetscObjectComm(reinterpret_cast<PetscObject>(A)), moved));
  PetscCall(MatCreateVecs(A, nullptr, inverse));
  const PetscErrorCode status = Guarded([&] {
    PetscFunctionBegin;
    PetscCall(DropRounding(A, &rows, &rounded));
    PetscCall(FillFixedColumns(A, rows, *moved, *inverse));
    PetscFunctionReturn(0);
  });
  PetscCall(CloseLocalRows(&rows));
  PetscCall(status);
  PetscFunctionReturn(0);
}

} // namespace linnet
