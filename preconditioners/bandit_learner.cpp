// The learner of PCBANDIT: it lives on the first rank, which decides for all; its state and its log.
#include "bandit.hpp"

#include "bandits/state_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

/* Runs `work` on the first rank; where it throws, all ranks end with its message. */
template <class Work>
static PetscErrorCode OnFirstRank(PC pc, Work&& work) {
  const PC_Bandit* bandit = PCBanditData_Private(pc);
  std::array<char, 512> message;
  PetscMPIInt failed = 0;

  PetscFunctionBegin;
  if (bandit->rank == 0) {
    try {
      work();
    } catch (const std::exception& error) {
      failed = 1;
      (void)std::snprintf(message.data(), message.size(), "%s", error.what());
    }
  }
  if (bandit->ranks > 1)
    PetscCallMPI(MPI_Bcast(&failed, 1, MPI_INT, 0, CommOf(pc)));
  if (!failed)
    PetscFunctionReturn(0);
  PetscCallMPI(MPI_Bcast(message.data(), static_cast<PetscMPIInt>(message.size()), MPI_CHAR, 0, CommOf(pc)));
  SETERRQ(CommOf(pc), PETSC_ERR_ARG_WRONG, "bandit: %s", message.data());
}

/* The form of the closed formula of omega that the solve follows: sweeps one way in a stationary iteration, or else. */
static PetscErrorCode FormOf(PC pc, KSP ksp, linnet::bandits::RelaxationForm* form) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  PetscBool richardson = PETSC_FALSE;
  MatSORType sweep = SOR_LOCAL_SYMMETRIC_SWEEP;
  bool failed;

  PetscFunctionBegin;
  *form = linnet::bandits::RelaxationForm::ssor_cg;
  if (!bandit->arms.is_relaxation())
    PetscFunctionReturn(0);
  PetscCall(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(ksp), KSPRICHARDSON, &richardson));
  PetscCall(PCBanditUse_Private(pc, ksp, PCBanditSafe_Private(bandit), 1, &failed));
  if (bandit->playing)
    PetscCall(PCSORGetSymmetric(bandit->playing, &sweep));
  if (richardson && !(sweep & SOR_LOCAL_BACKWARD_SWEEP && sweep & SOR_LOCAL_FORWARD_SWEEP))
    *form = linnet::bandits::RelaxationForm::sor;
  PetscFunctionReturn(0);
}

static void Restore(PC_Bandit* bandit) {
  const std::string& file = bandit->parameters.state;
  if (file.empty())
    return;
  try {
    const std::string text = linnet::bandits::read_state_text(file);
    if (!text.empty())
      bandit->tuner->restore(linnet::bandits::unwrap_state(text));
  } catch (const std::exception& error) {
    bandit->keep_refused = true;
    (void)std::fprintf(stderr, "linnet: bandit: %s: refused, the run starts afresh: %s\n", file.c_str(), error.what());
  }
}

static void OpenLog(PC_Bandit* bandit) {
  const std::string& file = bandit->parameters.log;
  if (file.empty() || bandit->log)
    return;
  bandit->log = std::fopen(file.c_str(), "w");
  if (!bandit->log)
    throw std::runtime_error(file + ": cannot write the log: " + std::strerror(errno));
  (void)std::fputs("solve,context,arm,value,probability,cost,iterations,outcome\n", bandit->log);
}

PetscErrorCode PCBanditPrepare_Private(PC pc, KSP ksp) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  PCBanditParameters& parameters = bandit->parameters;
  linnet::bandits::TunerOptions options;

  PetscFunctionBegin;
  if (!parameters.changed)
    PetscFunctionReturn(0);
  bandit->parsed.clear();
  PetscCall(PCBanditParseArms_Private(pc));
  PetscCall(FormOf(pc, ksp, &options.form));
  options.arms = bandit->arms;
  options.policy = parameters.policy;
  options.fixed_arm = static_cast<std::size_t>(PCBanditSafe_Private(bandit));
  options.tolerance = PetscMin(PetscMax(ksp->rtol, 1e-15), 0.5);
  if (!bandit->from_matrix)
    options.intervals = parameters.intervals;
  else if (bandit->arms.is_relaxation()) /* q, where the diagonal dominates */
    options.likely = {{0, 1}};
  options.iterations = parameters.cost == PC_BANDIT_COST_ITERATIONS;
  options.seed = static_cast<std::uint64_t>(parameters.seed);
  options.key = std::to_string(bandit->ranks) + " ranks, cost " + PCBanditCostNames_Private[parameters.cost] +
                ", KSP " + reinterpret_cast<PetscObject>(ksp)->type_name +
                (bandit->from_matrix ? ", context of the matrix" : "") + ", tag '" + parameters.tag + "'";
  bandit->keep_refused = false;
  PetscCall(OnFirstRank(pc, [&] {
    bandit->tuner = std::make_unique<linnet::bandits::Tuner>(std::move(options));
    Restore(bandit);
    OpenLog(bandit);
  }));
  parameters.changed = PETSC_FALSE;
  PetscFunctionReturn(0);
}

PetscErrorCode PCBanditDecide_Private(PC pc, const linnet::bandits::Context& context) {
  PC_Bandit* bandit = PCBanditData_Private(pc);

  PetscFunctionBegin;
  bandit->play = {};
  PetscCall(OnFirstRank(pc, [&] {
    PCBanditPlay& play = bandit->play;
    const auto decision = bandit->tuner->choose(context);
    play.arm = static_cast<double>(decision.arm);
    play.value = decision.value;
    play.probability = decision.probability;
    play.numbers = static_cast<double>(decision.context.numbers.size());
    std::ranges::copy(decision.context.numbers, play.context.begin());
    play.cap = bandit->parameters.cap * bandit->tuner->expected_cost(decision);
    play.unplayed = bandit->tuner->quarantined(decision.arm) ? 1 : 0;
  }));
  if (bandit->ranks > 1)
    PetscCallMPI(MPI_Bcast(&bandit->play, sizeof(PCBanditPlay), MPI_BYTE, 0, CommOf(pc)));
  PetscFunctionReturn(0);
}

PetscErrorCode PCBanditLearn_Private(PC pc, PetscInt iterations) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  const PCBanditPlay& play = bandit->play;

  PetscFunctionBegin;
  PetscCall(OnFirstRank(pc, [&] {
    linnet::bandits::Decision decision;
    decision.arm = static_cast<std::size_t>(play.arm);
    decision.value = play.value;
    decision.probability = play.probability;
    decision.context = linnet::bandits::Context({play.context.data(), static_cast<std::size_t>(play.numbers)});
    if (play.unplayed > 0)
      bandit->tuner->learn_unplayed(decision, bandit->cost);
    else
      (void)bandit->tuner->learn(decision, bandit->cost, static_cast<double>(iterations), bandit->failed);
    bandit->unsaved = true;
    if (bandit->log) {
      (void)std::fprintf(bandit->log, "%llu,", static_cast<unsigned long long>(bandit->tuner->solves()));
      for (std::size_t k = 0; k < decision.context.numbers.size(); k++)
        (void)std::fprintf(bandit->log, "%s%.17g", k > 0 ? ";" : "", decision.context.numbers[k]);
      (void)std::fprintf(bandit->log, ",%d,%.17g,%.17g,%.17g,%d,%s\n", static_cast<int>(play.arm), play.value,
                         play.probability, bandit->cost, static_cast<int>(iterations),
                         play.unplayed > 0 ? "set aside"
                         : bandit->failed  ? "failed"
                                           : "ended");
    }
  }));
  PetscFunctionReturn(0);
}

PetscErrorCode PCBanditSave_Private(PC pc) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  const std::string& file = bandit->parameters.state;

  PetscFunctionBegin;
  if (!bandit->tuner || !bandit->unsaved || file.empty())
    PetscFunctionReturn(0);
  bandit->unsaved = false;
  try {
    if (bandit->keep_refused)
      std::filesystem::rename(file, file + ".refused");
    bandit->keep_refused = false;
    linnet::bandits::write_state_text(file, linnet::bandits::wrap_state(bandit->tuner->save()));
  } catch (const std::exception& error) { /* the solves go on */
    (void)std::fprintf(stderr, "linnet: bandit: the state is not saved: %s\n", error.what());
  }
  PetscFunctionReturn(0);
}

PetscErrorCode PCBanditShareStatistics_Private(PC pc) {
  PC_Bandit* bandit = PCBanditData_Private(pc);
  PCBanditStatistics& s = bandit->statistics;
  std::array<char, 128> policy{};

  PetscFunctionBegin;
  if (bandit->tuner) {
    s.solves = static_cast<PetscInt>(bandit->tuner->solves());
    s.failures = static_cast<PetscInt>(bandit->tuner->failed());
    s.total_cost = bandit->tuner->total_cost();
    (void)std::snprintf(policy.data(), policy.size(), "%s", bandit->tuner->policy().c_str());
  }
  PetscCallMPI(MPI_Bcast(&s, sizeof(s), MPI_BYTE, 0, CommOf(pc)));
  PetscCallMPI(MPI_Bcast(policy.data(), static_cast<PetscMPIInt>(policy.size()), MPI_CHAR, 0, CommOf(pc)));
  bandit->policy = policy.data();
  PetscFunctionReturn(0);
}
