#include "lattice/face_exchange.hpp"

namespace linnet {

namespace {

bool holds(const Box& box, const GridSize& cell) {
  for (std::size_t a = 0; a < 3; ++a)
    if (cell[a] < box.begin[a] || cell[a] >= box.begin[a] + box.size[a])
      return false;
  return true;
}

} // namespace

FaceExchange::FaceExchange(MPI_Comm comm, const Lattice& lattice, const std::array<bool, 3>& periodic, const Box& box) {
  int ranks = 1;
  MPI_Comm_size(comm, &ranks);
  std::vector<Box> boxes(static_cast<std::size_t>(ranks));
  MPI_Allgather(&box, sizeof(Box), MPI_BYTE, boxes.data(), sizeof(Box), MPI_BYTE, comm);
  rank_.fill(MPI_PROC_NULL);
  if (box.cell_count() == 0)
    return;
  for (Direction d = 0; d < 6; ++d) {
    const auto a = static_cast<std::size_t>(d / 2);
    GridSize beyond = box.begin;
    beyond[a] += d % 2 ? box.size[a] : -1;
    if (box.size[a] == lattice.size[a] ||
        (!periodic[a] && (beyond[a] < 0 || beyond[a] == lattice.size[a]))) // its own neighbour, or none
      continue;
    beyond[a] = (beyond[a] + lattice.size[a]) % lattice.size[a];
    for (int r = 0; r < ranks; ++r)
      if (holds(boxes[static_cast<std::size_t>(r)], beyond))
        rank_[at(d)] = r;
    const std::size_t cells = box.cell_count() / static_cast<std::size_t>(box.size[a]);
    sent_[at(d)].resize(cells);
    received_[at(d)].resize(cells);
  }
}

PetscErrorCode FaceExchange::run(MPI_Comm comm, PetscMPIInt tag, const std::function<void(Direction, double*)>& pack) {
  std::array<MPI_Request, 12> requests;
  int count = 0;

  PetscFunctionBegin;
  for (Direction d = 0; d < 6; ++d)
    if (rank_[at(d)] != MPI_PROC_NULL)
      PetscCallMPI(MPI_Irecv(received_[at(d)].data(), static_cast<PetscMPIInt>(received_[at(d)].size()), MPI_DOUBLE,
                             rank_[at(d)], tag + (d ^ 1), comm, &requests[static_cast<std::size_t>(count++)]));
  for (Direction d = 0; d < 6; ++d)
    if (rank_[at(d)] != MPI_PROC_NULL) {
      pack(d, sent_[at(d)].data());
      PetscCallMPI(MPI_Isend(sent_[at(d)].data(), static_cast<PetscMPIInt>(sent_[at(d)].size()), MPI_DOUBLE,
                             rank_[at(d)], tag + d, comm, &requests[static_cast<std::size_t>(count++)]));
    }
  PetscCallMPI(MPI_Waitall(count, requests.data(), MPI_STATUSES_IGNORE));
  PetscFunctionReturn(0);
}

std::size_t FaceExchange::bytes() const {
  std::size_t sum = 0;
  for (std::size_t d = 0; d < 6; ++d)
    sum += (sent_[d].size() + received_[d].size()) * sizeof(double);
  return sum;
}

} // namespace linnet
