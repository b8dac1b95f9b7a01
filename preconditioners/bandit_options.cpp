// Options of PCBANDIT.
#include "bandit.hpp"
#include "enum_option.hpp"

const char* const PCBanditCostNames_Private[] = {"iterations",      "time", "work", "PCBanditCost",
                                                 "PC_BANDIT_COST_", nullptr};
const char* const PCBanditContextSourceNames_Private[] = {
    "auto", "given", "matrix", "none", "PCBanditContextSource", "PC_BANDIT_CONTEXT_", nullptr};

static constexpr size_t longest = 16384;

/* An option whose value is a text, and what sets it. */
static PetscErrorCode TextOption(PetscOptionItems* PetscOptionsObject, PC pc, const char* key, const char* text,
                                 const char* man, const std::string& now, PetscErrorCode (*set)(PC, const char[])) {
  std::vector<char> value(longest);
  PetscBool given;

  PetscFunctionBegin;
  PetscCall(PetscOptionsString(key, text, man, now.c_str(), value.data(), longest, &given));
  if (given)
    PetscCall((*set)(pc, value.data()));
  PetscFunctionReturn(0);
}

static PetscErrorCode SetFromOptions(PC pc, PetscOptionItems* PetscOptionsObject) {
  const PCBanditParameters now = PCBanditData_Private(pc)->parameters;
  PCBanditCost cost = now.cost;
  PCBanditContextSource source = now.source;
  PetscInt seed = now.seed, safe = now.safe == PETSC_DEFAULT ? 0 : now.safe, count = 2 * linnet::bandits::most_numbers;
  PetscReal cap = now.cap;
  std::array<PetscReal, 2 * linnet::bandits::most_numbers> ends{}, lowest{}, highest{};
  PetscBool given;

  PetscFunctionBegin;
  PetscOptionsHeadBegin(PetscOptionsObject, "Bandit options");
  PetscCall(TextOption(PetscOptionsObject, pc, "-pc_bandit_arms", "What it chooses from", "PCBanditSetArms", now.arms,
                       PCBanditSetArms));
  PetscCall(TextOption(PetscOptionsObject, pc, "-pc_bandit_policy", linnet::bandits::policy_names, "PCBanditSetPolicy",
                       now.policy, PCBanditSetPolicy));
  PetscCall(EnumOption(PetscOptionsObject, "-pc_bandit_cost", "What a solve is charged", "PCBanditSetCost",
                       PCBanditCostNames_Private, &cost, &given));
  if (given)
    PetscCall(PCBanditSetCost(pc, cost));
  PetscCall(EnumOption(PetscOptionsObject, "-pc_bandit_context", "Where the context comes from",
                       "PCBanditSetContextSource", PCBanditContextSourceNames_Private, &source, &given));
  if (given)
    PetscCall(PCBanditSetContextSource(pc, source));
  PetscCall(PetscOptionsRealArray("-pc_bandit_context_interval", "Of each number of the contexts: lowest,highest",
                                  "PCBanditSetContextInterval", ends.data(), &count, &given));
  if (given) {
    PetscCheck(count % 2 == 0, PetscObjectComm(reinterpret_cast<PetscObject>(pc)), PETSC_ERR_ARG_SIZ,
               "-pc_bandit_context_interval takes lowest,highest for each number, found %" PetscInt_FMT " numbers",
               count);
    for (std::size_t k = 0; k < highest.size() / 2; k++) {
      lowest[k] = ends[2 * k];
      highest[k] = ends[2 * k + 1];
    }
    PetscCall(PCBanditSetContextInterval(pc, count / 2, lowest.data(), highest.data()));
  }
  PetscCall(PetscOptionsInt("-pc_bandit_safe", "Arm that takes over where another fails", "PCBanditSetSafeArm", safe,
                            &safe, &given));
  if (given)
    PetscCall(PCBanditSetSafeArm(pc, safe));
  PetscCall(PetscOptionsReal("-pc_bandit_cap", "Multiple of the expected cost at which an arm is stopped; 0: none is",
                             "PCBanditSetCap", cap, &cap, &given));
  if (given)
    PetscCall(PCBanditSetCap(pc, cap));
  PetscCall(TextOption(PetscOptionsObject, pc, "-pc_bandit_state", "File that keeps what was learned",
                       "PCBanditSetState", now.state, PCBanditSetState));
  PetscCall(TextOption(PetscOptionsObject, pc, "-pc_bandit_tag", "A state file of another tag is refused",
                       "PCBanditSetTag", now.tag, PCBanditSetTag));
  PetscCall(TextOption(PetscOptionsObject, pc, "-pc_bandit_log", "File that gets a line for each solve",
                       "PCBanditSetLog", now.log, PCBanditSetLog));
  PetscCall(PetscOptionsInt("-pc_bandit_seed", "Of the choices", "PCBanditSetSeed", seed, &seed, &given));
  if (given)
    PetscCall(PCBanditSetSeed(pc, seed));
  PetscOptionsHeadEnd();
  PetscFunctionReturn(0);
}

PetscErrorCode PCSetFromOptions_Bandit(PC pc, PetscOptionItems* PetscOptionsObject) {
  PetscFunctionBegin;
  PetscCall(PCBanditGuarded_Private(PetscObjectComm(reinterpret_cast<PetscObject>(pc)),
                                    [&] { return SetFromOptions(pc, PetscOptionsObject); }));
  PetscFunctionReturn(0);
}
