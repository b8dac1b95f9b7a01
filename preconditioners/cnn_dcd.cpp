// What PCCNN offers KSPDCD, which is what the lattice or the fallback below it offers.
#include "cnn.hpp"

PetscErrorCode PCFusedCG_CNN(PC pc, linnet::FusedCG* cg) {
  PC stand_in = PCCNNData_Private(pc)->stand_in();
  linnet::FusedCGFunction solve = nullptr;

  PetscFunctionBegin;
  if (stand_in)
    PetscCall(PetscObjectQueryFunction(reinterpret_cast<PetscObject>(stand_in), linnet::fused_cg_name, &solve));
  cg->why = "the network has no fused form";
  if (solve)
    PetscCall(solve(stand_in, cg));
  PetscFunctionReturn(0);
}

/* Knows what parts the matrix from a symmetric one. */
static PC LatticeOf(PC pc) {
  PC_CNN* cnn = PCCNNData_Private(pc);

  return cnn->stand_in() ? cnn->stand_in() : cnn->lattice;
}

PetscErrorCode PCRowFactors_CNN(PC pc, Vec* factors) {
  linnet::RowFactorsFunction find = nullptr;

  PetscFunctionBegin;
  *factors = nullptr;
  PetscCall(PetscObjectQueryFunction(reinterpret_cast<PetscObject>(LatticeOf(pc)), linnet::row_factors_name, &find));
  if (find)
    PetscCall(find(LatticeOf(pc), factors));
  PetscFunctionReturn(0);
}

PetscErrorCode PCSolveFixed_CNN(PC pc, Vec r, Vec e, PetscBool* any) {
  const PC lattice = LatticeOf(pc);
  linnet::SolveFixedFunction solve = nullptr;

  PetscFunctionBegin;
  *any = PETSC_FALSE;
  PetscCall(PetscObjectQueryFunction(reinterpret_cast<PetscObject>(lattice), linnet::solve_fixed_name, &solve));
  if (solve)
    PetscCall(solve(lattice, r, e, any));
  PetscFunctionReturn(0);
}
