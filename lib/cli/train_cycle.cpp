// linnet train --architecture cycle: the numbers of a multigrid cycle, fitted to how fast residuals fall.
#include "cli/train_cycle.hpp"

#include "base/error.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/training_options.hpp"
#include "cli/training_systems.hpp"
#include "cnn/cycle_model.hpp"
#include "cnn/cycle_training.hpp"
#include "learned/shipped.hpp"
#include "learned/train/classes.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace linnet {

namespace {

using cnn::CycleFit;
using learned::GridOperator;
using learned::HeldOut;

// The options of `linnet train` that mean something for a cycle.
constexpr std::array<const char*, 14> understood = {
    "--out",   "--architecture", "--dimension", "--from",    "--classes",         "--systems", "--count",
    "--steps", "--minutes",      "--sizes",     "--domains", "--validation-size", "--seed",    "--threads"};

struct Set {
  std::string name;
  std::vector<HeldOut> systems;
};

struct Data {
  std::vector<GridOperator> training;
  std::vector<Set> validation;
  std::string text; ///< options that name it
};

// Random operators of the classes in turn, and those that classes hold out.
Data random_data(const TrainOptions& options) {
  const bool volume = options.dimension == 3;
  std::vector<std::string> classes = options.classes;
  if (!options.has("--classes"))
    classes.assign(learned::class_names.begin(), learned::class_names.end());
  const std::vector<int> sizes = !options.sizes.empty() ? options.sizes
                                 : volume               ? std::vector{32, 48}
                                                        : std::vector{96, 192};
  const int count = options.has("--domains") ? options.domains : 48;
  const int validation_size = options.validation_size > 0 ? options.validation_size : volume ? 32 : 64;
  Data data;
  learned::Draw draw(options.seed);
  for (int i = 0; i < count; ++i) {
    const auto turn = static_cast<std::size_t>(i);
    data.training.push_back(learned::random_operator(learned::class_from_name(classes[turn % classes.size()]),
                                                     options.dimension, sizes[turn / classes.size() % sizes.size()],
                                                     &draw));
  }
  for (const std::string& name : classes)
    data.validation.push_back(
        {name, learned::held_out(learned::class_from_name(name), options.dimension, validation_size)});
  data.text = " --classes " + comma_list(classes) + " --sizes " + comma_list(sizes) + " --domains " +
              std::to_string(count) + " --validation-size " + std::to_string(validation_size) + " --seed " +
              std::to_string(options.seed);
  return data;
}

Data own_data(const TrainOptions& options) {
  learned::OwnSystems own = read_training_systems(options.systems, options.count, options.dimension);
  return {std::move(own.training),
          {{"systems", std::move(own.validation)}},
          " --systems '" + options.systems + "' --count " + std::to_string(options.count)};
}

std::string described(const CycleFit::Digits& digits) {
  std::array<char, 64> text = {};
  (void)std::snprintf(text.data(), text.size(), "%.3f (least %.3f) on %d systems", digits.mean, digits.least,
                      digits.systems);
  return text.data();
}

learned::Validation validated(const Set& set, const latticemg::CycleWeights& weights) {
  learned::Validation validation{set.name, {}};
  for (const HeldOut& held : set.systems) {
    cnn::CycleSystem system(held.op, held.seed);
    const auto run = system.solve(weights, latticemg::Aggregation::automatic, 1e-6);
    validation.counts.push_back({held.family, held.seed, run.left <= 1e-6 ? run.iterations : run.iterations + 1});
  }
  return validation;
}

} // namespace

bool trains_cycle(const TrainOptions& options) {
  if (!options.architecture.empty() || options.from.empty())
    return options.architecture == "cycle";
  return learned::find_model(options.from).architecture.cycle;
}

void train_cycle(const TrainOptions& options, bool speaks) {
  for (const std::string& name : options.given)
    if (std::find(understood.begin(), understood.end(), name) == understood.end())
      throw InputError(name + " is for networks, not for a multigrid cycle");
  check_writable("--out", options.out);
  latticemg::CycleWeights start;
  learned::Metadata before;
  if (!options.from.empty()) {
    const learned::Model model = learned::find_model(options.from);
    if (!model.architecture.cycle)
      throw InputError(options.from, "", "expected a multigrid cycle, found a network");
    if (model.architecture.dimension != options.dimension)
      throw InputError(options.from, "", "expected a model for " + std::to_string(options.dimension) + " dimensions");
    start = cnn::cycle_weights(model);
    before = model.provenance;
  }
  const Data data = options.systems.empty() ? random_data(options) : own_data(options);
  cnn::CycleFitOptions how;
  how.most_steps = options.has("--steps") ? options.steps : 0;
  how.minutes = options.minutes;
  how.threads = options.threads;
  const Interruptible interruptible;
  CycleFit end;
  {
    Progress progress(speaks);
    end = cnn::fit_cycle(data.training, start, how, [&](const CycleFit& fit) {
      if (progress.due())
        progress.show("step " + std::to_string(fit.steps) + "  digits an iteration: grids " + described(fit.grids) +
                      ", aggregates " + described(fit.aggregates));
      return !interrupted();
    });
  }
  learned::Model model = cnn::cycle_model(end.weights, options.dimension);
  std::string command = "linnet train --architecture cycle --dimension " + std::to_string(options.dimension) +
                        data.text + " --steps " + std::to_string(end.steps);
  if (!options.from.empty())
    command = before["command"] + "; then " + command + " --from " + options.from;
  model.provenance["command"] = command;
  model.provenance["classes"] =
      comma_list(std::vector<std::string>(learned::class_names.begin(), learned::class_names.end()));
  model.provenance["data"] = options.systems.empty() ? "random operators of the classes" : "systems of the user's own";
  model.provenance["seconds"] = std::to_string(static_cast<long>(end.seconds));
  model.provenance["digits an iteration, grids"] = described(end.grids);
  model.provenance["digits an iteration, aggregates"] = described(end.aggregates);
  for (const Set& set : data.validation) {
    const learned::Validation v = validated(set, end.weights);
    model.provenance["validation " + v.name] = v.text();
    tell("validation, iterations: " + v.name + ": " + v.text());
  }
  learned::write_model(model, options.out);
  tell("wrote " + options.out + " (digits an iteration: grids " + described(end.grids) + ", aggregates " +
       described(end.aggregates) + "; " + std::to_string(end.steps) + " steps)");
}

} // namespace linnet
