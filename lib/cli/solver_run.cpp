#include "cli/solver_run.hpp"

#include "base/error.hpp"
#include "cli/details.hpp"
#include "cli/memory.hpp"
#include "cli/progress.hpp"
#include "cli/ranks.hpp"

#include <linnet/linnet.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace linnet {

namespace {

// What the monitor writes into.
struct Watch {
  Progress* progress = nullptr;
  std::vector<HistoryPoint>* history = nullptr; // null: none is kept
  std::string name;
  double norm_of_b = 1;
  double first = 0;          // residual norm at the first iteration seen
  int before = 0;            // iterations of earlier restarts
  bool true_residual = true; // the KSP's own norm is that of b - A x
  double seconds = 0;        // spent on computing residuals that the KSP does not have
};

PetscErrorCode Monitor(KSP ksp, PetscInt iteration, PetscReal norm, void* context) {
  Watch& watch = *static_cast<Watch*>(context);

  PetscFunctionBegin;
  if (watch.history) {
    PetscReal residual = norm;
    if (!watch.true_residual) {
      const double begin = MPI_Wtime();
      Vec r = nullptr;
      PetscCall(KSPBuildResidual(ksp, nullptr, nullptr, &r));
      PetscCall(VecNorm(r, NORM_2, &residual));
      PetscCall(VecDestroy(&r));
      watch.seconds += MPI_Wtime() - begin;
    }
    watch.history->push_back({watch.before + static_cast<int>(iteration), residual / watch.norm_of_b});
  }
  if (iteration == 0)
    watch.first = norm;
  if (watch.progress->due()) {
    char line[160];
    const double rate = iteration > 0 && watch.first > 0 ? std::pow(norm / watch.first, 1.0 / iteration) : 1;
    (void)std::snprintf(line, sizeof line, "%s: iteration %d, relative residual %.2e, %.3f an iteration",
                        watch.name.c_str(), watch.before + static_cast<int>(iteration), norm / watch.norm_of_b, rate);
    watch.progress->show(line);
  }
  PetscFunctionReturn(0);
}

double largest(MPI_Comm comm, double seconds) {
  MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, comm);
  return seconds;
}

// Seconds that `work` takes, the largest of the ranks.
template <class Work>
double timed(MPI_Comm comm, const Work& work) {
  MPI_Barrier(comm);
  const double begin = MPI_Wtime();
  work();
  return largest(comm, MPI_Wtime() - begin);
}

// |b - A x|, left in r
double residual_norm(const System& system, Vec x, Vec r) {
  PetscReal norm = 0;
  check(MatMult(system.A, x, r));
  check(VecAYPX(r, -1, system.b));
  check(VecNorm(r, NORM_2, &norm));
  return norm;
}

// PETSc takes any number from its options.
void check_tolerances(KSP ksp) {
  PetscReal rtol = 0, atol = 0, dtol = 0;
  PetscInt max_it = 0;
  check(KSPGetTolerances(ksp, &rtol, &atol, &dtol, &max_it));
  if (!(rtol >= 0 && rtol < 1))
    throw InputError("-ksp_rtol: expected a number from 0 to less than 1, found " + option_value("-ksp_rtol", ""));
  if (!(atol >= 0))
    throw InputError("-ksp_atol: expected 0 or a positive number, found " + option_value("-ksp_atol", ""));
  if (max_it < 0)
    throw InputError("-ksp_max_it: expected 0 or a positive number, found " + std::to_string(max_it));
}

// The unpreconditioned norm unless the user or the KSP has another: -ksp_rtol is then about the true residual.
void create_ksp(const System& system, KspHandle& ksp) {
  check(KSPCreate(system.comm, ksp.out()));
  check(KSPSetOperators(ksp, system.A, system.A));
  check(KSPSetTolerances(ksp, default_rtol, PETSC_DEFAULT, PETSC_DEFAULT, default_max_it));
  check(KSPSetType(ksp, default_ksp(system.properties).c_str()));
  check(KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED));
  check(KSPSetFromOptions(ksp));
  check_tolerances(ksp);
  KSPNormType norm = KSP_NORM_DEFAULT;
  if (!option_given("-ksp_norm_type") && !succeeded(KSPGetNormType(ksp, &norm)))
    check(KSPSetNormType(ksp, KSP_NORM_DEFAULT));
  PC pc = nullptr;
  check(KSPGetPC(ksp, &pc));
  const auto extent = [&](std::size_t axis) { return static_cast<PetscInt>(system.grid[axis]); };
  if (system.grid[0] > 0 && !option_given("-pc_latticemg_grid"))
    check(PCLatticeMGSetGrid(pc, extent(0), extent(1), extent(2)));
  if (system.grid[0] > 0 && !option_given("-pc_cnn_grid"))
    check(PCCNNSetGrid(pc, extent(0), extent(1), extent(2)));
}

// Solves A x = b. Where PETSc takes it for converged and b - A x is too large still, solves A d = b - A x and adds d.
void solve(const System& system, KSP ksp, Vec x, Watch& watch, Outcome& outcome) {
  PetscReal rtol = 0, atol = 0, dtol = 0, norm_of_b = 0;
  PetscInt max_it = 0;
  check(KSPGetTolerances(ksp, &rtol, &atol, &dtol, &max_it));
  check(VecNorm(system.b, NORM_2, &norm_of_b));
  outcome.rtol = rtol;
  if (norm_of_b == 0) { // x = 0
    outcome.reason = KSPConvergedReasons[KSP_CONVERGED_ATOL];
    outcome.converged = true;
    return;
  }
  watch.norm_of_b = norm_of_b;
  const double target = std::max<double>(rtol * norm_of_b, atol);

  const auto solve_once = [&](Vec b, Vec solution) {
    PetscInt iterations = 0;
    KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
    const double begin = MPI_Wtime();
    check(KSPSolve(ksp, b, solution));
    outcome.solve_seconds += MPI_Wtime() - begin;
    check(KSPGetIterationNumber(ksp, &iterations));
    check(KSPGetConvergedReason(ksp, &reason));
    outcome.iterations += static_cast<int>(iterations);
    outcome.reason = KSPConvergedReasons[reason];
    watch.before = outcome.iterations;
    return reason > 0;
  };
  bool claimed = solve_once(system.b, x);
  VecHandle r, d; // a solve does without them
  check(VecDuplicate(x, r.out()));
  double norm = residual_norm(system, x, r);
  while (claimed && norm > target && outcome.restarts < most_restarts && outcome.iterations < max_it) {
    check(KSPSetTolerances(ksp, 0.5 * target / norm, atol, dtol, max_it - outcome.iterations));
    if (!d)
      check(VecDuplicate(x, d.out()));
    check(VecZeroEntries(d));
    claimed = solve_once(r, d);
    ++outcome.restarts;
    check(VecAXPY(x, 1, d));
    const double before = norm;
    norm = residual_norm(system, x, r);
    if (!(norm < before)) { // also where it is not a number
      check(VecAXPY(x, -1, d));
      norm = residual_norm(system, x, r);
    }
    if (!(norm < 0.5 * before))
      break;
  }
  MatNullSpace constants = nullptr;
  check(MatGetNullSpace(system.A, &constants));
  if (constants) {
    check(MatNullSpaceRemove(constants, x));
    norm = residual_norm(system, x, r);
  }
  outcome.relative_residual = norm / norm_of_b;
  outcome.converged = norm <= target; // also where PETSc broke down on the solution; never where it is not a number
}

void set_up_and_solve(const System& system, const Solver& solver, KSP ksp, bool with_history, Vec x, Outcome& outcome) {
  Progress progress(rank_of(system.comm) == 0);
  Watch watch;
  watch.progress = &progress;
  watch.history = with_history ? &outcome.history : nullptr;
  watch.name = solver.name;
  check(KSPMonitorSet(ksp, Monitor, &watch, nullptr));
  outcome.setup_seconds = timed(system.comm, [&] {
    check(KSPSetUp(ksp));
    check(KSPSetUpOnBlocks(ksp));
  });
  const SolverTypes types = solver_types(ksp);
  outcome.ksp = types.ksp;
  outcome.pc = types.pc;
  KSPNormType norm = KSP_NORM_DEFAULT;
  check(KSPGetNormType(ksp, &norm));
  watch.true_residual = norm == KSP_NORM_UNPRECONDITIONED;

  MPI_Barrier(system.comm);
  solve(system, ksp, x, watch, outcome);
  outcome.solve_seconds = std::max(0.0, largest(system.comm, outcome.solve_seconds - watch.seconds));
  if (with_history &&
      (outcome.history.empty() || outcome.history.back().iteration < outcome.iterations || norm == KSP_NORM_NONE))
    outcome.history.push_back({outcome.iterations, outcome.relative_residual});
  if (outcome.reason != KSPConvergedReasons[KSP_DIVERGED_PC_FAILED])
    outcome.pc_details = describe(ksp);
}

// The message of the lowest rank that has one, on every rank.
std::string first_message(MPI_Comm comm, const std::string& message) {
  int speaker = message.empty() ? size_of(comm) : rank_of(comm);
  MPI_Allreduce(MPI_IN_PLACE, &speaker, 1, MPI_INT, MPI_MIN, comm);
  if (speaker == size_of(comm))
    return "";
  std::string text = message;
  int length = static_cast<int>(text.size());
  MPI_Bcast(&length, 1, MPI_INT, speaker, comm);
  text.resize(length);
  MPI_Bcast(text.data(), length, MPI_CHAR, speaker, comm);
  return text;
}

Outcome run_solver(const System& system, const Solver& solver, MPI_Comm agreement, bool with_history, Vec x) {
  Outcome outcome;
  outcome.name = solver.name;
  check(VecZeroEntries(x));
  reset_peak_memory();
  ScopedOptions options;
  if (!solver.ksp.empty())
    options.set({"-ksp_type", solver.ksp});
  if (!solver.pc.empty())
    options.set({"-pc_type", solver.pc});
  for (const Option& option : solver.own)
    options.set(option);
  options.set_defaults(solver.defaults);

  int status = 0;
  std::string error;
  const double begin = MPI_Wtime();
  try {
    const QuietPetscErrors quiet;
    KspHandle ksp;
    outcome.bad_options = true;
    create_ksp(system, ksp);
    outcome.bad_options = false;
    set_up_and_solve(system, solver, ksp, with_history, x, outcome);
  } catch (const std::exception&) {
    status = status_of_exception(error);
    const double seconds = MPI_Wtime() - begin;
    if (outcome.setup_seconds > 0)
      outcome.solve_seconds = seconds - outcome.setup_seconds;
    else
      outcome.setup_seconds = seconds;
  }
  status = agree_on_worst(agreement, status);
  if (status != 0) {
    outcome.setup_seconds = largest(system.comm, outcome.setup_seconds);
    outcome.solve_seconds = largest(system.comm, outcome.solve_seconds);
    outcome.error = first_message(agreement, error);
    outcome.error_status = outcome.bad_options ? bad_input : status;
    outcome.reason = "ERROR";
    outcome.converged = false;
    outcome.rtol = outcome.relative_residual = std::nan("");
    outcome.ksp = solver.ksp.empty() ? default_ksp(system.properties) : solver.ksp;
    outcome.pc = solver.pc;
    outcome.pc_details["error"] = outcome.error;
  } else {
    outcome.unused = ScopedOptions::unused(solver.own);
  }
  outcome.peak_memory_bytes = peak_memory_bytes();
  MPI_Allreduce(MPI_IN_PLACE, &outcome.peak_memory_bytes, 1, MPI_DOUBLE, MPI_SUM, system.comm);
  return outcome;
}

std::string types_of(const Outcome& outcome) {
  return outcome.ksp + "+" + outcome.pc;
}

} // namespace

Outcome run_solvers(const System& system, const std::vector<Solver>& solvers, MPI_Comm agreement, bool with_history,
                    Vec x) {
  const bool speaks = rank_of(system.comm) == 0;
  VecHandle trial; // of the second solver and later ones
  Outcome best;
  nlohmann::ordered_json fallbacks = nlohmann::ordered_json::array();
  double setup = 0, solve = 0, memory = 0;
  int iterations = 0;
  for (size_t k = 0; k < solvers.size(); ++k) {
    if (k == 1)
      check(VecDuplicate(x, trial.out()));
    Outcome outcome = run_solver(system, solvers[k], agreement, with_history, k == 0 ? x : static_cast<Vec>(trial));
    setup += outcome.setup_seconds;
    solve += outcome.solve_seconds;
    iterations += outcome.iterations;
    memory = std::max(memory, outcome.peak_memory_bytes);
    const std::string why = outcome.error.empty() ? outcome.reason : outcome.error;
    const bool last = outcome.bad_options || k + 1 == solvers.size(); // another solver would stumble over them as well
    if (!outcome.converged && !last) {
      fallbacks.push_back({{"ksp", outcome.ksp},
                           {"pc", outcome.pc},
                           {"reason", outcome.reason},
                           {"iterations", outcome.iterations},
                           {"relative_residual", outcome.relative_residual}});
      if (speaks)
        tell(types_of(outcome) + " failed (" + why + "); starting anew with " + solvers[k + 1].ksp + "+" +
             solvers[k + 1].pc + ": " + solvers[k + 1].why);
    }
    const bool better = outcome.converged || k == 0 || outcome.relative_residual < best.relative_residual ||
                        (std::isnan(best.relative_residual) && outcome.error.empty());
    if (better) {
      if (k > 0)
        check(VecCopy(trial, x));
      best = std::move(outcome);
    }
    if (last || best.converged)
      break;
  }
  best.setup_seconds = setup;
  best.solve_seconds = solve;
  best.iterations = iterations;
  best.peak_memory_bytes = memory;
  if (!fallbacks.empty())
    best.pc_details["fallbacks"] = fallbacks;
  return best;
}

} // namespace linnet
