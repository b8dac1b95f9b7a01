#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace linnet::bandits {

/// A state file's text: {"format": "linnet.bandit", "version": 3, "crc32": "...", "state": STATE}; the checksum is of
/// STATE as it is written without blanks.
std::string wrap_state(const nlohmann::json& state);

/// The state in such a text. std::invalid_argument with one line where it is no such text, of another version, or
/// damaged.
nlohmann::json unwrap_state(const std::string& text);

/// All of the file. Empty where there is no such file; std::invalid_argument where it cannot be read or is larger than
/// 256 MiB.
std::string read_state_text(const std::string& file);

/// Puts the text in the file's place at once, through FILE.part. std::invalid_argument where it cannot.
void write_state_text(const std::string& file, const std::string& text);

} // namespace linnet::bandits
