// PCMFAC in -pc_view.
#include "mfac.hpp"

PetscErrorCode PCView_MFAC(PC pc, PetscViewer viewer) {
  const PC_MFAC* mfac = static_cast<const PC_MFAC*>(pc->data);
  PetscInt rows;
  PetscReal damping;
  PetscBool ascii;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(viewer), PETSCVIEWERASCII, &ascii));
  if (!ascii)
    PetscFunctionReturn(0);
  PetscCall(PetscViewerASCIIPrintf(viewer, "  source: %s, mode: %s, rank: %" PetscInt_FMT ", seed: %" PetscInt_FMT "\n",
                                   PCMFACSourceNames_Private[mfac->source], PCMFACModeNames_Private[mfac->mode],
                                   mfac->rank, mfac->seed));
  PetscCall(PetscViewerASCIIPrintf(viewer, "  damping: %g, rows stored in %s, kernels: %s\n",
                                   static_cast<double>(mfac->damping), PCMFACPrecisionNames_Private[mfac->precision],
                                   linnet::mfac::kernels_name()));
  if (mfac->taken == PC_MFAC_SOURCE_AUTO)
    PetscFunctionReturn(0);
  PetscCall(PCMFACGetRows(pc, &rows, &damping, nullptr));
  PetscCall(PetscViewerASCIIPrintf(viewer, "  in use: %" PetscInt_FMT " rows from %s; %s\n", rows,
                                   PCMFACSourceNames_Private[mfac->taken], mfac->form.c_str()));
  if (mfac->taken == PC_MFAC_SOURCE_ROWS && rows < mfac->all_rows)
    PetscCall(PetscViewerASCIIPrintf(
        viewer, "  sampled from %" PetscInt_FMT " rows, damping raised to %g: effective dimension %.4g%s\n",
        mfac->all_rows, static_cast<double>(damping), mfac->effective_dimension,
        mfac->none ? "; too few for a gain, the identity is used" : ""));
  else if (mfac->taken != PC_MFAC_SOURCE_LRC && damping > mfac->damping)
    PetscCall(PetscViewerASCIIPrintf(viewer, "  damping raised to %g: rows are dependent to rounding\n",
                                     static_cast<double>(damping)));
  else if (mfac->taken == PC_MFAC_SOURCE_LRC && damping > 1)
    PetscCall(PetscViewerASCIIPrintf(viewer, "  base raised %g times: it is below the rounding errors of U C U^T\n",
                                     static_cast<double>(damping)));
  PetscFunctionReturn(0);
}
