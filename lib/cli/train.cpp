#include "cli/train.hpp"

#include "base/error.hpp"
#include "cli/progress.hpp"
#include "learned/architectures.hpp"
#include "learned/shipped.hpp"
#include "learned/train/trainer.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace linnet {

namespace {

std::string command_of(const TrainOptions& options, const learned::TrainingOptions& training) {
  std::array<char, 256> text = {};
  (void)std::snprintf(text.data(), text.size(),
                      "linnet train --dimension %d --steps %d --rate %g --batch %d --small %d --large %d --seed %llu "
                      "--threads %d",
                      options.dimension, training.steps, training.rate, training.batch, training.small, training.large,
                      static_cast<unsigned long long>(training.seed), training.threads);
  std::string command = text.data();
  if (training.optimiser == learned::OptimiserType::mfac) {
    (void)std::snprintf(text.data(), text.size(), " --optimizer mfac --window %d --damping %g", training.window,
                        training.damping);
    command += text.data();
  }
  return command + (training.keep_zeros ? " --keep-zeros" : "") +
         (options.from.empty() ? "" : " --from " + options.from);
}

void train(const TrainOptions& options, bool speaks) {
  check_writable("--out", options.out);
  learned::TrainingOptions training;
  training.steps = options.steps;
  const bool mfac = options.optimiser == "mfac";
  training.optimiser = mfac ? learned::OptimiserType::mfac : learned::OptimiserType::adam;
  training.rate = options.rate > 0 ? options.rate : mfac ? 1e-3 : 2e-3;
  training.window = options.window;
  training.damping = options.damping;
  training.keep_zeros = options.keep_zeros;
  training.batch = options.batch;
  training.seed = options.seed;
  training.threads = options.threads;
  training.small = options.small > 0 ? options.small : options.dimension == 3 ? 32 : 64;
  training.large = options.large > 0 ? options.large : options.dimension == 3 ? 64 : 128;
  learned::Model model;
  if (options.from.empty()) {
    model = learned::make_model(learned::hybrid_architecture(options.dimension), options.seed);
  } else {
    model = learned::find_model(options.from);
    if (model.architecture.dimension != options.dimension)
      throw InputError(options.from, "", "expected a model for " + std::to_string(options.dimension) + " dimensions");
  }
  const auto start = std::chrono::steady_clock::now();
  learned::TrainingState last;
  {
    Progress progress(speaks);
    learned::train(training, &model, [&](const learned::TrainingState& state) {
      last = state;
      if (progress.due()) {
        const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
        std::array<char, 160> line = {};
        (void)std::snprintf(line.data(), line.size(),
                            "step %d of %d, energy left by a step: %.3f small, %.3f large grid; rate %.1e; %.0f s left",
                            state.step, training.steps, state.small, state.large, state.rate,
                            spent.count() * (training.steps - state.step) / state.step);
        progress.show(line.data());
      }
      return true;
    });
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  std::array<char, 64> result = {};
  (void)std::snprintf(result.data(), result.size(), "%.3f on the small grid, %.3f on the large one", last.small,
                      last.large);
  model.provenance["command"] = command_of(options, training);
  model.provenance["data"] = "voxel Laplacians with open and closed sides, ten families of domains, running solves";
  model.provenance["energy left by a step"] = result.data();
  model.provenance["seconds"] = std::to_string(static_cast<long>(spent.count()));
  learned::write_model(model, options.out);
  tell("wrote " + options.out + " (energy left by a step: " + result.data() + ")");
}

} // namespace

int run_train(const Session& session, const TrainOptions& options) {
  on_rank_0(session.comm, [&] { train(options, session.speaks()); });
  return converged;
}

void add_train_command(CLI::App& app, TrainOptions& options) {
  CLI::App& command = *app.add_subcommand("train", "Train a network for the preconditioner cnn on random domains");
  command.add_option("--out", options.out, "model file to write")->required();
  command.add_option("--dimension", options.dimension, "of the grids: 2 or 3")
      ->check(CLI::Range(2, 3))
      ->capture_default_str();
  command.add_option("--from", options.from, "shipped model or model file to go on from; else random weights");
  command.add_option("--steps", options.steps, "of the optimiser")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  command.add_option("--optimizer", options.optimiser, "adam, or mfac: the inverse of a window's Fisher matrix")
      ->check(CLI::IsMember({"adam", "mfac"}))
      ->capture_default_str();
  command
      .add_option("--rate", options.rate,
                  "of the optimiser (2e-3; of mfac 1e-3); warm-up, then to 0 in the last 70 % of the steps")
      ->check(CLI::Range(1e-8, 1.0));
  command.add_option("--window", options.window, "gradients that mfac keeps")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command.add_option("--damping", options.damping, "of mfac")->check(CLI::Range(1e-12, 1e6))->capture_default_str();
  command.add_flag("--keep-zeros", options.keep_zeros, "weights that are zero, as pruning leaves them, stay so");
  command.add_option("--batch", options.batch, "solves at once")->check(CLI::Range(1, 1024))->capture_default_str();
  command.add_option("--small", options.small, "cells along an axis of most grids (32; in two dimensions 64)")
      ->check(CLI::Range(8, 512));
  command.add_option("--large", options.large, "cells along an axis of the others (64; in two dimensions 128)")
      ->check(CLI::Range(8, 512));
  command.add_option("--seed", options.seed, "of weights, domains and errors")->capture_default_str();
  command.add_option("--threads", options.threads, "the same bits for the same number")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  command.footer("Example:\n  linnet train --dimension 2 --steps 2500 --out mine.safetensors\n"
                 "  linnet solve A.mtx -ksp_type dcd -pc_type cnn -pc_cnn_model mine.safetensors");
}

} // namespace linnet
