#pragma once

#include <mpi.h>
#include <petscsys.h>

#include <vector>

namespace linnet::latticemg {

/// Moves one number a row between the rows of a matrix as ranks hold them and the slabs that own their cells. The rows
/// of a slab are those of the first rank, in their order, then those of the second, and so on. Collective.
class RowExchange {
public:
  RowExchange() = default;
  /// `owner[r]`: the rank that local row r goes to.
  RowExchange(MPI_Comm ranks, const std::vector<int>& owner);

  PetscInt slab_rows() const { return slab_rows_; }
  std::vector<PetscInt> to_slabs(const std::vector<PetscInt>& of_rows) const;
  /// `of_slab` holds slab_rows() numbers.
  void to_slabs(const double* of_rows, double* of_slab);
  void to_rows(const double* of_slab, double* of_rows);

private:
  MPI_Comm ranks_ = MPI_COMM_NULL;
  PetscInt slab_rows_ = 0;
  std::vector<int> send_count_, send_first_, receive_count_, receive_first_; // by rank
  std::vector<PetscInt> order_; // the rows as they are sent; empty where they are sent in order
  std::vector<double> sent_;
};

} // namespace linnet::latticemg
