#pragma once

#include "cli/solver_run.hpp"

#include <string>
#include <vector>

namespace linnet {

/// Throws InputError where gnuplot is not in PATH.
void check_gnuplot();

/// Draws |r_k| / |b| over k, logarithmic, a line for each outcome, by gnuplot as SVG. `terminal` is gnuplot's: "svg",
/// "pngcairo",
/// ... The file appears when complete. Throws std::runtime_error where gnuplot fails.
void plot_histories(const std::string& file, const std::string& title, const std::vector<Outcome>& outcomes);

} // namespace linnet
