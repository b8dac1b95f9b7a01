#pragma once

#include "cli/petsc.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <vector>

namespace linnet {

/// Exit statuses of the program.
enum Status { converged = 0, not_converged = 1, bad_input = 2, internal_error = 3 };

/// Rank 0 failed and says why; the other ranks end with it.
class FailedOnRank0 : public std::runtime_error {
public:
  explicit FailedOnRank0(Status why) : std::runtime_error("failed on rank 0"), status(why) {}
  Status status;
};

int rank_of(MPI_Comm comm);
int size_of(MPI_Comm comm);

/// The exit status that the exception in flight stands for, and its message. Call it in a catch block.
Status status_of_exception(std::string& message);

/// Runs `work` on rank 0 alone. Where it throws, every rank throws: rank 0 its exception, the others FailedOnRank0.
void on_rank_0(MPI_Comm comm, const std::function<void()>& work);

/// The largest of the ranks' `value`s, on every rank. A rank that comes with a nonzero value and meets no others within
/// 20 seconds ends the program: they wait in a collective call that it has left by an error.
int agree_on_worst(MPI_Comm comm, int value);

/// First row of each rank in contiguous blocks as PETSc lays them out, and `rows` at the end: ranks + 1 numbers.
std::vector<std::int64_t> row_blocks(MPI_Comm comm, std::int64_t rows);

/// The MPI data type of T.
template <class T>
MPI_Datatype mpi_type();
template <>
inline MPI_Datatype mpi_type<double>() {
  return MPI_DOUBLE;
}
template <>
inline MPI_Datatype mpi_type<std::int32_t>() {
  return MPI_INT32_T;
}
template <>
inline MPI_Datatype mpi_type<std::int64_t>() {
  return MPI_INT64_T;
}

namespace detail {
/// MPI-3 counts and displacements are 32-bit: longer arrays travel in pieces, which MPI_Scatterv cannot do.
inline constexpr std::int64_t piece = std::int64_t(1) << 28;

template <class T, class Transfer>
void in_pieces(T* data, std::int64_t count, const Transfer& transfer) {
  for (std::int64_t done = 0; done < count; done += piece)
    transfer(data + done, static_cast<int>(std::min(piece, count - done)));
}
} // namespace detail

/// Block [offsets[r], offsets[r+1]) of rank 0's `all` for each rank r; `offsets` is the same on every rank.
template <class T>
std::vector<T> scatter(MPI_Comm comm, const std::vector<T>& all, const std::vector<std::int64_t>& offsets) {
  const int rank = rank_of(comm), ranks = size_of(comm);
  std::vector<T> mine(offsets[rank + 1] - offsets[rank]);
  if (rank == 0) {
    for (int to = 1; to < ranks; ++to)
      detail::in_pieces(all.data() + offsets[to], offsets[to + 1] - offsets[to],
                        [&](const T* data, int count) { MPI_Send(data, count, mpi_type<T>(), to, 0, comm); });
    std::copy_n(all.begin(), mine.size(), mine.begin());
  } else {
    detail::in_pieces(mine.data(), static_cast<std::int64_t>(mine.size()),
                      [&](T* data, int count) { MPI_Recv(data, count, mpi_type<T>(), 0, 0, comm, MPI_STATUS_IGNORE); });
  }
  return mine;
}

/// The inverse of scatter(): the blocks one after the other on rank 0, nothing on the others.
template <class T>
std::vector<T> gather(MPI_Comm comm, const T* mine, const std::vector<std::int64_t>& offsets) {
  const int rank = rank_of(comm), ranks = size_of(comm);
  const std::int64_t count = offsets[rank + 1] - offsets[rank];
  std::vector<T> all;
  if (rank == 0) {
    all.resize(offsets.back());
    std::copy_n(mine, count, all.begin());
    for (int from = 1; from < ranks; ++from)
      detail::in_pieces(all.data() + offsets[from], offsets[from + 1] - offsets[from], [&](T* data, int length) {
        MPI_Recv(data, length, mpi_type<T>(), from, 0, comm, MPI_STATUS_IGNORE);
      });
  } else {
    detail::in_pieces(mine, count,
                      [&](const T* data, int length) { MPI_Send(data, length, mpi_type<T>(), 0, 0, comm); });
  }
  return all;
}

} // namespace linnet
