#pragma once

#include <string>

namespace linnet {

/// Whether `file` names a shipped model or holds one by its first bytes.
bool is_model(const std::string& file);
/// What a model is made of and where it comes from, as text or as one JSON object. Throws InputError.
std::string model_report(const std::string& file, bool json);

} // namespace linnet
