// linnet: the command line. `linnet --help` and `linnet COMMAND --help` say how to use it.
#include "base/large_pages.hpp"
#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/generate.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"
#include "cli/prune.hpp"
#include "cli/ranks.hpp"
#include "cli/smoke.hpp"
#include "cli/train.hpp"
#include "cli/validators.hpp"

#include <linnet/linnet.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <malloc.h>
#include <omp.h>
#include <sys/mman.h>
#include <unistd.h>

namespace linnet {

namespace {

void refuse_empty_values(CLI::App& app) {
  for (CLI::Option* option : app.get_options())
    option->check(not_empty());
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; }))
    refuse_empty_values(*command);
}

struct CommandLine {
  CLI::App app{"linnet: learned and classical solvers for sparse linear systems, on PETSc", "linnet"};
  SolveOptions solve;
  CompareOptions compare;
  InfoOptions info;
  GenerateOptions generate;
  SequenceOptions sequence;
  TrainOptions train;
  PruneOptions prune;
  SmokeOptions smoke;

  CommandLine() {
    app.set_help_flag("-h,--help", "this text; after a command, its options");
    app.set_version_flag("--version", "linnet " LINNET_VERSION);
    app.require_subcommand(1);
    app.footer("linnet COMMAND --help shows a command's options and examples. Options with one dash go to PETSc.\n"
               "Runs under mpiexec too; one thread a rank unless OMP_NUM_THREADS says otherwise.\n\n"
               "Examples:\n"
               "  linnet solve A.mtx.gz\n"
               "  linnet compare A.mtx.gz --solvers \"dcd+icc;cg+icc;cg+gamg;cg+hypre;direct\"\n"
               "  linnet info A.mtx.gz\n"
               "  linnet generate poisson --grid 64,64,64 --domain blobs --out blobs\n"
               "  linnet sequence heat --nx 100 --steps 500");
    add_solve_command(app, solve);
    add_compare_command(app, compare);
    add_info_command(app, info);
    add_generate_command(app, generate);
    add_sequence_command(app, sequence);
    add_train_command(app, train);
    add_prune_command(app, prune);
    add_smoke_command(app, smoke);
    refuse_empty_values(app);
  }

  int run(const Session& session) {
    if (app.got_subcommand("solve"))
      return run_solve(session, solve);
    if (app.got_subcommand("compare"))
      return run_compare(session, compare);
    if (app.got_subcommand("info"))
      return run_info(session, info);
    if (app.got_subcommand("sequence"))
      return run_sequence(session, sequence);
    if (app.got_subcommand("train"))
      return run_train(session, train);
    if (app.got_subcommand("prune"))
      return run_prune(session, prune);
    if (app.got_subcommand("smoke"))
      return run_smoke(session, smoke);
    on_rank_0(session.comm, [&] { run_generate(generate, session.results); });
    return converged;
  }
};

// A value that a PETSc option took and that looks like the file that is missing.
std::string swallowed_file(const Arguments& arguments) {
  for (const std::string& value : arguments.petsc_values) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(value, ignored))
      return " ('" + value + "' was taken as the value of the PETSc option before it: put it first)";
  }
  return "";
}

int refuse(const CLI::ParseError& error, const CommandLine& line, const Arguments& arguments, bool speaks) {
  if (speaks) {
    std::string command = "linnet";
    for (const CLI::App* chosen : line.app.get_subcommands())
      command += " " + chosen->get_name();
    if (command == "linnet" && !arguments.ours.empty() && !arguments.ours.front().starts_with('-')) {
      tell("expected a command, found '" + one_line(arguments.ours.front()) + "' (see linnet --help)");
      return bad_input;
    }
    const bool missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    tell(one_line(error.what()) + (missing ? swallowed_file(arguments) : "") + " (see " + command + " --help)");
  }
  return bad_input;
}

int parse_and_run(const Session& session, const Arguments& arguments) {
  CommandLine line;
  try {
    std::vector<std::string> reversed(arguments.ours.rbegin(), arguments.ours.rend()); // as CLI11 wants them
    line.app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    const auto chosen = line.app.get_subcommands();
    session.print(chosen.empty() ? line.app.help() : chosen.front()->help("linnet"));
    return converged;
  } catch (const CLI::CallForVersion& version) {
    session.print(std::string(version.what()) + "\n");
    return converged;
  } catch (const CLI::ParseError& error) {
    return refuse(error, line, arguments, session.speaks());
  }
  const int status = line.run(session);
  const std::string unused = unused_options();
  if (!unused.empty() && session.speaks() && !option_given("-options_left"))
    tell("unused PETSc option: " + unused);
  return status;
}

int run(const Session& session, const Arguments& arguments) {
  const QuietPetscErrors quiet;
  try {
    check(LinnetInitialize());
    return parse_and_run(session, arguments);
  } catch (const FailedOnRank0& failure) { // rank 0 has the words
    return failure.status;
  } catch (...) {
    std::string message;
    const Status status = status_of_exception(message);
    if (session.speaks() || size_of(session.comm) == 1)
      tell(one_line(message));
    return status;
  }
}

// Standard output is for the JSON object alone: what PETSc and the libraries below it print goes to standard error.
std::FILE* keep_standard_output() {
  const int kept = dup(STDOUT_FILENO);
  std::FILE* results = kept >= 0 ? fdopen(kept, "w") : nullptr;
  if (!results || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
    return stdout;
  return results;
}

// The C library's heap, which has what readers and PETSc allocate, stays with the process until a solver begins
// (reset_peak_memory()), and grows in large pages: the first touch of a fresh page costs as much as several passes over
// it.
void keep_freed_memory() {
  constexpr int margin = 64 << 20;
  (void)mallopt(M_MMAP_MAX, 0);
  (void)mallopt(M_TRIM_THRESHOLD, -1); // never
  (void)mallopt(M_TOP_PAD, margin);
#ifndef __SANITIZE_ADDRESS__ // its allocator marks all that it hands out
  // The heap grows into this much, in large pages.
  const std::size_t most = static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) / 2 *
                           static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / large_page * large_page;
  if (void* const room = std::aligned_alloc(large_page, most)) {
    (void)madvise(room, most, MADV_HUGEPAGE); // advice only
    std::free(room);
  }
#endif
}

} // namespace

} // namespace linnet

int main(int argc, char** argv) {
  using namespace linnet;
  keep_freed_memory();
  // One thread a rank, as PETSc's users expect, unless they ask for more: those of a BLAS spin while they wait, which
  // costs more than it gives where cores are shared.
  if (!std::getenv("OMP_NUM_THREADS"))
    omp_set_num_threads(1);
  const Arguments arguments = split_arguments(std::vector<std::string>(argv, argv + argc));
  Session session;
  const bool json = std::find(arguments.ours.begin(), arguments.ours.end(), "--json") != arguments.ours.end();
  session.results = json ? keep_standard_output() : stdout;

  std::vector<std::string> words = {arguments.program};
  words.insert(words.end(), arguments.petsc.begin(), arguments.petsc.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words)
    pointers.push_back(word.data());
  pointers.push_back(nullptr);
  int count = static_cast<int>(words.size());
  char** values = pointers.data();
  if (PetscInitialize(&count, &values, nullptr, nullptr))
    return bad_input;
  // PETSc would dump its state where a reader of ours went away: a failed write is an error like others.
  (void)std::signal(SIGPIPE, SIG_IGN);
  session.comm = PETSC_COMM_WORLD;
  MPI_Comm_dup(session.comm, &session.agreement);
  const int status = agree_on_worst(session.agreement, run(session, arguments));
  MPI_Comm_free(&session.agreement);
  const PetscErrorCode finalized = PetscFinalize();
  return finalized && status == converged ? internal_error : status;
}
