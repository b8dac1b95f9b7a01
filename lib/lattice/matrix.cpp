// MATLATTICE: a matrix that is an operator on a lattice, without rows.
#include "lattice/matrix.hpp"
#include "base/threads.hpp"
#include "lattice/guarded.hpp"

#include <bit>

using linnet::PlacedOperator;

namespace {

Mat_Lattice* DataOf(Mat A) {
  return static_cast<Mat_Lattice*>(A->data);
}

MPI_Comm CommOf(Mat A) {
  return PetscObjectComm(reinterpret_cast<PetscObject>(A));
}

PetscErrorCode MatMult_Lattice(Mat A, Vec x, Vec y) {
  Mat_Lattice* lattice = DataOf(A);
  const PetscScalar* from;
  PetscScalar* to;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(x, &from));
  PetscCall(VecGetArrayWrite(y, &to));
  PetscCall(linnet::Guarded([&] {
    return lattice->product->multiply(CommOf(A), lattice->tag, *lattice->placed, linnet::default_threads(), from, to);
  }));
  PetscCall(VecRestoreArrayWrite(y, &to));
  PetscCall(VecRestoreArrayRead(x, &from));
  PetscCall(PetscLogFlops(2 * lattice->nonzeros - A->rmap->n));
  PetscFunctionReturn(0);
}

PetscErrorCode MatGetDiagonal_Lattice(Mat A, Vec d) {
  PetscScalar* to;

  PetscFunctionBegin;
  PetscCall(VecGetArrayWrite(d, &to));
  linnet::lattice_diagonal(*DataOf(A)->placed, linnet::default_threads(), A->rmap->n, to);
  PetscCall(VecRestoreArrayWrite(d, &to));
  PetscFunctionReturn(0);
}

double BytesOf(Mat A) {
  const Mat_Lattice* lattice = DataOf(A);
  return static_cast<double>(lattice->placed->op.bytes() + lattice->product->bytes() +
                             lattice->placed->lattice.cells.size() * sizeof(PetscInt));
}

PetscErrorCode MatGetInfo_Lattice(Mat A, MatInfoType type, MatInfo* info) {
  double sums[2] = {DataOf(A)->nonzeros, BytesOf(A)};

  PetscFunctionBegin;
  if (type != MAT_LOCAL)
    PetscCallMPI(
        MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, type == MAT_GLOBAL_MAX ? MPI_MAX : MPI_SUM, CommOf(A)));
  *info = MatInfo{};
  info->block_size = 1;
  info->nz_allocated = info->nz_used = sums[0];
  info->memory = sums[1];
  PetscFunctionReturn(0);
}

PetscErrorCode MatView_Lattice(Mat A, PetscViewer viewer) {
  const Mat_Lattice* lattice = DataOf(A);
  const linnet::LatticeOperator& op = lattice->placed->op;
  PetscBool ascii;
  MatInfo info;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(viewer), PETSCVIEWERASCII, &ascii));
  if (!ascii)
    PetscFunctionReturn(0);
  PetscCall(MatGetInfo_Lattice(A, MAT_GLOBAL_SUM, &info));
  PetscCall(PetscViewerASCIIPrintf(
      viewer, "  grid: %" PetscInt_FMT " x %" PetscInt_FMT " x %" PetscInt_FMT " cells, %s, %.3g MB\n",
      lattice->size[0], lattice->size[1], lattice->size[2], op.kind(), 1e-6 * info.memory));
  PetscFunctionReturn(0);
}

PetscErrorCode MatDestroy_Lattice(Mat A) {
  PetscFunctionBegin;
  delete DataOf(A);
  A->data = nullptr;
  PetscFunctionReturn(0);
}

PetscErrorCode MatCreate_Lattice(Mat A) {
  PetscFunctionBegin;
  PetscCall(linnet::Guarded([&] {
    A->data = new Mat_Lattice;
    return PetscErrorCode{0};
  }));
  A->ops->mult = MatMult_Lattice;
  A->ops->multtranspose = MatMult_Lattice;
  A->ops->getdiagonal = MatGetDiagonal_Lattice;
  A->ops->getinfo = MatGetInfo_Lattice;
  A->ops->view = MatView_Lattice;
  A->ops->destroy = MatDestroy_Lattice;
  PetscCall(PetscObjectChangeTypeName(reinterpret_cast<PetscObject>(A), MATLATTICE));
  PetscFunctionReturn(0);
}

} // namespace

PetscErrorCode MatLatticeFill_Private(Mat A, std::string* refusal) {
  Mat_Lattice* lattice = DataOf(A);
  PlacedOperator& placed = *lattice->placed;

  PetscFunctionBegin;
  placed.lattice.size = lattice->size;
  placed.lattice.periodic = lattice->periodic;
  PetscCall(linnet::FillLatticeOperator(CommOf(A), lattice->box, lattice->all_rows, lattice->threads, lattice->fill,
                                        &placed, refusal));
  if (!refusal->empty())
    PetscFunctionReturn(0);
  lattice->nonzeros = 0;
  for (const std::uint8_t links : placed.op.links)
    lattice->nonzeros += std::popcount(links);
  PetscCall(PetscObjectStateIncrease(reinterpret_cast<PetscObject>(A)));
  PetscFunctionReturn(0);
}

PetscErrorCode MatLatticeMake_Private(MPI_Comm comm, Mat_Lattice* made, Mat* A, std::string* refusal) {
  Mat_Lattice* lattice;
  PetscMPIInt tag;
  PetscInt rows = 0, all = 0;

  PetscFunctionBegin;
  PetscCall(MatRegister(MATLATTICE, MatCreate_Lattice));
  PetscCall(MatCreate(comm, A));
  PetscCall(MatSetType(*A, MATLATTICE));
  lattice = DataOf(*A);
  *lattice = std::move(*made);
  lattice->placed = std::make_shared<PlacedOperator>();
  for (int direction = 0; direction < 6; ++direction) { /* one after the other, downwards */
    PetscCall(PetscObjectGetNewTag(reinterpret_cast<PetscObject>(*A), &tag));
    lattice->tag = tag;
  }
  const PetscErrorCode failed = MatLatticeFill_Private(*A, refusal);
  if (failed || !refusal->empty())
    PetscCall(MatDestroy(A));
  PetscCall(failed);
  if (!refusal->empty())
    PetscFunctionReturn(0);
  const linnet::LatticeOperator& op = lattice->placed->op;
  all = op.coupled_rows + op.decoupled_rows;
  rows =
      static_cast<PetscInt>(lattice->placed->lattice.natural
                                ? std::count_if(op.links.begin(), op.links.end(), [](auto links) { return links != 0; })
                                : static_cast<std::ptrdiff_t>(lattice->placed->lattice.cells.size()));
  lattice->product =
      std::make_unique<linnet::LatticeProduct>(CommOf(*A), *lattice->placed, lattice->periodic, lattice->box);
  PetscCall(MatSetSizes(*A, rows, rows, all, all));
  PetscCall(MatSetUp(*A));
  PetscCall(MatSetOption(*A, MAT_SYMMETRIC, PETSC_TRUE));
  PetscCall(MatSetOption(*A, MAT_SYMMETRY_ETERNAL, PETSC_TRUE));
  PetscCall(MatAssemblyBegin(*A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(*A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(0);
}

namespace linnet {

PetscErrorCode GetPlacedOperator(Mat A, std::shared_ptr<const PlacedOperator>* placed) {
  PetscBool same;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(A), MATLATTICE, &same));
  *placed = same ? DataOf(A)->placed : nullptr;
  PetscFunctionReturn(0);
}

Box slab_of(const GridSize& size, int rank, int ranks) {
  const std::size_t axis = size[2] > 1 ? 2 : size[1] > 1 ? 1 : 0;
  const auto first = [&](std::int64_t r) { return static_cast<PetscInt>(size[axis] * r / ranks); };
  Box box{{0, 0, 0}, size};
  box.begin[axis] = first(rank);
  box.size[axis] = first(rank + 1) - first(rank);
  return box;
}

PetscErrorCode CreateLatticeMatrix(MPI_Comm comm, const GridSize& size, const std::array<bool, 3>& periodic,
                                   bool all_rows, int threads, const FillLine& fill, Mat* A, std::string* refusal) {
  PetscMPIInt rank, ranks;
  Mat_Lattice made;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  made.size = size;
  made.box = slab_of(size, rank, ranks);
  made.periodic = periodic;
  made.all_rows = all_rows;
  made.threads = threads;
  made.fill = fill;
  PetscCall(Guarded([&] { return MatLatticeMake_Private(comm, &made, A, refusal); }));
  PetscFunctionReturn(0);
}

} // namespace linnet
