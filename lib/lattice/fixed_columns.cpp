#include "lattice/fixed_columns.hpp"
#include "base/threads.hpp"

#include <algorithm>
#include <functional>
#include <vector>

namespace linnet {

namespace {

// 1: the row holds nothing but its diagonal.
struct IsFixed {
  std::vector<int> own, ghosts;
  bool any = false; // among these
};

PetscErrorCode FindFixedRows(const LocalRows& rows, IsFixed* fixed) {
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
  if (rows.other.ia)
    PetscCall(BroadcastToGhosts(rows, MPI_INT, fixed->own.data(), fixed->ghosts.data()));
  for (const std::vector<int>* rows_or_ghosts : {&fixed->own, &fixed->ghosts})
    fixed->any = fixed->any || std::find(rows_or_ghosts->begin(), rows_or_ghosts->end(), 1) != rows_or_ghosts->end();
  PetscFunctionReturn(0);
}

struct Place {
  PetscInt row, entry;
};

// What a block has in columns of fixed rows, but for the diagonals of these; in ascending order.
std::vector<Place> entries_in_fixed_columns(const LocalRows& rows, const LocalRows::Block& block,
                                            const IsFixed& fixed) {
  constexpr PetscInt part_rows = 1 << 16;
  const bool own = &block == &rows.own;
  const std::vector<int>& of_column = own ? fixed.own : fixed.ghosts;
  const PetscInt parts = fixed.any && block.ia ? rows.count / part_rows + (rows.count % part_rows > 0) : 0;
  std::vector<std::vector<Place>> found(static_cast<std::size_t>(parts));
#pragma omp parallel for schedule(static) num_threads(default_threads())
  for (PetscInt p = 0; p < parts; ++p) {
    const PetscInt first = p * part_rows, last = first + std::min(part_rows, rows.count - first);
    for (PetscInt r = first; r < last; ++r)
      for (PetscInt e = block.ia[r]; e < block.ia[r + 1]; ++e)
        if (block.a[e] != 0 && of_column[static_cast<std::size_t>(block.ja[e])] && !(own && block.ja[e] == r))
          found[static_cast<std::size_t>(p)].push_back({r, e});
  }
  std::vector<Place> all;
  for (const std::vector<Place>& part : found)
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

double diagonal_of(const LocalRows::Block& own, PetscInt r) {
  double diagonal = 0;
  for (PetscInt e = own.ia[r]; e < own.ia[r + 1]; ++e)
    diagonal += own.ja[e] == r ? own.a[e] : 0;
  return diagonal;
}

} // namespace

PetscErrorCode DropFixedColumns(Mat A, LocalRows* rows, FixedColumns* fixed) {
  IsFixed is_fixed;
  int found = 0;

  PetscFunctionBegin;
  PetscCall(FindFixedRows(*rows, &is_fixed));
  for (LocalRows::Block* block : {&rows->own, &rows->other})
    for (const Place& place : entries_in_fixed_columns(*rows, *block, is_fixed)) {
      const PetscInt column = block->ja[place.entry];
      fixed->i.push_back(rows->begin + place.row);
      fixed->f.push_back(block == &rows->own ? rows->begin + column : rows->ghosts[column]);
      fixed->a.push_back(block->a[place.entry]);
      block->drop(place.entry, block->ia[rows->count]);
      found = 1;
    }
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, &found, 1, MPI_INT, MPI_MAX, PetscObjectComm(reinterpret_cast<PetscObject>(A))));
  fixed->any = fixed->any || found;
  fixed->rows.clear();
  for (PetscInt r = 0; fixed->any && r < rows->count; ++r)
    if (is_fixed.own[static_cast<std::size_t>(r)])
      fixed->rows.push_back({r, diagonal_of(rows->own, r)});
  PetscFunctionReturn(0);
}

PetscErrorCode MakeFixedColumns(Mat A, const FixedColumns& fixed, Mat* moved, Vec* inverse) {
  PetscInt m = 0, n = 0, M = 0, N = 0;
  PetscScalar* of_row = nullptr;
  std::vector<PetscInt> i = fixed.i, f = fixed.f; // PETSc takes them for its own use
  std::vector<PetscScalar> minus_a(fixed.a.size());

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(A, nullptr, inverse));
  PetscCall(VecZeroEntries(*inverse));
  PetscCall(VecGetArray(*inverse, &of_row));
  for (const FixedColumns::Row& row : fixed.rows)
    of_row[row.row] = row.diagonal == 0 ? 0 : 1 / row.diagonal;
  PetscCall(VecRestoreArray(*inverse, &of_row));
  std::transform(fixed.a.begin(), fixed.a.end(), minus_a.begin(), std::negate<>());
  PetscCall(MatGetLocalSize(A, &m, &n));
  PetscCall(MatGetSize(A, &M, &N));
  PetscCall(MatCreate(PetscObjectComm(reinterpret_cast<PetscObject>(A)), moved));
  PetscCall(MatSetSizes(*moved, m, n, M, N));
  PetscCall(MatSetType(*moved, MATAIJ));
  PetscCall(MatSetPreallocationCOO(*moved, static_cast<PetscCount>(i.size()), i.data(), f.data()));
  PetscCall(MatSetValuesCOO(*moved, minus_a.data(), INSERT_VALUES));
  PetscCall(MatDiagonalScale(*moved, nullptr, *inverse));
  PetscFunctionReturn(0);
}

} // namespace linnet
