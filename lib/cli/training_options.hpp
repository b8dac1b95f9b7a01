#pragma once

#include "cli/train.hpp"
#include "learned/train/trainer.hpp"

#include <array>
#include <cstdio>
#include <type_traits>

namespace linnet {

/// Words, or numbers as %g has them, with commas between them.
template <class T>
std::string comma_list(const std::vector<T>& values) {
  std::string text;
  for (const T& value : values) {
    text.append(text.empty() ? "" : ",");
    if constexpr (std::is_same_v<T, std::string>) {
      text += value;
    } else {
      std::array<char, 32> number = {};
      (void)std::snprintf(number.data(), number.size(), "%g", static_cast<double>(value));
      text += number.data();
    }
  }
  return text;
}

/// What the options mean; throws InputError where they contradict each other.
learned::TrainingOptions training_options(const TrainOptions& options);

/// The command that trains the same bits: a schedule that was found by time is given in steps.
std::string training_command(const TrainOptions& options, const learned::TrainingOptions& training,
                             const learned::TrainingState& end);

/// All options but `resume`.
void archive_options(learned::Archive* archive, TrainOptions* options);

} // namespace linnet
