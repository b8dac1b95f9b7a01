// PCCNN in -pc_view.
#include "cnn.hpp"
#include "lattice/guarded.hpp"
#include "latticemg.hpp"

/* What the first rank knows of the network, in lines. */
static std::string Describe(const PC_CNN* cnn, PetscMPIInt ranks, int slabs) {
  const linnet::learned::Architecture& architecture = cnn->loaded->architecture;
  char numbers[128];
  if (cnn->cycle)
    return "  network: " + architecture.name + ", " + std::to_string(cnn->loaded->parameters()) +
           " parameters, run by the multigrid of the lattice" + (cnn->symmetric ? " in V cycles" : "") + "\n";
  std::string text = "  network: " + architecture.name + ", " + std::to_string(cnn->loaded->parameters()) +
                     " parameters, run by " + cnn->network.description() + "\n";
  if (architecture.sweeps > 0)
    text += "  red-black Gauss-Seidel sweeps before and after: " + std::to_string(architecture.sweeps) + "\n";
  if (cnn->symmetric)
    text += "  between them: the network, the operator, the transposed network\n";
  if (ranks > 1)
    text += "  shared by " + std::to_string(slabs) + " of " + std::to_string(ranks) + " ranks\n";
  (void)std::snprintf(numbers, sizeof(numbers), "  an application: %.3g Gflop; memory beside the lattice: %.3g MB\n",
                      1e-9 * (cnn->symmetric ? 2 : 1) * cnn->network.flops(),
                      1e-6 * static_cast<double>(cnn->network.bytes()));
  return text + numbers;
}

PetscErrorCode PCView_CNN(PC pc, PetscViewer viewer) {
  const PC_CNN* cnn = static_cast<const PC_CNN*>(pc->data);
  PetscBool ascii, string;
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PetscObjectComm(reinterpret_cast<PetscObject>(pc)), &ranks));
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(viewer), PETSCVIEWERASCII, &ascii));
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(viewer), PETSCVIEWERSTRING, &string));
  const char* const model = cnn->model.empty() ? "by dimension" : cnn->model.c_str();
  if (string)
    PetscCall(PetscViewerStringSPrintf(viewer, "model %s", model));
  if (!ascii)
    PetscFunctionReturn(0);
  PetscCall(PetscViewerASCIIPrintf(
      viewer, "  model: %s, precision: %s, backend: %s, threads: %d, fallback: %s, symmetric: %s\n", model,
      PCCNNPrecisionNames_Private[cnn->precision], PCCNNBackendNames_Private[cnn->backend], PCCNNThreads_Private(cnn),
      cnn->fallback.c_str(), PetscBools[cnn->symmetric ? 1 : 0]));
  if (!pc->setupcalled)
    PetscFunctionReturn(0);
  if (!cnn->outside.empty()) {
    PetscCall(PetscViewerASCIIPrintf(viewer, "  the fallback is used: %s\n", cnn->outside.c_str()));
  } else {
    PetscCall(linnet::Guarded([&] {
      const std::string text =
          cnn->loaded ? Describe(cnn, ranks, static_cast<PC_LatticeMG*>(cnn->lattice->data)->layout.slabs.slabs())
                      : ""; /* on the first rank, the one that prints */
      for (std::size_t begin = 0, end; begin < text.size(); begin = end + 1) {
        end = text.find('\n', begin);
        PetscCall(PetscViewerASCIIPrintf(viewer, "%s\n", text.substr(begin, end - begin).c_str()));
      }
      return PetscErrorCode{0};
    }));
  }
  PetscCall(PetscViewerASCIIPrintf(viewer, "  lattice%s:\n", cnn->outside.empty() ? "" : " and fallback"));
  PetscCall(PetscViewerASCIIPushTab(viewer));
  PetscCall(PCView(cnn->outside.empty() || !cnn->other ? cnn->lattice : cnn->other, viewer));
  PetscCall(PetscViewerASCIIPopTab(viewer));
  PetscFunctionReturn(0);
}
