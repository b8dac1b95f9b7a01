#include "latticemg/halo.hpp"

#include <algorithm>

namespace linnet::latticemg {

namespace {

enum Tag : int { upwards = 1, downwards = 2 };

} // namespace

std::array<int, 2> slab_neighbours(MPI_Comm ranks, bool ring) {
  int rank = 0, count = 1;
  MPI_Comm_rank(ranks, &rank);
  MPI_Comm_size(ranks, &count);
  return {rank > 0 ? rank - 1
          : ring   ? count - 1
                   : MPI_PROC_NULL,
          rank + 1 < count ? rank + 1
          : ring           ? 0
                           : MPI_PROC_NULL};
}

Halo::Halo(MPI_Comm ranks, bool ring) : ranks_(ranks) {
  const std::array<int, 2> neighbours = slab_neighbours(ranks, ring);
  below_ = neighbours[0];
  above_ = neighbours[1];
}

Halo::~Halo() {
  int finalized = 0;
  MPI_Finalized(&finalized);
  for (Messages& m : messages_)
    for (MPI_Request& request : m.requests)
      if (!finalized)
        MPI_Request_free(&request);
}

template <class T>
void Halo::exchange_any(const Level& level, T* field, unsigned colours, int depth, MPI_Datatype type) {
  auto m = std::find_if(messages_.begin(), messages_.end(), [&](const Messages& known) {
    return known.field == field && known.colours == colours && known.depth == depth;
  });
  if (m == messages_.end()) {
    m = messages_.insert(m, {field, colours, depth, {}});
    const int count = depth * static_cast<int>(level.plane);
    const auto plane = [&](int colour, int k) { return field + colour * level.gap + k * level.plane; };
    for (int c = 0; c < 2; ++c) {
      if (!(colours >> c & 1))
        continue;
      const auto add = [&](auto init, int k, int rank, Tag tag) {
        MPI_Request request = MPI_REQUEST_NULL;
        init(plane(c, k), count, type, rank, 2 * tag + c, ranks_, &request);
        m->requests.push_back(request);
      };
      add(MPI_Recv_init, level.own.first - depth, below_, upwards);
      add(MPI_Recv_init, level.own.last, above_, downwards);
      add(MPI_Send_init, level.own.last - depth, above_, upwards);
      add(MPI_Send_init, level.own.first, below_, downwards);
    }
  }
  const int requests = static_cast<int>(m->requests.size());
  MPI_Startall(requests, m->requests.data());
  MPI_Waitall(requests, m->requests.data(), MPI_STATUSES_IGNORE);
}

void Halo::exchange(const Level& level, float* field, unsigned colours, int depth) {
  exchange_any(level, field, colours, depth, MPI_FLOAT);
}

void Halo::exchange(const Level& level, double* field, unsigned colours, int depth) {
  exchange_any(level, field, colours, depth, MPI_DOUBLE);
}

void Halo::gather(const Level& level, const Level& view, float* field) {
  if (gathered_first_.empty()) {
    int count = 1;
    MPI_Comm_size(ranks_, &count);
    gathered_first_.resize(static_cast<std::size_t>(count));
    gathered_count_.resize(gathered_first_.size());
    // Planes of a colour follow each other.
    const int plane = static_cast<int>(level.plane);
    const int first = (view.own.first + view.begin - level.begin) * plane, length = view.own.count() * plane;
    MPI_Allgather(&first, 1, MPI_INT, gathered_first_.data(), 1, MPI_INT, ranks_);
    MPI_Allgather(&length, 1, MPI_INT, gathered_count_.data(), 1, MPI_INT, ranks_);
  }
  for (int colour = 0; colour < 2; ++colour)
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, field + colour * level.gap, gathered_count_.data(),
                   gathered_first_.data(), MPI_FLOAT, ranks_);
}

} // namespace linnet::latticemg
