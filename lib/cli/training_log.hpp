#pragma once

#include "learned/train/trainer.hpp"

#include <string>

namespace linnet {

/// "[####------] 41 %  step 2460 of 6000  left 0.131 32^3, 0.244 64^3  rate 1.2e-03  5 min 12 s more". `minutes`: the
/// limit of the whole, 0: none.
std::string progress_line(const learned::TrainingState& state, const std::vector<std::string>& sizes, double minutes);

/// Lines "step seconds rate loss norm", and "# validation STEP NAME ITERATIONS". The file appears when complete.
void write_training_log(const std::string& file, const learned::Trainer& trainer);

/// Loss and rate over the steps, and below them iterations of the validation, by gnuplot as SVG.
void plot_training(const std::string& file, const std::string& title, const learned::Trainer& trainer);

} // namespace linnet
