#include "cli/training_options.hpp"

#include "base/error.hpp"
#include "cli/validators.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace linnet {

learned::TrainingOptions training_options(const TrainOptions& options) {
  learned::TrainingOptions t;
  const bool mfac = options.optimiser == "mfac", volume = options.dimension == 3;
  t.steps = options.steps;
  t.plateau = options.plateau;
  t.stop = options.stop;
  t.minutes = options.minutes;
  t.optimiser = mfac ? learned::OptimiserType::mfac : learned::OptimiserType::adam;
  t.rate = options.rate > 0 ? options.rate : mfac ? 1e-3 : 2e-3;
  t.window = options.window;
  t.damping = options.damping;
  t.keep_zeros = options.keep_zeros;
  t.loss = static_cast<learned::Loss>(std::find(learned::loss_names.begin(), learned::loss_names.end(), options.loss) -
                                      learned::loss_names.begin());
  t.errors = options.errors == "ritz" ? learned::Errors::ritz : learned::Errors::running;
  t.lanczos = options.lanczos;
  if (options.lanczos > 0 && t.errors != learned::Errors::ritz)
    throw InputError("--lanczos: is for --errors ritz, found --errors " + options.errors);
  t.classes.clear();
  for (const std::string& name : options.classes)
    t.classes.push_back(learned::class_from_name(name));
  t.sizes = !options.sizes.empty() ? options.sizes : volume ? std::vector{32, 64} : std::vector{64, 128};
  if (!options.parts.empty())
    t.parts = options.parts;
  else if (t.sizes.size() != t.parts.size())
    t.parts.assign(t.sizes.size(), 1.0 / static_cast<double>(t.sizes.size()));
  if (t.parts.size() != t.sizes.size())
    throw InputError("--parts: expected " + std::to_string(t.sizes.size()) + " numbers, one a size, found " +
                     std::to_string(t.parts.size()));
  for (const int n : t.sizes)
    if (n % 2 && std::count(options.classes.begin(), options.classes.end(), "periodic"))
      throw InputError("--sizes: expected even ones for the class periodic, found " + std::to_string(n));
  t.batch = options.batch;
  t.domains = options.domains;
  t.iterations = options.iterations;
  t.validate_every = options.validate_every;
  t.validation_size = options.validation_size > 0 ? options.validation_size : volume ? 32 : 64;
  t.seed = options.seed;
  t.threads = options.threads;
  return t;
}

std::string training_command(const TrainOptions& options, const learned::TrainingOptions& t,
                             const learned::TrainingState& end) {
  std::array<char, 512> text = {};
  (void)std::snprintf(
      text.data(), text.size(),
      "linnet train --dimension %d --steps %d --plateau %d%s --rate %g --batch %d --sizes %s --parts %s "
      "--domains %d --iterations %d --loss %s --validate-every %d --validation-size %d --seed %llu "
      "--threads %d",
      options.dimension, end.steps, end.plateau,
      end.step < end.steps ? (" --stop " + std::to_string(end.step)).c_str() : "", t.rate, t.batch,
      comma_list(t.sizes).c_str(), comma_list(t.parts).c_str(), t.domains, t.iterations, options.loss.c_str(),
      t.validate_every, t.validation_size, static_cast<unsigned long long>(t.seed), t.threads);
  std::string command = text.data();
  if (options.systems.empty())
    command += " --classes " + comma_list(options.classes);
  else
    command += " --systems '" + options.systems + "' --count " + std::to_string(options.count);
  if (!options.architecture.empty())
    command += " --architecture " + options.architecture;
  if (t.errors == learned::Errors::ritz)
    command += " --errors ritz" + (t.lanczos > 0 ? " --lanczos " + std::to_string(t.lanczos) : "");
  if (t.optimiser == learned::OptimiserType::mfac) {
    (void)std::snprintf(text.data(), text.size(), " --optimizer mfac --window %d --damping %g", t.window, t.damping);
    command += text.data();
  }
  return command + (t.keep_zeros ? " --keep-zeros" : "") + (options.from.empty() ? "" : " --from " + options.from);
}

void archive_options(learned::Archive* archive, TrainOptions* o) {
  for (std::string* text : {&o->out, &o->architecture, &o->from, &o->systems, &o->optimiser, &o->loss, &o->errors,
                            &o->checkpoint, &o->log, &o->plot})
    (*archive)(text);
  for (int* value : {&o->count, &o->dimension, &o->steps, &o->plateau, &o->stop, &o->window, &o->batch, &o->domains,
                     &o->iterations, &o->validate_every, &o->validation_size, &o->lanczos, &o->threads})
    (*archive)(value);
  for (double* value : {&o->minutes, &o->rate, &o->damping})
    (*archive)(value);
  (*archive)(&o->keep_zeros);
  (*archive)(&o->classes);
  (*archive)(&o->sizes);
  (*archive)(&o->parts);
  (*archive)(&o->seed);
}

void add_train_command(CLI::App& app, TrainOptions& options) {
  CLI::App& command = *app.add_subcommand("train", "Train a network for the preconditioner cnn");
  const auto number = [&](const char* name, auto& value, const char* what, double low, double high) {
    return command.add_option(name, value, what)->check(within(low, high));
  };
  command.add_option("--out", options.out, "model file to write");
  CLI::Option& resume =
      *command.add_option("--resume", options.resume, "go on from a checkpoint, with the options it began with");
  command
      .add_option("--architecture", options.architecture,
                  "hybrid: a convolutional network (the default); cycle: the numbers of a multigrid cycle; dcdm64, "
                  "dcdm128: the networks of Kaneda et al.")
      ->check(CLI::IsMember({"hybrid", "cycle", "dcdm64", "dcdm128"}));
  number("--dimension", options.dimension, "of the grids: 2 or 3", 2, 3)->capture_default_str();
  command.add_option("--from", options.from, "shipped model or model file to go on from; else random weights");
  command
      .add_option("--classes", options.classes,
                  "of random operators: voxel, walls, closed, periodic, shift, jumps, smooth, stretched, random")
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--systems", options.systems,
                     "in their place: a directory of matrices, or 'generate poisson ...'; a fifth is held out");
  number("--count", options.count, "systems that generate makes, by seeds that follow each other", 1, 100000)
      ->capture_default_str();
  number("--steps", options.steps, "of the optimiser", 1, 1e8)->capture_default_str();
  number("--minutes", options.minutes, "as many steps as the time allows; the model says how many", 1e-3, 1e5);
  number("--plateau", options.plateau, "steps before the rate falls and larger grids begin (30 %)", 0, 1e8);
  number("--stop", options.stop, "end the schedule early, after so many steps", 1, 1e8);
  command
      .add_option("--loss", options.loss,
                  "energy: what a step leaves of it; residual: ||r - A M r|| / ||r||; "
                  "line-search: the square of what a step leaves of ||r||")
      ->check(CLI::IsMember(std::vector<std::string>(learned::loss_names.begin(), learned::loss_names.end())))
      ->capture_default_str();
  command
      .add_option("--errors", options.errors,
                  "running: random ones and what running solves leave of them; ritz: of Ritz vectors of the empty box, "
                  "or of --systems, one step each unless --iterations says more")
      ->check(CLI::IsMember(std::vector<std::string>(learned::errors_names.begin(), learned::errors_names.end())))
      ->capture_default_str();
  number("--lanczos", options.lanczos, "steps that give the Ritz vectors (cells / 26, by 1 GiB at most)", 1, 1e5);
  command.add_option("--optimizer", options.optimiser, "adam, or mfac: the inverse of a window's Fisher matrix")
      ->check(CLI::IsMember({"adam", "mfac"}))
      ->capture_default_str();
  number("--rate", options.rate, "of the optimiser (2e-3; of mfac 1e-3); warm-up, plateau, then linearly to 0", 1e-8,
         1);
  number("--window", options.window, "gradients that mfac keeps", 1, 4096)->capture_default_str();
  number("--damping", options.damping, "of mfac", 1e-12, 1e6)->capture_default_str();
  command.add_flag("--keep-zeros", options.keep_zeros, "weights that are zero, as pruning leaves them, stay so");
  number("--batch", options.batch, "solves at once on the first size; on others as many cells", 1, 1024)
      ->capture_default_str();
  command.add_option("--sizes", options.sizes, "cells along an axis (32,64; in two dimensions 64,128)")
      ->delimiter(',')
      ->check(within(8, 512));
  command.add_option("--parts", options.parts, "of the steps after the plateau, by size (0.7,0.3)")
      ->delimiter(',')
      ->check(within(0, 1));
  number("--domains", options.domains, "of the first size", 1, 1e6)->capture_default_str();
  number("--iterations", options.iterations, "of a training solve, at most", 1, 1000)->capture_default_str();
  number("--validate-every", options.validate_every, "steps, on systems held out; the best weights are kept (0: end)",
         0, 1e8)
      ->capture_default_str();
  number("--validation-size", options.validation_size, "cells along an axis (32; in two dimensions 64)", 8, 512);
  command.add_option("--seed", options.seed, "of weights, operators and errors")->capture_default_str();
  number("--threads", options.threads, "the same bits for the same number", 1, 4096)->capture_default_str();
  command.add_option("--checkpoint", options.checkpoint, "file, every two minutes and on SIGINT (OUT.checkpoint)");
  command.add_option("--log", options.log, "text file: step, seconds, rate, loss, norm of the gradient, validation");
  command.add_option("--plot", options.plot, "SVG file of the log, by gnuplot");
  command.parse_complete_callback([&options, &command] {
    for (const CLI::Option* option : command.get_options())
      if (option->count() > 0)
        options.given.push_back(option->get_name());
  });
  for (CLI::Option* other : command.get_options())
    if (other != &resume && other->get_name() != "--help")
      resume.excludes(other);
  command.footer(
      "A cycle is fitted by trials of its numbers (--steps, or as many as it takes: a minute or two). It takes --out,\n"
      "--from, --classes (all), --systems, --count, --sizes (32,48; 96,192), --domains (48), --validation-size,\n"
      "--seed, --threads, --steps and --minutes.\n\n"
      "Examples:\n  linnet train --dimension 2 --minutes 5 --out mine.safetensors\n"
      "  linnet train --from cycle3d --systems 'generate poisson --grid 48,40,64 --domain dam' --threads 2 --out "
      "mine.safetensors\n"
      "  linnet train --from hybrid3d --systems 'generate poisson --grid 48,40,64 --domain dam' --minutes 20 "
      "--out mine.safetensors\n"
      "  linnet train --architecture dcdm64 --errors ritz --loss line-search --rate 1e-4 --batch 10 --sizes 64 "
      "--out mine.safetensors\n"
      "  linnet solve A.mtx -ksp_type dcd -pc_type cnn -pc_cnn_model mine.safetensors");
}

} // namespace linnet
