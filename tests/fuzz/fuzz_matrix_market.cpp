// libFuzzer target: Matrix Market texts. What does not begin as one is left to the other target.
#include "fuzz/properties.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.find_first_of('%') == std::string_view::npos)
    return -1; // not kept in the corpus
  linnet::fuzz::check(bytes);
  return 0;
}
