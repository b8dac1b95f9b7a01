#include "latticemg/aggregates/graph_halo.hpp"

namespace linnet::latticemg {

namespace {

enum GhostTag : int { ghosts_upwards = 18, ghosts_downwards = 19 };

} // namespace

GraphHalo::GraphHalo(const Border& border, const int* place, int first_ghost, float* field) : field_(field) {
  for (const std::vector<int>& nodes : border.sent)
    for (const int node : nodes)
      sent_.push_back(place[node]);
  values_.resize(sent_.size());
  const auto add = [&](auto init, float* data, std::size_t count, Border::Side side, GhostTag tag) {
    if (count == 0)
      return;
    requests_.push_back(MPI_REQUEST_NULL);
    init(data, static_cast<int>(count), MPI_FLOAT, border.neighbour[side], tag, border.ranks, &requests_.back());
  };
  const std::size_t sent_below = border.sent[Border::below].size(), sent_above = border.sent[Border::above].size();
  const auto ghosts_below = static_cast<std::size_t>(border.ghosts[Border::below]),
             ghosts_above = static_cast<std::size_t>(border.ghosts[Border::above]);
  float* ghosts = field + first_ghost;
  add(MPI_Recv_init, ghosts, ghosts_below, Border::below, ghosts_upwards);
  add(MPI_Recv_init, ghosts + ghosts_below, ghosts_above, Border::above, ghosts_downwards);
  add(MPI_Send_init, values_.data() + sent_below, sent_above, Border::above, ghosts_upwards);
  add(MPI_Send_init, values_.data(), sent_below, Border::below, ghosts_downwards);
}

GraphHalo::~GraphHalo() {
  int finalized = 0;
  MPI_Finalized(&finalized);
  for (MPI_Request& request : requests_)
    if (!finalized)
      MPI_Request_free(&request);
}

void GraphHalo::exchange() {
  for (std::size_t i = 0; i < sent_.size(); ++i)
    values_[i] = field_[sent_[i]];
  const int requests = static_cast<int>(requests_.size());
  MPI_Startall(requests, requests_.data());
  MPI_Waitall(requests, requests_.data(), MPI_STATUSES_IGNORE);
}

} // namespace linnet::latticemg
