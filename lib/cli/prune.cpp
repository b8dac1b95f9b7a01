#include "cli/prune.hpp"

#include "base/error.hpp"
#include "cli/progress.hpp"
#include "cli/validators.hpp"
#include "learned/shipped.hpp"
#include "learned/train/prune.hpp"

#include <array>
#include <cstdio>

namespace linnet {

namespace {

void prune(const PruneOptions& options, bool speaks) {
  check_writable("--out", options.out);
  learned::Model model = learned::find_model(options.model);
  learned::PruningOptions how = options.how;
  const bool channels = options.channels > 0;
  how.what = channels ? learned::Pruned::channels : learned::Pruned::weights;
  how.fraction = channels ? options.channels : options.weights;
  how.small = options.small > 0 ? options.small : model.architecture.dimension == 3 ? 32 : 64;
  const std::size_t parameters = model.parameters();
  learned::PruningResult result;
  {
    Progress progress(speaks);
    result = learned::prune(how, &model, [&](int round) {
      if (progress.due())
        progress.show("round " + std::to_string(round) + " of " + std::to_string(how.rounds));
    });
  }
  std::array<char, 256> text = {};
  (void)std::snprintf(text.data(), text.size(),
                      "linnet prune %s --%s %g --multiple %d --rounds %d --gradients %d --damping %g --block %d "
                      "--batch %d --small %d --seed %llu --threads %d",
                      options.model.substr(options.model.rfind('/') + 1).substr(0, 80).c_str(),
                      channels ? "channels" : "weights", how.fraction, how.multiple, how.rounds, how.gradients,
                      how.damping, how.block, how.batch, how.small, static_cast<unsigned long long>(how.seed),
                      how.threads);
  std::string& earlier = model.provenance["pruning"];
  earlier += (earlier.empty() ? "" : "; then ") + std::string(text.data());
  (void)std::snprintf(text.data(), text.size(), "%zu of %zu %s, %zu parameters of %zu left in the file", result.removed,
                      result.all, channels ? "channels removed" : "weights are zero", model.parameters(), parameters);
  std::string& what = model.provenance["pruned"];
  what = text.data();
  (void)std::snprintf(text.data(), text.size(), "%.3f before pruning, %.3f after it", result.before, result.after);
  model.provenance["energy left by a step, pruning"] = text.data();
  learned::write_model(model, options.out);
  tell("wrote " + options.out + " (" + what + "; energy left by a step: " + text.data() + ")");
}

} // namespace

int run_prune(const Session& session, const PruneOptions& options) {
  if ((options.weights > 0) == (options.channels > 0))
    throw InputError("expected --weights FRACTION or --channels FRACTION, one of them");
  on_rank_0(session.comm, [&] { prune(options, session.speaks()); });
  return converged;
}

void add_prune_command(CLI::App& app, PruneOptions& options) {
  CLI::App& command = *app.add_subcommand("prune", "Take weights or channels of a network away, by M-FAC");
  command.add_option("model", options.model, "shipped model or model file")->required();
  command.add_option("--out", options.out, "model file to write")->required();
  command.add_option("--channels", options.channels, "part of the channels to remove: a smaller, faster network")
      ->check(within(0.001, 0.999));
  command.add_option("--weights", options.weights, "part of the weights to set to zero: no network is faster for it")
      ->check(within(0.001, 0.999));
  learned::PruningOptions& how = options.how;
  command.add_option("--multiple", how.multiple, "channels that stay: a multiple of it")
      ->check(within(1, 256))
      ->capture_default_str();
  command.add_option("--rounds", how.rounds, "of new gradients")->check(within(1, 1000))->capture_default_str();
  command.add_option("--gradients", how.gradients, "a round")->check(within(1, 100000))->capture_default_str();
  command.add_option("--damping", how.damping, "of the Fisher matrix, in mean squares of the gradients' entries")
      ->check(within(1e-12, 1e12))
      ->capture_default_str();
  command.add_option("--block", how.block, "weights of a block of the Fisher matrix")
      ->check(within(1, 4096))
      ->capture_default_str();
  command.add_option("--batch", how.batch, "solves of a gradient")->check(within(1, 1024))->capture_default_str();
  command.add_option("--small", options.small, "cells along an axis of the grids (32; in two dimensions 64)")
      ->check(within(8, 512));
  command.add_option("--seed", how.seed, "of domains and errors")->capture_default_str();
  command.add_option("--threads", how.threads, "the same bits for the same number")
      ->check(within(1, 4096))
      ->capture_default_str();
  command.footer("Example:\n  linnet prune hybrid3d --channels 0.5 --out small.safetensors\n"
                 "  linnet train --from small.safetensors --steps 500 --out tuned.safetensors\n"
                 "  linnet solve A.mtx -ksp_type dcd -pc_type cnn -pc_cnn_model tuned.safetensors");
}

} // namespace linnet
