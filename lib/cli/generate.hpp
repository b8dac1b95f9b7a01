#pragma once

#include "problems/assemble.hpp"

#include <cstdio>
#include <string>

namespace CLI {
class App;
}

namespace linnet {

/// `linnet generate poisson` as typed; run_generate() validates it. Lists are comma-separated.
struct GenerateOptions {
  std::string grid;           ///< NX,NY or NX,NY,NZ
  std::string domain = "box"; ///< a family's name, or "file"
  std::string voxels;         ///< file of cells, with domain "file"
  std::string walls;          ///< sides
  std::string open;           ///< sides
  std::string periodic;       ///< axes
  std::string seed = "1";     ///< in [0, 2^64)
  std::string feature = "0";  ///< cells; 0: the family's own
  std::string spacing = "1";  ///< H or HX,HY[,HZ]
  std::string shift = "0";
  std::string jump = "1";
  std::string isolated = "drop";
  std::string numbering = "compact";
  std::string rhs = "random";
  std::string format = "mtx"; ///< mtx, mtx.gz or petsc
  std::string out;            ///< STEM
  bool json = false;          ///< one object on standard output
};

/// Adds the subcommand `generate` (and under it `poisson`) to `app`; parsing fills `options`, which must outlive `app`.
void add_generate_command(CLI::App& app, GenerateOptions& options);

/// The options of "generate poisson --grid ...", as a command line says them, without --out. `option` names the place
/// in messages. Throws InputError.
GenerateOptions parse_generate(const std::string& text, const std::string& option);
inline bool is_generate(const std::string& text) {
  return text.starts_with("generate ");
}

/// The system that the options name; nothing is written.
PressureSystem generated_system(const GenerateOptions& options);
/// All of it but its matrix.
PressureProblem generated_problem(const GenerateOptions& options);

/// Makes the system and writes STEM.FORMAT (matrix), STEM.rhs.FORMAT (right-hand side) and STEM.cells.mtx (cell of each
/// row). Says what it made on standard error, and with `json` as one object on `results`. Returns 0; throws InputError
/// for bad options or a bad voxel file, and std::runtime_error where a file cannot be written or memory does not
/// suffice.
int run_generate(const GenerateOptions& options, std::FILE* results = stdout);

} // namespace linnet
