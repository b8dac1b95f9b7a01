#pragma once

#include "cli/session.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace linnet {

/// `linnet train` as typed.
struct TrainOptions {
  std::string out;          ///< model file
  std::string architecture; ///< hybrid, cycle, dcdm64 or dcdm128; empty: that of `from`, or hybrid
  std::string from;         ///< a model to go on from; empty: random weights
  std::string systems;      ///< a directory or 'generate ...'; empty: random operators
  int count = 15;           ///< systems made by 'generate ...'
  int dimension = 3;
  int steps = 6000, plateau = 0, stop = 0;
  double minutes = 0;
  std::string optimiser = "adam", loss = "energy", errors = "running";
  int lanczos = 0; ///< steps that give Ritz vectors; 0: by the size
  std::vector<std::string> classes = {"voxel", "walls"};
  double rate = 0; ///< 0: 2e-3, of mfac 1e-3
  int window = 64;
  double damping = 1e-3;
  bool keep_zeros = false;
  int batch = 8, domains = 128, iterations = 9;
  std::vector<int> sizes;    ///< cells along an axis; empty: 32 and 64, in two dimensions 64 and 128
  std::vector<double> parts; ///< of the steps, by size; empty: 0.7, 0.3
  int validate_every = 0, validation_size = 0;
  int threads = 1;
  std::uint64_t seed = 1;
  // Not part of what is trained.
  std::string resume, checkpoint, log, plot;
  std::vector<std::string> given; ///< options that were typed: "--steps"

  bool has(const char* name) const { return std::find(given.begin(), given.end(), name) != given.end(); }
};

void add_train_command(CLI::App& app, TrainOptions& options);
/// linnet train, on rank 0; returns the exit status.
int run_train(const Session& session, TrainOptions& options);

} // namespace linnet
