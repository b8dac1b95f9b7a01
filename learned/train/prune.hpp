#pragma once

#include "learned/channels.hpp"

#include <functional>

namespace linnet::learned {

enum class Pruned : std::uint8_t { weights, channels };

struct PruningOptions {
  Pruned what = Pruned::channels;
  double fraction = 0.5; ///< of the weights of convolutions; of the channels of each field but inputs and output
  int multiple = 16;     ///< the channels that stay are a multiple of it where there are as many
  int rounds = 4;        ///< of new gradients, for an even part of what goes each
  int gradients = 128;   ///< a round
  int batch = 2;         ///< samples a gradient
  double damping = 0.01; ///< of the Fisher matrix, in mean squares of the gradients' entries
  int block = 128;       ///< weights of a block of it
  int small = 32;        ///< cells along an axis
  int domains = 64;
  int iterations = 9; ///< of a solve that gradients are of, at most
  std::uint64_t seed = 1;
  int threads = 1;
};

struct PruningResult {
  std::size_t removed = 0, all = 0; ///< weights that are zero, or channels that are gone
  double before = 0, after = 0;     ///< mean energy left by a step, over the same solves
};

/// Takes weights or channels away by M-FAC: saliencies from a Fisher matrix in blocks, of the gradients of running
/// solves (Slot), and the joint step that moves the weights that stay (mfac::BlockFisher). A channel counts by the
/// weights that read it, in which the loss is quadratic. With channels the model becomes a smaller dense one; with
/// weights it has zeros. `watch` is told rounds that are done. Throws InputError as train() does.
PruningResult prune(const PruningOptions& options, Model* model, const std::function<void(int)>& watch);

} // namespace linnet::learned
