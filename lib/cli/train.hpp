#pragma once

#include "cli/session.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>

namespace linnet {

/// `linnet train` as typed.
struct TrainOptions {
  std::string out;  ///< model file
  std::string from; ///< a model to go on from; empty: random weights
  int dimension = 3;
  int steps = 6000;
  std::string optimiser = "adam";
  double rate = 0; ///< 0: 2e-3, of mfac 1e-3
  int window = 64;
  double damping = 1e-3;
  bool keep_zeros = false;
  int batch = 8;
  int small = 0, large = 0; ///< cells along an axis; 0: 32 and 64, in two dimensions 64 and 128
  int threads = 1;
  std::uint64_t seed = 1;
};

void add_train_command(CLI::App& app, TrainOptions& options);
/// linnet train, on rank 0; returns the exit status.
int run_train(const Session& session, const TrainOptions& options);

} // namespace linnet
