#pragma once

#include "learned/model.hpp"

#include <functional>

namespace linnet::learned {

enum class OptimiserType : std::uint8_t { adam, mfac };

/// What trains a network that is linear in the residual.
struct TrainingOptions {
  int steps = 2000;
  OptimiserType optimiser = OptimiserType::adam;
  int window = 64;         ///< gradients of mfac
  double damping = 1e-3;   ///< of mfac; published for larger networks: 1e-7 .. 1e-4
  bool keep_zeros = false; ///< weights that are zero, of a network that was pruned, stay so
  double rate = 2e-3;      ///< warm-up, then after 30 % of the steps linearly to 0
  int batch = 8;           ///< samples of the small grid at once; of the large one batch / 8 in 3-D, batch / 4 in 2-D
  int small = 32, large = 64; ///< cells along an axis
  double large_part = 0.3;    ///< of the steps, after the first 30 % of them
  int iterations = 9;         ///< of a training solve, at most
  int domains = 128;          ///< of the small grid; a twelfth as many of the large one
  std::uint64_t seed = 1;
  int threads = 1;
};

/// Throws InputError for networks that are not linear in the residual or read other channels of the operator than 5.
void check_trainable(const Architecture& architecture);

/// How far a training is.
struct TrainingState {
  int step = 0;
  double rate = 0;
  double small = 0, large = 0; ///< running means of q, the part of the energy left after a step
  double norm = 0;             ///< of the gradient, before it is clipped at 1
};

/// Adam (0.9, 0.98), or M-FAC over a window of gradients with momentum 0.9, on the mean of log q over running solves
/// (Slot). `watch` is called after each step and returns false to end. The same options give the same bits for the same
/// number of threads. A step with a gradient that is not finite is left out; 100 in a row are a std::runtime_error.
void train(const TrainingOptions& options, Model* model, const std::function<bool(const TrainingState&)>& watch);

} // namespace linnet::learned
