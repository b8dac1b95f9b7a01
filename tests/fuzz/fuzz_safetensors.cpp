// libFuzzer target: model files. Bytes are refused in one line that names the file, or are read and then written and
// read again as they were. The checksum is made right first: no fuzzer guesses it.
#include "base/error.hpp"
#include "learned/architecture.hpp"
#include "learned/model.hpp"
#include "learned/safetensors.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void require(bool holds, const char* property) {
  if (holds)
    return;
  std::fprintf(stderr, "violated: %s\n", property);
  std::abort();
}

// Calls use(), true if it did not refuse.
template <class Use>
bool accepted(Use use, std::string* message) {
  try {
    use();
    return true;
  } catch (const linnet::InputError& error) {
    *message = error.what();
    require(message->starts_with("input"), "an error begins with the file's name");
    require(message->find_first_of("\n\r") == std::string::npos, "an error is one line");
    return false;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace linnet::learned;
  std::string bytes(reinterpret_cast<const char*>(data), size), message;
  const auto read = [&](SafetensorsFile* contents) {
    return accepted([&] { *contents = parse_safetensors(bytes, "input"); }, &message);
  };
  SafetensorsFile contents;
  bool good = read(&contents);
  const std::size_t told = message.find("expected crc32:"), place = bytes.find("crc32:");
  if (!good && told != std::string::npos && place != std::string::npos && place + 14 <= bytes.size()) {
    bytes.replace(place + 6, 8, message.substr(told + 15, 8));
    good = read(&contents);
  }
  if (!good)
    return 0;
  const SafetensorsFile again = parse_safetensors(format_safetensors(contents), "input");
  require(again.metadata == contents.metadata && again.tensors == contents.tensors, "written and read again");
  accepted([&] { (void)model_from(contents, "input"); }, &message);
  return 0;
}
