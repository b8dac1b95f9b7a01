#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/plot.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/sequence_run.hpp"

#include "bandits/arms.hpp"

#include <linnet/linnet.h>

#include <algorithm>
#include <cinttypes>

namespace linnet {

namespace {

constexpr const char* default_arms = // those of the paper
    "sor_omega=1,1.05,1.1,1.15,1.2,1.25,1.3,1.35,1.4,1.45,1.5,1.55,1.6,1.65,1.7,1.75,1.8,1.85,1.9,1.95";

bool is_bandit(KSP ksp) {
  PC pc = nullptr;
  PetscBool same = PETSC_FALSE;
  check(KSPGetPC(ksp, &pc));
  check(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(pc), PCBANDIT, &same));
  return same == PETSC_TRUE;
}

// One solver for the whole sequence; options of the user's override these.
void configure(const Sequence& sequence, MPI_Comm comm, KspHandle& ksp) {
  PC pc = nullptr;
  check(KSPCreate(comm, ksp.out()));
  check(KSPSetOperators(ksp, sequence.A(), sequence.A()));
  check(KSPSetType(ksp, sequence.ksp.c_str()));
  check(KSPSetTolerances(ksp, 1e-8, PETSC_DEFAULT, PETSC_DEFAULT, 100000));
  check(KSPGetPC(ksp, &pc));
  check(PCSetType(pc, PCBANDIT));
  check(PCBanditSetArms(pc, default_arms));
  const auto [lowest, highest] = sequence.interval;
  check(PCBanditSetContextInterval(pc, lowest < highest ? 1 : 0, &lowest, &highest));
  check(KSPSetFromOptions(ksp));
  check(KSPSetInitialGuessNonzero(ksp, sequence.guess ? PETSC_TRUE : PETSC_FALSE));
  KSPNormType norm = KSP_NORM_DEFAULT;
  if (!option_given("-ksp_norm_type") && !option_given("-ksp_pc_side")) {
    check(KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED));
    if (!succeeded(KSPGetNormType(ksp, &norm)))
      check(KSPSetNormType(ksp, KSP_NORM_DEFAULT));
  }
}

struct Solved {
  int iterations = 0;
  bool converged = false;
  double seconds = 0; // of the slowest rank
};

Solved solve(KSP ksp, const Sequence& sequence, Vec x, MPI_Comm comm) {
  PetscInt iterations = 0, rows = 0;
  KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
  PC pc = nullptr;
  Mat before = nullptr;
  check(KSPGetOperators(ksp, &before, nullptr));
  check(MatGetSize(before, &rows, nullptr));
  if (rows != sequence.rows)
    check(KSPReset(ksp));
  check(KSPSetOperators(ksp, sequence.A(), sequence.A()));
  if (is_bandit(ksp)) {
    check(KSPGetPC(ksp, &pc));
    const double context = sequence.context.value_or(0);
    check(PCBanditSetContext(pc, sequence.context ? 1 : 0, &context));
  }
  const double begin = MPI_Wtime();
  check(KSPSolve(ksp, sequence.b(), x));
  Solved solved;
  solved.seconds = MPI_Wtime() - begin;
  MPI_Allreduce(MPI_IN_PLACE, &solved.seconds, 1, MPI_DOUBLE, MPI_MAX, comm);
  check(KSPGetIterationNumber(ksp, &iterations));
  check(KSPGetConvergedReason(ksp, &reason));
  solved.iterations = static_cast<int>(iterations);
  solved.converged = reason > 0;
  return solved;
}

// Every arm alone, on the same systems from the same guesses.
class Hindsight {
public:
  Hindsight(const Sequence& sequence, MPI_Comm comm, KSP ksp, std::int64_t wanted, SequenceResult& result)
      : comm_(comm), result_(result) {
    if (!is_bandit(ksp) || wanted == 0)
      return;
    PC pc = nullptr;
    const char* text = nullptr;
    PCBanditCost cost = PC_BANDIT_COST_ITERATIONS;
    check(KSPGetPC(ksp, &pc));
    check(PCBanditGetArms(pc, &text));
    check(PCBanditGetCost(pc, &cost));
    result.by_time = cost == PC_BANDIT_COST_TIME;
    const bandits::Arms arms = bandits::parse_arms(text);
    every_ = std::max<std::int64_t>(1, (sequence.steps + wanted - 1) / wanted);
    solvers_.resize(arms.size());
    for (std::size_t k = 0; k < arms.size(); ++k) {
      configure(sequence, comm, solvers_[k]);
      check(KSPGetPC(solvers_[k], &pc));
      check(PCBanditSetPolicy(pc, "fixed"));
      check(PCBanditSetSafeArm(pc, static_cast<PetscInt>(k)));
      check(PCBanditSetCap(pc, 0));
      check(PCBanditSetState(pc, ""));
      check(PCBanditSetLog(pc, ""));
      HindsightArm arm;
      arm.arm = arms.label(k);
      result.hindsight.push_back(arm);
    }
    check(VecDuplicate(sequence.x(), x_.out()));
  }

  // Before the run's own solve of step t: its guess is needed.
  bool wants(std::int64_t t) const { return !solvers_.empty() && t % every_ == 0; }
  void solve_step(const Sequence& sequence) {
    PetscInt size = 0;
    check(VecGetSize(x_, &size));
    if (size != sequence.rows) {
      x_ = VecHandle();
      check(VecDuplicate(sequence.x(), x_.out()));
    }
    int least = -1;
    for (std::size_t k = 0; k < solvers_.size(); ++k) {
      check(VecCopy(sequence.x(), x_));
      const Solved solved = solve(solvers_[k], sequence, x_, comm_);
      result_.hindsight[k].iterations += solved.iterations;
      result_.hindsight[k].seconds += solved.seconds;
      result_.hindsight[k].failures += !solved.converged;
      if (solved.converged && (least < 0 || solved.iterations < least))
        least = solved.iterations;
    }
    result_.best_each += std::max(0, least);
    ++result_.hindsight_steps;
  }

private:
  MPI_Comm comm_;
  SequenceResult& result_;
  std::vector<KspHandle> solvers_;
  VecHandle x_;
  std::int64_t every_ = 1;
};

void note(PC pc, const bandits::Arms& arms, SequenceStep& step, SequenceResult& result) {
  PetscInt arm = 0;
  PetscReal value = 0;
  check(PCBanditGetArm(pc, &arm, &value, nullptr));
  const auto k = static_cast<std::size_t>(arm);
  ++result.plays[k];
  step.value = value;
  char text[48];
  (void)std::snprintf(text, sizeof text, "sor_omega=%.4g", static_cast<double>(value));
  step.arm = arms.is_relaxation() ? text : arms.label(k);
}

void finish(KSP ksp, bool bandit, SequenceResult& result) {
  const SolverTypes types = solver_types(ksp);
  result.ksp = types.ksp;
  result.pc = types.pc;
  if (!bandit)
    return;
  PC pc = nullptr;
  check(KSPGetPC(ksp, &pc));
  const char* policy = nullptr;
  PCBanditStatistics statistics = {};
  check(PCBanditGetPolicy(pc, &policy));
  check(PCBanditGetStatistics(pc, &statistics));
  result.policy = policy;
  result.learner_seconds = statistics.learner_seconds;
  result.failures = statistics.failures;
}

SequenceResult run(const Session& session, const SequenceOptions& options) {
  const std::unique_ptr<Sequence> sequence = make_sequence(session.comm, options);
  sequence->make(0);
  KspHandle ksp;
  configure(*sequence, session.comm, ksp);
  SequenceResult result;
  result.sequence = sequence->name;
  result.detail = sequence->detail;
  result.steps = sequence->steps;
  result.rows = sequence->rows;
  const bool bandit = is_bandit(ksp);
  PC pc = nullptr;
  bandits::Arms arms;
  check(KSPGetPC(ksp, &pc));
  if (bandit) {
    const char* text = nullptr;
    check(PCBanditGetArms(pc, &text));
    arms = bandits::parse_arms(text);
    result.plays.resize(arms.size());
  }
  Hindsight hindsight(*sequence, session.comm, ksp, options.hindsight, result);
  Progress progress(session.speaks());
  const double begin = MPI_Wtime();
  double aside = 0; // seconds of what is no part of the run
  for (std::int64_t t = 0; t < sequence->steps; ++t) {
    if (t > 0)
      sequence->make(t);
    const bool again = hindsight.wants(t);
    if (again) {
      const double start = MPI_Wtime();
      hindsight.solve_step(*sequence);
      aside += MPI_Wtime() - start;
    }
    const Solved solved = solve(ksp, *sequence, sequence->x(), session.comm);
    result.iterations += solved.iterations;
    result.solve_seconds += solved.seconds;
    result.unconverged += !solved.converged;
    if (again) {
      result.hindsight_iterations += solved.iterations;
      result.hindsight_seconds += solved.seconds;
    }
    SequenceStep step;
    step.step = t;
    step.context = sequence->context;
    step.iterations = solved.iterations;
    if (bandit)
      note(pc, arms, step, result);
    result.path.push_back(step);
    const double average = result.iterations / static_cast<double>(t + 1);
    result.running.push_back(average);
    for (std::int64_t mark = 100; mark <= t + 1; mark *= 10)
      if (mark == t + 1)
        result.average_after[mark] = average;
    if (progress.due()) {
      char line[160];
      (void)std::snprintf(line, sizeof line, "step %" PRId64 " of %" PRId64 ": %s, %d iterations, average %.2f", t + 1,
                          sequence->steps, step.arm.c_str(), solved.iterations, average);
      progress.show(line);
    }
  }
  result.total_seconds = MPI_Wtime() - begin - aside;
  result.average_after[result.steps] = result.iterations / static_cast<double>(result.steps);
  finish(ksp, bandit, result);
  return result;
}

} // namespace

void add_sequence_command(CLI::App& app, SequenceOptions& options) {
  CLI::App& command = *app.add_subcommand("sequence", "Solve a sequence of systems, with a bandit at work");
  command.add_option("PROBLEM", options.problem, "heat, laplacian-shift, or a directory of matrix files")->required();
  command.add_option("--steps", options.steps, "systems to solve (5000, or the files of the directory)")
      ->check(CLI::PositiveNumber);
  command.add_option("--variance", options.variance, "of laplacian-shift: low or high")->capture_default_str();
  command.add_option("--nx", options.nx, "of heat: unknowns along a side")->capture_default_str();
  command
      .add_option("--first", options.first, "of heat: step at which its coefficient begins (250: half a period in 500)")
      ->capture_default_str();
  command.add_option("--seed", options.seed, "of the systems (-pc_bandit_seed: of the choices)")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      .add_option("--hindsight", options.hindsight,
                  "about so many steps, evenly spread, are solved by every arm too: the best of them; 0: none")
      ->capture_default_str();
  command.add_option("--plot", options.plot, "draw the running average and the arm's path (with gnuplot)")
      ->type_name("FILE.svg");
  command.add_flag("--json", options.json, "one JSON object on standard output, all else on standard error");
  command.footer(
      "laplacian-shift: (A + c I) x = b on 10 x 10 unknowns by Richardson with SOR; heat: Crank-Nicolson steps with a\n"
      "periodic coefficient by CG with SSOR; a directory: its matrices in the order of their names, each with "
      "FILE.rhs\n"
      "beside it or a random right-hand side, by CG. -pc_bandit_... options say what is learned and how.\n"
      "Exit status: 0 when every solve converged, 1 otherwise.\n\n"
      "Examples:\n"
      "  linnet sequence laplacian-shift --variance high --steps 2000\n"
      "  linnet sequence heat --nx 100 --steps 500 -pc_bandit_policy chebcb --plot heat.svg\n"
      "  linnet sequence heat --nx 200 --steps 200 -pc_bandit_arms \"icc; gamg; sor:1.5\" -pc_bandit_cost time");
}

int run_sequence(const Session& session, const SequenceOptions& options) {
  if (!options.plot.empty())
    on_rank_0(session.comm, [&] {
      check_gnuplot();
      check_writable("--plot", options.plot);
    });
  const SequenceResult result = run(session, options);
  session.print(options.json ? json_text(to_json(options, result, size_of(session.comm))) : summary(result));
  if (!options.plot.empty())
    on_rank_0(session.comm, [&] { plot_sequence(options.plot, result); });
  return result.unconverged == 0 ? converged : not_converged;
}

} // namespace linnet
