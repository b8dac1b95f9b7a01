#pragma once

#include "cli/session.hpp"
#include "learned/train/prune.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace linnet {

/// `linnet prune` as typed.
struct PruneOptions {
  std::string model; ///< shipped model or model file
  std::string out;   ///< model file
  double weights = 0, channels = 0;
  learned::PruningOptions how;
  int small = 0; ///< cells along an axis; 0: 32, in two dimensions 64
};

void add_prune_command(CLI::App& app, PruneOptions& options);
/// linnet prune, on rank 0; returns the exit status.
int run_prune(const Session& session, const PruneOptions& options);

} // namespace linnet
