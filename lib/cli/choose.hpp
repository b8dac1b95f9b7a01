#pragma once

#include "cli/analysis.hpp"
#include "cli/options.hpp"

#include <string>
#include <vector>

namespace linnet {

/// A KSP and a PC with the options that make them what they are.
struct Solver {
  std::string name;             ///< as the user wrote it, or "KSP+PC"
  std::string ksp, pc;          ///< PETSc's types; empty: as PETSc's options and defaults say
  std::vector<Option> own;      ///< override what the user said of all solvers
  std::vector<Option> defaults; ///< hold where the user said nothing
  std::string why;              ///< of a choice of ours, one clause
};

/// The solver that suits the matrix, then those that take over one after the other should it fail; never empty.
std::vector<Solver> choose_solver(const Properties& properties, int ranks);

/// The same for a matrix without rows, which is a grid operator.
std::vector<Solver> choose_matrix_free(const Properties& properties, int ranks);

/// Exact factorisation: CHOLMOD for symmetric matrices with a positive diagonal, then UMFPACK; MUMPS on several ranks.
std::vector<Solver> direct_solver(const Properties& properties, int ranks, const std::string& ksp);

/// A Krylov method around a preconditioner of one name. On several ranks icc and ilu become block Jacobi of themselves;
/// hypre is BoomerAMG with a smoother that CG can stand.
Solver krylov_solver(const Properties& properties, int ranks, const std::string& ksp, const std::string& pc);

/// "KSP+PC", "KSP+PC[-option value ...]" or "direct": a solver and its fallbacks. Throws InputError.
std::vector<Solver> parse_solver(const std::string& text, const Properties& properties, int ranks);

/// The parts of "A;B[...;...];C", blanks at the ends removed. Throws InputError where there is none or one is empty.
std::vector<std::string> split_solvers(const std::string& list);

/// The KSP for a matrix of which the user chose the preconditioner alone.
std::string default_ksp(const Properties& properties);

/// Whether `ksp` is made for symmetric matrices only.
bool needs_symmetry(const std::string& ksp);
/// Whether it is, the matrix is not, and the preconditioner does not make up for that.
bool misses_symmetry(const Properties& properties, const std::string& ksp, const std::string& pc);

} // namespace linnet
