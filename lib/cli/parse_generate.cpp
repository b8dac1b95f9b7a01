#include "base/error.hpp"
#include "cli/generate.hpp"
#include "cli/petsc.hpp"

#include <CLI/CLI.hpp>

namespace linnet {

GenerateOptions parse_generate(const std::string& text, const std::string& option) {
  CLI::App app;
  GenerateOptions options;
  add_generate_command(app, options);
  try {
    app.parse(text + " --out unused");
  } catch (const CLI::ParseError& error) {
    throw InputError(option + ": '" + text + "': " + one_line(error.what()));
  }
  return options;
}

} // namespace linnet
