#include "cli/plot.hpp"

#include "base/error.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>

#include <unistd.h>

namespace linnet {

namespace {

// Residuals that a logarithmic axis can show.
std::vector<HistoryPoint> drawable(const std::vector<HistoryPoint>& history) {
  std::vector<HistoryPoint> points;
  for (const HistoryPoint& point : history)
    if (std::isfinite(point.relative_residual) && point.relative_residual > 0)
      points.push_back(point);
  return points;
}

std::string script(const std::string& title, const std::vector<Outcome>& outcomes) {
  // Colours that stay apart for most eyes (Okabe and Ito, without their yellow); dashes let one line show through
  // another.
  constexpr std::array colours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"};
  std::ostringstream text;
  text.precision(6);
  std::ostringstream curves;
  for (size_t k = 0; k < outcomes.size(); ++k) {
    const std::vector<HistoryPoint> points = drawable(outcomes[k].history);
    if (points.empty())
      continue;
    text << "$history" << k << " << EOD\n";
    for (const HistoryPoint& point : points)
      text << point.iteration << ' ' << point.relative_residual << '\n';
    text << "EOD\n";
    curves << (curves.tellp() > 0 ? ", \\\n  " : "") << "$history" << k << " using 1:2 with "
           << (points.size() > 40 ? "lines" : "linespoints pointsize 0.5") << " linewidth 1.8 dashtype " << 1 + k % 2
           << " linecolor rgb '" << colours[k % colours.size()] << "' title "
           << gnuplot_string(outcomes[k].name + (outcomes[k].converged ? "" : " (failed)"));
  }
  if (curves.tellp() == 0)
    throw std::runtime_error("no residual history to draw");
  text << "set title " << gnuplot_string(title) << " noenhanced\n"
       << "set xlabel 'iteration'\nset ylabel 'relative residual |b - A x| / |b|'\n"
       << "set logscale y\nset format y '10^{%T}'\nset grid linetype 1 linecolor rgb '#dddddd'\n"
       << "set key outside right top noenhanced\nset xrange [0:*]\n"
       << "plot " << curves.str() << "\n";
  return text.str();
}

} // namespace

void check_gnuplot() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (access((std::filesystem::path(folder.empty() ? "." : folder) / "gnuplot").c_str(), X_OK) == 0)
      return;
  throw InputError("--plot: expected gnuplot in PATH, found none (Debian: apt install gnuplot-nox)");
}

// Nothing in it is special but the quote, which is doubled.
std::string gnuplot_string(const std::string& text) {
  std::string result = "'";
  for (const char c : text)
    result += c == '\'' ? std::string("''") : std::string(1, c == '\n' ? ' ' : c);
  return result + "'";
}

void plot_histories(const std::string& file, const std::string& title, const std::vector<Outcome>& outcomes) {
  run_gnuplot(file, script(title, outcomes));
}

void run_gnuplot(const std::string& file, const std::string& body, const std::string& terminal) {
  const std::string unfinished = file + ".part";
  const std::string commands = "set terminal " + terminal + "\nset output " + gnuplot_string(unfinished) + "\n" + body;
  std::FILE* gnuplot = popen("gnuplot", "w"); // NOLINT(cert-env33-c): a fixed command
  if (!gnuplot)
    throw std::runtime_error("gnuplot: cannot start it");
  const bool written = std::fputs(commands.c_str(), gnuplot) >= 0;
  const int status = pclose(gnuplot);
  std::error_code failed;
  if (written && status == 0)
    std::filesystem::rename(unfinished, file, failed);
  if (!written || status != 0 || failed) {
    std::error_code ignored;
    std::filesystem::remove(unfinished, ignored);
    throw std::runtime_error(file + ": gnuplot could not draw it");
  }
}

} // namespace linnet
