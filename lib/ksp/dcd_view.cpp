// KSPDCD in -ksp_view.
#include "ksp/dcd.hpp"

PetscErrorCode KSPView_DCD(KSP ksp, PetscViewer viewer) {
  KSP_DCD* dcd = static_cast<KSP_DCD*>(ksp->data);
  const PetscInt* count = dcd->replacements;
  PetscBool ascii, string;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(viewer), PETSCVIEWERASCII, &ascii));
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(viewer), PETSCVIEWERSTRING, &string));
  if (string)
    PetscCall(PetscViewerStringSPrintf(viewer, "directions %" PetscInt_FMT, dcd->directions));
  if (!ascii)
    PetscFunctionReturn(0);
  if (dcd->directions < 0)
    PetscCall(PetscViewerASCIIPrintf(viewer, "  all previous directions kept\n"));
  else
    PetscCall(PetscViewerASCIIPrintf(viewer, "  previous directions kept: %" PetscInt_FMT "\n", dcd->directions));
  if (dcd->recompute)
    PetscCall(PetscViewerASCIIPrintf(
        viewer, "  true residual recomputed every %" PetscInt_FMT " iterations and before convergence is declared\n",
        dcd->recompute));
  else
    PetscCall(PetscViewerASCIIPrintf(viewer, "  true residual recomputed before convergence is declared\n"));
  if (!dcd->safeguard)
    PetscCall(PetscViewerASCIIPrintf(viewer, "  no safeguards: directions are taken as they come\n"));
  else
    PetscCall(PetscViewerASCIIPrintf(viewer,
                                     "  safeguards; directions replaced in the last solve: %" PetscInt_FMT
                                     " not finite, %" PetscInt_FMT " no descent, %" PetscInt_FMT " no curvature\n",
                                     count[KSP_DCD_NOT_FINITE], count[KSP_DCD_NO_DESCENT],
                                     count[KSP_DCD_NO_CURVATURE]));
  if (dcd->unconfirmed)
    PetscCall(PetscViewerASCIIPrintf(
        viewer, "  convergence refused by the true residual in the last solve: %" PetscInt_FMT " times\n",
        dcd->unconfirmed));
  if (dcd->plain)
    PetscCall(PetscViewerASCIIPrintf(
        viewer, "  last solve: %s%s\n",
        *dcd->plain ? "not fused with the preconditioner, " : "fused with the preconditioner", dcd->plain));
  if (dcd->safeguard && dcd->fallback) {
    PetscCall(PetscViewerASCIIPrintf(viewer, "  preconditioner of replacements:\n"));
    PetscCall(PetscViewerASCIIPushTab(viewer));
    PetscCall(PCView(dcd->fallback, viewer));
    PetscCall(PetscViewerASCIIPopTab(viewer));
  }
  PetscFunctionReturn(0);
}
