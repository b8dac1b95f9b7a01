// The public functions of MATLATTICE.
#include "lattice/guarded.hpp"
#include "lattice/matrix.hpp"

#include <petscdmda.h>

using linnet::PlacedOperator;

namespace {

Mat_Lattice* DataOf(Mat A) {
  return static_cast<Mat_Lattice*>(A->data);
}

MPI_Comm CommOf(Mat A) {
  return PetscObjectComm(reinterpret_cast<PetscObject>(A));
}

/* Lines from cells; one thread at a time. */
linnet::FillLine LinesOf(MatLatticeFunction function, void* context) {
  return [function, context](PetscInt i, PetscInt j, PetscInt k, PetscInt count, MatLatticeCell* cells) {
    PetscFunctionBegin;
    for (PetscInt c = 0; c < count; ++c)
      PetscCall(function(i + c, j, k, cells + c, context));
    PetscFunctionReturn(0);
  };
}

/* At least one cell an axis, all numbered by PetscInt, and three around a periodic axis */
PetscErrorCode MatLatticeCheckSize_Private(MPI_Comm comm, const PetscInt size[3], const PetscBool periodic[3]) {
  PetscInt room = PETSC_MAX_INT;

  PetscFunctionBegin;
  for (int a = 0; a < 3; ++a) {
    PetscCheck(size[a] >= 1, comm, PETSC_ERR_ARG_OUTOFRANGE,
               "MATLATTICE: expected at least one cell along %c, found %" PetscInt_FMT, "xyz"[a], size[a]);
    PetscCheck(size[a] <= room, comm, PETSC_ERR_ARG_OUTOFRANGE,
               "MATLATTICE: expected at most %" PetscInt_FMT " cells (PetscInt), found %" PetscInt_FMT
               " x %" PetscInt_FMT " x %" PetscInt_FMT,
               PETSC_MAX_INT, size[0], size[1], size[2]);
    room /= size[a];
    PetscCheck(!periodic || !periodic[a] || size[a] > 2, comm, PETSC_ERR_ARG_OUTOFRANGE,
               "MATLATTICE: expected at least 3 cells around the periodic axis %c, found %" PetscInt_FMT, "xyz"[a],
               size[a]);
  }
  PetscFunctionReturn(0);
}

} // namespace

/*@C
  MatCreateLattice - Makes a `MATLATTICE`: a symmetric 5- or 7-point operator on a grid, of which two bytes a cell are
  stored where its couplings are the same along each axis, 9 where each cell has a diagonal of its own, and 33 where
  couplings vary

  Collective

  Input Parameters:
+ comm     - the ranks, each of which owns a slab of planes across z, or across y where there is one plane
. size     - cells along x, y and z; 1 where there is no such axis
. periodic - whether the last cell of an axis is a neighbour of the first one, or NULL for nowhere
. function - says what the row of a cell is (`MatLatticeFunction`)
- context  - for `function`, or NULL

  Output Parameter:
. A - the matrix; its rows are the cells with an unknown, in the order i + nx (j + ny k)

  Level: intermediate

  Notes:
  `function` is called for each cell of the rank, and for those of the plane below them, which must be what their own
rank says of them; twice where couplings turn out to differ. A coupling that is not finite, leads beyond an end of the
grid or to a cell without an unknown is refused in one line. Dirichlet values beyond a side belong to the excess of the
  cells there, Neumann sides need nothing.

  `MatMult()`, `MatMultTranspose()`, `MatGetDiagonal()` and what is made of them work, with all threads that OpenMP
gives; there are no rows to get. `PCLATTICEMG` and `PCCNN` read the operator without them, and `KSPDCD` is fused with
the former. Attach the null space of a singular operator with `MatSetNullSpace()`.

.seealso: `MatCreateLatticeDMDA()`, `MatLatticeUpdate()`, `MatLatticeGetBox()`, `MatLatticeGetCells()`, `PCLATTICEMG`,
`PCCNN`
@*/
PetscErrorCode MatCreateLattice(MPI_Comm comm, const PetscInt size[3], const PetscBool periodic[3],
                                MatLatticeFunction function, void* context, Mat* A) {
  std::string refusal;
  std::array<bool, 3> around{};

  PetscFunctionBegin;
  PetscValidIntPointer(size, 2);
  PetscValidPointer(A, 6);
  PetscCheck(function, comm, PETSC_ERR_ARG_NULL, "MATLATTICE: expected a function that tells its cells, found none");
  PetscCall(MatLatticeCheckSize_Private(comm, size, periodic));
  for (std::size_t a = 0; periodic && a < 3; ++a)
    around[a] = periodic[a];
  PetscCall(linnet::CreateLatticeMatrix(comm, {size[0], size[1], size[2]}, around, false, 1, LinesOf(function, context),
                                        A, &refusal));
  PetscCheck(refusal.empty(), comm, PETSC_ERR_ARG_WRONG, "MATLATTICE: %s", refusal.c_str());
  PetscFunctionReturn(0);
}

/*@C
  MatCreateLatticeDMDA - Makes a `MATLATTICE` whose rows are those of a `DMDA`

  Collective

  Input Parameters:
+ da       - a `DMDA` with one degree of freedom, of any dimension, decomposition and boundary type
. function - says what the row of a cell is (`MatLatticeFunction`)
- context  - for `function`, or NULL

  Output Parameter:
. A - the matrix, with a row for each cell: the identity where there is no unknown; `da` is attached to it

  Level: intermediate

  Notes:
  As `MatCreateLattice()`, but each rank owns its box of `da`, and `function` is called for the layer of cells below it
on each axis, with the number of the cell at the other end where the axis is periodic.

.seealso: `MatCreateLattice()`, `MatLatticeUpdate()`, `DMCreateMatrix()`
@*/
PetscErrorCode MatCreateLatticeDMDA(DM da, MatLatticeFunction function, void* context, Mat* A) {
  MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(da));
  Mat_Lattice made;
  std::string refusal;
  DMBoundaryType boundary[3];
  PetscBool periodic[3], is_dmda;
  PetscInt size[3] = {1, 1, 1}, dim, dof;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(da, DM_CLASSID, 1);
  PetscValidPointer(A, 4);
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(da), DMDA, &is_dmda));
  PetscCheck(is_dmda, comm, PETSC_ERR_ARG_WRONG, "MATLATTICE: expected a DMDA, found a DM of another type");
  PetscCheck(function, comm, PETSC_ERR_ARG_NULL, "MATLATTICE: expected a function that tells its cells, found none");
  PetscCall(DMDAGetInfo(da, &dim, &size[0], &size[1], &size[2], nullptr, nullptr, nullptr, &dof, nullptr, &boundary[0],
                        &boundary[1], &boundary[2], nullptr));
  PetscCheck(dof == 1, comm, PETSC_ERR_ARG_WRONG,
             "MATLATTICE: expected one degree of freedom a cell, found %" PetscInt_FMT, dof);
  for (int a = 0; a < 3; ++a) {
    size[a] = a < dim ? size[a] : 1;
    periodic[a] = a < dim && boundary[a] == DM_BOUNDARY_PERIODIC ? PETSC_TRUE : PETSC_FALSE;
    made.periodic[static_cast<std::size_t>(a)] = periodic[a];
    made.size[static_cast<std::size_t>(a)] = size[a];
  }
  PetscCall(MatLatticeCheckSize_Private(comm, size, periodic));
  PetscCall(DMDAGetCorners(da, &made.box.begin[0], &made.box.begin[1], &made.box.begin[2], &made.box.size[0],
                           &made.box.size[1], &made.box.size[2]));
  made.all_rows = true;
  made.fill = LinesOf(function, context);
  PetscCall(linnet::Guarded([&] { return MatLatticeMake_Private(comm, &made, A, &refusal); }));
  PetscCheck(refusal.empty(), comm, PETSC_ERR_ARG_WRONG, "MATLATTICE: %s", refusal.c_str());
  PetscCall(MatSetDM(*A, da));
  PetscFunctionReturn(0);
}

/*@
  MatLatticeUpdate - Asks the function of a `MATLATTICE` for its cells again

  Collective

  Input Parameter:
. A - the matrix; cells keep their rows, and those with an unknown must be the same, but for a matrix of a `DMDA`

  Level: intermediate

.seealso: `MatCreateLattice()`, `MatCreateLatticeDMDA()`
@*/
PetscErrorCode MatLatticeUpdate(Mat A) {
  std::shared_ptr<const PlacedOperator> placed;
  std::string refusal;
  linnet::CellNumbers cells;
  bool natural;
  int moved;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(A, MAT_CLASSID, 1);
  PetscCall(linnet::GetPlacedOperator(A, &placed));
  PetscCheck(placed, CommOf(A), PETSC_ERR_ARG_WRONG, "expected a matrix of type lattice");
  natural = placed->lattice.natural;
  cells.swap(DataOf(A)->placed->lattice.cells);
  PetscCall(MatLatticeFill_Private(A, &refusal));
  PetscCheck(refusal.empty(), CommOf(A), PETSC_ERR_ARG_WRONG, "MATLATTICE: %s", refusal.c_str());
  moved = natural != placed->lattice.natural || cells != placed->lattice.cells ||
          placed->op.coupled_rows + placed->op.decoupled_rows != A->rmap->N;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &moved, 1, MPI_INT, MPI_MAX, CommOf(A)));
  PetscCheck(!moved, CommOf(A), PETSC_ERR_ARG_WRONG, "MATLATTICE: expected the cells with an unknown to stay the same");
  PetscFunctionReturn(0);
}

/*@
  MatLatticeGetBox - Gets the grid of a `MATLATTICE`, and the cells of it that this rank owns

  Not Collective

  Input Parameter:
. A - the matrix

  Output Parameters:
+ size   - cells along x, y and z
. begin  - the first cell of this rank
- extent - its cells along x, y and z

  Level: intermediate

.seealso: `MatCreateLattice()`, `MatLatticeGetCells()`
@*/
PetscErrorCode MatLatticeGetBox(Mat A, PetscInt size[3], PetscInt begin[3], PetscInt extent[3]) {
  std::shared_ptr<const PlacedOperator> placed;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(A, MAT_CLASSID, 1);
  PetscCall(linnet::GetPlacedOperator(A, &placed));
  PetscCheck(placed, CommOf(A), PETSC_ERR_ARG_WRONG, "expected a matrix of type lattice");
  for (std::size_t a = 0; a < 3; ++a) {
    size[a] = DataOf(A)->size[a];
    begin[a] = DataOf(A)->box.begin[a];
    extent[a] = DataOf(A)->box.size[a];
  }
  PetscFunctionReturn(0);
}

/*@
  MatLatticeGetCells - Gets the cells of the rows of a `MATLATTICE`

  Not Collective

  Input Parameter:
. A - the matrix

  Output Parameter:
. cells - i + nx (j + ny k), one number for each local row

  Level: intermediate

.seealso: `MatCreateLattice()`, `MatLatticeGetBox()`
@*/
PetscErrorCode MatLatticeGetCells(Mat A, PetscInt cells[]) {
  std::shared_ptr<const PlacedOperator> placed;

  PetscFunctionBegin;
  PetscValidHeaderSpecific(A, MAT_CLASSID, 1);
  PetscCall(linnet::GetPlacedOperator(A, &placed));
  PetscCheck(placed, CommOf(A), PETSC_ERR_ARG_WRONG, "expected a matrix of type lattice");
  for (PetscInt r = 0; r < A->rmap->n; ++r)
    cells[r] = placed->lattice.cell(r);
  PetscFunctionReturn(0);
}
