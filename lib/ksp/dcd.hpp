#pragma once

#include <linnet/linnet.h>
#include <petsc/private/kspimpl.h>

namespace linnet {
struct FusedCG;
}

/// State of KSPDCD. The stored directions are A-conjugate as far as they are kept:
/// p_i in slot i mod capacity, with A p_i and a_i = (S p_i, A p_i).
struct KSP_DCD {
  PetscInt directions; ///< previous directions that a new one is conjugate to; -1: all
  PetscInt recompute;  ///< iterations between r <- b - A x; 0: before convergence only
  PetscBool safeguard; ///< check each direction, replace a bad one
  PC fallback;         ///< makes the replacement; Jacobi unless set

  PetscInt capacity;  ///< slots; one more than the directions kept, or grown as needed
  PetscInt stored;    ///< directions of this solve that may be used, the newest ones
  PetscInt slot;      ///< where the next direction goes
  Vec *p, *Ap;        ///< capacity
  Vec* Sp;            ///< capacity; S p_i where only S A is symmetric, S = diag(factors)
  Vec factors, root;  ///< of |s|; null where A is symmetric: S = I, as are those below
  Vec Sq, weighted;   ///< S q; |S|^(1/2) v, for a norm
  Vec q;              ///< M r, the raw direction
  PetscReal* a;       ///< capacity, (S p_i, A p_i)
  PetscReal* norm;    ///< capacity, ||p_i||
  Vec *basis, *image; ///< capacity; p_i and A p_i of the stored directions, gathered
  Vec* dual;          ///< capacity; S p_i likewise
  PetscScalar* coef;  ///< capacity; (S p_i, A q) / a_i

  PetscReal norm_A; ///< a lower bound of ||A||: of ||A q|| / ||q|| at first, (d, A d) / (d, d) later
  PetscInt replacements[KSP_DCD_REPLACEMENT_KINDS]; ///< of the last solve
  PetscInt unconfirmed; ///< times that the true residual refused convergence, in the last solve
  PetscInt stagnated;   ///< such times in a row without progress
  PetscReal refused;    ///< the norm that was refused last

  PetscBool fused;          ///< leave the iteration to the preconditioner where it can run it
  const char* plain;        ///< why it was not so in the last solve; "": it was; null: before the first
  linnet::FusedCG* running; ///< the fused iteration, while it runs
};

/// (d, r) below this times ||d|| ||r|| is no descent. For d = M r with M SPD the cosine is at least 2/sqrt(cond M).
inline constexpr PetscReal dcd_descent_tolerance = 1e-14;

/// What the line search needs of a direction d in p[slot], with A d in Ap[slot].
struct DCDDirection {
  PetscReal curvature; ///< (S d, A d)
  PetscReal slope;     ///< (S d, r)
  PetscReal norm;      ///< ||d||, by KSPDCDNormBegin_Private()
};

extern PetscLogEvent KSP_DCD_Orthogonalization;

PETSC_INTERN PetscErrorCode KSPCreate_DCD(KSP ksp);

/// A converged reason that rests on the residual: what the recurrence says must be confirmed.
PETSC_INTERN bool KSPDCDClaimsConvergence_Private(KSPConvergedReason reason);
/// r <- b - A x
PETSC_INTERN PetscErrorCode KSPDCDResidual_Private(KSP ksp, Vec r);
/// Notes that the true residual, of this norm, refused convergence; gives up where it no longer falls.
PETSC_INTERN PetscErrorCode KSPDCDRefuse_Private(KSP ksp, PetscReal norm);

/// Lets the preconditioner run the iteration where it can. `done`: to its end; otherwise `moved` tells whether x is no
/// longer the guess.
PETSC_INTERN PetscErrorCode KSPDCDSolveFused_Private(KSP ksp, bool* done, bool* moved);
PETSC_INTERN PetscErrorCode KSPBuildSolution_DCD(KSP ksp, Vec v, Vec* V);
PETSC_INTERN PetscErrorCode KSPDCDComposeFused_Private(KSP ksp, PetscBool compose);

/// Replaces q by the fallback's direction and counts it.
PETSC_INTERN PetscErrorCode KSPDCDReplace_Private(KSP ksp, KSPDCDReplacement kind, Vec r);
/// Sets ksp->reason where a result of the preconditioner that is not finite must end the solve.
PETSC_INTERN PetscErrorCode KSPDCDCheckPC_Private(KSP ksp);
/// Makes the next direction from q, in p[slot] and Ap[slot]; q is lost. norm_r is ||r||, as above, or negative where it
/// is not known. Sets ksp->reason where no direction can be had.
PETSC_INTERN PetscErrorCode KSPDCDFindDirection_Private(KSP ksp, Vec r, PetscReal norm_r, DCDDirection* direction);
/// Counts the direction in p[slot] among the stored ones.
PETSC_INTERN PetscErrorCode KSPDCDKeepDirection_Private(KSP ksp, const DCDDirection* direction);
/// The norm by which (S u, v) <= ||u|| ||v||, that of |S|^(1/2) v; split as VecNormBegin() is where S = I.
PETSC_INTERN PetscErrorCode KSPDCDNormBegin_Private(KSP ksp, Vec v, PetscReal* norm);
PETSC_INTERN PetscErrorCode KSPDCDNormEnd_Private(KSP ksp, Vec v, PetscReal* norm);
/// *Sq <- S q, in *room, which is made where it is null; q itself where there are no factors of rows.
PETSC_INTERN PetscErrorCode KSPDCDMultiplyByFactors_Private(KSP ksp, Vec q, Vec* room, Vec* Sq);
PETSC_INTERN PetscErrorCode KSPDCDReserve_Private(KSP ksp, PetscInt capacity);
PETSC_INTERN PetscErrorCode KSPDCDFreeDirections_Private(KSP ksp);

PETSC_INTERN PetscErrorCode KSPView_DCD(KSP ksp, PetscViewer viewer);
PETSC_INTERN PetscErrorCode KSPSetFromOptions_DCD(KSP ksp, PetscOptionItems* PetscOptionsObject);
PETSC_INTERN PetscErrorCode KSPDCDComposeFunctions_Private(KSP ksp, PetscBool compose);
