#pragma once

#include <CLI/CLI.hpp>

namespace linnet {

/// Refuses what is no number from `low` to `high`: NaN too, which CLI::Range lets through.
CLI::Validator within(double low, double high);

/// Refuses an empty word, which CLI11 reads as 0 where a number is expected.
CLI::Validator not_empty();

} // namespace linnet
