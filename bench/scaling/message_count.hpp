#pragma once

#include <cstdint>

namespace linnet {

/// What this process has sent by MPI since it began, whoever asked for it (MPI's profiling interface; link
/// message_count.cpp into the program).
struct MessageCount {
  std::int64_t messages = 0, bytes = 0;         ///< from one rank to another, persistent ones at each start
  std::int64_t gathers = 0, gathered_bytes = 0; ///< MPI_Allgatherv, and what this rank gave to each of the others
  std::int64_t moved_bytes = 0;                 ///< MPI_Alltoallv, to other ranks
  std::int64_t reductions = 0;                  ///< MPI_Allreduce

  friend MessageCount operator-(const MessageCount& a, const MessageCount& b) {
    return {a.messages - b.messages,       a.bytes - b.bytes,
            a.gathers - b.gathers,         a.gathered_bytes - b.gathered_bytes,
            a.moved_bytes - b.moved_bytes, a.reductions - b.reductions};
  }
};

MessageCount messages_sent();

} // namespace linnet
