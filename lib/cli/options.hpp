#pragma once

#include <string>
#include <utility>
#include <vector>

namespace linnet {

/// One PETSc option: its key with the dash, and its value (empty: a flag).
using Option = std::pair<std::string, std::string>;

/// Whether the options database has `key`.
bool option_given(const std::string& key);
/// The value of `key`, or `otherwise` where the database lacks it.
std::string option_value(const std::string& key, const std::string& otherwise);

/// Options of one solver in PETSc's database: gone, and what they hid back, at the end of the scope.
class ScopedOptions {
public:
  ScopedOptions() = default;
  ScopedOptions(const ScopedOptions&) = delete;
  ScopedOptions& operator=(const ScopedOptions&) = delete;
  ~ScopedOptions();

  void set(const Option& option);
  /// Sets those that the database lacks.
  void set_defaults(const std::vector<Option>& options);
  /// Keys among `options` that PETSc has not asked for.
  static std::vector<std::string> unused(const std::vector<Option>& options);

private:
  struct Hidden {
    std::string key, value;
    bool was_given = false;
  };
  std::vector<Hidden> hidden;
};

/// The options in PETSc's database that nothing asked for, as "-name value, -name": empty where there are none.
std::string unused_options();

} // namespace linnet
