#include "cli/options.hpp"

#include "cli/petsc.hpp"

#include <array>
#include <string_view>

namespace linnet {

bool option_given(const std::string& key) {
  PetscBool given = PETSC_FALSE;
  check(PetscOptionsHasName(nullptr, nullptr, key.c_str(), &given));
  return given == PETSC_TRUE;
}

std::string option_value(const std::string& key, const std::string& otherwise) {
  std::array<char, 4096> value = {};
  PetscBool given = PETSC_FALSE;
  check(PetscOptionsGetString(nullptr, nullptr, key.c_str(), value.data(), value.size(), &given));
  return given ? value.data() : otherwise;
}

void ScopedOptions::set(const Option& option) {
  const auto& [key, value] = option;
  hidden.push_back({key, option_value(key, ""), option_given(key)});
  if (hidden.back().was_given)
    check(PetscOptionsClearValue(nullptr, key.c_str())); // its mark of having been asked for, too
  check(PetscOptionsSetValue(nullptr, key.c_str(), value.empty() ? nullptr : value.c_str()));
}

void ScopedOptions::set_defaults(const std::vector<Option>& options) {
  for (const Option& option : options)
    if (!option_given(option.first))
      set(option);
}

std::vector<std::string> ScopedOptions::unused(const std::vector<Option>& options) {
  std::vector<std::string> keys;
  for (const Option& option : options) {
    PetscBool used = PETSC_FALSE;
    check(PetscOptionsUsed(nullptr, option.first.c_str() + 1, &used));
    if (!used)
      keys.push_back(option.first);
  }
  return keys;
}

ScopedOptions::~ScopedOptions() {
  for (auto old = hidden.rbegin(); old != hidden.rend(); ++old) {
    (void)PetscOptionsClearValue(nullptr, old->key.c_str());
    if (!old->was_given)
      continue;
    (void)PetscOptionsSetValue(nullptr, old->key.c_str(), old->value.empty() ? nullptr : old->value.c_str());
    PetscBool given = PETSC_FALSE; // asking marks it as used: it was, by this solver's default
    (void)PetscOptionsHasName(nullptr, nullptr, old->key.c_str(), &given);
  }
}

std::string unused_options() {
  // PetscFinalize asks for these itself.
  constexpr std::string_view asked_at_the_end[] = {
      "options_left",    "options_view", "objects_dump",   "malloc_dump", "malloc_view", "memory_view",  "log_view",
      "get_total_flops", "log_mpe",      "log_trace",      "log_summary", "log_nested",  "log_all",      "log",
      "log_view_memory", "checkstack",   "final_residual", "mpidump",     "fp_trap",     "malloc_debug", "nox"};
  PetscInt count = 0;
  char** names = nullptr;
  char** values = nullptr;
  check(PetscOptionsLeftGet(nullptr, &count, &names, &values));
  std::string list;
  for (PetscInt i = 0; i < count; ++i) {
    bool later = false;
    for (const std::string_view name : asked_at_the_end)
      later = later || name == names[i];
    if (later)
      continue;
    list += list.empty() ? "-" : ", -";
    list += names[i];
    if (values[i] && *values[i])
      list += std::string(" ") + values[i];
  }
  check(PetscOptionsLeftRestore(nullptr, &count, &names, &values));
  return list;
}

} // namespace linnet
