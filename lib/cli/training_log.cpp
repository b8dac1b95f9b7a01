#include "cli/training_log.hpp"

#include "base/error.hpp"
#include "cli/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace linnet {

namespace {

std::string in_words(double seconds) {
  const long whole = std::lround(std::max(0.0, seconds));
  std::string text = whole >= 3600 ? std::to_string(whole / 3600) + " h " : "";
  if (whole >= 60)
    text.append(std::to_string(whole / 60 % 60)).append(" min ");
  return whole >= 3600 ? text : text.append(std::to_string(whole % 60)).append(" s ");
}

// Means of so many neighbouring points: losses of single batches scatter.
std::vector<learned::LogPoint> smoothed(const std::vector<learned::LogPoint>& log) {
  const std::size_t width = std::max<std::size_t>(1, log.size() / 200);
  std::vector<learned::LogPoint> points;
  for (std::size_t begin = 0; begin + width <= log.size(); begin += width) {
    learned::LogPoint mean = log[begin + width - 1];
    double sum = 0;
    for (std::size_t i = begin; i < begin + width; ++i)
      sum += log[i].loss / static_cast<double>(width);
    mean.loss = sum;
    if (std::isfinite(sum) && sum > 0)
      points.push_back(mean);
  }
  return points;
}

} // namespace

std::string progress_line(const learned::TrainingState& state, const std::vector<std::string>& sizes, double minutes) {
  constexpr int width = 20;
  const double by_steps = state.steps > 0 ? static_cast<double>(state.step) / state.steps : 0;
  const double part = std::clamp(minutes > 0 ? state.seconds / (60 * minutes) : by_steps, 0.0, 1.0);
  const int done = static_cast<int>(part * width);
  std::string text = "[";
  text.append(static_cast<std::size_t>(done), '#').append(static_cast<std::size_t>(width - done), '-').append("]");
  std::array<char, 128> numbers = {};
  (void)std::snprintf(numbers.data(), numbers.size(), " %3.0f %%  step %d%s%s  left", 100 * part, state.step,
                      state.steps > 0 ? " of " : "", state.steps > 0 ? std::to_string(state.steps).c_str() : "");
  text += numbers.data();
  for (std::size_t s = 0; s < state.left.size(); ++s) {
    (void)std::snprintf(numbers.data(), numbers.size(), "%s %.3f %s", s ? "," : "", state.left[s],
                        s < sizes.size() ? sizes[s].c_str() : "");
    text += numbers.data();
  }
  (void)std::snprintf(numbers.data(), numbers.size(), "  rate %.1e  ", state.rate);
  return text + numbers.data() + in_words(part > 0 ? state.seconds / part - state.seconds : 0) + "more";
}

void write_training_log(const std::string& file, const learned::Trainer& trainer) {
  const std::string unfinished = file + ".part";
  std::error_code failed;
  {
    std::ofstream out(unfinished);
    out << "# step seconds rate loss norm\n";
    for (const learned::LogPoint& p : trainer.log())
      out << p.step << ' ' << p.seconds << ' ' << p.rate << ' ' << p.loss << ' ' << p.norm << '\n';
    for (const learned::LogValidation& v : trainer.validations())
      for (std::size_t i = 0; i < v.name.size(); ++i)
        out << "# validation " << v.step << ' ' << v.name[i] << ' ' << v.iterations[i] << '\n';
    if (!out.flush())
      throw InputError(file, "", "cannot write the log");
  }
  std::filesystem::rename(unfinished, file, failed);
  if (failed)
    throw InputError(file, "", "cannot write the log");
}

void plot_training(const std::string& file, const std::string& title, const learned::Trainer& trainer) {
  const std::vector<learned::LogPoint> points = smoothed(trainer.log());
  if (points.empty())
    throw std::runtime_error("no step of the training to draw");
  std::ostringstream text;
  text << "$log << EOD\n";
  for (const learned::LogPoint& p : points)
    text << p.step << ' ' << p.loss << ' ' << p.rate << '\n';
  text << "EOD\n";
  std::map<std::string, std::string> curves;
  for (const learned::LogValidation& v : trainer.validations())
    for (std::size_t i = 0; i < v.name.size(); ++i)
      curves[v.name[i]] += std::to_string(v.step) + " " + std::to_string(v.iterations[i]) + "\n";
  int count = 0;
  std::string plots;
  for (const auto& [name, data] : curves) {
    const std::string block = "$validation" + std::to_string(count++);
    text << block << " << EOD\n" << data << "EOD\n";
    plots.append(plots.empty() ? "plot " : ", ").append(block);
    plots.append(" using 1:2 with linespoints pointsize 0.5 linewidth 1.8 title ").append(gnuplot_string(name));
  }
  text << "set grid linetype 1 linecolor rgb '#dddddd'\nset key outside right top noenhanced\n"
       << "set xrange [0:" << trainer.progress().step << "]\n"
       << "set lmargin 12\nset rmargin 26\nset multiplot layout " << (plots.empty() ? 1 : 2) << ",1 title "
       << gnuplot_string(title) << " noenhanced\n"
       << "set ylabel 'left by a step'\nset y2label 'rate'\nset y2tics\nset ytics nomirror\nset logscale y\n"
       << "plot $log using 1:2 with lines linewidth 1.8 linecolor rgb '#0072b2' title 'loss', "
       << "$log using 1:3 axes x1y2 with lines dashtype 2 linecolor rgb '#d55e00' title 'rate'\n";
  if (!plots.empty())
    text << "unset y2tics\nunset y2label\nset ytics mirror\nset xlabel 'step'\nset ylabel 'iterations'\n"
         << plots << "\n";
  text << "unset multiplot\n";
  run_gnuplot(file, text.str());
}

} // namespace linnet
