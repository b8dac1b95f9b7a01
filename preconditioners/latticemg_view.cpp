// PCLATTICEMG in -pc_view.
#include "lattice/guarded.hpp"
#include "latticemg.hpp"

template <class... Numbers>
static std::string DescribeWeights(const char* format, Numbers... numbers) {
  char text[160];
  (void)std::snprintf(text, sizeof(text), format, static_cast<double>(numbers)...);
  return std::string("  weights: ") + text + "\n";
}

static std::string DescribeGrids(const PC_LatticeMG* mg) {
  const linnet::latticemg::CoarseningPlan& plan = mg->multigrid.layout().coarsening;
  std::string text = "\n  levels:";
  std::array<PetscInt, 3> cells{};
  for (std::size_t a = 0; a < 3; ++a)
    cells[a] = mg->placement.where().size[static_cast<std::size_t>(plan.axis[a])];
  for (std::size_t l = 0;; ++l) {
    text += (l == 0 ? " " : ", ") + std::to_string(cells[0]) + " x " + std::to_string(cells[1]) + " x " +
            std::to_string(cells[2]);
    if (l == plan.halved.size())
      break;
    for (std::size_t a = 0; a < 3; ++a)
      cells[a] = plan.halved[l][a] ? (cells[a] + 1) / 2 : cells[a];
  }
  if (mg->multigrid.layout().finest_only)
    return "\n  the finest grid alone\n";
  text += "; the last one solved directly\n  coarsening: ";
  text += plan.semi ? "semi, along the strong couplings first\n" : "full\n";
  const linnet::latticemg::CycleWeights& w = mg->multigrid.layout().weights;
  return text + DescribeWeights("couplings %g, %g, %g; excess %g, %g, %g; red half sweeps %g", w.coupling[0],
                                w.coupling[1], w.coupling[2], w.excess[0], w.excess[1], w.excess[2], w.red);
}

/* Known on the first rank, which has them */
static std::string DescribeAggregates(const PC_LatticeMG* mg) {
  std::string text = "\n  levels: " + std::to_string(mg->placement.coefficients().coupled_rows);
  for (const long long nodes : mg->multigrid.aggregates().sizes())
    text += ", " + std::to_string(nodes);
  const linnet::latticemg::AggregateWeights& w = mg->multigrid.layout().weights.aggregates;
  return text + "; the last one " +
         (mg->multigrid.aggregates().solves_last_level() ? "solved directly" : "swept over") +
         "\n  coarsening: aggregates of strongly coupled cells\n" +
         DescribeWeights("couplings at least %g, %g, %g; excess %g, %g, %g; red half sweeps %g", w.coupling[0],
                         w.coupling[1], w.coupling[2], w.excess[0], w.excess[1], w.excess[2], w.red);
}

/* The hierarchy, in lines; `bytes`: of all ranks. */
static std::string Describe(const PC_LatticeMG* mg, PetscMPIInt ranks, double bytes) {
  const linnet::LatticeOperator& op = mg->placement.coefficients();
  const linnet::GridSize& size = mg->placement.where().size;
  std::string text =
      "  grid: " + std::to_string(size[0]) + " x " + std::to_string(size[1]) + " x " + std::to_string(size[2]) + ", ";
  const std::string source = mg->placement.source;
  text += source == "DMDA"      ? "from the DMDA"
          : source == "cells"   ? "from linnet_cells"
          : source == "lattice" ? "that of the matrix"
                                : "recovered from the matrix";
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (mg->placement.where().periodic[axis])
      text += std::string(", periodic in ") + "xyz"[axis];
  text += std::string("\n  operator: ") + op.kind();
  text += op.max_excess > 0 || op.coupled_rows == 0 ? "" : ", singular";
  if (mg->multigrid.raised())
    text += ", row sums below zero taken as zero on coarser grids";
  if (op.decoupled_rows > 0)
    text += ", " + std::to_string(op.decoupled_rows) + " rows coupled with none";
  if (op.fixed_columns.any)
    text += ", which others refer to";
  if (op.negated)
    text += ", times -1";
  else if (op.has_row_factors)
    text += ", rows multiplied by what makes them symmetric";
  const linnet::latticemg::Layout& layout = mg->multigrid.layout();
  text += mg->multigrid.aggregated() ? DescribeAggregates(mg) : DescribeGrids(mg);
  if (ranks > 1) {
    text += "  ranks with a slab: " + std::to_string(layout.slabs.slabs()) + " of " + std::to_string(ranks);
    text += mg->multigrid.aggregated()
                ? ", levels of aggregates they share: " + std::to_string(mg->multigrid.aggregates().shared_levels())
                : ", grids they share: " + std::to_string(layout.slabs.shared_levels);
    text += "\n";
  }
  char memory[64];
  (void)std::snprintf(memory, sizeof(memory), "  memory: %.3g MB\n", 1e-6 * bytes);
  return text + memory;
}

static std::string DescribeSweeps(const linnet::latticemg::CycleOptions& options) {
  std::string text = std::to_string(options.sweeps);
  if (options.w_cycle)
    text += ", on the finest grid " + std::to_string(options.sweeps_on(0)) + ", on coarse ones " +
            std::to_string(options.sweeps_on(2));
  return text;
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
  PetscCall(PetscViewerASCIIPrintf(viewer, "  cycle: %s, red-black Gauss-Seidel sweeps before and after: %s\n",
                                   PCLatticeMGCycleNames_Private[mg->cycle], DescribeSweeps(options).c_str()));
  PetscCall(PetscViewerASCIIPrintf(viewer, "  threads: %d, kernels: %s\n", options.threads,
                                   linnet::latticemg::supported_kernels()[0]->name));
  if (mg->placement.nonzeros < 0)
    PetscFunctionReturn(0);
  PetscReal bytes = static_cast<PetscReal>(mg->multigrid.bytes());
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, &bytes, 1, MPIU_REAL, MPI_SUM, PetscObjectComm(reinterpret_cast<PetscObject>(pc))));
  PetscCall(linnet::Guarded([&] {
    std::string text = Describe(mg, ranks, bytes);
    for (std::size_t begin = 0, end; begin < text.size(); begin = end + 1) {
      end = text.find('\n', begin);
      PetscCall(PetscViewerASCIIPrintf(viewer, "%s\n", text.substr(begin, end - begin).c_str()));
    }
    return PetscErrorCode{0};
  }));
  PetscFunctionReturn(0);
}
