// linnet solve J --least-squares --damping L: minimises |J x - b|^2 + L |x|^2 for a matrix of any shape.
#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/details.hpp"
#include "cli/memory.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/right_hand_side.hpp"
#include "files/read.hpp"
#include "files/write.hpp"

#include <linnet/linnet.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <omp.h>

namespace linnet {

namespace {

// K = [J; sqrt(L) I], each rank's rows of J before its rows of the identity; J x = b in the least squares of K x = c.
struct LeastSquares {
  MPI_Comm comm = MPI_COMM_NULL;
  std::int64_t rows = 0, columns = 0, nnz = 0;
  double read_seconds = 0;
  std::vector<PetscInt> row_start, column; // of K; those of J are the first of them
  std::vector<double> value;
  MatHandle J, K, normal; // normal: K^T K = J^T J + L I
  VecHandle c;            // (b, 0)
};

struct Result {
  std::string ksp, pc, reason;
  int iterations = 0, restarts = 0;
  double rtol = 0, gradient = 0, misfit = 0;                    // |K^T (c - K x)| / |K^T c|, |b - J x| / |b|
  double setup_seconds = 0, solve_seconds = 0, peak_memory = 0; // memory: summed over the ranks
  bool converged = false;
  nlohmann::ordered_json details = nlohmann::ordered_json::object();
};

void create_matrices(LeastSquares& problem, SparseMatrix& whole, double damping, const std::string& file) {
  const MPI_Comm comm = problem.comm;
  const int rank = rank_of(comm), ranks = size_of(comm);
  const std::vector<std::int64_t> rows = row_blocks(comm, problem.rows), columns = row_blocks(comm, problem.columns);
  std::vector<std::int64_t> entries(ranks + 1, 0);
  on_rank_0(comm, [&] {
    for (int r = 0; r <= ranks; ++r)
      entries[r] = whole.row_start[rows[r]];
    for (int r = 0; r < ranks; ++r)
      if (entries[r + 1] - entries[r] + columns[r + 1] - columns[r] > std::numeric_limits<PetscInt>::max())
        throw InputError(file, "", "expected fewer than 2^31 entries a rank: run on more ranks");
  });
  MPI_Bcast(entries.data(), ranks + 1, MPI_INT64_T, 0, comm);
  const std::vector<std::int64_t> starts = scatter(comm, whole.row_start, rows);
  for (const std::int64_t start : starts)
    problem.row_start.push_back(static_cast<PetscInt>(start - entries[rank]));
  problem.row_start.push_back(static_cast<PetscInt>(entries[rank + 1] - entries[rank]));
  problem.column = scatter(comm, whole.column, entries);
  problem.value = scatter(comm, whole.value, entries);
  whole = {};
  const auto here = static_cast<PetscInt>(rows[rank + 1] - rows[rank]);
  const auto mine = static_cast<PetscInt>(columns[rank + 1] - columns[rank]);
  const PetscInt extra = damping > 0 ? mine : 0;
  for (PetscInt j = 0; j < extra; ++j) {
    problem.column.push_back(static_cast<PetscInt>(columns[rank]) + j);
    problem.value.push_back(std::sqrt(damping));
    problem.row_start.push_back(static_cast<PetscInt>(problem.column.size()));
  }
  const auto create = [&](PetscInt local, Mat* matrix) {
    if (ranks == 1)
      check(MatCreateSeqAIJWithArrays(comm, local, mine, problem.row_start.data(), problem.column.data(),
                                      problem.value.data(), matrix));
    else
      check(MatCreateMPIAIJWithArrays(comm, local, mine, PETSC_DETERMINE, static_cast<PetscInt>(problem.columns),
                                      problem.row_start.data(), problem.column.data(), problem.value.data(), matrix));
  };
  create(here, problem.J.out());
  create(here + extra, problem.K.out());
  check(MatCreateNormal(problem.K, problem.normal.out()));
  check(PetscObjectCompose(reinterpret_cast<PetscObject>(static_cast<Mat>(problem.normal)), "linnet_rows",
                           reinterpret_cast<PetscObject>(static_cast<Mat>(problem.J))));
}

void read_problem(const Session& session, const SolveOptions& options, LeastSquares& problem) {
  const double begin = MPI_Wtime();
  problem.comm = session.comm;
  const RightHandSideChoice which = parse_right_hand_side(right_hand_side_of(options.system));
  SparseMatrix whole;
  std::int64_t size[3] = {};
  on_rank_0(session.comm, [&] {
    ReadOptions reading;
    reading.pattern_as_ones = options.system.pattern;
    whole = read_matrix(options.system.matrix, reading);
    if (whole.rows == 0 || whole.cols == 0)
      throw InputError(options.system.matrix, "", "expected at least one row and one column, found none");
    if (whole.rows + whole.cols > std::numeric_limits<PetscInt>::max())
      throw InputError(options.system.matrix, "", "expected fewer than 2^31 rows and columns together");
    size[0] = whole.rows;
    size[1] = whole.cols;
    size[2] = whole.nnz();
  });
  MPI_Bcast(size, 3, MPI_INT64_T, 0, session.comm);
  problem.rows = size[0];
  problem.columns = size[1];
  problem.nnz = size[2];
  create_matrices(problem, whole, options.damping, options.system.matrix);
  const std::vector<double> b = right_hand_side(session.comm, which, row_blocks(session.comm, problem.rows));
  PetscScalar* numbers = nullptr;
  check(MatCreateVecs(problem.K, nullptr, problem.c.out()));
  check(VecZeroEntries(problem.c));
  check(VecGetArray(problem.c, &numbers));
  std::copy(b.begin(), b.end(), numbers);
  check(VecRestoreArray(problem.c, &numbers));
  problem.read_seconds = MPI_Wtime() - begin;
}

// Methods for K itself; all others are for the normal equations.
bool takes_rectangular(const std::string& ksp) {
  return ksp == KSPLSQR || ksp == KSPCGLS;
}

// LSQR's own test is about |c - K x|, which does not vanish: here |K^T (c - K x)| is to fall by the tolerance, in the
// norm of the preconditioner, as LSQR has it.
struct GradientTest {
  double target = 0;
};
PetscErrorCode gradient_fell(KSP ksp, PetscInt iteration, PetscReal norm, KSPConvergedReason* reason, void* context) {
  const auto* test = static_cast<const GradientTest*>(context);
  PetscReal gradient = 0;

  PetscFunctionBegin;
  PetscCall(KSPLSQRGetNorms(ksp, &gradient, nullptr));
  *reason = KSP_CONVERGED_ITERATING;
  if (PetscIsInfOrNanReal(norm) || PetscIsInfOrNanReal(gradient))
    *reason = KSP_DIVERGED_NANORINF;
  else if (iteration > 0 && gradient <= test->target)
    *reason = KSP_CONVERGED_RTOL;
  PetscFunctionReturn(0);
}

void create_solver(const LeastSquares& problem, const SolveOptions& options, const std::string& method, bool speaks,
                   KspHandle& ksp) {
  check(KSPCreate(problem.comm, ksp.out()));
  check(KSPSetType(ksp, method.c_str()));
  check(KSPSetOperators(ksp, takes_rectangular(method) ? problem.K : problem.normal, problem.normal));
  check(KSPSetTolerances(ksp, default_rtol, PETSC_DEFAULT, PETSC_DEFAULT, default_max_it));
  if (!takes_rectangular(method))
    check(KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED));
  PC pc = nullptr;
  check(KSPGetPC(ksp, &pc));
  const bool correlated =
      options.damping > 0 && static_cast<double>(problem.nnz) >=
                                 0.1 * static_cast<double>(problem.rows) * static_cast<double>(problem.columns);
  const char* chosen = method == KSPCGLS ? PCNONE : correlated ? PCNYSTROM : PCJACOBI;
  check(PCSetType(pc, chosen));
  check(KSPSetFromOptions(ksp));
  check(KSPSetType(ksp, method.c_str())); // whatever -ksp_type says
  if (options.damping > 0 && !option_given("-pc_mfac_damping"))
    check(PCMFACSetDamping(pc, options.damping));
  if (options.damping > 0 && !option_given("-pc_nystrom_damping"))
    check(PCNystromSetDamping(pc, options.damping));
  if (speaks && option_value("-ksp_type", "").empty() && option_value("-pc_type", "").empty())
    tell("chose " + method + "+" + chosen +
         (correlated ? ": dense rows and a damping, a low rank catches what they have in common"
                     : ": sparse rows or no damping, columns are scaled to one size"));
}

void solve_problem(const LeastSquares& problem, const SolveOptions& options, KSP ksp, Vec x, Result& result) {
  KspHandle cg;
  KSPType type = nullptr;
  PC pc = nullptr;
  PetscReal atol = 0, dtol = 0, first = 0, norm_b = 0, misfit = 0;
  PetscInt max_it = 0;
  check(KSPGetType(ksp, &type));
  check(KSPGetPC(ksp, &pc));
  bool rectangular = takes_rectangular(type);
  check(KSPGetTolerances(ksp, &result.rtol, &atol, &dtol, &max_it));
  VecHandle r, g, d, r_of_J;
  check(VecDuplicate(problem.c, r.out()));
  check(VecDuplicate(x, g.out()));
  check(VecDuplicate(x, d.out()));
  check(VecCopy(problem.c, r));
  check(MatMultTranspose(problem.K, r, g));
  check(VecNorm(g, NORM_2, &first));
  check(VecNorm(problem.c, NORM_2, &norm_b));
  double norm = first;
  result.reason = KSPConvergedReasons[KSP_CONVERGED_ATOL];
  result.converged = first == 0;
  const double target = std::max<double>(result.rtol * first, atol);
  GradientTest test;
  if (std::string(type) == KSPLSQR)
    check(KSPSetConvergenceTest(ksp, gradient_fell, &test, nullptr));
  while (!result.converged) {
    const double rtol = result.iterations == 0 ? result.rtol : 0.5 * target / norm, before = norm;
    PetscInt iterations = 0;
    KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
    if (rectangular) { // (g, M g)
      PetscScalar square = 0;
      check(PCApply(pc, g, d));
      check(VecDot(g, d, &square));
      test.target = rtol * std::sqrt(std::max<double>(square, 0));
    }
    check(KSPSetTolerances(ksp, rtol, PETSC_DEFAULT, dtol, max_it - result.iterations));
    check(VecZeroEntries(d));
    const double begin = MPI_Wtime();
    check(KSPSolve(ksp, rectangular ? r : g, d));
    result.solve_seconds += MPI_Wtime() - begin;
    check(KSPGetIterationNumber(ksp, &iterations));
    check(KSPGetConvergedReason(ksp, &reason));
    result.iterations += static_cast<int>(iterations);
    result.reason = KSPConvergedReasons[reason];
    check(VecAXPY(x, 1, d));
    check(MatMult(problem.K, x, r)); // r <- c - K x, g <- K^T r
    check(VecAYPX(r, -1, problem.c));
    check(MatMultTranspose(problem.K, r, g));
    check(VecNorm(g, NORM_2, &norm));
    result.converged = norm <= target;
    // LSQR breaks down, before it takes its last step, where its next vector is exactly zero, as at once with one
    // column. Conjugate gradients on the normal equations have that step.
    if (!result.converged && reason == KSP_DIVERGED_BREAKDOWN && rectangular) {
      rectangular = false;
      create_solver(problem, options, KSPCG, false, cg);
      ksp = cg;
      continue;
    }
    if (result.converged || reason <= 0 || !(norm < 0.5 * before) || result.restarts == most_restarts ||
        result.iterations >= max_it)
      break;
    ++result.restarts;
  }
  result.gradient = first > 0 ? norm / first : 0;
  check(MatCreateVecs(problem.J, nullptr, r_of_J.out()));
  check(MatMult(problem.J, x, r_of_J));
  PetscScalar* numbers = nullptr;
  const PetscScalar* b = nullptr;
  PetscInt local = 0;
  check(VecGetLocalSize(r_of_J, &local));
  check(VecGetArrayRead(problem.c, &b));
  check(VecGetArray(r_of_J, &numbers));
  for (PetscInt i = 0; i < local; ++i)
    numbers[i] = b[i] - numbers[i];
  check(VecRestoreArray(r_of_J, &numbers));
  check(VecRestoreArrayRead(problem.c, &b));
  check(VecNorm(r_of_J, NORM_2, &misfit));
  result.misfit = norm_b > 0 ? misfit / norm_b : 0;
}

nlohmann::ordered_json json_of(const LeastSquares& problem, const SolveOptions& options, const Result& result) {
  return {{"schema", "linnet.least_squares/1"},
          {"matrix", options.system.matrix},
          {"n", problem.columns},
          {"rows", problem.rows},
          {"nnz", problem.nnz},
          {"damping", options.damping},
          {"ranks", size_of(problem.comm)},
          {"threads", omp_get_max_threads()},
          {"ksp", result.ksp},
          {"pc", result.pc},
          {"iterations", result.iterations},
          {"reason", result.reason},
          {"converged", result.converged},
          {"rtol", result.rtol},
          {"relative_residual", result.gradient},
          {"relative_misfit", result.misfit},
          {"read_seconds", problem.read_seconds},
          {"setup_seconds", result.setup_seconds},
          {"solve_seconds", result.solve_seconds},
          {"total_seconds", result.setup_seconds + result.solve_seconds},
          {"peak_memory_bytes", static_cast<std::int64_t>(result.peak_memory)},
          {"pc_details", result.details}};
}

std::string text_of(const LeastSquares& problem, const SolveOptions& options, const Result& result) {
  char text[1024];
  (void)std::snprintf(text, sizeof text,
                      "least squares      %s: %lld x %lld, nnz %lld, damping %g, right-hand side %s, %d rank%s\n"
                      "solver             %s+%s\n"
                      "outcome            %s: %s\n"
                      "iterations         %d%s\n"
                      "relative residual  %.3e of J^T J x + damping x = J^T b (true; rtol %g)\n"
                      "relative misfit    %.6g of J x = b\n"
                      "seconds            setup %.4f, solve %.4f, total %.4f (reading %.4f, not counted)\n",
                      options.system.matrix.c_str(), static_cast<long long>(problem.rows),
                      static_cast<long long>(problem.columns), static_cast<long long>(problem.nnz), options.damping,
                      right_hand_side_of(options.system).c_str(), size_of(problem.comm),
                      size_of(problem.comm) == 1 ? "" : "s", result.ksp.c_str(), result.pc.c_str(),
                      result.converged ? "converged" : "NOT converged", result.reason.c_str(), result.iterations,
                      result.restarts ? (", " + std::to_string(result.restarts) + " restarts").c_str() : "",
                      result.gradient, result.rtol, result.misfit, result.setup_seconds, result.solve_seconds,
                      result.setup_seconds + result.solve_seconds, problem.read_seconds);
  return text;
}

} // namespace

int run_least_squares(const Session& session, const SolveOptions& options) {
  if (!(options.damping >= 0) || !std::isfinite(options.damping))
    throw InputError("--damping: expected a finite number, at least 0");
  if (!options.system.cells.empty() || !options.system.grid.empty())
    throw InputError("--least-squares: expected neither --cells nor --grid");
  LeastSquares problem;
  read_problem(session, options, problem);
  KspHandle ksp;
  create_solver(problem, options, option_value("-ksp_type", KSPLSQR), session.speaks(), ksp);
  Result result;
  const double begin = MPI_Wtime();
  check(KSPSetUp(ksp));
  check(KSPSetUpOnBlocks(ksp));
  result.setup_seconds = MPI_Wtime() - begin;
  const SolverTypes types = solver_types(ksp);
  result.ksp = types.ksp;
  result.pc = types.pc;
  VecHandle x;
  check(MatCreateVecs(problem.K, x.out(), nullptr));
  check(VecZeroEntries(x));
  solve_problem(problem, options, ksp, x, result);
  result.details = describe(ksp);
  result.peak_memory = peak_memory_bytes();
  MPI_Allreduce(MPI_IN_PLACE, &result.peak_memory, 1, MPI_DOUBLE, MPI_SUM, session.comm);
  if (!options.solution.empty()) {
    const PetscScalar* numbers = nullptr;
    check(VecGetArrayRead(x, &numbers));
    const std::vector<double> all = gather(session.comm, numbers, row_blocks(session.comm, problem.columns));
    check(VecRestoreArrayRead(x, &numbers));
    on_rank_0(session.comm, [&] { write_vector(options.solution, all); });
  }
  session.print(options.json ? json_text(json_of(problem, options, result)) : text_of(problem, options, result));
  if (!result.converged && session.speaks())
    tell("not converged: " + result.reason);
  return result.converged ? converged : not_converged;
}

} // namespace linnet
