/* A program that links the installed library; solves tridiag(-1, 2, -1) x = 1, twice through PetscInitialize. With
   some BLAS the last residual is exactly zero, which is CONVERGED_ATOL. */
#include <linnet/linnet.h>

static PetscErrorCode Solve(void) {
  KSP ksp;
  Mat A;
  Vec b, x;
  PetscInt n = 50, first, last, iterations, replaced[KSP_DCD_REPLACEMENT_KINDS];
  KSPConvergedReason reason;

  PetscFunctionBeginUser;
  PetscCall(LinnetInitialize());
  PetscCall(MatCreateAIJ(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, n, n, 3, NULL, 3, NULL, &A));
  PetscCall(MatGetOwnershipRange(A, &first, &last));
  for (PetscInt i = first; i < last; i++) {
    PetscCall(MatSetValue(A, i, i, 2, INSERT_VALUES));
    if (i > 0)
      PetscCall(MatSetValue(A, i, i - 1, -1, INSERT_VALUES));
    if (i < n - 1)
      PetscCall(MatSetValue(A, i, i + 1, -1, INSERT_VALUES));
  }
  PetscCall(MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatCreateVecs(A, &x, &b));
  PetscCall(VecSet(b, 1));
  PetscCall(KSPCreate(PETSC_COMM_WORLD, &ksp));
  PetscCall(KSPSetOperators(ksp, A, A));
  PetscCall(KSPSetType(ksp, KSPDCD));
  PetscCall(KSPDCDSetDirections(ksp, 1));
  PetscCall(KSPSetFromOptions(ksp));
  PetscCall(KSPSolve(ksp, b, x));
  PetscCall(KSPGetIterationNumber(ksp, &iterations));
  PetscCall(KSPGetConvergedReason(ksp, &reason));
  PetscCall(KSPDCDGetReplacements(ksp, replaced));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s after %d, replaced %d\n", KSPConvergedReasons[reason], (int)iterations,
                        (int)(replaced[0] + replaced[1] + replaced[2])));
  PetscCall(KSPDestroy(&ksp));
  PetscCall(MatDestroy(&A));
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&b));
  PetscFunctionReturn(0);
}

int main(int argc, char** argv) {
  /* with MPI started here, PETSc can be initialized and finalized more than once */
  MPI_Init(&argc, &argv);
  for (int round = 0; round < 2; round++) {
    PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
    PetscCall(Solve());
    PetscCall(PetscFinalize());
  }
  return MPI_Finalize();
}
