#include "cli/plot.hpp"
#include "cli/sequence_run.hpp"

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <sstream>

namespace linnet {

namespace {

using Json = nlohmann::ordered_json;

std::string number_text(const char* pattern, double number) {
  char text[64];
  (void)std::snprintf(text, sizeof text, pattern, number); // NOLINT: the pattern is one of this file's
  return text;
}

double mean(double sum, std::int64_t count) {
  return count > 0 ? sum / static_cast<double>(count) : 0;
}

} // namespace

const HindsightArm* SequenceResult::best() const {
  const HindsightArm* least = nullptr;
  const auto cost = [&](const HindsightArm& arm) { return by_time ? arm.seconds : arm.iterations; };
  for (const HindsightArm& arm : hindsight)
    if (arm.failures == 0 && (!least || cost(arm) < cost(*least)))
      least = &arm;
  return hindsight_steps > 0 ? least : nullptr;
}

namespace {

// From each of the steps to the next one the value was the same: the parameter's, or the arm's number.
nlohmann::ordered_json path_of(const std::vector<SequenceStep>& path) {
  std::vector<std::int64_t> steps;
  std::vector<double> values;
  for (const SequenceStep& step : path) {
    if (!values.empty() && values.back() == step.value)
      continue;
    steps.push_back(step.step + 1);
    values.push_back(step.value);
  }
  return {{"step", steps}, {"value", values}};
}

} // namespace

nlohmann::ordered_json to_json(const SequenceOptions& options, const SequenceResult& result, int ranks) {
  Json json = {{"schema", "linnet.sequence/1"},
               {"sequence", result.sequence},
               {"n", result.rows},
               {"steps", result.steps},
               {"seed", options.seed},
               {"ranks", ranks},
               {"ksp", result.ksp},
               {"pc", result.pc},
               {"policy", result.policy.empty() ? Json() : Json(result.policy)},
               {"average_iterations", mean(result.iterations, result.steps)}};
  Json after = Json::object();
  for (const auto& [step, average] : result.average_after)
    after[std::to_string(step)] = average;
  json["average_after"] = after;
  json["best_fixed"] = nullptr;
  if (const HindsightArm* best = result.best()) {
    json["best_fixed"] = {{"arm", best->arm},
                          {"average_iterations", mean(best->iterations, result.hindsight_steps)},
                          {"average_seconds", mean(best->seconds, result.hindsight_steps)},
                          {"steps", result.hindsight_steps}};
    json["best_for_each"] = {{"average_iterations", mean(result.best_each, result.hindsight_steps)}};
    json["regret"] = {
        {"iterations", (result.hindsight_iterations - best->iterations) / static_cast<double>(result.hindsight_steps)},
        {"seconds", (result.hindsight_seconds - best->seconds) / static_cast<double>(result.hindsight_steps)}};
  }
  json["total_seconds"] = result.total_seconds;
  json["solve_seconds"] = result.solve_seconds;
  json["learner_seconds"] = result.learner_seconds;
  json["failures"] = result.failures;
  json["unconverged"] = result.unconverged;
  Json arms = Json::array();
  for (std::size_t k = 0; k < result.hindsight.size(); ++k)
    arms.push_back({{"arm", result.hindsight[k].arm},
                    {"plays", result.plays[k]},
                    {"average_iterations", mean(result.hindsight[k].iterations, result.hindsight_steps)},
                    {"average_seconds", mean(result.hindsight[k].seconds, result.hindsight_steps)},
                    {"failures", result.hindsight[k].failures}});
  json["arms"] = arms;
  json["path"] = result.policy.empty() ? Json() : path_of(result.path);
  return json;
}

std::string summary(const SequenceResult& result) {
  const auto line = [](const std::string& name, const std::string& value) {
    return name + std::string(name.size() < 22 ? 22 - name.size() : 1, ' ') + value + "\n";
  };
  std::string text =
      line("sequence", result.sequence + ": " + result.detail + ", " + std::to_string(result.steps) + " systems");
  text += line("solver", result.ksp + "+" + result.pc + (result.policy.empty() ? "" : ", policy " + result.policy));
  text += line("average iterations", number_text("%.2f", mean(result.iterations, result.steps)));
  for (const auto& [step, average] : result.average_after)
    if (step < result.steps)
      text += line("  after " + std::to_string(step), number_text("%.2f", average));
  if (const HindsightArm* best = result.best()) {
    const std::int64_t n = result.hindsight_steps;
    const std::string where = " (over " + std::to_string(n) + " of the systems)";
    text += line("best fixed arm", best->arm + ": " +
                                       (result.by_time ? number_text("%.6f seconds", mean(best->seconds, n))
                                                       : number_text("%.2f iterations", mean(best->iterations, n))) +
                                       where);
    text +=
        line("  regret a solve",
             result.by_time ? number_text("%+.6f seconds", mean(result.hindsight_seconds - best->seconds, n))
                            : number_text("%+.2f iterations", mean(result.hindsight_iterations - best->iterations, n)));
  }
  if (!result.hindsight.empty() && !result.by_time)
    text += line("best arm for each", number_text("%.2f iterations", mean(result.best_each, result.hindsight_steps)));
  if (!result.policy.empty()) {
    text +=
        line("learner", number_text("%.4f seconds, ", result.learner_seconds) +
                            number_text("%.2f %% of the solves", 100 * result.learner_seconds / result.solve_seconds));
    text += line("arms stopped", std::to_string(result.failures));
  }
  text += line("seconds", number_text("%.3f", result.solve_seconds) + " solving, " +
                              number_text("%.3f", result.total_seconds) + " in all");
  if (result.unconverged > 0)
    text += line("NOT converged", std::to_string(result.unconverged) + " systems");
  if (result.policy.empty())
    return text;
  text += "\n    step     context  arm                                 iterations\n";
  constexpr std::size_t shown = 12; // at even distances in the logarithm of the step
  std::size_t last = result.path.size();
  for (std::size_t k = 0; k < shown; ++k) {
    const double share = static_cast<double>(k) / (shown - 1);
    const auto at = static_cast<std::size_t>(std::pow(static_cast<double>(result.path.size()), share)) - 1;
    const SequenceStep& step = result.path[std::min(at, result.path.size() - 1)];
    if (at == last)
      continue;
    last = at;
    char row[192];
    (void)std::snprintf(row, sizeof row, "%8" PRId64 "  %10s  %-34s  %10d\n", step.step + 1,
                        step.context ? number_text("%.4g", *step.context).c_str() : "-", step.arm.c_str(),
                        step.iterations);
    text += row;
  }
  return text;
}

void plot_sequence(const std::string& file, const SequenceResult& result) {
  std::ostringstream text;
  text.precision(8);
  const std::size_t stride = std::max<std::size_t>(1, result.path.size() / 4000);
  text << "$run << EOD\n";
  for (std::size_t k = 0; k < result.path.size(); k += stride)
    text << k + 1 << ' ' << result.running[k] << ' ' << result.path[k].value << '\n';
  text << "EOD\nset title " << gnuplot_string(result.sequence + ": " + result.detail) << " noenhanced\n"
       << "set xlabel 'system'\nset ylabel 'average iterations so far'\nset y2label 'value of the arm'\n"
       << "set y2tics\nset ytics nomirror\nset yrange [0:*]\nset grid linetype 1 linecolor rgb '#dddddd'\n"
       << "set key outside top noenhanced\nset xrange [1:*]\nplot $run using 1:3 axes x1y2 with points pointtype 7 "
          "pointsize 0.2 linecolor rgb '#d55e00' title 'arm', \\\n  $run using 1:2 with lines linewidth 1.8 linecolor "
          "rgb '#0072b2' title 'average'";
  if (const HindsightArm* best = result.best())
    text << ", \\\n  " << mean(best->iterations, result.hindsight_steps)
         << " with lines dashtype 2 linecolor rgb '#009e73' title " << gnuplot_string("best fixed: " + best->arm);
  text << "\n";
  run_gnuplot(file, text.str());
}

} // namespace linnet
