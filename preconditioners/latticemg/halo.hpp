#pragma once

#include "latticemg/level.hpp"

#include <mpi.h>

#include <array>
#include <vector>

namespace linnet::latticemg {

/// The ranks with the slabs below and above that of this one, MPI_PROC_NULL at the ends. `ranks`: in the order of their
/// slabs, the last of which is below the first one in a ring.
std::array<int, 2> slab_neighbours(MPI_Comm ranks, bool ring);

/// Copies of planes between the ranks that share the levels of a hierarchy. Collective over the active ranks, called by
/// one thread of each.
class Halo {
public:
  static constexpr unsigned red = 1, black = 2, both = 3;

  /// `ranks`: the active ones, in the order of their slabs.
  Halo(MPI_Comm ranks, bool ring);
  ~Halo();
  Halo(const Halo&) = delete;
  Halo& operator=(const Halo&) = delete;

  /// Fills `depth` planes on both sides of those of this rank with the cells that their owners have, of some colours.
  /// The messages are set up once for each field and set of arguments: a field must stay where it is.
  void exchange(const Level& level, float* field, unsigned colours, int depth);
  void exchange(const Level& level, double* field, unsigned colours, int depth);
  /// Fills a field of a level that is not shared, of which each rank has computed its planes of `view`, which begins at
  /// another plane: together they are all.
  void gather(const Level& level, const Level& view, float* field);

private:
  struct Messages {
    const void* field;
    unsigned colours;
    int depth;
    std::vector<MPI_Request> requests;
  };
  template <class T>
  void exchange_any(const Level& level, T* field, unsigned colours, int depth, MPI_Datatype type);

  MPI_Comm ranks_;
  int below_, above_; // MPI_PROC_NULL at the ends
  std::vector<Messages> messages_;
  std::vector<int> gathered_first_, gathered_count_; // by rank, of the field that is gathered
};

} // namespace linnet::latticemg
