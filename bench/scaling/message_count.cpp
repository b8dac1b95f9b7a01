#include "scaling/message_count.hpp"

#include <mpi.h>

#include <map>

namespace {

linnet::MessageCount sent;

std::map<MPI_Request, std::int64_t>& persistent() {
  static std::map<MPI_Request, std::int64_t> bytes;
  return bytes;
}

std::int64_t bytes_of(int count, MPI_Datatype type) {
  int size = 0;
  PMPI_Type_size(type, &size);
  return static_cast<std::int64_t>(count) * size;
}

void count_message(std::int64_t bytes) {
  ++sent.messages;
  sent.bytes += bytes;
}

} // namespace

linnet::MessageCount linnet::messages_sent() {
  return sent;
}

extern "C" {

int MPI_Send_init(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm,
                  MPI_Request* request) {
  const int error = PMPI_Send_init(data, count, type, to, tag, comm, request);
  if (to != MPI_PROC_NULL)
    persistent()[*request] = bytes_of(count, type);
  return error;
}

int MPI_Startall(int count, MPI_Request requests[]) {
  for (int i = 0; i < count; ++i)
    if (const auto known = persistent().find(requests[i]); known != persistent().end())
      count_message(known->second);
  return PMPI_Startall(count, requests);
}

int MPI_Request_free(MPI_Request* request) {
  persistent().erase(*request);
  return PMPI_Request_free(request);
}

int MPI_Isend(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm, MPI_Request* request) {
  if (to != MPI_PROC_NULL)
    count_message(bytes_of(count, type));
  return PMPI_Isend(data, count, type, to, tag, comm, request);
}

int MPI_Allgatherv(const void* data, int count, MPI_Datatype type, void* all, const int counts[], const int begins[],
                   MPI_Datatype all_type, MPI_Comm comm) {
  int rank = 0;
  PMPI_Comm_rank(comm, &rank);
  ++sent.gathers;
  sent.gathered_bytes += data == MPI_IN_PLACE ? bytes_of(counts[rank], all_type) : bytes_of(count, type);
  return PMPI_Allgatherv(data, count, type, all, counts, begins, all_type, comm);
}

int MPI_Alltoallv(const void* data, const int counts[], const int begins[], MPI_Datatype type, void* received,
                  const int received_counts[], const int received_begins[], MPI_Datatype received_type, MPI_Comm comm) {
  int rank = 0, ranks = 1;
  PMPI_Comm_rank(comm, &rank);
  PMPI_Comm_size(comm, &ranks);
  for (int r = 0; r < ranks; ++r)
    sent.moved_bytes += r == rank ? 0 : bytes_of(counts[r], type);
  return PMPI_Alltoallv(data, counts, begins, type, received, received_counts, received_begins, received_type, comm);
}

int MPI_Allreduce(const void* data, void* result, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  ++sent.reductions;
  return PMPI_Allreduce(data, result, count, type, op, comm);
}

} // extern "C"
