#pragma once

#include <string>
#include <vector>

/// What a finished program left.
struct Finished {
  int status = -1; ///< exit status; 128 + signal where one ended it
  std::string out, err;
};

/// Runs `words` (the first one looked up in PATH) to its end, with `environment` (NAME=VALUE) in place of what is
/// inherited under those names; nothing on its standard input.
Finished run_program(const std::vector<std::string>& words, const std::vector<std::string>& environment = {});
