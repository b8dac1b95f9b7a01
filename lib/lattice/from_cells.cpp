#include "base/threads.hpp"
#include "lattice/lattice.hpp"
#include "lattice/local_rows.hpp"

#include <petscsf.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace linnet {

namespace {

// Each cell is asked how many rows claim it, where a layout puts the cell.
PetscErrorCode CheckUniqueAcrossRanks(MPI_Comm comm, const PetscInt* cells, PetscInt rows, PetscInt cell_count,
                                      PetscInt row_begin, std::string* refusal) {
  PetscLayout layout = nullptr;
  PetscSF sf = nullptr;
  PetscInt owned = 0;

  PetscFunctionBegin;
  PetscCall(PetscLayoutCreateFromSizes(comm, PETSC_DECIDE, cell_count, 1, &layout));
  PetscCall(PetscLayoutGetLocalSize(layout, &owned));
  PetscCall(PetscSFCreate(comm, &sf));
  PetscCall(PetscSFSetGraphLayout(sf, layout, rows, nullptr, PETSC_OWN_POINTER, cells));
  std::vector<PetscInt> claims(static_cast<std::size_t>(owned), 0), ones(static_cast<std::size_t>(rows), 1);
  PetscCall(PetscSFReduceBegin(sf, MPIU_INT, ones.data(), claims.data(), MPI_SUM));
  PetscCall(PetscSFReduceEnd(sf, MPIU_INT, ones.data(), claims.data(), MPI_SUM));
  PetscCall(PetscSFBcastBegin(sf, MPIU_INT, claims.data(), ones.data(), MPI_REPLACE));
  PetscCall(PetscSFBcastEnd(sf, MPIU_INT, claims.data(), ones.data(), MPI_REPLACE));
  for (PetscInt r = 0; r < rows && refusal->empty(); ++r)
    if (ones[r] > 1)
      *refusal = "linnet_cells: cell " + std::to_string(cells[r]) + " is given to " + std::to_string(ones[r]) +
                 " rows, one of them row " + std::to_string(row_begin + r);
  PetscCall(PetscSFDestroy(&sf));
  PetscCall(PetscLayoutDestroy(&layout));
  PetscFunctionReturn(0);
}

// What cell numbers are, looked at once.
struct Numbers {
  PetscInt least = PETSC_MAX_INT, most = PETSC_MIN_INT; // of the rank
  bool natural = true;                                  // on all ranks: the numbers of the rows
  bool ascending = true;                                // over all ranks: none is then given twice
};

PetscErrorCode LookAt(MPI_Comm comm, const PetscInt* cells, PetscInt rows, PetscInt row_begin, Numbers* numbers) {
  PetscInt least = PETSC_MAX_INT, most = PETSC_MIN_INT, last_before = -1;
  unsigned falls = 0, differs = 0;
  const int threads = default_threads();
  PetscMPIInt rank = 0;

  PetscFunctionBegin;
#pragma omp parallel for num_threads(threads) reduction(min : least) reduction(max : most) reduction(| : falls, differs)
  for (PetscInt r = 0; r < rows; ++r) {
    least = std::min(least, cells[r]);
    most = std::max(most, cells[r]);
    falls |= static_cast<unsigned>(r > 0 && cells[r] <= cells[r - 1]);
    differs |= static_cast<unsigned>(cells[r] ^ (row_begin + r));
  }
  numbers->least = least;
  numbers->most = most;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Exscan(&most, &last_before, 1, MPIU_INT, MPI_MAX, comm));
  falls |= static_cast<unsigned>(rank > 0 && rows > 0 && cells[0] <= last_before);
  std::array<unsigned, 2> found{falls, differs};
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, found.data(), 2, MPI_UNSIGNED, MPI_BOR, comm));
  numbers->ascending = found[0] == 0;
  numbers->natural = found[1] == 0;
  PetscFunctionReturn(0);
}

void check_unique(const PetscInt* cells, PetscInt rows, PetscInt cell_count, std::string* refusal) {
  std::vector<std::uint64_t> taken((static_cast<std::size_t>(cell_count) + 63) / 64, 0);
  for (PetscInt r = 0; r < rows; ++r) {
    std::uint64_t& word = taken[static_cast<std::size_t>(cells[r]) / 64];
    const std::uint64_t bit = std::uint64_t{1} << (cells[r] % 64);
    if (word & bit) {
      *refusal = "linnet_cells: cell " + std::to_string(cells[r]) + " is given to 2 rows, the second is row " +
                 std::to_string(r);
      return;
    }
    word |= bit;
  }
}

} // namespace

PetscErrorCode PlaceFromCells(Mat A, IS cells, const GridSize& size, Lattice* lattice, std::string* refusal) {
  PetscInt rows = 0, length = 0;
  const PetscInt* numbers = nullptr;
  PetscMPIInt ranks = 0;
  Numbers found;

  PetscFunctionBegin;
  refusal->clear();
  const MPI_Comm comm = PetscObjectComm(reinterpret_cast<PetscObject>(A));
  const std::string grid = std::to_string(size[0]) + "," + std::to_string(size[1]) + "," + std::to_string(size[2]);
  std::int64_t cell_count = 1;
  for (const PetscInt extent : size) {
    if (extent < 1 || extent > PETSC_MAX_INT / cell_count) {
      *refusal = "the grid " + grid + " is not one of 1 to " + std::to_string(PETSC_MAX_INT) + " cells";
      PetscFunctionReturn(0);
    }
    cell_count *= extent;
  }
  PetscCall(MatGetLocalSize(A, &rows, nullptr));
  PetscCall(MatGetOwnershipRange(A, &lattice->row_begin, nullptr));
  PetscCall(ISGetLocalSize(cells, &length));
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  PetscCall(ISGetIndices(cells, &numbers));
  if (length != rows)
    *refusal = "linnet_cells gives " + std::to_string(length) + " cells for " + std::to_string(rows) + " local rows";
  PetscCall(AgreeOnRefusal(comm, refusal));
  if (refusal->empty()) {
    PetscCall(LookAt(comm, numbers, rows, lattice->row_begin, &found));
    const auto outside = [&](PetscInt cell) { return cell < 0 || cell >= cell_count; };
    if (rows > 0 && (outside(found.least) || outside(found.most))) {
      const PetscInt r = static_cast<PetscInt>(std::find_if(numbers, numbers + rows, outside) - numbers);
      *refusal = "linnet_cells: row " + std::to_string(lattice->row_begin + r) + " has cell " +
                 std::to_string(numbers[r]) + ", outside the grid " + grid;
    }
    PetscCall(AgreeOnRefusal(comm, refusal));
  }
  if (refusal->empty() && !found.natural && !found.ascending) {
    if (ranks == 1) {
      check_unique(numbers, rows, static_cast<PetscInt>(cell_count), refusal);
    } else {
      PetscCall(
          CheckUniqueAcrossRanks(comm, numbers, rows, static_cast<PetscInt>(cell_count), lattice->row_begin, refusal));
      PetscCall(AgreeOnRefusal(comm, refusal));
    }
  }
  if (refusal->empty()) {
    lattice->size = size;
    for (std::size_t axis = 0; axis < 3; ++axis)
      lattice->periodic[axis] = size[axis] > 2;
    lattice->natural = found.natural;
    lattice->cells.clear();
    if (!found.natural)
      lattice->cells.assign(numbers, numbers + rows);
  }
  PetscCall(ISRestoreIndices(cells, &numbers));
  PetscFunctionReturn(0);
}

} // namespace linnet
