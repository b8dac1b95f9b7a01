#pragma once

#include "base/buffer.hpp"

#include <petscmat.h>
#include <petscsf.h>

#include <string>

namespace linnet {

/// The rows of a matrix that this rank holds, as PETSc stores them in the type AIJ. Open with OpenLocalRows().
struct LocalRows {
  /// One block of columns: row r has columns ja[ia[r]] ... ja[ia[r + 1] - 1].
  struct Block {
    Mat matrix = nullptr;
    const PetscInt* ia = nullptr;
    const PetscInt* ja = nullptr;
    const PetscScalar* a = nullptr;
    Buffer<PetscScalar> changed; ///< where something was, what a points at

    /// Makes the entry e of so many zero.
    void drop(PetscInt e, PetscInt entries);
    /// Multiplies row r of so many by factors[r].
    void multiply_rows(PetscInt rows, const double* factors);
  };
  PetscInt count = 0;
  PetscInt begin = 0;
  PetscInt global_count = 0;
  /// Columns that are rows of this rank, by local number.
  Block own;
  /// The others, by index into `ghosts`, which holds their global numbers. Empty (ia null) on one rank.
  Block other;
  const PetscInt* ghosts = nullptr;
  PetscInt ghost_count = 0;
  PetscSF to_ghosts = nullptr; ///< from rows to where they are ghosts; null on one rank
  Mat copy = nullptr;          ///< of a matrix of another type; otherwise null
};

/// Of a matrix of type AIJ, or by a copy of one of type SBAIJ, BAIJ or IS. *refusal says so where the matrix is
/// of another type, is not square or distributes rows and columns differently; the rows are then not open. Collective.
PetscErrorCode OpenLocalRows(Mat A, LocalRows* rows, std::string* refusal);
PetscErrorCode CloseLocalRows(LocalRows* rows);

/// Gives every ghost column what its row has, in arrays of the local rows and of the ghosts. Collective.
PetscErrorCode BroadcastToGhosts(const LocalRows& rows, MPI_Datatype type, const void* own, void* ghosts);

/// Entries that are rounding of the diagonal, |a_ij| <= 1e-12 |a_ii|, become zeros: finite elements leave them where
/// couplings cancel. *any: there were some, on any rank. Collective.
PetscErrorCode DropRounding(Mat A, LocalRows* rows, bool* any);

/// Gives every rank the refusal of the lowest rank that has one; empty where none has. Collective.
PetscErrorCode AgreeOnRefusal(MPI_Comm comm, std::string* refusal);

} // namespace linnet
