// A lattice from the graph alone: natural order first, which is cheap to see, then any order.
#include "lattice/embed.hpp"
#include "lattice/fixed_columns.hpp"
#include "lattice/guarded.hpp"
#include "lattice/natural_order.hpp"

#include <cstdint>

namespace linnet {

namespace {

// The lattice of a whole graph, on one rank; returns what stands against it, or an empty string.
std::string recover(const GraphView& graph, Lattice* lattice) {
  std::string refusal;
  Pieces pieces;
  *lattice = Lattice{};
  if (natural_full(graph, lattice))
    return {};
  if (natural_compact(graph, &pieces) && pack(pieces, graph.n, lattice).empty() && fits(graph, *lattice))
    return {};
  const Adjacency adjacency = adjacency_of(graph, &refusal);
  if (!refusal.empty())
    return refusal;
  refusal = embed(adjacency, &pieces);
  if (!refusal.empty())
    return refusal;
  refusal = pack(pieces, graph.n, lattice);
  if (refusal.empty() && !fits(graph, *lattice))
    refusal = "no lattice was found on which all edges join neighbours";
  return refusal;
}

// The edges of the local rows, by global column.
struct Edges {
  std::vector<PetscInt> count; // by row
  std::vector<PetscInt> column;
};

Edges edges_of(const LocalRows& rows) {
  Edges edges;
  edges.count.resize(static_cast<std::size_t>(rows.count));
  for (PetscInt r = 0; r < rows.count; ++r) {
    const std::size_t before = edges.column.size();
    for (PetscInt e = rows.own.ia[r]; e < rows.own.ia[r + 1]; ++e)
      if (rows.own.ja[e] != r && rows.own.a[e] != 0)
        edges.column.push_back(rows.begin + rows.own.ja[e]);
    for (PetscInt e = rows.other.ia[r]; e < rows.other.ia[r + 1]; ++e)
      if (rows.other.a[e] != 0)
        edges.column.push_back(rows.ghosts[rows.other.ja[e]]);
    edges.count[r] = static_cast<PetscInt>(edges.column.size() - before);
  }
  return edges;
}

// Concatenates the parts of all ranks on rank 0.
PetscErrorCode GatherOnFirst(MPI_Comm comm, const std::vector<PetscInt>& part, std::vector<PetscInt>* all) {
  PetscMPIInt ranks = 0;
  const PetscMPIInt length = static_cast<PetscMPIInt>(part.size());

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  std::vector<PetscMPIInt> lengths(static_cast<std::size_t>(ranks)), starts(static_cast<std::size_t>(ranks) + 1, 0);
  PetscCallMPI(MPI_Allgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, comm));
  for (std::size_t r = 0; r < lengths.size(); ++r)
    starts[r + 1] = starts[r] + lengths[r];
  PetscMPIInt rank = 0;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  all->resize(rank == 0 ? static_cast<std::size_t>(starts.back()) : 0);
  PetscCallMPI(
      MPI_Gatherv(part.data(), length, MPIU_INT, all->data(), lengths.data(), starts.data(), MPIU_INT, 0, comm));
  PetscFunctionReturn(0);
}

PetscErrorCode RecoverOnFirst(MPI_Comm comm, const LocalRows& rows, Lattice* lattice, std::string* refusal) {
  PetscMPIInt rank = 0, ranks = 0;
  Edges all;
  PetscInt shape[7] = {};
  std::int64_t edge_count = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  Edges edges = edges_of(rows);
  edge_count = static_cast<std::int64_t>(edges.column.size());
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &edge_count, 1, MPI_INT64_T, MPI_SUM, comm));
  if (edge_count > PETSC_MPI_INT_MAX) {
    *refusal = "the matrix has " + std::to_string(edge_count) + " couplings: too many to gather on one rank";
    PetscFunctionReturn(0);
  }
  PetscCall(GatherOnFirst(comm, edges.count, &all.count));
  PetscCall(GatherOnFirst(comm, edges.column, &all.column));
  if (rank == 0) {
    std::vector<PetscInt> ia(1, 0);
    for (const PetscInt count : all.count)
      ia.push_back(ia.back() + count);
    *refusal = recover({rows.global_count, ia.data(), all.column.data(), nullptr}, lattice);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      shape[axis] = lattice->size[axis];
      shape[3 + axis] = lattice->periodic[axis];
    }
    shape[6] = lattice->natural;
  }
  PetscCall(AgreeOnRefusal(comm, refusal));
  if (!refusal->empty())
    PetscFunctionReturn(0);
  PetscCallMPI(MPI_Bcast(shape, 7, MPIU_INT, 0, comm));
  const CellNumbers cells = std::move(lattice->cells);
  *lattice = Lattice{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    lattice->size[axis] = shape[axis];
    lattice->periodic[axis] = shape[3 + axis] != 0;
  }
  lattice->natural = shape[6] != 0;
  if (lattice->natural)
    PetscFunctionReturn(0);
  std::vector<PetscMPIInt> lengths(static_cast<std::size_t>(ranks)), starts(static_cast<std::size_t>(ranks), 0);
  const PetscMPIInt length = rows.count;
  PetscCallMPI(MPI_Allgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, comm));
  for (std::size_t r = 1; r < lengths.size(); ++r)
    starts[r] = starts[r - 1] + lengths[r - 1];
  lattice->cells.resize(static_cast<std::size_t>(rows.count));
  PetscCallMPI(MPI_Scatterv(cells.data(), lengths.data(), starts.data(), MPIU_INT, lattice->cells.data(), length,
                            MPIU_INT, 0, comm));
  PetscFunctionReturn(0);
}

PetscErrorCode RecoverFromRows(MPI_Comm comm, const LocalRows& rows, Lattice* lattice, std::string* refusal) {
  PetscFunctionBegin;
  if (rows.other.ia)
    PetscCall(RecoverOnFirst(comm, rows, lattice, refusal));
  else
    *refusal = recover({rows.count, rows.own.ia, rows.own.ja, rows.own.a}, lattice);
  lattice->row_begin = rows.begin;
  PetscFunctionReturn(0);
}

} // namespace

PetscErrorCode RecoverLattice(Mat A, Lattice* lattice, std::string* refusal) {
  LocalRows rows;
  PetscErrorCode status = 0;

  PetscFunctionBegin;
  PetscCall(OpenLocalRows(A, &rows, refusal));
  if (!refusal->empty())
    PetscFunctionReturn(0);
  status = Guarded([&] {
    const MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(A));
    bool rounded = false;
    FixedColumns fixed;
    PetscFunctionBegin;
    PetscCall(RecoverFromRows(comm, rows, lattice, refusal));
    if (!refusal->empty()) {
      PetscCall(DropRounding(A, &rows, &rounded));
      PetscCall(DropFixedColumns(A, &rows, &fixed));
      if (rounded || fixed.any) {
        refusal->clear();
        PetscCall(RecoverFromRows(comm, rows, lattice, refusal));
      }
    }
    PetscFunctionReturn(0);
  });
  PetscCall(CloseLocalRows(&rows));
  PetscCall(status);
  PetscFunctionReturn(0);
}

} // namespace linnet
