#pragma once

#include "base/buffer.hpp"
#include "lattice/lattice.hpp"
#include "latticemg/row_pieces.hpp"

#include <mpi.h>
#include <petscsys.h>

#include <functional>
#include <vector>

namespace linnet::latticemg {

/// Moves one number a row between the rows of a matrix as ranks hold them and the slabs that own their cells. The rows
/// of a slab are those of the first rank, in their order, then those of the second, and so on. Collective.
class RowExchange {
public:
  RowExchange() = default;
  /// owners(first, last, owner): writes the ranks that local rows first ... last - 1 of `rows` go to.
  using Owners = std::function<void(PetscInt first, PetscInt last, int* owner)>;
  RowExchange(MPI_Comm ranks, PetscInt rows, const Owners& owners);

  PetscInt slab_rows() const { return slab_rows_; }
  /// `of_rows`: one cell a row.
  CellNumbers to_slabs(const PetscInt* of_rows) const;
  /// `of_slab` holds slab_rows() numbers.
  void to_slabs(const double* of_rows, double* of_slab);
  void to_rows(const double* of_slab, double* of_rows);
  /// The rows of a slab without copies of those that stay on their rank, if ranks have their rows in the order of the
  /// slabs: these where they lie, all others in `room`, which is made large enough.
  template <class T>
  RowPieces<T> pieces(T* of_rows, Buffer<double>* room) const {
    room->resize(static_cast<std::size_t>(slab_rows_ - stay_));
    return {room->data(), low_, of_rows + first_stay_, low_ + stay_, room->data() + low_, slab_rows_};
  }
  /// Fills the room of pieces().
  void receive(const double* of_rows, Buffer<double>* room);
  /// What lies in the room of pieces(), to the rows that it is of.
  void give_back(const Buffer<double>& room, double* of_rows);

private:
  MPI_Comm ranks_ = MPI_COMM_NULL;
  PetscInt slab_rows_ = 0;
  std::vector<int> send_count_, send_first_, receive_count_, receive_first_; // by rank
  // Without those that stay where rows are sent in order: stay_ from row first_stay_ on, low_ of the slab before them.
  std::vector<int> others_send_count_, others_receive_count_, others_receive_first_;
  PetscInt stay_ = 0, first_stay_ = 0, low_ = 0;
  Buffer<PetscInt> order_; // the rows as they are sent; empty where they are sent in order
  Buffer<double> sent_;
};

} // namespace linnet::latticemg
