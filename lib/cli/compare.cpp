#include "cli/commands.hpp"
#include "cli/plot.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/validators.hpp"

#include <filesystem>

namespace linnet {

namespace {

// One product and one norm, so that the first solver does not pay for the first touch of the matrix.
void warm_up(const System& system) {
  VecHandle x, y;
  PetscReal norm = 0;
  check(MatCreateVecs(system.A, x.out(), y.out()));
  check(VecSet(x, 1));
  check(MatMult(system.A, x, y));
  check(VecNorm(y, NORM_2, &norm));
}

void warn(const System& system, const Outcome& outcome) {
  if (misses_symmetry(system.properties, outcome.ksp, outcome.pc))
    tell(outcome.name + ": the matrix is not symmetric, and " + outcome.ksp + " is made for symmetric ones");
  for (const std::string& key : outcome.unused)
    tell(outcome.name + ": unused PETSc option: " + key);
  if (!outcome.error.empty())
    tell(outcome.name + " failed: " + outcome.error);
}

} // namespace

void add_compare_command(CLI::App& app, CompareOptions& options) {
  CLI::App& command = *app.add_subcommand("compare", "Solve one system with several solvers and show a table");
  add_system_options(command, options.system);
  command
      .add_option("--solvers", options.solvers,
                  "KSP+PC;KSP+PC[-option value ...];direct;... Options in brackets hold for that solver alone")
      ->required()
      ->type_name("LIST");
  command.add_option("--plot", options.plot, "draw the residual histories (with gnuplot)")->type_name("FILE.svg");
  command
      .add_option(
          "--again", options.again,
          "once all have run, run those a second time whose setup and solve took less than so many seconds: the "
          "first pay for memory that others use again")
      ->check(within(0, 1e9))
      ->type_name("SECONDS");
  command.add_flag("--json", options.json, "one JSON object on standard output, all else on standard error");
  command.footer(
      "direct is CHOLMOD for symmetric matrices with a positive diagonal and UMFPACK for others, MUMPS on several "
      "ranks.\n"
      "hypre is BoomerAMG with a symmetric smoother, HMIS coarsening and ext+i interpolation unless options say "
      "otherwise.\n"
      "On several ranks icc and ilu act on each rank's block (-pc_factor_... in brackets becomes -sub_pc_factor_...).\n"
      "PETSc options outside brackets hold for all. The matrix is touched once before the first run; setup is timed "
      "apart.\n"
      "--plot of a solver that does not carry the true residual computes it, outside the times.\n"
      "Exit status: 0 when every run ended, converged or not.\n\n"
      "Examples:\n"
      "  linnet compare A.mtx --solvers \"dcd+icc;cg+icc;cg+gamg;cg+hypre;direct\" -ksp_rtol 1e-8\n"
      "  linnet compare A.mtx --solvers \"cg+icc[-pc_factor_levels 2];cg+hypre[-pc_hypre_boomeramg_strong_threshold "
      "0.25]\" --plot r.svg");
}

int run_compare(const Session& session, const CompareOptions& options) {
  const std::vector<std::string> names = split_solvers(options.solvers);
  for (const std::string& name : names) // before the matrix is read: mistakes show at once
    (void)parse_solver(name, {}, 1);
  if (!options.plot.empty())
    on_rank_0(session.comm, [&] {
      check_gnuplot();
      check_writable("--plot", options.plot);
    });
  System system;
  read_system(session.comm, options.system, system);
  warm_up(system);

  std::vector<Outcome> outcomes;
  VecHandle x;
  check(VecDuplicate(system.b, x.out()));
  const auto run = [&](const std::string& name) {
    const std::vector<Solver> solvers = parse_solver(name, system.properties, size_of(session.comm));
    outcomes.push_back(run_solvers(system, solvers, session.agreement, !options.plot.empty(), x));
    outcomes.back().name = name;
    if (session.speaks())
      warn(system, outcomes.back());
  };
  for (const std::string& name : names)
    run(name);
  for (std::size_t n = 0; n < names.size(); ++n) // the times are the same on all ranks
    if (outcomes[n].error.empty() && outcomes[n].setup_seconds + outcomes[n].solve_seconds < options.again)
      run(names[n]);

  if (options.json) {
    nlohmann::ordered_json runs = nlohmann::ordered_json::array();
    for (const Outcome& outcome : outcomes) {
      nlohmann::ordered_json entry = {{"solver", outcome.name}};
      entry.update(to_json(system, outcome));
      runs.push_back(std::move(entry));
    }
    session.print(json_text({{"schema", "linnet.compare/1"}, {"matrix", system.file}, {"runs", runs}}));
  } else {
    session.print(table(system, outcomes));
  }
  if (!options.plot.empty())
    on_rank_0(session.comm,
              [&] { plot_histories(options.plot, std::filesystem::path(system.file).filename().string(), outcomes); });
  return converged;
}

} // namespace linnet
