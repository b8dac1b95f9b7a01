#pragma once

#include "cli/sequences.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <vector>

namespace linnet {

/// One solve of a sequence.
struct SequenceStep {
  std::int64_t step = 0;
  std::optional<double> context;
  std::string arm;
  double value = 0; ///< of the parameter, or the arm's number
  int iterations = 0;
};

/// What one arm came to over the steps that every arm solved again.
struct HindsightArm {
  std::string arm;
  double iterations = 0, seconds = 0; ///< sums
  int failures = 0;
};

struct SequenceResult {
  std::string sequence, detail, policy, ksp, pc;
  std::int64_t rows = 0, steps = 0;
  double iterations = 0; ///< sum
  std::map<std::int64_t, double> average_after;
  std::vector<double> running;         ///< average after each step
  std::vector<SequenceStep> path;      ///< every step
  std::vector<std::int64_t> plays;     ///< by arm
  std::vector<HindsightArm> hindsight; ///< by arm; empty: not a bandit, or not asked for
  std::int64_t hindsight_steps = 0;
  double hindsight_iterations = 0, hindsight_seconds = 0; ///< the run's own at those steps
  double best_each = 0;                                   ///< iterations of the best arm of each of those systems
  bool by_time = false;                                   ///< the best in hindsight is that of the least time
  double total_seconds = 0, learner_seconds = 0, solve_seconds = 0;
  std::int64_t failures = 0;    ///< of arms
  std::int64_t unconverged = 0; ///< solves

  const HindsightArm* best() const;
};

nlohmann::ordered_json to_json(const SequenceOptions& options, const SequenceResult& result, int ranks);
/// For a person: what was solved, averages, the best arm in hindsight, the arm's path.
std::string summary(const SequenceResult& result);
/// Running average and the arm's path, over the steps, as SVG.
void plot_sequence(const std::string& file, const SequenceResult& result);

} // namespace linnet
