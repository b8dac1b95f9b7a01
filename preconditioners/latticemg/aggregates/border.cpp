#include "latticemg/aggregates/border.hpp"
#include "latticemg/halo.hpp"

namespace linnet::latticemg {

namespace {

enum BorderTag : int { setup_upwards = 16, setup_downwards = 17 };

} // namespace

Border Border::of_slab(MPI_Comm ranks, bool ring) {
  int count = 1;
  MPI_Comm_size(ranks, &count);
  Border border;
  if (count == 1)
    return border;
  border.ranks = ranks;
  border.neighbour = slab_neighbours(ranks, ring);
  return border;
}

long long Border::sum(long long own) const {
  if (shared())
    MPI_Allreduce(MPI_IN_PLACE, &own, 1, MPI_LONG_LONG, MPI_SUM, ranks);
  return own;
}

void Border::swap_bytes(const void* sent_bytes, std::size_t size, Side to, void* received,
                        std::size_t received_size) const {
  const int tag = to == above ? setup_upwards : setup_downwards;
  MPI_Sendrecv(sent_bytes, static_cast<int>(size), MPI_BYTE, neighbour[to], tag, received,
               static_cast<int>(received_size), MPI_BYTE, neighbour[to == above ? below : above], tag, ranks,
               MPI_STATUS_IGNORE);
}

} // namespace linnet::latticemg
