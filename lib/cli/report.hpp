#pragma once

#include "cli/solver_run.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace linnet {

/// The object of --json for one solve; numbers that are not finite become null when it is written.
nlohmann::ordered_json to_json(const System& system, const Outcome& outcome);

/// One line for a person: `object` as text with a line break.
std::string json_text(const nlohmann::ordered_json& object);

/// A solve for a person: aligned lines.
std::string summary(const System& system, const Outcome& outcome);

/// Solves of one system for a person: an aligned table, a line each.
std::string table(const System& system, const std::vector<Outcome>& outcomes);

} // namespace linnet
