#pragma once

#include "cli/analysis.hpp"
#include "cli/petsc.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace linnet {

/// What the command line says of the system to solve.
struct SystemOptions {
  std::string matrix;       ///< a file, or "generate poisson ..." as `linnet generate` takes it
  bool matrix_free = false; ///< a generated system without an assembled matrix
  std::string rhs;          ///< a file, random[:SEED] or ones; empty: random:1, or what is generated
  std::string cells;        ///< file; empty: none
  std::string grid;         ///< NX,NY[,NZ]; empty: none
  bool pattern = false;     ///< read pattern matrices, every entry 1
};

/// What the right-hand side is, as a user may write it, or "generated".
std::string right_hand_side_of(const SystemOptions& options);

/// A x = b, distributed over the ranks of `comm` in contiguous blocks of rows.
struct System {
  MPI_Comm comm = MPI_COMM_NULL;
  std::string file;
  std::string rhs;
  Properties properties; ///< the same on every rank; nnz is the file's
  double read_seconds = 0;
  std::array<std::int64_t, 3> grid{}; ///< of the cells; zeros: not given
  bool matrix_free = false;           ///< A is a MATLATTICE

  // The matrix of a single rank lies in these arrays: they outlive it.
  std::vector<PetscInt> row_start, column;
  std::vector<double> value;
  std::vector<std::int32_t> singular; ///< component of each local row, or empty
  std::vector<double> weights;        ///< of local rows, where null vectors of the transpose are not constants
  MatHandle A;
  VecHandle b;
};

/// Reads, or generates, on rank 0 and distributes; no other rank holds the whole, but for the cells of a system without
/// an assembled matrix, for a while. Finds the null space of a singular matrix, attaches
/// it and removes what b has outside the range, saying so on rank 0's standard error. Cells are composed on A as the IS
/// `linnet_cells`. Collective. Throws InputError or FailedOnRank0, PetscFailure.
void read_system(MPI_Comm comm, const SystemOptions& options, System& system);

/// The matrix that `options` name, square; what `solve` and `info` read. On one rank.
SparseMatrix read_square_matrix(const SystemOptions& options);

/// First row of each rank, and the number of rows at the end.
std::vector<std::int64_t> row_offsets(const System& system);

/// x in the order of the file's rows, on rank 0.
std::vector<double> gather_vector(const System& system, Vec x);

} // namespace linnet
