#include "cli/arguments.hpp"

#include "base/error.hpp"

#include <cctype>
#include <sstream>

namespace linnet {

namespace {

bool begins_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && (word[1] == '-' || std::isalpha(static_cast<unsigned char>(word[1])));
}

bool is_petsc_option(const std::string& word) {
  return begins_option(word) && word[1] != '-' && word != "-h";
}

} // namespace

Arguments split_arguments(const std::vector<std::string>& arguments) {
  Arguments split;
  if (!arguments.empty())
    split.program = arguments.front();
  for (size_t i = 1; i < arguments.size(); ++i) {
    if (!is_petsc_option(arguments[i])) {
      split.ours.push_back(arguments[i]);
      continue;
    }
    split.petsc.push_back(arguments[i]);
    if (i + 1 < arguments.size() && !begins_option(arguments[i + 1])) {
      split.petsc.push_back(arguments[++i]);
      split.petsc_values.push_back(arguments[i]);
    }
  }
  return split;
}

std::vector<std::pair<std::string, std::string>> parse_petsc_options(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> options;
  std::istringstream words(text);
  bool takes_value = false;
  for (std::string word; words >> word;) {
    if (is_petsc_option(word)) {
      options.emplace_back(word, "");
      takes_value = true;
    } else if (takes_value && !begins_option(word)) {
      options.back().second = word;
      takes_value = false;
    } else {
      throw InputError(std::string("'")
                           .append(text)
                           .append("': expected PETSc options (-name [value] ...), found '")
                           .append(word)
                           .append("'"));
    }
  }
  return options;
}

} // namespace linnet
