#include "files/quote.hpp"

namespace linnet {

std::string quoted(std::string_view text) {
  constexpr std::size_t shown = 32;
  constexpr std::string_view hex = "0123456789abcdef";
  std::string line = "\"";
  for (const char c : text.substr(0, shown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte >= 0x20 && byte < 0x7f) {
      line += c;
    } else {
      line += "\\x";
      line += hex[byte >> 4U];
      line += hex[byte & 0xfU];
    }
  }
  return line + (text.size() > shown ? "...\"" : "\"");
}

} // namespace linnet
