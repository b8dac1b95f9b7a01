// PCLATTICEMG of matrices that are nearly symmetric: A = S^-1 K with K = K^T, but for the columns of rows that fix
// their unknown.
#include "lattice/fixed_columns.hpp"
#include "latticemg.hpp"

#include <algorithm>
#include <cmath>

PetscErrorCode PCLatticeMGForgetAsymmetry_Private(PC_LatticeMG* mg) {
  PetscFunctionBegin;
  PetscCall(MatDestroy(&mg->fixed));
  PetscCall(VecDestroy(&mg->fixed_inverse));
  PetscCall(VecDestroy(&mg->row_factors));
  PetscCall(VecDestroy(&mg->symmetrised));
  PetscFunctionReturn(0);
}

PetscErrorCode PCLatticeMGKeepAsymmetry_Private(PC_LatticeMG* mg, Mat A) {
  const linnet::LatticeOperator& op = mg->placement.coefficients();
  PetscInt rows, all_rows;

  PetscFunctionBegin;
  PetscCall(PCLatticeMGForgetAsymmetry_Private(mg));
  if (op.fixed_columns.any)
    PetscCall(linnet::MakeFixedColumns(A, op.fixed_columns, &mg->fixed, &mg->fixed_inverse));
  if (op.fixed_columns.any || op.has_row_factors)
    PetscCall(MatCreateVecs(A, nullptr, &mg->symmetrised));
  if (!op.has_row_factors)
    PetscFunctionReturn(0);
  PetscCall(VecGetLocalSize(mg->symmetrised, &rows));
  PetscCall(VecGetSize(mg->symmetrised, &all_rows));
  PetscCall(VecCreateMPIWithArray(PetscObjectComm(reinterpret_cast<PetscObject>(A)), 1, rows, all_rows,
                                  op.row_factors.data(), &mg->row_factors));
  mg->least_factor = 1;
  for (const double s : op.row_factors)
    mg->least_factor = std::min(mg->least_factor, std::abs(s));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &mg->least_factor, 1, MPI_DOUBLE, MPI_MIN,
                             PetscObjectComm(reinterpret_cast<PetscObject>(A))));
  PetscFunctionReturn(0);
}

/* S (I + F) r */
PetscErrorCode PCLatticeMGSymmetrise_Private(PC_LatticeMG* mg, Vec r, Vec* of_symmetric) {
  PetscFunctionBegin;
  *of_symmetric = mg->symmetrised ? mg->symmetrised : r;
  if (mg->fixed)
    PetscCall(MatMultAdd(mg->fixed, r, r, mg->symmetrised));
  if (mg->row_factors)
    PetscCall(VecPointwiseMult(mg->symmetrised, mg->fixed ? mg->symmetrised : r, mg->row_factors));
  PetscFunctionReturn(0);
}

PetscErrorCode PCLatticeMGSymmetriseTranspose_Private(PC_LatticeMG* mg, Vec z) {
  PetscFunctionBegin;
  if (mg->row_factors)
    PetscCall(VecPointwiseMult(z, z, mg->row_factors));
  if (!mg->fixed)
    PetscFunctionReturn(0);
  PetscCall(VecCopy(z, mg->symmetrised));
  PetscCall(MatMultTransposeAdd(mg->fixed, mg->symmetrised, z, z));
  PetscFunctionReturn(0);
}

PetscErrorCode PCRowFactors_LatticeMG(PC pc, Vec* factors) {
  PetscFunctionBegin;
  *factors = PCLatticeMGData_Private(pc)->row_factors;
  PetscFunctionReturn(0);
}

PetscErrorCode PCSolveFixed_LatticeMG(PC pc, Vec r, Vec e, PetscBool* any) {
  const PC_LatticeMG* mg = PCLatticeMGData_Private(pc);

  PetscFunctionBegin;
  *any = mg->fixed && pc->mat == pc->pmat ? PETSC_TRUE : PETSC_FALSE;
  if (*any)
    PetscCall(VecPointwiseMult(e, mg->fixed_inverse, r));
  PetscFunctionReturn(0);
}
