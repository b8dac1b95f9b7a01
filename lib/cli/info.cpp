#include "base/error.hpp"
#include "cli/choose.hpp"
#include "cli/commands.hpp"
#include "cli/lattice_info.hpp"
#include "cli/model_info.hpp"
#include "cli/report.hpp"
#include "files/read.hpp"

#include <zlib.h>

#include <array>
#include <cmath>
#include <memory>

namespace linnet {

namespace {

using Json = nlohmann::ordered_json;

// Named by its first bytes, as the readers tell files apart.
std::string format_of(const std::string& file) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> opened(gzopen(file.c_str(), "rb"), gzclose);
  std::array<char, 4> first = {};
  if (!opened || gzread(opened.get(), first.data(), first.size()) < static_cast<int>(first.size()))
    return "unknown";
  // A Matrix Market file begins with a line of text; PETSc's class identifiers with a byte 0.
  const std::string format = first[0] == 0 ? "PETSc binary" : "Matrix Market";
  return gzdirect(opened.get()) ? format : format + ", gzip";
}

std::string yes_no(bool yes) {
  return yes ? "yes" : "no";
}

std::string sign_of_diagonal(const Properties& p) {
  if (p.positive_diagonal())
    return "positive";
  if (p.negative_diagonal())
    return "negative";
  return std::to_string(p.positive_diagonals) + " positive, " + std::to_string(p.negative_diagonals) + " negative, " +
         std::to_string(p.zero_diagonals) + " zero";
}

// true and false where linear time decides, null where it does not.
Json m_matrix(const Properties& p) {
  if (p.known_m_matrix())
    return true;
  if (!p.z_pattern() || !p.positive_diagonal() || p.singular_components > 0)
    return false;
  return nullptr;
}

Json matrix_json(const std::string& file, const Properties& p, const Solver& solver) {
  return {{"schema", "linnet.info/1"},
          {"file", file},
          {"format", format_of(file)},
          {"kind", "matrix"},
          {"n", p.n},
          {"nnz", p.nnz},
          {"symmetric", p.symmetric},
          {"diagonal", sign_of_diagonal(p)},
          {"m_matrix", m_matrix(p)},
          {"diagonally_dominant", p.weakly_dominant()},
          {"dominance", p.dominance},
          {"components", p.components},
          {"singular_components", p.singular_components},
          {"singular_rows", p.singular_rows},
          {"solver", solver.name},
          {"why", solver.why}};
}

std::string line(const std::string& name, const std::string& value) {
  return name + std::string(name.size() < 22 ? 22 - name.size() : 1, ' ') + value + "\n";
}

std::string matrix_text(const std::string& file, const Properties& p, const Solver& solver) {
  std::array<char, 32> dominance = {};
  (void)std::snprintf(dominance.data(), dominance.size(), "%.6g", p.dominance);
  const Json m = m_matrix(p);
  return line("file", file + " (" + format_of(file) + ")") +
         line("matrix", std::to_string(p.n) + " x " + std::to_string(p.n) + ", " + std::to_string(p.nnz) + " entries") +
         line("symmetric", yes_no(p.symmetric)) + line("diagonal", sign_of_diagonal(p)) +
         line("M-matrix",
              m.is_null() ? "not known (sign pattern of one, not diagonally dominant)" : yes_no(m.get<bool>())) +
         line("diagonally dominant",
              yes_no(p.weakly_dominant()) + " (largest off-diagonal sum over diagonal: " + dominance.data() + ")") +
         line("components", std::to_string(p.components) + ", of which " + std::to_string(p.singular_components) +
                                " singular with the constants as null space (" + std::to_string(p.singular_rows) +
                                " rows)") +
         line("solver", solver.name + ": " + solver.why);
}

std::string vector_report(const InfoOptions& options, const std::vector<double>& vector) {
  double norm = 0, largest = 0;
  for (const double value : vector) {
    norm = std::hypot(norm, value);
    largest = std::max(largest, std::abs(value));
  }
  if (options.json)
    return json_text({{"schema", "linnet.info/1"},
                      {"file", options.file},
                      {"format", format_of(options.file)},
                      {"kind", "vector"},
                      {"n", vector.size()},
                      {"norm", norm},
                      {"largest", largest}});
  std::array<char, 96> text = {};
  (void)std::snprintf(text.data(), text.size(), "%.6g, largest entry %.6g in absolute value", norm, largest);
  return line("file", options.file + " (" + format_of(options.file) + ")") +
         line("vector", std::to_string(vector.size()) + " entries") + line("norm", text.data());
}

std::string matrix_report(const InfoOptions& options, SparseMatrix matrix, int ranks) {
  const std::int64_t nnz = matrix.nnz();
  const std::vector<std::int32_t> empty = empty_rows(matrix);
  if (!empty.empty())
    set_unit_diagonals(matrix, empty);
  ComponentOfRow singular;
  RowWeights weights;
  Properties properties = analyse(matrix, singular, weights);
  properties.nnz = nnz;
  const Solver solver = choose_solver(properties, ranks).front();
  const Json lattice = describe_lattice(matrix);
  if (options.json) {
    Json object = matrix_json(options.file, properties, solver);
    object["empty_rows"] = empty.size();
    object["lattice"] = lattice;
    return json_text(object);
  }
  return matrix_text(options.file, properties, solver) + line("grid operator", lattice_line(lattice)) +
         (empty.empty()
              ? ""
              : line("rows without entries", std::to_string(empty.size()) + " (taken as rows of the identity)"));
}

std::string report(const InfoOptions& options, int ranks) {
  if (is_model(options.file))
    return model_report(options.file, options.json);
  ReadOptions reading;
  reading.pattern_as_ones = options.pattern;
  SparseMatrix matrix;
  try {
    matrix = read_matrix(options.file, reading);
  } catch (const InputError& not_a_matrix) {
    try {
      return vector_report(options, read_vector(options.file));
    } catch (const InputError&) {
      throw not_a_matrix; // NOLINT: of the two the one that speaks of a matrix
    }
  }
  if (matrix.cols == 1 && matrix.rows != 1)
    return vector_report(options, read_vector(options.file));
  if (matrix.rows == matrix.cols && matrix.rows > 0)
    return matrix_report(options, std::move(matrix), ranks);
  if (options.json)
    return json_text({{"schema", "linnet.info/1"},
                      {"file", options.file},
                      {"format", format_of(options.file)},
                      {"kind", "matrix"},
                      {"rows", matrix.rows},
                      {"cols", matrix.cols},
                      {"nnz", matrix.nnz()}});
  return line("file", options.file + " (" + format_of(options.file) + ")") +
         line("matrix", std::to_string(matrix.rows) + " x " + std::to_string(matrix.cols) + ", " +
                            std::to_string(matrix.nnz()) + " entries: not square, nothing to solve");
}

} // namespace

void add_info_command(CLI::App& app, InfoOptions& options) {
  CLI::App& command =
      *app.add_subcommand("info", "Say what a matrix, vector or model file holds, and which solver suits a matrix");
  command
      .add_option("FILE", options.file, "Matrix Market (.mtx, .mtx.gz), PETSc binary or model file, or a shipped model")
      ->required();
  command.add_flag("--pattern", options.pattern, "accept a matrix without values; every entry is 1");
  command.add_flag("--json", options.json, "one JSON object on standard output");
  command.footer("Examples:\n  linnet info A.mtx.gz\n  linnet info A.bin --json\n  linnet info hybrid3d");
}

int run_info(const Session& session, const InfoOptions& options) {
  std::string text;
  on_rank_0(session.comm, [&] { text = report(options, size_of(session.comm)); });
  session.print(text);
  return converged;
}

} // namespace linnet
