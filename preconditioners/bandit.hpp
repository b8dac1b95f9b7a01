#pragma once

#include "bandits/tuner.hpp"
#include "objects.hpp"

#include <linnet/linnet.h>
#include <petsc/private/kspimpl.h>
#include <petsc/private/pcimpl.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

/// What the setters of PCBANDIT set.
struct PCBanditParameters {
  std::string arms = linnet::bandits::default_arms;
  std::string policy = "auto";
  PCBanditCost cost = PC_BANDIT_COST_ITERATIONS;
  PCBanditContextSource source = PC_BANDIT_CONTEXT_AUTO;
  std::string state, log, tag; ///< files; empty: none
  PetscInt seed = 1;
  PetscInt safe = PETSC_DEFAULT;                    ///< PETSC_DEFAULT: the first arm
  PetscReal cap = 5;                                ///< in expected costs; 0: none
  std::vector<PetscReal> context;                   ///< empty: not given
  std::vector<linnet::bandits::Interval> intervals; ///< of the contexts given; empty: widened as they come
  PetscBool changed = PETSC_TRUE;                   ///< the learner must be made anew
};

/// What the first rank decides for one solve and all ranks do: numbers alone, sent as one.
struct PCBanditPlay {
  double arm = 0, value = 0, probability = 1;
  double numbers = 0; ///< of the context
  std::array<double, linnet::bandits::most_numbers> context{};
  double cap = 0;      ///< in units of the cost; 0: none
  double unplayed = 0; ///< the arm is set aside: the safe one plays
};

/// A row of the matrix that its context is taken from: places in the values of an AIJ matrix.
struct PCBanditRow {
  PetscInt begin, end, diagonal; ///< the last: -1 where there is none
};

/// State of PCBANDIT.
struct PC_Bandit {
  PCBanditParameters parameters;
  PetscMPIInt rank = 0, ranks = 1; ///< of the PC's
  linnet::bandits::Arms arms;
  std::string parsed;                            ///< what `arms` are of
  std::unique_ptr<linnet::bandits::Tuner> tuner; ///< on the first rank
  std::FILE* log = nullptr;                      ///< on the first rank
  bool keep_refused = false;                     ///< a state file that was refused is to be kept under another name
  bool unsaved = false;

  std::vector<PC> inner;                          ///< by arm, or one for all; null: not built yet
  std::vector<std::vector<std::string>> inserted; ///< options of each that are ours in the database
  PC playing = nullptr;                           ///< one of `inner`

  /* the solve in progress, from presolve to postsolve */
  PCBanditPlay play;
  bool solving = false, stopped = false, set_up_failed = false;
  double begin = 0, flops = 0; ///< when it began
  Vec guess = nullptr;         ///< copy of the initial guess; null: zero
  bool guess_copied = false;
  PetscErrorCode (*run)(KSP) = nullptr; ///< the KSP's own iteration
  PetscErrorCode (*converged)(KSP, PetscInt, PetscReal, KSPConvergedReason*, void*) = nullptr; ///< the KSP's own test
  void* converged_context = nullptr;
  bool failed = false; ///< the arm did not end it
  /* errors raised inside an arm */
  bool guarded = false;            ///< they are caught: another arm can go on
  bool raised = false;             ///< on this rank; after the iteration: on any
  bool heeds_reason = false;       ///< the KSP goes on with NaN, unless the PC has a reason to have failed
  std::array<char, 256> message{}; ///< of the last one
  std::vector<bool> told;          ///< by arm
  double cost = 0;                 ///< of all of it

  bool given = false, from_matrix = false; ///< a context has been given once; the last one is the matrix's own
  /* the matrix's context, as of this state of it */
  PetscObjectId matrix = 0;
  PetscObjectState matrix_state = -1;
  PetscReal matrix_context = PETSC_INFINITY;
  PetscObjectState matrix_pattern = -1; ///< nonzero state that the rows are of
  std::vector<PCBanditRow> rows[2];     ///< of the rank's diagonal block, and of the rest

  PCBanditStatistics statistics = {};
  std::string policy; ///< in play, on all ranks after a view
};

extern const char* const PCBanditCostNames_Private[];
extern const char* const PCBanditContextSourceNames_Private[];
/// Composed under this name: gives the parameters to the setters.
#define PCBANDIT_PARAMETERS "PCBanditParameters_C"

inline PC_Bandit* PCBanditData_Private(PC pc) {
  return static_cast<PC_Bandit*>(pc->data);
}
inline PetscInt PCBanditSafe_Private(const PC_Bandit* bandit) {
  return bandit->parameters.safe == PETSC_DEFAULT ? 0 : bandit->parameters.safe;
}

inline std::size_t PCBanditSlot_Private(const PC_Bandit* bandit, std::size_t arm) {
  return bandit->inner.size() > 1 ? arm : 0;
}

/// While it lives, PETSc's errors are not printed.
struct PCBanditQuiet {
  PCBanditQuiet() { (void)PetscPushErrorHandler(PetscReturnErrorHandler, nullptr); }
  ~PCBanditQuiet() { (void)PetscPopErrorHandler(); }
  PCBanditQuiet(const PCBanditQuiet&) = delete;
  PCBanditQuiet& operator=(const PCBanditQuiet&) = delete;
};

/// Runs `body`, which returns a PetscErrorCode; what it throws becomes PETSc's error.
template <class Body>
PetscErrorCode PCBanditGuarded_Private(MPI_Comm comm, Body&& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return PetscError(comm, __LINE__, PETSC_FUNCTION_NAME, __FILE__, PETSC_ERR_MEM, PETSC_ERROR_INITIAL,
                      "no memory for a bandit");
  } catch (const std::exception& error) {
    return PetscError(comm, __LINE__, PETSC_FUNCTION_NAME, __FILE__, PETSC_ERR_ARG_WRONG, PETSC_ERROR_INITIAL,
                      "bandit: %s", error.what());
  }
}

PETSC_INTERN PetscErrorCode PCCreate_Bandit(PC pc);
PETSC_INTERN PetscErrorCode PCView_Bandit(PC pc, PetscViewer viewer);
PETSC_INTERN PetscErrorCode PCSetFromOptions_Bandit(PC pc, PetscOptionItems* PetscOptionsObject);
PETSC_INTERN PetscErrorCode PCPreSolve_Bandit(PC pc, KSP ksp, Vec b, Vec x);
PETSC_INTERN PetscErrorCode PCPostSolve_Bandit(PC pc, KSP ksp, Vec b, Vec x);

/* bandit_arms.cpp */
/// Parses the arms where that is not done, and checks that their types are known.
PetscErrorCode PCBanditParseArms_Private(PC pc);
/// Makes the arm's preconditioner the one that plays: builds it where it is not, sets it up where the matrix has
/// changed. `failed`: it could not be set up; the same on all ranks. Where that was an error nothing plays, and the
/// message is on all ranks.
PetscErrorCode PCBanditUse_Private(PC pc, KSP ksp, PetscInt arm, PetscReal value, bool* failed);
PetscErrorCode PCBanditResetArms_Private(PC pc);
PetscErrorCode PCBanditDiscard_Private(PC_Bandit* bandit, std::size_t slot);

/* bandit_errors.cpp */
/// Keeps the message of an error; false where there is none.
bool PCBanditCaught_Private(PC_Bandit* bandit, PetscErrorCode error);
/// The message of that rank, to all.
PetscErrorCode PCBanditShareMessage_Private(PC pc, PetscMPIInt rank);
/// One line, once for each arm.
void PCBanditTell_Private(PC_Bandit* bandit, std::size_t arm);
/// The user's error, after PCBanditUse_Private() of the safe arm, where that raised one.
PetscErrorCode PCBanditCheckSafe_Private(PC pc);
/// z <- M r; where the arm raises an error, on this rank alone or on all, z <- NaN.
PetscErrorCode PCBanditTryApply_Private(PC pc, PC inner, Vec r, Vec z, PetscErrorCode (*apply)(PC, Vec, Vec));
/// Collective, after the iteration: `raised` becomes the same on all ranks; tells, and discards the arm's PC.
PetscErrorCode PCBanditAgree_Private(PC pc);

/* bandit_context.cpp */
/// The numbers known of the system. Where they begin to come from elsewhere the learner is to be made anew.
PetscErrorCode PCBanditContext_Private(PC pc, linnet::bandits::Context* context);

/* bandit_learner.cpp */
/// Makes the learner where it is not, or parameters have changed.
PetscErrorCode PCBanditPrepare_Private(PC pc, KSP ksp);
PetscErrorCode PCBanditDecide_Private(PC pc, const linnet::bandits::Context& context);
PetscErrorCode PCBanditLearn_Private(PC pc, PetscInt iterations);
PetscErrorCode PCBanditSave_Private(PC pc);
/// Statistics and policy from the first rank to all.
PetscErrorCode PCBanditShareStatistics_Private(PC pc);
