#include "cnn/slab_exchange.hpp"

PetscLogEvent PC_CNN_Halo;

namespace linnet::cnn {

namespace {

// Until it goes.
class Logged {
public:
  Logged() { (void)PetscLogEventBegin(PC_CNN_Halo, nullptr, nullptr, nullptr, nullptr); }
  Logged(const Logged&) = delete;
  Logged& operator=(const Logged&) = delete;
  ~Logged() { (void)PetscLogEventEnd(PC_CNN_Halo, nullptr, nullptr, nullptr, nullptr); }
};

} // namespace

SlabExchange::SlabExchange(MPI_Comm ranks) : ranks_(ranks) {
  int rank = 0, count = 1;
  MPI_Comm_rank(ranks, &rank);
  MPI_Comm_size(ranks, &count);
  below_ = rank > 0 ? rank - 1 : MPI_PROC_NULL;
  above_ = rank + 1 < count ? rank + 1 : MPI_PROC_NULL;
}

void SlabExchange::refresh(std::byte* field, std::size_t plane, int first, int last) {
  const Logged logged;
  enum Tag : int { upwards = 1, downwards = 2 };
  const int bytes = static_cast<int>(plane);
  const auto at = [&](int k) { return field + static_cast<std::ptrdiff_t>(plane) * k; };
  MPI_Request requests[4];
  MPI_Irecv(at(first - 1), bytes, MPI_BYTE, below_, upwards, ranks_, &requests[0]);
  MPI_Irecv(at(last), bytes, MPI_BYTE, above_, downwards, ranks_, &requests[1]);
  MPI_Isend(at(last - 1), bytes, MPI_BYTE, above_, upwards, ranks_, &requests[2]);
  MPI_Isend(at(first), bytes, MPI_BYTE, below_, downwards, ranks_, &requests[3]);
  MPI_Waitall(4, requests, MPI_STATUSES_IGNORE);
}

void SlabExchange::gather(std::byte* field, std::size_t plane, const std::vector<int>& first) {
  const Logged logged;
  std::vector<int> count, begin;
  for (std::size_t s = 0; s + 1 < first.size(); ++s) {
    begin.push_back(first[s] * static_cast<int>(plane));
    count.push_back((first[s + 1] - first[s]) * static_cast<int>(plane));
  }
  MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, field, count.data(), begin.data(), MPI_BYTE, ranks_);
}

double SlabExchange::sum(double value) const {
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, ranks_);
  return value;
}

} // namespace linnet::cnn
