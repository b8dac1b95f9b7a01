#pragma once

#include "cli/sequences.hpp"
#include "cli/session.hpp"
#include "cli/system.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace linnet {

struct SolveOptions {
  SystemOptions system;
  std::string solution; ///< file to write x to; empty: none
  bool json = false;
  bool least_squares = false;
  double damping = 0; ///< with least_squares
};
void add_solve_command(CLI::App& app, SolveOptions& options);
/// linnet solve; returns the exit status.
int run_solve(const Session& session, const SolveOptions& options);
/// linnet solve --least-squares: minimises |J x - b|^2 + damping |x|^2; returns the exit status.
int run_least_squares(const Session& session, const SolveOptions& options);

struct CompareOptions {
  SystemOptions system;
  std::string solvers;
  std::string plot; ///< SVG file; empty: none
  double again = 0; ///< seconds
  bool json = false;
};
void add_compare_command(CLI::App& app, CompareOptions& options);
/// linnet compare; returns the exit status.
int run_compare(const Session& session, const CompareOptions& options);

struct InfoOptions {
  std::string file;
  bool pattern = false;
  bool json = false;
};
void add_info_command(CLI::App& app, InfoOptions& options);
/// linnet info; returns the exit status.
int run_info(const Session& session, const InfoOptions& options);

void add_sequence_command(CLI::App& app, SequenceOptions& options);
/// linnet sequence; returns the exit status.
int run_sequence(const Session& session, const SequenceOptions& options);

/// MATRIX, --rhs, --cells, --grid and --pattern, which solve and compare share.
void add_system_options(CLI::App& command, SystemOptions& options);

} // namespace linnet
