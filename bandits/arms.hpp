#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace linnet::bandits {

/// One numeric option and the values that it may take.
struct Axis {
  std::string option; ///< without dash and "pc_": sor_omega, gamg_threshold
  std::vector<double> values;
};

/// A preconditioner as a whole: its type and options of its own.
struct OptionSet {
  std::string label; ///< as the user wrote it
  std::string type;
  std::vector<std::pair<std::string, std::string>> options; ///< -pc_... and value; "" where it takes none
};

/// What a bandit may choose from: the product of some axes, or whole option sets.
struct Arms {
  std::string text; ///< what it was parsed from
  std::string type; ///< of the preconditioner that the axes' options belong to; empty for option sets
  std::vector<Axis> axes;
  std::vector<OptionSet> sets;

  std::size_t size() const;
  /// sor_omega alone: omega may be played between the values too.
  bool is_relaxation() const { return axes.size() == 1 && axes[0].option == "sor_omega"; }
  /// Value of each axis for arm k; the first axis varies slowest.
  std::vector<double> values(std::size_t arm) const;
  /// "sor_omega=1.5", "sor_omega=1.5 sor_its=2", "hypre -pc_hypre_..."
  std::string label(std::size_t arm) const;
};

inline constexpr std::size_t most_arms = 1000;
inline constexpr const char* default_arms = "sor_omega=1:1.99:20";

/// AXIS [x AXIS ...] with AXIS = NAME=VALUE,VALUE,... or NAME=FROM:TO:COUNT (evenly spaced; sor_omega evenly in
/// ln(2 - omega)), or SET; SET; ... with SET = TYPE[:VALUE] [-pc_option value ...], options in brackets or not, VALUE
/// that of sor's omega, icc's or ilu's levels. std::invalid_argument with what was expected and found.
Arms parse_arms(const std::string& text);

} // namespace linnet::bandits
