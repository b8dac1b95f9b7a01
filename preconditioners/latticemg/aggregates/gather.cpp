#include "latticemg/aggregates/gather.hpp"

#include <algorithm>
#include <numeric>

namespace linnet::latticemg {

template <class T>
void GraphGather::gather(const T* own, MPI_Datatype type, const std::vector<int>& count, Buffer<T>* all) const {
  std::vector<int> first(count.size());
  std::exclusive_scan(count.begin(), count.end(), first.begin(), 0);
  all->resize(static_cast<std::size_t>(first.back()) + static_cast<std::size_t>(count.back()));
  MPI_Allgatherv(own, count[own_], type, all->data(), count.data(), first.data(), type, ranks_);
}

Graph GraphGather::gather(const Graph& part) {
  ranks_ = part.border.ranks;
  int rank = 0, size = 1;
  MPI_Comm_rank(ranks_, &rank);
  MPI_Comm_size(ranks_, &size);
  own_ = static_cast<std::size_t>(rank);
  count_.assign(static_cast<std::size_t>(size), 0);
  first_ = count_;
  const int nodes = part.nodes();
  MPI_Allgather(&nodes, 1, MPI_INT, count_.data(), 1, MPI_INT, ranks_);
  std::exclusive_scan(count_.begin(), count_.end(), first_.begin(), 0);

  const std::vector<int> ghosts = part.border.exchange<int>([&](int node) { return first() + node; });
  std::vector<int> neighbour;
  std::vector<float> coupling;
  for (int i = 0; i < nodes; ++i)
    part.for_each_link(i, [&](int j, float w) {
      neighbour.push_back(j < nodes ? first() + j : ghosts[static_cast<std::size_t>(j - nodes)]);
      coupling.push_back(w);
    });
  const int links = static_cast<int>(neighbour.size());
  std::vector<int> links_of(count_.size());
  MPI_Allgather(&links, 1, MPI_INT, links_of.data(), 1, MPI_INT, ranks_);

  Graph whole;
  whole.count = first_.back() + count_.back();
  gather(part.degree.data(), MPI_INT, count_, &whole.degree);
  gather(part.own_excess.data(), MPI_FLOAT, count_, &whole.own_excess);
  gather(neighbour.data(), MPI_INT, links_of, &whole.neighbour);
  gather(coupling.data(), MPI_FLOAT, links_of, &whole.coupling);
  whole.first.resize(static_cast<std::size_t>(whole.count) + 1);
  whole.first[0] = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(whole.count); ++i)
    whole.first[i + 1] = whole.first[i] + whole.degree[i];
  return whole;
}

void GraphGather::set_places(const Buffer<int>& place) {
  place_.resize(place.size());
  std::copy(place.begin(), place.end(), place_.begin());
  values_.resize(place.size());
}

void GraphGather::complete(float* field) {
  MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values_.data(), count_.data(), first_.data(), MPI_FLOAT, ranks_);
  for (std::size_t i = 0; i < place_.size(); ++i)
    field[place_[i]] = values_[i];
}

} // namespace linnet::latticemg
