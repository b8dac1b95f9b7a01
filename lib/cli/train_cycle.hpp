#pragma once

#include "cli/train.hpp"

namespace linnet {

/// Whether a multigrid cycle is to be trained, and not a convolutional network.
bool trains_cycle(const TrainOptions& options);

/// Fits the numbers of a multigrid cycle (preconditioners/cnn/cycle_training.hpp), validates them and writes the model.
/// SIGINT ends the search, and the best numbers so far are written. Throws InputError.
void train_cycle(const TrainOptions& options, bool speaks);

} // namespace linnet
