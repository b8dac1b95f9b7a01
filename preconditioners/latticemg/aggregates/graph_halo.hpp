#pragma once

#include "latticemg/aggregates/border.hpp"

#include <mpi.h>

#include <vector>

namespace linnet::latticemg {

/// Copies of the neighbours' values in a field of a graph that ranks share. Collective over the ranks of the border,
/// called by one thread of each.
class GraphHalo {
public:
  /// place: by node, in the field, which must stay where it is; the ghosts lie at first_ghost and the places after it.
  GraphHalo(const Border& border, const int* place, int first_ghost, float* field);
  ~GraphHalo();
  GraphHalo(const GraphHalo&) = delete;
  GraphHalo& operator=(const GraphHalo&) = delete;

  void exchange();
  std::size_t bytes() const { return sent_.size() * (sizeof(int) + sizeof(float)); }

private:
  const float* field_;
  std::vector<int> sent_; // places
  std::vector<float> values_;
  std::vector<MPI_Request> requests_;
};

} // namespace linnet::latticemg
