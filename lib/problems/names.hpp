#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace linnet {

/// The place of `name` among the known ones; throws InputError "WHAT: expected one of ..., found 'NAME'".
std::size_t find_name(std::span<const char* const> known, const std::string& name, const char* what);

} // namespace linnet
