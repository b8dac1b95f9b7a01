#pragma once

#include "cli/choose.hpp"
#include "cli/system.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace linnet {

// Of a solve whose options do not say.
inline constexpr double default_rtol = 1e-6;
inline constexpr int default_max_it = 10000;
inline constexpr int most_restarts = 5; ///< from the true residual

/// |r_k| / |b| at iteration k.
struct HistoryPoint {
  int iteration = 0;
  double relative_residual = 0;
};

/// What one solve, or a solve and its fallbacks, came to. The same on every rank, but for the history (rank 0's).
struct Outcome {
  std::string name; ///< of the solver
  std::string ksp, pc;
  int iterations = 0; ///< over all restarts
  int restarts = 0;   ///< from the true residual, where PETSc took the solve for converged and it was not
  std::string reason; ///< PETSc's name of KSPConvergedReason, "ERROR" where PETSc returned an error
  std::string error;  ///< its one line
  int error_status = 0;
  bool bad_options = false; ///< the error is in what the options ask for, before anything is computed
  bool converged = false;   ///< PETSc says so and the true residual shows it
  double rtol = 0;
  double relative_residual = 0; ///< |b - A x| / |b|, recomputed
  double setup_seconds = 0;     ///< largest of the ranks, like solve_seconds
  double solve_seconds = 0;
  double peak_memory_bytes = 0; ///< summed over the ranks
  nlohmann::ordered_json pc_details = nlohmann::ordered_json::object();
  std::vector<HistoryPoint> history;
  std::vector<std::string> unused; ///< options of the solver's own that PETSc did not ask for
};

/// Solves A x = b from x = 0 with the first of `solvers`; where it fails the next one starts anew, which is told on
/// standard error and listed in pc_details.fallbacks; times and iterations are sums over all of them. x is the
/// last one's, or the best where all fail. An error inside PETSc is an outcome, not an exception. Collective;
/// `agreement` is a communicator of the same ranks that nothing else uses.
Outcome run_solvers(const System& system, const std::vector<Solver>& solvers, MPI_Comm agreement, bool with_history,
                    Vec x);

} // namespace linnet
