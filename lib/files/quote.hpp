#pragma once

#include <string>
#include <string_view>

namespace linnet {

/// Text of a file as an error shows it: in quotes, at most 32 bytes of it, whatever does not print as \xNN.
std::string quoted(std::string_view text);

} // namespace linnet
