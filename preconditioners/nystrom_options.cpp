// Parameters of PCNYSTROM: what sets them, options, view.
#include "nystrom.hpp"

static PetscErrorCode PCNystromSetRank_Nystrom(PC pc, PetscInt rank) {
  PetscFunctionBegin;
  PetscCheck(rank >= 1, CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The rank of nystrom must be at least 1, not %" PetscInt_FMT, rank);
  if (PCNystromData_Private(pc)->rank != rank)
    pc->setupcalled = PETSC_FALSE;
  PCNystromData_Private(pc)->rank = rank;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCNystromGetRank_Nystrom(PC pc, PetscInt* rank) {
  PetscFunctionBegin;
  *rank = PCNystromData_Private(pc)->rank;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCNystromSetDamping_Nystrom(PC pc, PetscReal damping) {
  PetscFunctionBegin;
  PetscCheck(damping >= 0 && !PetscIsInfOrNanReal(damping), CommOf(pc), PETSC_ERR_ARG_OUTOFRANGE,
             "The damping of nystrom must be at least zero and finite, not %g", static_cast<double>(damping));
  if (PCNystromData_Private(pc)->damping != damping)
    pc->setupcalled = PETSC_FALSE;
  PCNystromData_Private(pc)->damping = damping;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCNystromGetDamping_Nystrom(PC pc, PetscReal* damping) {
  PetscFunctionBegin;
  *damping = PCNystromData_Private(pc)->damping;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCNystromSetAdaptive_Nystrom(PC pc, PetscBool adaptive) {
  PetscFunctionBegin;
  if (PCNystromData_Private(pc)->adaptive != adaptive)
    pc->setupcalled = PETSC_FALSE;
  PCNystromData_Private(pc)->adaptive = adaptive;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCNystromGetAdaptive_Nystrom(PC pc, PetscBool* adaptive) {
  PetscFunctionBegin;
  *adaptive = PCNystromData_Private(pc)->adaptive;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCNystromSetSeed_Nystrom(PC pc, PetscInt seed) {
  PetscFunctionBegin;
  if (PCNystromData_Private(pc)->seed != seed)
    pc->setupcalled = PETSC_FALSE;
  PCNystromData_Private(pc)->seed = seed;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCNystromGetSeed_Nystrom(PC pc, PetscInt* seed) {
  PetscFunctionBegin;
  *seed = PCNystromData_Private(pc)->seed;
  PetscFunctionReturn(0);
}

static PetscErrorCode PCNystromGetEigenvalues_Nystrom(PC pc, PetscInt* count, const PetscReal* eigenvalues[]) {
  PetscFunctionBegin;
  *count = static_cast<PetscInt>(PCNystromData_Private(pc)->eigenvalues.size());
  if (eigenvalues)
    *eigenvalues = PCNystromData_Private(pc)->eigenvalues.data();
  PetscFunctionReturn(0);
}

PetscErrorCode PCNystromComposeFunctions_Private(PC pc, PetscBool compose) {
  PetscFunctionBegin;
  PetscCall(
      PetscObjectComposeFunction(AsObject(pc), "PCNystromSetRank_C", compose ? PCNystromSetRank_Nystrom : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(pc), "PCNystromGetRank_C", compose ? PCNystromGetRank_Nystrom : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCNystromSetDamping_C",
                                       compose ? PCNystromSetDamping_Nystrom : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCNystromGetDamping_C",
                                       compose ? PCNystromGetDamping_Nystrom : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCNystromSetAdaptive_C",
                                       compose ? PCNystromSetAdaptive_Nystrom : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCNystromGetAdaptive_C",
                                       compose ? PCNystromGetAdaptive_Nystrom : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(pc), "PCNystromSetSeed_C", compose ? PCNystromSetSeed_Nystrom : nullptr));
  PetscCall(
      PetscObjectComposeFunction(AsObject(pc), "PCNystromGetSeed_C", compose ? PCNystromGetSeed_Nystrom : nullptr));
  PetscCall(PetscObjectComposeFunction(AsObject(pc), "PCNystromGetEigenvalues_C",
                                       compose ? PCNystromGetEigenvalues_Nystrom : nullptr));
  PetscFunctionReturn(0);
}

PetscErrorCode PCSetFromOptions_Nystrom(PC pc, PetscOptionItems* PetscOptionsObject) {
  const PC_Nystrom* nystrom = PCNystromData_Private(pc);
  PetscInt rank = nystrom->rank, seed = nystrom->seed;
  PetscReal damping = nystrom->damping;
  PetscBool adaptive = nystrom->adaptive, set;

  PetscFunctionBegin;
  PetscOptionsHeadBegin(PetscOptionsObject, "Nystrom options");
  PetscCall(PetscOptionsInt("-pc_nystrom_rank", "Largest rank", "PCNystromSetRank", rank, &rank, &set));
  if (set)
    PetscCall(PCNystromSetRank(pc, rank));
  PetscCall(PetscOptionsReal("-pc_nystrom_damping", "Multiple of the identity in the operator", "PCNystromSetDamping",
                             damping, &damping, &set));
  if (set)
    PetscCall(PCNystromSetDamping(pc, damping));
  PetscCall(
      PetscOptionsBool("-pc_nystrom_adaptive", "Find the rank", "PCNystromSetAdaptive", adaptive, &adaptive, &set));
  if (set)
    PetscCall(PCNystromSetAdaptive(pc, adaptive));
  PetscCall(PetscOptionsInt("-pc_nystrom_seed", "Seed of the random vectors", "PCNystromSetSeed", seed, &seed, &set));
  if (set)
    PetscCall(PCNystromSetSeed(pc, seed));
  PetscOptionsHeadEnd();
  PetscFunctionReturn(0);
}

PetscErrorCode PCView_Nystrom(PC pc, PetscViewer viewer) {
  const PC_Nystrom* nystrom = PCNystromData_Private(pc);
  PetscBool ascii;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(viewer), PETSCVIEWERASCII, &ascii));
  if (!ascii)
    PetscFunctionReturn(0);
  PetscCall(PetscViewerASCIIPrintf(viewer, "  rank: at most %" PetscInt_FMT "%s, damping %g, seed %" PetscInt_FMT "\n",
                                   nystrom->rank, nystrom->adaptive ? ", found by doubling" : "",
                                   static_cast<double>(nystrom->damping), nystrom->seed));
  if (!nystrom->eigenvalues.empty())
    PetscCall(PetscViewerASCIIPrintf(viewer, "  in use: %d, eigenvalues %g to %g, from %" PetscInt_FMT " products\n",
                                     static_cast<int>(nystrom->eigenvalues.size()), nystrom->eigenvalues.front(),
                                     nystrom->eigenvalues.back(), nystrom->products));
  PetscFunctionReturn(0);
}
