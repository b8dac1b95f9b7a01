#pragma once

#include <string>
#include <vector>

namespace linnet {

/// A command line taken apart: what linnet reads and what goes to PETSc's options database.
struct Arguments {
  std::string program;
  std::vector<std::string> ours;
  std::vector<std::string> petsc;
  /// Values that PETSc options took: `-ksp_monitor A.mtx` hides a matrix from us.
  std::vector<std::string> petsc_values;
};

/// PETSc's options begin with one dash and a letter and take the next argument as their value, unless it begins with a
/// dash and a letter (or a second dash) itself; `-h` is ours. Everything else is ours.
Arguments split_arguments(const std::vector<std::string>& arguments);

/// The words of `text` as PETSc options: KEY [VALUE] ...; throws InputError where one is no option.
std::vector<std::pair<std::string, std::string>> parse_petsc_options(const std::string& text);

} // namespace linnet
