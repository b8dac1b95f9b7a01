#pragma once

#include "cli/train.hpp"
#include "learned/train/trainer.hpp"

namespace linnet {

/// What the options mean; throws InputError where they contradict each other.
learned::TrainingOptions training_options(const TrainOptions& options);

/// The command that trains the same bits: a schedule that was found by time is given in steps.
std::string training_command(const TrainOptions& options, const learned::TrainingOptions& training,
                             const learned::TrainingState& end);

/// All options but `resume`.
void archive_options(learned::Archive* archive, TrainOptions* options);

} // namespace linnet
