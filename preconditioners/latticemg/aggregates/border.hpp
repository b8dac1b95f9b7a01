#pragma once

#include <mpi.h>

#include <array>
#include <cstddef>
#include <vector>

namespace linnet::latticemg {

/// Where the graph of a slab meets those of the slabs below and above it. The neighbours' nodes beside it are ghosts,
/// which are numbered after its own: those below, then those above, each in the order in which their rank sends them.
struct Border {
  enum Side : std::size_t { below, above };

  MPI_Comm ranks = MPI_COMM_SELF;                             ///< that share the graph; itself: none
  std::array<int, 2> neighbour{MPI_PROC_NULL, MPI_PROC_NULL}; ///< by side
  std::array<std::vector<int>, 2> sent;                       ///< by side: nodes that are the neighbour's ghosts
  std::array<int, 2> ghosts{0, 0};                            ///< by side
  /// Graphs of no more nodes are not worth the messages of a visit.
  long long most_gathered = 2048;

  /// `ranks`: in the order of their slabs, the last of which is below the first one in a ring.
  static Border of_slab(MPI_Comm ranks, bool ring);
  bool shared() const { return ranks != MPI_COMM_SELF; }
  int ghost_count() const { return ghosts[below] + ghosts[above]; }
  /// Over all ranks.
  long long sum(long long own) const;

  /// value_of(node) of each ghost, in their order. T: trivially copyable. Collective.
  template <class T, class Value>
  std::vector<T> exchange(const Value& value_of) const {
    std::vector<T> received(static_cast<std::size_t>(ghost_count()));
    for (const Side to : {above, below}) {
      const Side from = to == above ? below : above;
      std::vector<T> values;
      for (const int node : sent[to])
        values.push_back(value_of(node));
      swap_bytes(values.data(), values.size() * sizeof(T), to, received.data() + (from == above ? ghosts[below] : 0),
                 static_cast<std::size_t>(ghosts[from]) * sizeof(T));
    }
    return received;
  }

private:
  void swap_bytes(const void* sent_bytes, std::size_t size, Side to, void* received, std::size_t received_size) const;
};

} // namespace linnet::latticemg
