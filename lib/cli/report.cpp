#include "cli/report.hpp"

#include "cli/ranks.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include <omp.h>

namespace linnet {

namespace {

std::string format(const char* pattern, double number) {
  std::array<char, 64> text = {};
  (void)std::snprintf(text.data(), text.size(), pattern, number); // NOLINT: the pattern is one of this file's
  return text.data();
}

std::string seconds(double time) {
  return format(time < 100 ? "%.4f" : "%.1f", time);
}

std::string reason_of(const Outcome& outcome) {
  std::string text = outcome.error.empty() ? outcome.reason : outcome.error;
  if (outcome.error.empty() && !outcome.converged && !text.starts_with("DIVERGED"))
    text += ", but the true residual is above rtol";
  if (outcome.converged && text.starts_with("DIVERGED"))
    text += ", but the true residual is below rtol";
  if (outcome.converged && outcome.pc_details.contains("fallbacks"))
    text += " (" + outcome.ksp + "+" + outcome.pc + " took over)";
  return text;
}

// The types, and what is inside block Jacobi.
std::string types_with_inner(const Outcome& outcome) {
  const std::string types = outcome.ksp + "+" + outcome.pc;
  const auto inner = outcome.pc_details.find("sub_pc");
  return inner == outcome.pc_details.end() ? types : types + "(" + inner->get<std::string>() + ")";
}

std::string system_line(const System& system) {
  const int ranks = size_of(system.comm);
  return system.file + ": n " + std::to_string(system.properties.n) + ", nnz " + std::to_string(system.properties.nnz) +
         ", right-hand side " + system.rhs + (system.matrix_free ? ", not assembled, " : ", ") + std::to_string(ranks) +
         (ranks == 1 ? " rank, " : " ranks, ") + std::to_string(omp_get_max_threads()) +
         (omp_get_max_threads() == 1 ? " thread" : " threads");
}

} // namespace

nlohmann::ordered_json to_json(const System& system, const Outcome& outcome) {
  return {{"schema", "linnet.solve/1"},
          {"matrix", system.file},
          {"n", system.properties.n},
          {"nnz", system.properties.nnz},
          {"ranks", size_of(system.comm)},
          {"threads", omp_get_max_threads()},
          {"ksp", outcome.ksp},
          {"pc", outcome.pc},
          {"iterations", outcome.iterations},
          {"reason", outcome.reason},
          {"converged", outcome.converged},
          {"rtol", outcome.rtol},
          {"relative_residual", outcome.relative_residual},
          {"read_seconds", system.read_seconds},
          {"setup_seconds", outcome.setup_seconds},
          {"solve_seconds", outcome.solve_seconds},
          {"total_seconds", outcome.setup_seconds + outcome.solve_seconds},
          {"peak_memory_bytes", static_cast<std::int64_t>(outcome.peak_memory_bytes)},
          {"pc_details", outcome.pc_details}};
}

std::string json_text(const nlohmann::ordered_json& object) {
  // A file's name need not be UTF-8.
  return object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string summary(const System& system, const Outcome& outcome) {
  const auto line = [](const std::string& name, const std::string& value) {
    return name + std::string(name.size() < 19 ? 19 - name.size() : 1, ' ') + value + "\n";
  };
  std::string text = line("system", system_line(system));
  text += line("solver", types_with_inner(outcome));
  text += line("outcome", std::string(outcome.converged ? "converged: " : "NOT converged: ") + reason_of(outcome));
  text +=
      line("iterations",
           std::to_string(outcome.iterations) +
               (outcome.restarts ? ", " + std::to_string(outcome.restarts) + " restarts from the true residual" : ""));
  text += line("relative residual",
               format("%.3e", outcome.relative_residual) + " (true; rtol " + format("%g", outcome.rtol) + ")");
  text += line("seconds", "setup " + seconds(outcome.setup_seconds) + ", solve " + seconds(outcome.solve_seconds) +
                              ", total " + seconds(outcome.setup_seconds + outcome.solve_seconds) + " (reading " +
                              seconds(system.read_seconds) + ", not counted)");
  text += line("peak memory", format("%.1f MiB", outcome.peak_memory_bytes / (1 << 20)));
  return text;
}

std::string table(const System& system, const std::vector<Outcome>& outcomes) {
  constexpr size_t columns = 7;
  std::vector<std::array<std::string, columns>> rows = {
      {"solver", "iterations", "setup s", "solve s", "total s", "true residual", "reason"}};
  for (const Outcome& outcome : outcomes) {
    const bool failed = !outcome.error.empty();
    rows.push_back({outcome.name, failed ? "-" : std::to_string(outcome.iterations), seconds(outcome.setup_seconds),
                    seconds(outcome.solve_seconds), seconds(outcome.setup_seconds + outcome.solve_seconds),
                    failed ? "-" : format("%.2e", outcome.relative_residual),
                    (outcome.converged ? "" : "FAILED ") + reason_of(outcome)});
  }
  std::array<size_t, columns> width = {};
  for (const auto& row : rows)
    for (size_t c = 0; c < columns; ++c)
      width[c] = std::max(width[c], row[c].size());
  std::string text = system_line(system) + "\n";
  for (const auto& row : rows) {
    for (size_t c = 0; c < columns; ++c) { // numbers to the right, words to the left
      const std::string blanks(width[c] - row[c].size(), ' ');
      const bool number = c > 0 && c + 1 < columns;
      text += number ? "  " + blanks + row[c] : (c == 0 ? row[c] + blanks : "  " + row[c]);
    }
    text += "\n";
  }
  return text;
}

} // namespace linnet
