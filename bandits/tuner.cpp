#include "bandits/tuner.hpp"

#include "bandits/binned.hpp"
#include "bandits/chebcb.hpp"
#include "bandits/fixed.hpp"
#include "bandits/json.hpp"
#include "bandits/modelled.hpp"
#include "bandits/race.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace linnet::bandits {

namespace {

constexpr std::array<const char*, 9> names = {"auto",    "model",      "thompson", "chebcb", "binned",
                                              "tsallis", "tsallis-iw", "race",     "fixed"};
constexpr std::size_t log_room = 1024;
constexpr std::size_t most_bins = 5, most_cells = 32; // of each number, of all
constexpr unsigned patience = 3;
constexpr std::uint64_t first_quarantine = 50;
constexpr std::uint64_t first_expectation = 10; // costs
constexpr std::uint64_t recent_costs = 20;

// 5, 5, 3, 2, 2 for 1 to 5 numbers; from 6 on 1: contexts are not told apart.
std::size_t bins(std::size_t numbers) {
  std::size_t side = most_bins;
  while (std::pow(static_cast<double>(side), static_cast<double>(numbers)) > static_cast<double>(most_cells))
    --side;
  return side;
}

nlohmann::json saved(const std::vector<Interval>& intervals) {
  nlohmann::json list = nlohmann::json::array();
  for (const Interval& of : intervals)
    list.push_back({of.lowest, of.highest});
  return list;
}

std::vector<Interval> read_intervals(const nlohmann::json& list) {
  std::vector<Interval> intervals;
  for (const auto& of : list)
    intervals.push_back({of.at(0).get<double>(), of.at(1).get<double>()});
  return intervals;
}

std::unique_ptr<Learner> make_learner(const TunerOptions& options, Choices choices) {
  const std::string& policy = options.policy;
  if (policy == "model")
    return std::make_unique<Modelled>(std::move(choices), options.form, options.tolerance);
  if (policy == "thompson")
    return std::make_unique<Thompson>(std::move(choices));
  if (policy == "chebcb")
    return std::make_unique<ChebCB>(std::move(choices));
  if (policy == "binned")
    return std::make_unique<Binned>(choices, bins(choices.context.size()));
  if (policy == "race")
    return std::make_unique<Race>(std::move(choices));
  if (policy == "fixed")
    return std::make_unique<Fixed>(std::move(choices), options.fixed_arm);
  return std::make_unique<Tsallis>(std::move(choices), policy == "tsallis-iw" ? LossEstimator::importance_weighted
                                                                              : LossEstimator::reduced_variance);
}

} // namespace

bool is_policy(const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

Tuner::Tuner(TunerOptions options)
    : options_(std::move(options)), intervals_(options_.intervals), largest_(log_room), largest_recent_(recent_costs) {
  if (!is_policy(options_.policy))
    throw std::invalid_argument("policy '" + options_.policy + "': expected one of " + policy_names);
  const bool relaxation = options_.arms.is_relaxation();
  if (options_.policy == "auto")
    options_.policy = relaxation ? "model" : "thompson";
  if (options_.policy == "model" && !relaxation)
    throw std::invalid_argument("policy 'model': expected the arms to be values of sor_omega alone, found '" +
                                options_.arms.text + "'");
  failures_.resize(options_.arms.size());
  log_.reserve(log_room);
  make();
}

void Tuner::make() {
  const Arms& arms = options_.arms;
  Choices choices;
  choices.ordered = arms.axes.size() == 1;
  for (std::size_t k = 0; k < arms.size(); ++k)
    choices.arms.push_back(choices.ordered ? arms.axes[0].values[k] : static_cast<double>(k));
  if (!intervals_.empty())
    choices.context = intervals_;
  choices.loose = options_.intervals.empty();
  choices.least_cost = options_.iterations ? 1 : 0;
  choices.seed = options_.seed + solves_;
  learner_ = make_learner(options_, std::move(choices));
  for (std::size_t k = 0; k < log_.size(); ++k)
    learner_->learn(logged(k).decision, in_units(logged(k).cost), logged(k).failed);
}

// Twice the range seen, so that it is widened a logarithmic number of times; what was learned is learned anew.
void Tuner::cover(const Context& context) {
  const auto& numbers = context.numbers;
  if (intervals_.empty() && options_.likely.size() == numbers.size())
    intervals_ = seen_ = options_.likely;
  else if (intervals_.empty())
    intervals_.assign(numbers.size(), Interval{1, 0}); // holds no number
  else if (intervals_.size() != numbers.size())
    throw std::invalid_argument("expected a context of " + std::to_string(intervals_.size()) + " numbers, found " +
                                std::to_string(numbers.size()));
  if (!options_.intervals.empty())
    return;
  bool wider = learner_->width() != numbers.size() || learner_->choices().context != intervals_;
  seen_.resize(numbers.size(), {HUGE_VAL, -HUGE_VAL});
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    Interval& seen = seen_[k];
    seen = {std::min(seen.lowest, numbers[k]), std::max(seen.highest, numbers[k])};
    if (intervals_[k].contains(numbers[k]))
      continue;
    const double range = seen.highest - seen.lowest;
    const double margin = range > 0 ? range / 2 : std::max(1e-3 * std::fabs(numbers[k]), 1e-12); // one: narrow about it
    const double floor = seen.lowest >= 0 ? 0 : -HUGE_VAL; // what was never negative is expected not to be
    intervals_[k] = {std::max(floor, seen.lowest - margin), seen.highest + margin};
    wider = true;
  }
  if (wider)
    make();
}

Decision Tuner::choose(const Context& context) {
  catch_up();
  const bool given = context && std::ranges::all_of(context.numbers, [](double x) { return std::fabs(x) < 1e150; });
  if (given)
    cover(context);
  return learner_->choose(given ? context : Context());
}

bool Tuner::quarantined(std::size_t arm) const {
  return failures_[arm].in_row >= patience && solves_ < failures_[arm].until;
}

void Tuner::append(const Step& step) const {
  if (log_.size() < log_room) {
    log_.push_back(step);
  } else {
    log_[oldest_] = step;
    oldest_ = (oldest_ + 1) % log_room;
  }
  largest_.push(step.failed ? 0 : step.cost);
  largest_recent_.push(step.failed ? 0 : step.cost);
}

std::vector<Step> Tuner::log() const {
  catch_up();
  std::vector<Step> steps;
  steps.reserve(log_.size());
  for (std::size_t k = 0; k < log_.size(); ++k)
    steps.push_back(logged(k));
  return steps;
}

void Tuner::catch_up() const {
  const Latest pending = std::exchange(pending_, Latest::none);
  if (pending == Latest::none)
    return;
  if (pending == Latest::played)
    append(latest_);
  learner_->learn(latest_.decision, in_units(latest_.cost), latest_.failed);
}

bool Tuner::learn(const Decision& decision, double cost, double iterations, bool failed) {
  if (!(iterations > 0) || !std::isfinite(cost) || !(cost > 0))
    return false;
  catch_up();
  if (solves_ == 0 && !options_.iterations)
    unit_ = std::max(cost / iterations, 1e-300);
  ++solves_;
  total_ += cost;
  Failures& record = failures_[decision.arm];
  if (failed) {
    ++failed_;
    record.cost = cost;
    if (++record.in_row >= patience)
      record.until = solves_ + (first_quarantine << std::min(record.in_row - patience, 20U));
  } else {
    record.in_row = 0;
  }
  latest_ = {decision, cost, failed};
  pending_ = Latest::played;
  return true;
}

void Tuner::learn_unplayed(const Decision& decision, double cost) {
  catch_up();
  ++solves_;
  total_ += cost;
  latest_ = {decision, failures_[decision.arm].cost, true};
  pending_ = Latest::unplayed;
}

double Tuner::expected_cost(const Decision& decision) const {
  if (solves_ < first_expectation)
    return 0;
  catch_up();
  const double expected = learner_->expected_cost(decision.value, decision.context) * unit_;
  return expected > 0 ? std::max({expected, largest_recent_.largest(), total_ / static_cast<double>(solves_)})
                      : largest_.largest();
}

std::string Tuner::policy() const {
  catch_up();
  const auto* model = dynamic_cast<const Modelled*>(learner_.get());
  return learner_->name() + (model && model->handed_over() ? ", handed over to thompson" : "");
}

nlohmann::json Tuner::save() const {
  catch_up();
  nlohmann::json state;
  state["arms"] = options_.arms.text;
  state["key"] = options_.key;
  state["unit"] = unit_;
  state["total"] = total_;
  state["solves"] = solves_;
  state["failed"] = failed_;
  state["intervals"] = saved(intervals_);
  state["seen"] = saved(seen_);
  state["failures"] = nlohmann::json::array();
  for (const Failures& f : failures_)
    state["failures"].push_back({f.in_row, f.until, f.cost});
  state["log"] = nlohmann::json::array();
  for (const Step& s : log())
    state["log"].push_back({s.decision.arm, s.decision.value, s.decision.probability,
                            std::vector<double>(s.decision.context.numbers.begin(), s.decision.context.numbers.end()),
                            s.cost, s.failed});
  state["learner"] = learner_->save();
  return state;
}

void Tuner::restore(const nlohmann::json& state) {
  const auto expect = [](bool holds, const std::string& what) {
    if (!holds)
      throw std::invalid_argument("saved state: expected " + what);
  };
  try {
    expect(state.is_object(), "an object");
    expect(state.at("arms") == options_.arms.text,
           "the arms '" + options_.arms.text + "', found " + state.at("arms").dump());
    expect(state.at("key") == options_.key, "'" + options_.key + "', found " + state.at("key").dump());
    Tuner other(options_);
    other.unit_ = number(state, "unit", 1e-300);
    other.total_ = number(state, "total", 0);
    other.solves_ = state.at("solves").get<std::uint64_t>();
    other.failed_ = state.at("failed").get<std::uint64_t>();
    if (options_.intervals.empty())
      other.intervals_ = read_intervals(state.at("intervals"));
    other.seen_ = read_intervals(state.at("seen"));
    expect(other.seen_.size() <= other.intervals_.size(), "as many ranges seen as intervals");
    const auto& failures = state.at("failures");
    expect(failures.is_array() && failures.size() == failures_.size(), "failures of each arm");
    for (std::size_t k = 0; k < failures_.size(); ++k)
      other.failures_[k] = {failures[k].at(0).get<unsigned>(), failures[k].at(1).get<std::uint64_t>(),
                            failures[k].at(2).get<double>()};
    const auto& log = state.at("log");
    expect(log.is_array() && log.size() <= log_room, "a log of at most 1024 solves");
    for (const auto& line : log) {
      Step step;
      step.decision = {line.at(0).get<std::size_t>(), line.at(1).get<double>(), line.at(2).get<double>(),
                       Context(line.at(3).get<std::vector<double>>())};
      step.cost = line.at(4).get<double>();
      step.failed = line.at(5).get<bool>();
      expect(step.cost > 0, "costs above 0");
      other.append(step);
    }
    other.make(); // checks each decision of the log
    other.learner_->restore(state.at("learner"));
    *this = std::move(other);
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(std::string("saved state: ") + error.what());
  }
}

} // namespace linnet::bandits
