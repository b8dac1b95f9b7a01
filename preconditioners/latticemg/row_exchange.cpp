#include "latticemg/row_exchange.hpp"

#include <algorithm>
#include <numeric>

namespace linnet::latticemg {

RowExchange::RowExchange(MPI_Comm ranks, const std::vector<int>& owner) : ranks_(ranks) {
  int count = 1;
  MPI_Comm_size(ranks, &count);
  for (std::vector<int>* v : {&send_count_, &send_first_, &receive_count_, &receive_first_})
    v->assign(static_cast<std::size_t>(count), 0);
  for (const int to : owner)
    ++send_count_[static_cast<std::size_t>(to)];
  std::exclusive_scan(send_count_.begin(), send_count_.end(), send_first_.begin(), 0);
  MPI_Alltoall(send_count_.data(), 1, MPI_INT, receive_count_.data(), 1, MPI_INT, ranks);
  std::exclusive_scan(receive_count_.begin(), receive_count_.end(), receive_first_.begin(), 0);
  slab_rows_ = receive_first_.back() + receive_count_.back();
  if (std::is_sorted(owner.begin(), owner.end()))
    return;
  order_.resize(owner.size());
  sent_.resize(owner.size());
  std::vector<int> next = send_first_;
  for (std::size_t r = 0; r < owner.size(); ++r)
    order_[static_cast<std::size_t>(next[static_cast<std::size_t>(owner[r])]++)] = static_cast<PetscInt>(r);
}

std::vector<PetscInt> RowExchange::to_slabs(const std::vector<PetscInt>& of_rows) const {
  std::vector<PetscInt> sent(of_rows), received(static_cast<std::size_t>(slab_rows_));
  for (std::size_t i = 0; i < order_.size(); ++i)
    sent[i] = of_rows[static_cast<std::size_t>(order_[i])];
  MPI_Alltoallv(sent.data(), send_count_.data(), send_first_.data(), MPIU_INT, received.data(), receive_count_.data(),
                receive_first_.data(), MPIU_INT, ranks_);
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

} // namespace linnet::latticemg
