// PCLATTICEMG on several ranks: who owns which planes of the grid.
#include "latticemg.hpp"
#include "latticemg/distribute.hpp"

#include <algorithm>

using namespace linnet::latticemg;

/* The grids, and how many ranks share them */
static PetscErrorCode PCLatticeMGPlan_Private(PC pc, Layout* layout) {
  const PC_LatticeMG* mg = static_cast<const PC_LatticeMG*>(pc->data);
  const CycleOptions options = PCLatticeMGOptions_Private(mg);
  const linnet::Lattice& lattice = mg->placement.where();
  MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(pc));
  CouplingSums sums = sum_couplings(mg->placement.coefficients(), options.threads);
  PetscMPIInt ranks, rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums.sum.data(), 3, MPI_DOUBLE, MPI_SUM, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums.count.data(), 3, MPI_DOUBLE, MPI_SUM, comm));
  layout->coarsening = plan_coarsening(lattice.size, sums, PCLatticeMGCoarsening_Private(mg), coarsest_cells);
  layout->aggregation = PCLatticeMGAggregation_Private(mg);
  layout->finest_only = mg->finest_only;
  layout->weights = PCLatticeMGWeights_Private(mg, layout->coarsening);
  if (mg->finest_only)
    layout->slabs = mg->plan(layout->coarsening, ranks);
  else
    layout->slabs = plan_slabs(layout->coarsening, lattice.size, lattice.periodic, options, ranks);
  layout->ranks.all = comm;
  layout->ranks.slab = rank < layout->slabs.slabs() ? rank : -1;
  PetscFunctionReturn(0);
}

/* The cells of the rows of each slab, and how numbers get there */
static PetscErrorCode PCLatticeMGDealRows_Private(PC pc) {
  PC_LatticeMG* mg = static_cast<PC_LatticeMG*>(pc->data);
  const linnet::Lattice& lattice = mg->placement.where();
  const auto axis = static_cast<std::size_t>(mg->layout.coarsening.axis[2]);
  const std::vector<int>& first = mg->layout.slabs.first;
  PetscInt rows, step = 1;

  PetscFunctionBegin;
  PetscCall(MatGetLocalSize(pc->pmat, &rows, nullptr));
  for (std::size_t a = 0; a < axis; ++a)
    step *= lattice.size[a];
  const auto owners = [&](PetscInt begin, PetscInt end, int* owner) {
    for (PetscInt r = begin; r < end;) {
      const PetscInt cell = lattice.cell(r);
      const PetscInt low = cell - cell % step; /* low ... low + step - 1 lie in one plane */
      const PetscInt plane = low / step % lattice.size[axis];
      const auto next = std::upper_bound(first.begin() + 1, first.end() - 1, plane);
      const int slab = static_cast<int>(next - first.begin()) - 1;
      for (PetscInt c = cell; c >= low && c - low < step; c = r < end ? lattice.cell(r) : -1)
        owner[r++ - begin] = slab;
    }
  };
  mg->exchange = RowExchange(mg->layout.ranks.all, rows, owners);
  mg->lattice.size = lattice.size;
  mg->lattice.periodic = lattice.periodic;
  mg->lattice.natural = false;
  std::vector<PetscInt> cells;
  for (PetscInt r = 0; lattice.natural && r < rows; ++r)
    cells.push_back(lattice.cell(r));
  mg->lattice.cells = mg->exchange.to_slabs(lattice.natural ? cells.data() : lattice.cells.data());
  PetscFunctionReturn(0);
}

PetscErrorCode PCLatticeMGDeal_Private(PC pc) {
  PC_LatticeMG* mg = static_cast<PC_LatticeMG*>(pc->data);
  Layout layout;

  PetscFunctionBegin;
  PetscCall(PCLatticeMGPlan_Private(pc, &layout));
  if (mg->active_ranks != layout.slabs.slabs()) {
    PetscCall(PCLatticeMGForgetSlabs_Private(pc));
    PetscCallMPI(
        MPI_Comm_split(layout.ranks.all, layout.ranks.slab < 0 ? MPI_UNDEFINED : 0, layout.ranks.slab, &mg->active));
    mg->active_ranks = layout.slabs.slabs();
  }
  layout.ranks.active = mg->active;
  const bool same = mg->matrix == mg->placement.matrix && mg->nonzeros == mg->placement.nonzeros &&
                    mg->layout.slabs == layout.slabs && mg->layout.coarsening.axis == layout.coarsening.axis;
  mg->layout = layout;
  if (!same)
    PetscCall(PCLatticeMGDealRows_Private(pc));
  mg->matrix = mg->placement.matrix;
  mg->nonzeros = mg->placement.nonzeros;
  distribute(mg->placement.coefficients(), mg->placement.where(), layout.coarsening.axis[2], layout.slabs,
             layout.ranks.all, &mg->op);
  PetscFunctionReturn(0);
}

PetscErrorCode PCLatticeMGForgetSlabs_Private(PC pc) {
  PC_LatticeMG* mg = static_cast<PC_LatticeMG*>(pc->data);

  PetscFunctionBegin;
  mg->multigrid = {}; /* its messages belong to the communicator */
  if (mg->active != MPI_COMM_NULL)
    PetscCallMPI(MPI_Comm_free(&mg->active));
  mg->active_ranks = 0;
  mg->matrix = 0;
  mg->nonzeros = -1;
  PetscFunctionReturn(0);
}
