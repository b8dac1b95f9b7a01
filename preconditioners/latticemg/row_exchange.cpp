#include "latticemg/row_exchange.hpp"

#include <algorithm>
#include <numeric>

namespace linnet::latticemg {

RowExchange::RowExchange(MPI_Comm ranks, PetscInt rows, const Owners& owners) : ranks_(ranks) {
  constexpr PetscInt most = 4096; // rows that are asked for at once
  int count = 1, owner[most];
  MPI_Comm_size(ranks, &count);
  for (std::vector<int>* v : {&send_count_, &send_first_, &receive_count_, &receive_first_})
    v->assign(static_cast<std::size_t>(count), 0);
  const auto for_each = [&](const auto& work) {
    for (PetscInt first = 0; first < rows; first += most) {
      const PetscInt last = std::min(rows, first + most);
      owners(first, last, owner);
      for (PetscInt r = first, next = first; r < last; r = next) {
        while (next < last && owner[next - first] == owner[r - first])
          ++next;
        work(r, next, owner[r - first]);
      }
    }
  };
  bool in_order = true;
  int before = 0;
  for_each([&](PetscInt first, PetscInt last, int to) {
    send_count_[static_cast<std::size_t>(to)] += last - first;
    in_order = in_order && before <= to;
    before = to;
  });
  std::exclusive_scan(send_count_.begin(), send_count_.end(), send_first_.begin(), 0);
  MPI_Alltoall(send_count_.data(), 1, MPI_INT, receive_count_.data(), 1, MPI_INT, ranks);
  std::exclusive_scan(receive_count_.begin(), receive_count_.end(), receive_first_.begin(), 0);
  slab_rows_ = receive_first_.back() + receive_count_.back();
  if (in_order) {
    int rank = 0;
    MPI_Comm_rank(ranks, &rank);
    const auto own = static_cast<std::size_t>(rank);
    stay_ = send_count_[own];
    first_stay_ = send_first_[own];
    low_ = receive_first_[own];
    others_send_count_ = send_count_;
    others_receive_count_ = receive_count_;
    others_send_count_[own] = others_receive_count_[own] = 0;
    others_receive_first_.resize(receive_count_.size());
    std::exclusive_scan(others_receive_count_.begin(), others_receive_count_.end(), others_receive_first_.begin(), 0);
    return;
  }
  order_.resize(static_cast<std::size_t>(rows));
  sent_.resize(static_cast<std::size_t>(rows));
  std::vector<int> next = send_first_;
  for_each([&](PetscInt first, PetscInt last, int to) {
    int& place = next[static_cast<std::size_t>(to)];
    std::iota(order_.data() + place, order_.data() + place + (last - first), first);
    place += last - first;
  });
}

CellNumbers RowExchange::to_slabs(const PetscInt* of_rows) const {
  CellNumbers received(static_cast<std::size_t>(slab_rows_));
  Buffer<PetscInt> sent;
  sent.resize(order_.size());
  for (std::size_t i = 0; i < order_.size(); ++i)
    sent[i] = of_rows[order_[i]];
  MPI_Alltoallv(order_.empty() ? of_rows : sent.data(), send_count_.data(), send_first_.data(), MPIU_INT,
                received.data(), receive_count_.data(), receive_first_.data(), MPIU_INT, ranks_);
  return received;
}

void RowExchange::to_slabs(const double* of_rows, double* of_slab) {
  for (std::size_t i = 0; i < order_.size(); ++i)
    sent_[i] = of_rows[order_[i]];
  MPI_Alltoallv(order_.empty() ? of_rows : sent_.data(), send_count_.data(), send_first_.data(), MPI_DOUBLE, of_slab,
                receive_count_.data(), receive_first_.data(), MPI_DOUBLE, ranks_);
}

void RowExchange::to_rows(const double* of_slab, double* of_rows) {
  MPI_Alltoallv(of_slab, receive_count_.data(), receive_first_.data(), MPI_DOUBLE,
                order_.empty() ? of_rows : sent_.data(), send_count_.data(), send_first_.data(), MPI_DOUBLE, ranks_);
  for (std::size_t i = 0; i < order_.size(); ++i)
    of_rows[order_[i]] = sent_[i];
}

void RowExchange::receive(const double* of_rows, Buffer<double>* room) {
  if (!order_.empty())
    return to_slabs(of_rows, room->data());
  MPI_Alltoallv(of_rows, others_send_count_.data(), send_first_.data(), MPI_DOUBLE, room->data(),
                others_receive_count_.data(), others_receive_first_.data(), MPI_DOUBLE, ranks_);
}

void RowExchange::give_back(const Buffer<double>& room, double* of_rows) {
  if (!order_.empty())
    return to_rows(room.data(), of_rows);
  MPI_Alltoallv(room.data(), others_receive_count_.data(), others_receive_first_.data(), MPI_DOUBLE, of_rows,
                others_send_count_.data(), send_first_.data(), MPI_DOUBLE, ranks_);
}

} // namespace linnet::latticemg
