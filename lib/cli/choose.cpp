#include "cli/choose.hpp"

#include "base/error.hpp"
#include "cli/arguments.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace linnet {

namespace {

// Up to here a sparse factorisation takes seconds and 1 or 2 GiB even for a 3-D problem (fill grows as n^(4/3)).
constexpr std::int64_t direct_rows = 50'000;
constexpr std::int64_t direct_entries = 5'000'000;
constexpr std::int64_t last_direct_rows = 200'000;
// From here on algebraic multigrid beats a factorisation even in 2-D.
constexpr std::int64_t multigrid_rows = 20'000;
// Off-diagonal sum over diagonal below which point relaxation alone converges in tens of iterations.
constexpr double strong_dominance = 0.9;
// Entries of the wrong sign, relative to the diagonal, that classical coarsening shrugs off.
constexpr double nearly_z_pattern = 0.25;

// BoomerAMG as it does best on pressure systems: parallel coarsening, long-range interpolation cut to four entries, and
// one aggressive level where rows are longer than a 5-point stencil's.
std::vector<Option> boomeramg(const Properties& properties) {
  std::vector<Option> options = {{"-pc_hypre_boomeramg_relax_type_all", "symmetric-SOR/Jacobi"},
                                 {"-pc_hypre_boomeramg_coarsen_type", "HMIS"},
                                 {"-pc_hypre_boomeramg_interp_type", "ext+i"},
                                 {"-pc_hypre_boomeramg_P_max", "4"},
                                 {"-pc_hypre_boomeramg_strong_threshold", "0.5"}};
  if (properties.nnz > 5 * properties.n)
    options.emplace_back("-pc_hypre_boomeramg_agg_nl", "1");
  return options;
}

Solver because(Solver solver, const std::string& why) {
  solver.why = why;
  return solver;
}

bool moderate(const Properties& p) {
  return p.n <= direct_rows && p.nnz <= direct_entries;
}

// Where multigrid comes first: from a size on, and where a factorisation has no answer.
bool large_or_singular(const Properties& p) {
  return p.n > multigrid_rows || p.singular_components > 0;
}

// A factorisation where nothing else went: slow and large, but within a machine of today. Nothing above that.
std::vector<Solver> last_resort(const Properties& p, int ranks, const std::string& ksp) {
  const bool possible = p.singular_components == 0 && p.n <= last_direct_rows && p.nnz <= direct_entries;
  return possible ? direct_solver(p, ranks, ksp) : std::vector<Solver>();
}

void append(std::vector<Solver>& solvers, std::vector<Solver> more) {
  std::move(more.begin(), more.end(), std::back_inserter(solvers));
}

Solver minres(const Properties& p, int ranks) {
  Solver solver = krylov_solver(p, ranks, "minres", "jacobi");
  solver.defaults.emplace_back("-pc_jacobi_abs", ""); // MINRES needs a positive definite preconditioner
  solver.why = "symmetric, possibly indefinite";
  return solver;
}

// Multigrid either converges in tens of iterations or is the wrong method.
Solver multigrid(const Properties& p, int ranks, const std::string& pc, const std::string& why) {
  Solver solver = because(krylov_solver(p, ranks, "cg", pc), why);
  solver.defaults.emplace_back("-ksp_max_it", "500");
  return solver;
}

Solver learned_multigrid(const Properties& p, int ranks, const std::string& why) {
  Solver solver = multigrid(p, ranks, "cnn", why);
  solver.ksp = "dcd"; // which is fused with it
  solver.name = "dcd+cnn";
  return solver;
}

// A symmetric M-matrix with the rows of a 7-point stencil, on average; its setup finds out whether they are.
bool may_be_lattice(const Properties& p) {
  return p.z_pattern() && p.weakly_dominant() && p.nnz <= 7 * p.n;
}

std::vector<Solver> for_positive_diagonal(const Properties& p, int ranks) {
  const bool singular = p.singular_components > 0;
  const std::string size = singular ? "singular" : "large";
  const Solver relaxation = because(krylov_solver(p, ranks, "cg", "sor"), "plain relaxation");
  if (p.dominance <= strong_dominance)
    return {because(relaxation, "symmetric and strongly diagonally dominant"), minres(p, ranks)};
  std::vector<Solver> chosen;
  if (p.positive_off_diagonal <= nearly_z_pattern && large_or_singular(p)) {
    if (may_be_lattice(p))
      chosen = {learned_multigrid(p, ranks, "symmetric, " + size + ", perhaps a grid operator")};
    append(chosen, {multigrid(p, ranks, "hypre", "symmetric, " + size + ", off-diagonals negative but for a few"),
                    multigrid(p, ranks, "gamg", "the other algebraic multigrid")});
  } else if (moderate(p) && !singular) {
    chosen = direct_solver(p, ranks, "cg");
    chosen.push_back(relaxation);
    return chosen;
  } else {
    chosen = {multigrid(p, ranks, "gamg", "symmetric, " + size + ", positive diagonal, off-diagonals of either sign")};
  }
  append(chosen, last_resort(p, ranks, "cg"));
  chosen.push_back(relaxation);
  if (!p.known_spd())
    chosen.push_back(minres(p, ranks));
  return chosen;
}

std::vector<Solver> for_other_symmetric(const Properties& p, int ranks) {
  const std::string negative = "symmetric, large or singular, negative diagonal";
  std::vector<Solver> chosen;
  // Not all diagonals need be negative: rows that are coupled with none may be those of the identity.
  if (large_or_singular(p) && may_be_lattice(p) && p.dominance > strong_dominance)
    chosen = {learned_multigrid(p, ranks,
                                p.negative_diagonal() ? negative + ", perhaps a grid operator"
                                                      : "symmetric, large or singular, perhaps a grid operator")};
  if (moderate(p) && p.singular_components == 0)
    append(chosen, direct_solver(p, ranks, "gmres"));
  else if (p.negative_diagonal()) // CG does not mind that A and the preconditioner are both negative
    append(chosen, {multigrid(p, ranks, p.positive_off_diagonal <= nearly_z_pattern ? "hypre" : "gamg", negative)});
  chosen.push_back(minres(p, ranks));
  if (!moderate(p))
    append(chosen, last_resort(p, ranks, "gmres"));
  return chosen;
}

std::vector<Solver> for_nonsymmetric(const Properties& p, int ranks) {
  const Solver gmres = because(krylov_solver(p, ranks, "gmres", "ilu"), "not symmetric");
  Solver long_gmres = krylov_solver(p, ranks, "gmres", "ilu");
  long_gmres.defaults.emplace_back("-ksp_gmres_restart", "200");
  long_gmres.defaults.emplace_back(ranks > 1 ? "-sub_pc_factor_levels" : "-pc_factor_levels", "1");
  long_gmres.why = "longer restart, more fill";
  std::vector<Solver> chosen;
  if (p.symmetrisable && p.dominance > strong_dominance && may_be_lattice(p) && large_or_singular(p))
    chosen = {learned_multigrid(p, ranks,
                                "symmetric but for factors of rows or rows that fix their unknown, large or singular, "
                                "perhaps a grid operator")};
  if (p.dominance <= strong_dominance)
    chosen = {because(gmres, "not symmetric, strongly diagonally dominant")};
  else if (moderate(p) && p.singular_components == 0)
    append(chosen, {direct_solver(p, ranks, "gmres").front(), gmres});
  else
    append(chosen, {because(krylov_solver(p, ranks, "bcgs", "ilu"), "not symmetric, large")});
  chosen.push_back(long_gmres);
  if (!moderate(p))
    append(chosen, last_resort(p, ranks, "gmres"));
  return chosen;
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\n"), last = text.find_last_not_of(" \t\n");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

} // namespace

std::string default_ksp(const Properties& properties) {
  return properties.symmetric ? "cg" : "gmres";
}

bool needs_symmetry(const std::string& ksp) {
  constexpr std::array names = {"cg",       "dcd",     "fcg",      "pipecg",  "pipefcg", "groppcg",
                                "pipecgrr", "pipelcg", "pipeprcg", "pipecg2", "minres",  "symmlq",
                                "cr",       "pipecr",  "stcg",     "nash",    "gltr",    "qcg"};
  return std::find(names.begin(), names.end(), ksp) != names.end();
}

bool misses_symmetry(const Properties& properties, const std::string& ksp, const std::string& pc) {
  const bool made_up_for = properties.symmetrisable && ksp == "dcd" && (pc == "cnn" || pc == "latticemg");
  return !properties.symmetric && needs_symmetry(ksp) && !made_up_for;
}

Solver krylov_solver(const Properties& properties, int ranks, const std::string& ksp, const std::string& pc) {
  Solver solver{ksp + "+" + pc, ksp, pc, {}, {}, ""};
  if (ranks > 1 && (pc == "icc" || pc == "ilu")) {
    solver.pc = "bjacobi";
    solver.own.emplace_back("-sub_pc_type", pc);
  }
  if (pc == "hypre")
    solver.defaults = boomeramg(properties);
  return solver;
}

std::vector<Solver> direct_solver(const Properties& properties, int ranks, const std::string& ksp) {
  const auto with = [&](const std::string& krylov, const std::string& factorisation, const std::string& package,
                        const std::string& why) {
    Solver solver{krylov + "+" + factorisation, krylov, factorisation, {}, {}, why};
    solver.defaults = {{"-pc_factor_mat_solver_type", package}};
    return solver;
  };
  const bool positive = properties.symmetric && properties.positive_diagonal();
  const std::string general = ksp == "preonly" ? ksp : "gmres"; // CG would refuse an indefinite factorisation
  if (ranks > 1) {
    // MUMPS keeps the matrix where it is and pivots: its L D L^T takes indefinite matrices as well.
    const std::string kind = properties.symmetric ? "cholesky" : "lu";
    Solver mumps = with(positive ? ksp : general, kind, "mumps", "of a size for a direct solver (MUMPS)");
    mumps.defaults.emplace_back("-mat_mumps_icntl_14", "80"); // per cent of room to pivot in
    Solver plain_lu = with(general, "lu", "mumps", "LU in place of Cholesky");
    plain_lu.defaults.emplace_back("-mat_mumps_icntl_14", "80");
    return properties.symmetric ? std::vector{mumps, plain_lu} : std::vector{mumps};
  }
  const Solver umfpack =
      with(general, "lu", "umfpack",
           positive ? "not positive definite: LU (UMFPACK)" : "of a size for a direct solver (UMFPACK)");
  if (!positive)
    return {umfpack};
  Solver cholmod =
      with(ksp, "cholesky", "cholmod", "symmetric, positive diagonal, of a size for a direct solver (CHOLMOD)");
  cholmod.defaults.emplace_back("-mat_cholmod_print", "0"); // on standard output, of what PETSc reports as well
  return {cholmod, umfpack};
}

std::vector<Solver> choose_solver(const Properties& properties, int ranks) {
  if (!properties.symmetric)
    return for_nonsymmetric(properties, ranks);
  return properties.positive_diagonal() ? for_positive_diagonal(properties, ranks)
                                        : for_other_symmetric(properties, ranks);
}

std::vector<Solver> choose_matrix_free(const Properties& properties, int ranks) {
  return {learned_multigrid(properties, ranks, "a grid operator without an assembled matrix"),
          because(krylov_solver(properties, ranks, "cg", "jacobi"), "plain relaxation")};
}

std::vector<std::string> split_solvers(const std::string& list) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : list) {
    depth += (c == '[') - (c == ']');
    if (c == ';' && depth == 0)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  for (std::string& part : parts)
    part = trimmed(part);
  if (parts.size() > 1 && parts.back().empty()) // a closing semicolon
    parts.pop_back();
  for (const std::string& part : parts)
    if (part.empty())
      throw InputError("--solvers '" + list + "': expected KSP+PC;KSP+PC;..., found an empty one");
  return parts;
}

std::vector<Solver> parse_solver(const std::string& text, const Properties& properties, int ranks) {
  const auto refuse = [&](const std::string& found) {
    return InputError("--solvers: expected KSP+PC, KSP+PC[-option value ...] or direct, found '" + text + "'" + found);
  };
  const size_t open = text.find('[');
  std::vector<Option> own;
  if (open != std::string::npos) {
    if (text.back() != ']' || text.find('[', open + 1) != std::string::npos || text.find(']') != text.size() - 1)
      throw refuse(" with unmatched brackets");
    own = parse_petsc_options(text.substr(open + 1, text.size() - open - 2));
  }
  const std::string types = trimmed(text.substr(0, open));
  std::vector<Solver> solvers;
  if (types == "direct") {
    solvers = direct_solver(properties, ranks, "preonly");
  } else {
    const size_t plus = types.find('+');
    const auto is_name = [](const std::string& name) {
      return !name.empty() &&
             name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
                 std::string::npos;
    };
    if (plus == std::string::npos || !is_name(types.substr(0, plus)) || !is_name(types.substr(plus + 1)))
      throw refuse("");
    solvers = {krylov_solver(properties, ranks, types.substr(0, plus), types.substr(plus + 1))};
  }
  for (Solver& solver : solvers) {
    solver.name = text;
    const bool by_blocks = solver.pc == "bjacobi" && !solver.own.empty();
    for (auto [key, value] : own) {
      if (by_blocks && key.starts_with("-pc_factor_"))
        key.insert(1, "sub_");
      solver.own.emplace_back(key, value);
    }
  }
  return solvers;
}

} // namespace linnet
