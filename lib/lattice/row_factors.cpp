#include "lattice/row_factors.hpp"
#include "base/threads.hpp"
#include "lattice/factor_sets.hpp"

#include <map>
#include <utility>

namespace linnet {

namespace {

// False where an entry has no counterpart.
bool link_own(const LocalRows::Block& block, LinkedFactors* factors) {
  constexpr std::size_t part_rows = 1 << 16;
  const std::size_t rows = factors->row.size(), parts = (rows + part_rows - 1) / part_rows;
  FactorLinker linker(
      block.ia, block.ja, [&block](std::size_t, PetscInt e) { return block.a[e]; }, factors);
  std::vector<FactorSets> sets(parts);
  std::vector<std::vector<std::size_t>> later(parts);
  int sound = 1;
#pragma omp parallel for reduction(min : sound) schedule(static) num_threads(default_threads())
  for (std::size_t p = 0; p < parts; ++p)
    sound = std::min<int>(sound, linker.link(p * part_rows, std::min(rows, (p + 1) * part_rows), &sets[p], &later[p]));
  for (std::size_t p = 0; p < parts && sound; ++p) {
    const std::int32_t first = factors->sets.append(sets[p]);
    for (std::size_t r = p * part_rows; r < std::min(rows, (p + 1) * part_rows); ++r)
      factors->set[r] += first;
    for (const std::size_t r : later[p])
      sound = sound && linker.link_before(p * part_rows, r);
  }
  return sound;
}

// Set b of all ranks' is `ratio` times set a.
struct SetLink {
  std::int32_t a, b;
  double ratio;
};

// The entry of a row in a column of another rank in this direction; 0 where there is none.
double entry_across(const LocalRows& rows, const Lattice& lattice, const Neighbourhood& near,
                    const PetscInt* ghost_cells, PetscInt row, Direction d) {
  const PetscInt cell = lattice.cell(row);
  const GridSize at = CellWalker(lattice.size).move_to(cell);
  for (PetscInt e = rows.other.ia[row]; e < rows.other.ia[row + 1]; ++e)
    if (rows.other.a[e] != 0 && near.direction(at, ghost_cells[rows.other.ja[e]] - cell) == d)
      return rows.other.a[e];
  return 0;
}

// Numbers of sets count from `first` on; *sound becomes false where an entry has no counterpart.
PetscErrorCode FindLinksAcross(Mat A, const LocalRows& rows, const Lattice& lattice, const PetscInt* ghost_cells,
                               std::int32_t first, LinkedFactors* factors, std::vector<SetLink>* links, int* sound) {
  const Neighbourhood near(lattice.size, lattice.periodic);
  std::vector<double> mine(static_cast<std::size_t>(rows.count)), theirs(static_cast<std::size_t>(rows.ghost_count));
  std::vector<PetscInt> own_set(mine.size()), set(theirs.size());
  std::map<std::pair<std::int32_t, std::int32_t>, double> ratios;

  PetscFunctionBegin;
  for (std::size_t r = 0; r < mine.size(); ++r) {
    mine[r] = factors->factor(r);
    own_set[r] = first + factors->sets.root(factors->set[r]).set;
  }
  PetscCall(BroadcastToGhosts(rows, MPIU_INT, own_set.data(), set.data()));
  PetscCall(BroadcastToGhosts(rows, MPI_DOUBLE, mine.data(), theirs.data()));
  PetscCall(VisitCrossings(
      A, rows, lattice, ghost_cells,
      [&](PetscInt row, Direction d) { return entry_across(rows, lattice, near, ghost_cells, row, d); },
      [&](PetscInt row, PetscInt entry, double counterpart) {
        const auto ghost = static_cast<std::size_t>(rows.other.ja[entry]);
        const auto r = static_cast<std::size_t>(row);
        const double ratio = mine[r] * rows.other.a[entry] / (theirs[ghost] * counterpart);
        if (!(ratio != 0 && std::isfinite(ratio)))
          *sound = 0;
        ratios.try_emplace({own_set[r], set[ghost]}, ratio);
      }));
  for (const auto& [pair, ratio] : ratios)
    links->push_back({pair.first, pair.second, ratio});
  PetscFunctionReturn(0);
}

// Factors of this rank's sets, of which there are `count`, by what all ranks know of links between them.
PetscErrorCode JoinAcross(MPI_Comm comm, std::int32_t first, std::int32_t count, const std::vector<SetLink>& links,
                          std::vector<double>* factors) {
  PetscMPIInt ranks = 0, length = static_cast<PetscMPIInt>(links.size());
  MPI_Datatype link_type = MPI_DATATYPE_NULL;
  std::int32_t total = first + count;
  FactorSets sets;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  std::vector<PetscMPIInt> lengths(static_cast<std::size_t>(ranks)), starts(lengths);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_INT32_T, MPI_MAX, comm));
  PetscCallMPI(MPI_Allgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, comm));
  for (std::size_t r = 1; r < lengths.size(); ++r)
    starts[r] = starts[r - 1] + lengths[r - 1];
  std::vector<SetLink> all(static_cast<std::size_t>(starts.back()) + static_cast<std::size_t>(lengths.back()));
  PetscCallMPI(MPI_Type_contiguous(sizeof(SetLink), MPI_BYTE, &link_type));
  PetscCallMPI(MPI_Type_commit(&link_type));
  PetscCallMPI(
      MPI_Allgatherv(links.data(), length, link_type, all.data(), lengths.data(), starts.data(), link_type, comm));
  PetscCallMPI(MPI_Type_free(&link_type));
  for (std::int32_t set = 0; set < total; ++set)
    sets.add();
  for (const SetLink& link : all)
    sets.join(link.a, link.b, link.ratio);
  factors->resize(static_cast<std::size_t>(count));
  for (std::int32_t set = 0; set < count; ++set)
    (*factors)[static_cast<std::size_t>(set)] = sets.root(first + set).factor;
  PetscFunctionReturn(0);
}

// *sound becomes false where there are no factors.
PetscErrorCode FindFactors(Mat A, const Lattice& lattice, const PetscInt* ghost_cells, const LocalRows& rows,
                           Buffer<double>* found, int* sound) {
  const MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(A));
  LinkedFactors factors(static_cast<std::size_t>(rows.count));
  std::vector<double> of_set;

  PetscFunctionBegin;
  *sound = link_own(rows.own, &factors);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sound, 1, MPI_INT, MPI_MIN, comm));
  if (!*sound)
    PetscFunctionReturn(0);
  if (rows.other.ia) {
    std::vector<SetLink> links;
    std::int32_t count = factors.sets.count(), last = 0;
    PetscCallMPI(MPI_Scan(&count, &last, 1, MPI_INT32_T, MPI_SUM, comm));
    PetscCall(FindLinksAcross(A, rows, lattice, ghost_cells, last - count, &factors, &links, sound));
    PetscCall(JoinAcross(comm, last - count, count, links, &of_set));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sound, 1, MPI_INT, MPI_MIN, comm));
  }
  found->resize(static_cast<std::size_t>(rows.count));
  for (std::size_t r = 0; r < found->size(); ++r) {
    const FactorSets::Root root = factors.sets.root(factors.set[r]);
    (*found)[r] = factors.row[r] * root.factor * (of_set.empty() ? 1 : of_set[static_cast<std::size_t>(root.set)]);
  }
  PetscFunctionReturn(0);
}

} // namespace

PetscErrorCode MultiplyByRowFactors(Mat A, const Lattice& lattice, const PetscInt* ghost_cells, LocalRows* rows,
                                    Buffer<double>* factors, bool* found) {
  int sound = 0;
  double ends[3] = {0, -HUGE_VAL, -HUGE_VAL}; // largest size, and with the other sign the least size and the least one

  PetscFunctionBegin;
  factors->resize(0);
  PetscCall(FindFactors(A, lattice, ghost_cells, *rows, factors, &sound));
  for (const double s : *factors) {
    ends[0] = std::max(ends[0], std::abs(s));
    ends[1] = std::max(ends[1], -std::abs(s));
    ends[2] = std::max(ends[2], -s);
  }
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, ends, 3, MPI_DOUBLE, MPI_MAX, PetscObjectComm(reinterpret_cast<PetscObject>(A))));
  const bool all_are_one = ends[0] == 1 && ends[2] == -1;
  *found = sound && !all_are_one && -ends[1] >= least_row_factor * ends[0] && std::isfinite(ends[0]);
  if (!*found)
    PetscFunctionReturn(0);
  for (double& s : *factors)
    s /= ends[0];
  for (LocalRows::Block* block : {&rows->own, &rows->other})
    if (block->ia)
      block->multiply_rows(rows->count, factors->data());
  PetscFunctionReturn(0);
}

void signs_of_negated(const LocalRows& rows, const Lattice& lattice, LatticeOperator* op) {
  op->row_factors.resize(static_cast<std::size_t>(rows.count));
  const auto negative_diagonal = [&](PetscInt r) {
    const PetscInt* const end = rows.own.ja + rows.own.ia[r + 1];
    const PetscInt* const place = std::lower_bound(rows.own.ja + rows.own.ia[r], end, r);
    return place < end && *place == r && rows.own.a[place - rows.own.ja] < 0;
  };
#pragma omp parallel num_threads(default_threads())
  {
    CellWalker walker(lattice.size);
#pragma omp for schedule(static)
    for (PetscInt r = 0; r < rows.count; ++r) {
      const GridSize& at = walker.move_to(lattice.cell(r));
      const bool coupled = op->links[op->index(at[0], at[1], at[2])] != LatticeOperator::row_bit;
      op->row_factors[static_cast<std::size_t>(r)] = coupled || negative_diagonal(r) ? -1 : 1;
    }
  }
}

} // namespace linnet
