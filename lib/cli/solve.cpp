#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "files/write.hpp"

namespace linnet {

namespace {

// What the user's -ksp_type and -pc_type ask for, or nothing.
std::vector<Solver> solvers_of_user(const Properties& properties, int ranks, bool speaks) {
  const std::string ksp = option_value("-ksp_type", ""), pc = option_value("-pc_type", "");
  if (ksp.empty() && pc.empty())
    return {};
  Solver solver = krylov_solver(properties, ranks, ksp.empty() ? default_ksp(properties) : ksp, pc);
  solver.name = pc.empty() ? solver.ksp : solver.ksp + "+" + pc;
  if (speaks && solver.pc != pc)
    tell("on " + std::to_string(ranks) + " ranks " + pc +
         " acts on each rank's block: options of its own begin with -sub_pc_");
  return {solver};
}

void write_solution(const Session& session, const System& system, Vec x, const std::string& file) {
  const std::vector<double> all = gather_vector(system, x);
  on_rank_0(session.comm, [&] {
    try {
      write_vector(file, all);
    } catch (const std::runtime_error& error) {
      throw InputError(error.what());
    }
  });
}

} // namespace

void add_system_options(CLI::App& command, SystemOptions& options) {
  command
      .add_option("MATRIX", options.matrix,
                  "Matrix Market (.mtx, .mtx.gz) or PETSc binary file, or 'generate poisson ...' as linnet generate "
                  "takes it, without --out")
      ->required();
  command.add_flag(
      "--matrix-free", options.matrix_free,
      "generate a system without an assembled matrix: 2 bytes a cell (33 where coefficients vary) in place of "
      "84 a row");
  command
      .add_option("--rhs", options.rhs,
                  "right-hand side: FILE (Matrix Market or PETSc binary), random[:SEED] (standard normal), or ones\n"
                  "(default: random:1, since A times a smooth vector flatters solvers; for a generated system its own)")
      ->type_name("FILE|random[:SEED]|ones");
  command
      .add_option("--cells", options.cells,
                  "cell i + NX (j + NY k) of each row, where the matrix alone does not tell it: Matrix Market array of "
                  "integers, "
                  "STEM.cells.mtx of generate")
      ->type_name("FILE");
  command.add_option("--grid", options.grid, "cells along each axis, with --cells")->type_name("NX,NY[,NZ]");
  command.add_flag("--pattern", options.pattern, "accept a matrix without values; every entry is 1");
}

void add_solve_command(CLI::App& app, SolveOptions& options) {
  CLI::App& command = *app.add_subcommand("solve", "Solve A x = b for a matrix file or a generated system");
  add_system_options(command, options.system);
  command
      .add_option("--solution", options.solution, "write x: Matrix Market if it ends in .mtx[.gz], else PETSc binary")
      ->type_name("FILE");
  CLI::Option* least_squares = command.add_flag("--least-squares", options.least_squares,
                                                "minimise |A x - b|^2 + L |x|^2 for a matrix of any shape");
  command.add_option("--damping", options.damping, "L, with --least-squares")
      ->type_name("L")
      ->needs(least_squares)
      ->capture_default_str();
  command.add_flag("--json", options.json, "one JSON object on standard output, all else on standard error");
  command.footer("PETSc's options begin with one dash: -ksp_type, -pc_type, -ksp_view, -log_view, -help, ... Without "
                 "-ksp_type and\n"
                 "-pc_type the solver is chosen from the matrix, and another takes over should it fail. -ksp_rtol "
                 "(1e-6 unless given)\n"
                 "is about the true residual |b - A x| / |b|, which is recomputed; -ksp_max_it is 10000 unless given.\n"
                 "Exit status: 0 converged, 1 not converged, 2 bad input or usage, 3 internal error.\n\n"
                 "Examples:\n"
                 "  linnet solve bcsstk18.mtx.gz\n"
                 "  linnet solve A.mtx --rhs b.mtx --solution x.mtx --json\n"
                 "  linnet solve 'generate poisson --grid 256,256,256 --domain blobs' --matrix-free\n"
                 "  linnet solve J.mtx --least-squares --damping 0.1 -ksp_type lsqr -pc_type mfac\n"
                 "  linnet solve A.mtx -ksp_type dcd -pc_type icc -ksp_rtol 1e-10 -ksp_monitor\n"
                 "  mpiexec -n 4 linnet solve A.mtx -ksp_type cg -pc_type gamg");
}

int run_solve(const Session& session, const SolveOptions& options) {
  if (!options.solution.empty())
    on_rank_0(session.comm, [&] { check_writable("--solution", options.solution); });
  if (options.least_squares)
    return run_least_squares(session, options);
  System system;
  read_system(session.comm, options.system, system);

  const int ranks = size_of(session.comm);
  std::vector<Solver> solvers = solvers_of_user(system.properties, ranks, session.speaks());
  const bool chosen = solvers.empty();
  if (chosen) {
    solvers =
        system.matrix_free ? choose_matrix_free(system.properties, ranks) : choose_solver(system.properties, ranks);
    if (session.speaks())
      tell("chose " + solvers.front().name + ": " + solvers.front().why);
  } else if (session.speaks() && misses_symmetry(system.properties, solvers.front().ksp, solvers.front().pc)) {
    tell("the matrix is not symmetric, and " + solvers.front().ksp + " is made for symmetric ones");
  }

  VecHandle x;
  check(VecDuplicate(system.b, x.out()));
  const Outcome outcome = run_solvers(system, solvers, session.agreement, false, x);
  if (!outcome.error.empty() && (outcome.bad_options || (!chosen && outcome.error_status != not_converged))) {
    if (session.speaks())
      tell(outcome.error);
    return outcome.error_status;
  }
  if (!options.solution.empty() && outcome.error.empty())
    write_solution(session, system, x, options.solution);
  session.print(options.json ? json_text(to_json(system, outcome)) : summary(system, outcome));
  if (!outcome.converged && session.speaks())
    tell("not converged: " + (outcome.error.empty() ? outcome.reason : outcome.error));
  return outcome.converged ? converged : not_converged;
}

} // namespace linnet
