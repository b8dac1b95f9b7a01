// PCLATTICEMG in -pc_view.
#include "lattice/guarded.hpp"
#include "latticemg.hpp"

/* What the first rank knows of the hierarchy, in lines. */
static std::string Describe(const PC_LatticeMG* mg, PetscMPIInt ranks) {
  const linnet::LatticeOperator& op = ranks > 1 ? mg->op : mg->placement.op;
  const linnet::GridSize& size = mg->placement.lattice.size;
  std::string text =
      "  grid: " + std::to_string(size[0]) + " x " + std::to_string(size[1]) + " x " + std::to_string(size[2]) + ", ";
  const std::string source = mg->placement.source;
  text += source == "DMDA" ? "from the DMDA" : source == "cells" ? "from linnet_cells" : "recovered from the matrix";
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (op.wraps[axis])
      text += std::string(", periodic in ") + "xyz"[axis];
  text += "\n  operator: ";
  text += op.voxel ? "voxel Laplacian" : op.uniform ? "uniform couplings" : "variable couplings";
  text += op.max_excess > 0 || op.coupled_rows == 0 ? "" : ", singular";
  if (op.decoupled_rows > 0)
    text += ", " + std::to_string(op.decoupled_rows) + " rows coupled with none";
  text += "\n  levels:";
  for (const linnet::latticemg::Level& level : mg->multigrid.levels())
    text += (&level == mg->multigrid.levels().data() ? " " : ", ") + std::to_string(level.size[0]) + " x " +
            std::to_string(level.size[1]) + " x " + std::to_string(level.size[2]);
  text += "; the last one solved directly\n  coarsening: ";
  text += mg->multigrid.plan().semi ? "semi, along the strong couplings first" : "full";
  text += "\n";
  if (ranks > 1)
    text += "  gathered on the first of " + std::to_string(ranks) + " ranks\n";
  char memory[64];
  (void)std::snprintf(memory, sizeof(memory), "  memory: %.3g MB\n", 1e-6 * static_cast<double>(mg->multigrid.bytes()));
  return text + memory;
}

PetscErrorCode PCView_LatticeMG(PC pc, PetscViewer viewer) {
  const PC_LatticeMG* mg = static_cast<const PC_LatticeMG*>(pc->data);
  const linnet::latticemg::CycleOptions options = PCLatticeMGOptions_Private(mg);
  PetscBool ascii, string;
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PetscObjectComm(reinterpret_cast<PetscObject>(pc)), &ranks));
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(viewer), PETSCVIEWERASCII, &ascii));
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(viewer), PETSCVIEWERSTRING, &string));
  if (string)
    PetscCall(PetscViewerStringSPrintf(viewer, "cycle %s, sweeps %d", PCLatticeMGCycleNames_Private[mg->cycle],
                                       options.sweeps));
  if (!ascii)
    PetscFunctionReturn(0);
  PetscCall(PetscViewerASCIIPrintf(viewer, "  cycle: %s, red-black Gauss-Seidel sweeps before and after: %d\n",
                                   PCLatticeMGCycleNames_Private[mg->cycle], options.sweeps));
  PetscCall(PetscViewerASCIIPrintf(viewer, "  threads: %d, kernels: %s\n", options.threads,
                                   linnet::latticemg::supported_kernels()[0]->name));
  if (mg->placement.nonzeros < 0)
    PetscFunctionReturn(0);
  PetscCall(linnet::Guarded([&] {
    std::string text = Describe(mg, ranks);
    for (std::size_t begin = 0, end; begin < text.size(); begin = end + 1) {
      end = text.find('\n', begin);
      PetscCall(PetscViewerASCIIPrintf(viewer, "%s\n", text.substr(begin, end - begin).c_str()));
    }
    return PetscErrorCode{0};
  }));
  PetscFunctionReturn(0);
}
