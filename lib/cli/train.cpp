#include "cli/train.hpp"

#include "base/error.hpp"
#include "cli/interrupt.hpp"
#include "cli/plot.hpp"
#include "cli/progress.hpp"
#include "cli/train_cycle.hpp"
#include "cli/training_log.hpp"
#include "cli/training_options.hpp"
#include "cli/training_systems.hpp"
#include "learned/architectures.hpp"
#include "learned/shipped.hpp"
#include "learned/train/archive.hpp"

#include <array>
#include <cstdio>
#include <filesystem>

namespace linnet {

namespace {

using learned::Archive;

learned::Architecture new_architecture(const TrainOptions& options) {
  if (options.architecture == "dcdm64" || options.architecture == "dcdm128")
    return learned::dcdm_architecture(options.architecture == "dcdm64" ? 64 : 128, options.dimension);
  return learned::hybrid_architecture(options.dimension);
}

// Of the training of Kaneda et al.: one step from each error, and networks that do not read the operator.
void set_defaults_of_ritz(TrainOptions* options) {
  if (options->errors != "ritz")
    return;
  if (!options->has("--iterations"))
    options->iterations = 1;
  if (!options->has("--classes"))
    options->classes = {"voxel"};
}

// Everything of a training between two steps.
struct Run {
  TrainOptions& options;
  learned::Model model; // its weights are those of the start
  learned::TrainingOptions training;
  std::string classes; // that the model is for, in the end
  std::unique_ptr<learned::Trainer> trainer;

  explicit Run(TrainOptions* given) : options(*given) {
    if (!options.resume.empty()) {
      const std::string file = options.resume;
      Archive archive(learned::read_checkpoint(file));
      try {
        archive_options(&archive, &options);
        options.resume = file;
        prepare();
        state(&archive);
      } catch (const InputError&) {
        throw;
      } catch (const std::exception& error) {
        throw InputError(file, "", std::string("no checkpoint of this training: ") + error.what());
      }
      return;
    }
    set_defaults_of_ritz(&options);
    prepare();
  }

  void prepare() {
    training = training_options(options);
    if (options.from.empty()) {
      model = learned::make_model(new_architecture(options), options.seed);
    } else {
      model = learned::find_model(options.from);
      if (model.architecture.cycle)
        throw InputError(options.from, "", "expected a network, found a multigrid cycle");
      if (!options.architecture.empty() && model.architecture.name != options.architecture)
        throw InputError(options.from, "",
                         "expected a network of --architecture " + options.architecture + ", found " +
                             model.architecture.name);
      if (model.architecture.dimension != options.dimension)
        throw InputError(options.from, "", "expected a model for " + std::to_string(options.dimension) + " dimensions");
    }
    learned::OwnSystems own;
    const auto known = model.provenance.find("classes");
    classes = options.from.empty() ? "" : known == model.provenance.end() ? "voxel" : known->second;
    if (options.systems.empty()) {
      for (const std::string& name : options.classes)
        if (("," + classes + ",").find("," + name + ",") == std::string::npos)
          classes.append(classes.empty() ? "" : ",").append(name);
    } else {
      own = read_training_systems(options.systems, options.count, options.dimension);
      for (const learned::GridOperator& op : own.training)
        classes = learned::classes_with(classes, op);
    }
    digest_ = digest(own);
    trainer = std::make_unique<learned::Trainer>(training, model, std::move(own));
  }

  void state(Archive* archive) {
    std::uint32_t sum = digest_;
    (*archive)(&sum);
    if (sum != digest_)
      throw InputError(options.resume, "",
                       "the systems of " + options.systems + " are others than those it began with");
    trainer->state(archive);
  }

  void save() {
    Archive archive;
    archive_options(&archive, &options);
    state(&archive);
    learned::write_checkpoint(options.checkpoint, archive.bytes());
  }

private:
  std::uint32_t digest_ = 0;
};

std::string left_by_a_step(const learned::TrainingState& state, const std::vector<std::string>& sizes) {
  std::string text;
  std::array<char, 64> number = {};
  for (std::size_t s = 0; s < state.left.size(); ++s) {
    (void)std::snprintf(number.data(), number.size(), "%s%.3f%s%s", s ? ", " : "", state.left[s],
                        s < sizes.size() ? " on " : "", s < sizes.size() ? sizes[s].c_str() : "");
    text += number.data();
  }
  return text;
}

void write_result(Run* run, const std::vector<std::string>& sizes) {
  const learned::TrainingState& end = run->trainer->progress();
  learned::Model& model = run->model;
  std::erase_if(model.provenance, [](const auto& entry) { return entry.first.starts_with("validation"); });
  model.tensors = run->trainer->best();
  const std::string command = training_command(run->options, run->training, end);
  std::string& whole = model.provenance["command"]; // that of the model it goes on from is the first part
  whole = run->options.from.empty() || whole.empty() ? command : whole + "; then " + command;
  model.provenance["classes"] = run->classes;
  const bool own = !run->options.systems.empty();
  model.provenance["data"] =
      run->training.errors == learned::Errors::ritz
          ? std::string(own ? "systems of the user's own" : "the empty box") + ", Ritz vectors"
          : std::string(own ? "systems of the user's own" : "random operators of the classes") + ", running solves";
  model.provenance[run->options.loss + " left by a step"] = left_by_a_step(end, sizes);
  std::string& seconds = model.provenance["seconds"];
  const std::string spent = std::to_string(static_cast<long>(end.seconds));
  seconds = run->options.from.empty() || seconds.empty() ? spent : seconds + "; then " + spent;
  if (end.rollbacks > 0)
    model.provenance["set back"] = std::to_string(end.rollbacks) + " times";
  for (const learned::Validation& v : run->trainer->best_validation()) {
    model.provenance["validation " + v.name] = v.text();
    tell("validation, iterations: " + v.name + ": " + v.text());
  }
  learned::write_model(model, run->options.out);
  tell("wrote " + run->options.out + " (" + run->options.loss + " left by a step: " + left_by_a_step(end, sizes) + ")");
}

Status train(TrainOptions* options, bool speaks) {
  const Interruptible interruptible;
  if (options->resume.empty())
    check_writable("--out", options->out);
  Run run(options);
  check_writable("--out", options->out);
  if (!options->plot.empty())
    check_gnuplot();
  if (options->checkpoint.empty())
    options->checkpoint = options->out + ".checkpoint";
  learned::Trainer& trainer = *run.trainer;
  std::vector<std::string> sizes;
  for (const int n : run.training.sizes)
    if (options->systems.empty())
      sizes.push_back(std::to_string(n) + "^" + std::to_string(options->dimension));
  constexpr double between = 120; // seconds from one checkpoint to the next
  double saved = trainer.progress().seconds;
  run.save(); // a place that cannot be written to shows at once
  const auto write_log = [&] {
    if (!options->log.empty())
      write_training_log(options->log, trainer);
  };
  {
    Progress progress(speaks);
    while (!trainer.done()) {
      trainer.step();
      const learned::TrainingState& state = trainer.progress();
      if (progress.due())
        progress.show(progress_line(state, sizes, run.training.minutes));
      if (interrupted() || state.seconds > saved + between) {
        run.save();
        write_log();
        saved = state.seconds;
      }
      if (interrupted())
        break;
    }
  }
  if (interrupted() && !trainer.done()) {
    tell("stopped after step " + std::to_string(trainer.progress().step) + "; go on with linnet train --resume " +
         options->checkpoint);
    return not_converged;
  }
  trainer.finish();
  write_log();
  write_result(&run, sizes);
  if (!options->plot.empty())
    plot_training(options->plot, options->out, trainer);
  std::error_code ignored;
  std::filesystem::remove(options->checkpoint, ignored);
  return converged;
}

} // namespace

int run_train(const Session& session, TrainOptions& options) {
  if (options.out.empty() == options.resume.empty())
    throw InputError("expected --out FILE, or --resume CHECKPOINT alone");
  int status = converged;
  on_rank_0(session.comm, [&] {
    if (trains_cycle(options))
      train_cycle(options, session.speaks());
    else
      status = train(&options, session.speaks());
  });
  MPI_Bcast(&status, 1, MPI_INT, 0, session.comm);
  return status;
}

} // namespace linnet
