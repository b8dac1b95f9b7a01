#pragma once

#include "latticemg/aggregates/graph.hpp"

#include <vector>

namespace linnet::latticemg {

/// A field of a graph that lies whole on each rank, of which each computes the values of its own nodes: those of rank
/// after rank.
class GraphGather {
public:
  /// The whole of a shared graph, from its parts. Collective.
  Graph gather(const Graph& part);
  /// place: by node of the whole graph, in the field.
  void set_places(const Buffer<int>& place);

  int first() const { return first_[own_]; } ///< of this rank's nodes, in the whole graph
  /// By node of the whole graph; each rank writes the values of its own nodes.
  float* values() { return values_.data(); }
  /// Completes them and puts them in their places. Collective.
  void complete(float* field);
  std::size_t bytes() const { return place_.size() * sizeof(int) + values_.size() * sizeof(float); }

private:
  template <class T>
  void gather(const T* own, MPI_Datatype type, const std::vector<int>& count, Buffer<T>* all) const;

  MPI_Comm ranks_ = MPI_COMM_SELF;
  std::size_t own_ = 0;
  std::vector<int> first_, count_; // nodes by rank
  Buffer<int> place_;
  Buffer<float> values_;
};

} // namespace linnet::latticemg
