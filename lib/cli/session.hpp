#pragma once

#include "cli/ranks.hpp"

#include <cstdio>
#include <string>

namespace linnet {

/// What every command works with.
struct Session {
  MPI_Comm comm = MPI_COMM_NULL;      ///< all ranks
  MPI_Comm agreement = MPI_COMM_NULL; ///< the same, for agree_on_worst() alone
  std::FILE* results = nullptr;       ///< what the user asked for goes here, on rank 0; all else to standard error

  bool speaks() const { return rank_of(comm) == 0; }
  /// Writes to `results` on rank 0. Collective: where it cannot be written every rank throws.
  void print(const std::string& text) const;
};

/// Throws InputError unless a file of that name can be made or replaced. `option` names it in the message.
void check_writable(const std::string& option, const std::string& file);

} // namespace linnet
