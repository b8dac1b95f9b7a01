// PCBANDIT in -pc_view.
#include "bandit.hpp"

static PetscErrorCode View(PC pc, PetscViewer viewer) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  const PCBanditParameters& p = bandit->parameters;
  const auto safe = static_cast<std::size_t>(PCBanditSafe_Private(bandit));

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, "  arms: %s\n", p.arms.c_str()));
  PetscCall(PetscViewerASCIIPrintf(viewer, "  policy: %s%s%s, cost: %s, context: %s, seed: %" PetscInt_FMT "\n",
                                   p.policy.c_str(), bandit->policy.empty() ? "" : ": ", bandit->policy.c_str(),
                                   PCBanditCostNames_Private[p.cost], PCBanditContextSourceNames_Private[p.source],
                                   p.seed));
  PetscCall(PetscViewerASCIIPrintf(viewer, "  cap: %g expected costs, then arm %d goes on\n",
                                   static_cast<double>(p.cap), static_cast<int>(safe)));
  if (!p.state.empty())
    PetscCall(PetscViewerASCIIPrintf(viewer, "  state: %s, tag '%s'\n", p.state.c_str(), p.tag.c_str()));
  if (bandit->policy.empty())
    PetscFunctionReturn(0);
  const PCBanditStatistics& s = bandit->statistics;
  PetscCall(PetscViewerASCIIPrintf(
      viewer, "  solves: %" PetscInt_FMT ", mean cost: %g, failures: %" PetscInt_FMT "\n", s.solves,
      s.solves > 0 ? static_cast<double>(s.total_cost) / static_cast<double>(s.solves) : 0, s.failures));
  PetscCall(PetscViewerASCIIPrintf(viewer, "  seconds: learner %.3g, solves %.3g\n",
                                   static_cast<double>(s.learner_seconds), static_cast<double>(s.solve_seconds)));
  const auto arm = static_cast<std::size_t>(bandit->play.arm);
  if (bandit->arms.is_relaxation())
    PetscCall(PetscViewerASCIIPrintf(viewer, "  last choice: sor_omega=%g, probability %g\n", bandit->play.value,
                                     bandit->play.probability));
  else
    PetscCall(PetscViewerASCIIPrintf(viewer, "  last choice: %s, probability %g\n", bandit->arms.label(arm).c_str(),
                                     bandit->play.probability));
  if (bandit->playing) {
    PetscCall(PetscViewerASCIIPushTab(viewer));
    PetscCall(PCView(bandit->playing, viewer));
    PetscCall(PetscViewerASCIIPopTab(viewer));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PCView_Bandit(PC pc, PetscViewer viewer) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  PetscBool ascii, string;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(viewer), PETSCVIEWERASCII, &ascii));
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(viewer), PETSCVIEWERSTRING, &string));
  if (string)
    PetscCall(PetscViewerStringSPrintf(viewer, "policy %s", bandit->parameters.policy.c_str()));
  if (!ascii)
    PetscFunctionReturn(0);
  PetscCall(PCBanditGuarded_Private(PetscObjectComm(reinterpret_cast<PetscObject>(pc)), [&] {
    PetscCall(PCBanditShareStatistics_Private(pc));
    return View(pc, viewer);
  }));
  PetscFunctionReturn(0);
}
