#pragma once

#include "cli/solver_run.hpp"

#include <string>
#include <vector>

namespace linnet {

/// Throws InputError where gnuplot is not in PATH.
void check_gnuplot();

/// Draws |r_k| / |b| over k, logarithmic, a line for each outcome, by gnuplot as SVG. The file appears when complete.
/// Throws std::runtime_error where gnuplot fails.
void plot_histories(const std::string& file, const std::string& title, const std::vector<Outcome>& outcomes);

/// `text` as a string of gnuplot's.
std::string gnuplot_string(const std::string& text);
/// Runs gnuplot's `commands` with its terminal set and the output to the file, which appears when complete.
/// Throws std::runtime_error where gnuplot fails.
void run_gnuplot(const std::string& file, const std::string& commands,
                 const std::string& terminal = "svg size 900,560 background rgb 'white'");

} // namespace linnet
