// The inner preconditioners of PCBANDIT: built when first played, kept, set up when they play.
#include "bandit.hpp"

static bool IsBlockwise(const std::string& type) {
  return type == "icc" || type == "ilu";
}

static const std::string& TypeOf(const PC_Bandit* bandit, std::size_t arm) {
  return bandit->arms.sets.empty() ? bandit->arms.type : bandit->arms.sets[arm].type;
}

/* All arms in one PCSOR, whose parameters take effect at once. */
static bool IsShared(const linnet::bandits::Arms& arms) {
  for (const auto& axis : arms.axes)
    if (axis.option != "sor_omega" && axis.option != "sor_its" && axis.option != "sor_lits")
      return false;
  return arms.sets.empty();
}

PetscErrorCode PCBanditParseArms_Private(PC pc) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  const MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(pc));

  PetscFunctionBegin;
  if (bandit->parsed == bandit->parameters.arms)
    PetscFunctionReturn(0);
  PetscCall(PCBanditResetArms_Private(pc));
  bandit->arms = linnet::bandits::parse_arms(bandit->parameters.arms);
  const std::size_t types = bandit->arms.sets.empty() ? 1 : bandit->arms.sets.size();
  for (std::size_t k = 0; k < types; k++) {
    const std::string& type = TypeOf(bandit, k);
    PetscErrorCode (*create)(PC) = nullptr;
    PetscCall(PetscFunctionListFind(PCList, type.c_str(), &create));
    PetscCheck(create && type != PCBANDIT && type != PCEISENSTAT, comm, PETSC_ERR_ARG_UNKNOWN_TYPE,
               "bandit: arms: expected types of preconditioners that can stand inside it, found '%s'", type.c_str());
    PetscCheck(bandit->parameters.cost != PC_BANDIT_COST_WORK || (type != "hypre" && type != "ml"), comm,
               PETSC_ERR_ARG_INCOMP, "bandit: cost work: expected types that log their operations, found '%s'",
               type.c_str());
  }
  PetscCheck(PCBanditSafe_Private(bandit) < static_cast<PetscInt>(bandit->arms.size()), comm, PETSC_ERR_ARG_OUTOFRANGE,
             "bandit: safe arm: expected 0 to %d, found %" PetscInt_FMT, static_cast<int>(bandit->arms.size()) - 1,
             bandit->parameters.safe);
  bandit->inner.assign(IsShared(bandit->arms) ? 1 : bandit->arms.size(), nullptr);
  bandit->inserted.assign(bandit->inner.size(), {});
  bandit->parsed = bandit->parameters.arms;
  PetscFunctionReturn(0);
}

/* The options of an arm, with their keys as its PC reads them. */
static std::vector<std::pair<std::string, std::string>> OptionsOf(const PC_Bandit* bandit, std::size_t arm,
                                                                  const std::string& prefix, bool blocks) {
  std::vector<std::pair<std::string, std::string>> options;
  const auto add = [&](const std::string& key, const std::string& value) {
    options.emplace_back("-" + prefix + (blocks && key.starts_with("pc_") ? "sub_" : "") + key, value);
  };
  if (blocks)
    add("pc_type", TypeOf(bandit, arm));
  if (!bandit->arms.sets.empty()) {
    for (const auto& [key, value] : bandit->arms.sets[arm].options)
      add(key.substr(1), value);
  } else if (!IsShared(bandit->arms)) {
    const auto values = bandit->arms.values(arm);
    for (std::size_t a = 0; a < values.size(); a++) {
      char text[32];
      (void)std::snprintf(text, sizeof(text), "%.15g", values[a]);
      add("pc_" + bandit->arms.axes[a].option, text);
    }
  }
  return options;
}

/* Sweeps one way for a stationary iteration, else symmetric within each rank, as conjugate gradients need. */
static PetscErrorCode PCBanditDefaultSweep_Private(PC inner, KSP ksp) {
  PetscBool richardson = PETSC_FALSE;

  PetscFunctionBegin;
  if (ksp)
    PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(ksp), KSPRICHARDSON, &richardson));
  PetscCall(PCSORSetSymmetric(inner, richardson ? SOR_LOCAL_FORWARD_SWEEP : SOR_LOCAL_SYMMETRIC_SWEEP));
  PetscFunctionReturn(0);
}

static PetscErrorCode PCBanditBuild_Private(PC pc, KSP ksp, std::size_t arm, std::size_t slot) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  const MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(pc));
  const char* outer = nullptr;
  PetscBool sor;
  DM dm = nullptr;
  PC inner;

  PetscFunctionBegin;
  PetscCall(PCGetOptionsPrefix(pc, &outer));
  const std::string prefix = std::string(outer ? outer : "") + "bandit_" +
                             (bandit->inner.size() > 1 ? std::to_string(slot) + "_" : std::string());
  const bool blocks = bandit->ranks > 1 && IsBlockwise(TypeOf(bandit, arm));
  PetscCall(PCCreate(comm, &bandit->inner[slot]));
  inner = bandit->inner[slot];
  PetscCall(PetscObjectIncrementTabLevel(reinterpret_cast<PetscObject>(inner), reinterpret_cast<PetscObject>(pc), 1));
  PetscCall(PCSetOptionsPrefix(inner, prefix.c_str()));
  PetscCall(PCSetOperators(inner, pc->mat, pc->pmat));
  PetscCall(PCSetType(inner, blocks ? PCBJACOBI : TypeOf(bandit, arm).c_str()));
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(inner), PCSOR, &sor));
  if (sor)
    PetscCall(PCBanditDefaultSweep_Private(inner, ksp));
  PetscCall(PCGetDM(pc, &dm));
  if (dm)
    PetscCall(PCSetDM(inner, dm));
  for (const auto& [key, value] : OptionsOf(bandit, arm, prefix, blocks)) {
    PetscBool given = PETSC_FALSE;
    PetscCall(PetscOptionsHasName(nullptr, nullptr, key.c_str(), &given));
    if (given) /* the user's own stands */
      continue;
    PetscCall(PetscOptionsSetValue(nullptr, key.c_str(), value.empty() ? nullptr : value.c_str()));
    bandit->inserted[slot].push_back(key);
  }
  PetscCall(PCSetFromOptions(inner));
  PetscFunctionReturn(0);
}

PetscErrorCode PCBanditDiscard_Private(PC_Bandit* bandit, std::size_t slot) {
  PetscFunctionBegin;
  PetscCall(PCDestroy(&bandit->inner[slot]));
  for (const std::string& key : bandit->inserted[slot])
    PetscCall(PetscOptionsClearValue(nullptr, key.c_str()));
  bandit->inserted[slot].clear();
  PetscFunctionReturn(0);
}

/* An option of an arm that nothing has read is a mistake of the user's. */
static PetscErrorCode PCBanditCheckOptions_Private(PC pc, std::size_t arm, std::size_t slot) {
  const PC_Bandit* bandit = PCBanditData_Private(pc);

  PetscFunctionBegin;
  for (const std::string& key : bandit->inserted[slot]) {
    PetscBool used = PETSC_FALSE;
    PetscCall(PetscOptionsUsed(nullptr, key.c_str() + 1, &used));
    PetscCheck(used, PetscObjectComm(reinterpret_cast<PetscObject>(pc)), PETSC_ERR_ARG_OUTOFRANGE,
               "bandit: arm '%s': expected options of its type, found one that it does not read (%s)",
               bandit->arms.label(arm).c_str(), key.c_str());
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode PCBanditSetValues_Private(PC_Bandit* bandit, PC inner, std::size_t arm, PetscReal value) {
  const auto values = bandit->arms.values(arm);

  PetscFunctionBegin;
  for (std::size_t a = 0; a < values.size(); a++) {
    const std::string& option = bandit->arms.axes[a].option;
    PetscInt its, lits;
    PetscCall(PCSORGetIterations(inner, &its, &lits));
    if (option == "sor_omega")
      PetscCall(PCSORSetOmega(inner, bandit->arms.is_relaxation() ? value : values[a]));
    else if (option == "sor_its")
      PetscCall(PCSORSetIterations(inner, static_cast<PetscInt>(values[a]), lits));
    else
      PetscCall(PCSORSetIterations(inner, its, static_cast<PetscInt>(values[a])));
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode PCBanditSetUpArm_Private(PC pc, KSP ksp, std::size_t arm, std::size_t slot, PetscReal value) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  PetscBool sor;

  PetscFunctionBegin;
  if (!bandit->inner[slot])
    PetscCall(PCBanditBuild_Private(pc, ksp, arm, slot));
  const PC inner = bandit->inner[slot];
  PetscCall(PCSetOperators(inner, pc->mat, pc->pmat));
  PetscCall(PCSetReusePreconditioner(inner, pc->reusepreconditioner));
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(inner), PCSOR, &sor));
  if (sor) /* with inodes, omega = 1 alone would run a block method */
    PetscCall(MatSetOption(pc->pmat, MAT_USE_INODES, PETSC_FALSE));
  if (sor && bandit->arms.sets.empty())
    PetscCall(PCBanditSetValues_Private(bandit, inner, arm, value));
  PetscCall(PCSetUp(inner));
  PetscFunctionReturn(0);
}

PetscErrorCode PCBanditUse_Private(PC pc, KSP ksp, PetscInt arm, PetscReal value, bool* failed) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  const auto k = static_cast<std::size_t>(arm);
  const std::size_t slot = PCBanditSlot_Private(bandit, k);
  const bool fresh = !bandit->inner[slot];
  constexpr int no_error = 1; /* but perhaps a reason to have failed */
  PCFailedReason reason = PC_NOERROR;
  int bad;

  PetscFunctionBegin;
  {
    const PCBanditQuiet quiet;
    if (PCBanditCaught_Private(bandit, PCBanditSetUpArm_Private(pc, ksp, k, slot, value)))
      bad = no_error + bandit->ranks - bandit->rank; /* the first rank's is the largest */
    else {
      PetscCall(PCGetFailedReason(bandit->inner[slot], &reason));
      bad = reason != PC_NOERROR ? no_error : 0;
    }
  }
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, &bad, 1, MPI_INT, MPI_MAX, PetscObjectComm(reinterpret_cast<PetscObject>(pc))));
  *failed = bad > 0;
  bandit->playing = bandit->inner[slot];
  if (bad > 0)
    PetscCall(PetscInfo(pc, "arm %" PetscInt_FMT " could not be set up\n", arm));
  if (bad > no_error) {
    PetscCall(PCBanditShareMessage_Private(pc, bandit->ranks + no_error - bad));
    if (arm != PCBanditSafe_Private(bandit))
      PCBanditTell_Private(bandit, k);
    bandit->playing = nullptr;
    PetscCall(PCBanditDiscard_Private(bandit, slot));
  } else if (fresh) {
    PetscCall(PCBanditCheckOptions_Private(pc, k, slot));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PCBanditResetArms_Private(PC pc) {
  PC_Bandit* bandit = PCBanditData_Private(pc);

  PetscFunctionBegin;
  bandit->playing = nullptr;
  bandit->told.clear();
  for (std::size_t slot = 0; slot < bandit->inner.size(); slot++)
    PetscCall(PCBanditDiscard_Private(bandit, slot));
  PetscFunctionReturn(0);
}
