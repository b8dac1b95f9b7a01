#include "learned/train/archive.hpp"

#include "base/error.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>
#include <zlib.h>

namespace linnet::learned {

namespace {

// Then the CRC-32 of the state as eight digits, a line feed, and the state.
constexpr std::string_view magic = "linnet.checkpoint/2\n";
constexpr std::size_t digits = 8;

std::string checksum(std::string_view state) {
  const uLong crc = crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(state.data()), state.size());
  std::array<char, digits + 1> text = {};
  (void)std::snprintf(text.data(), text.size(), "%08lx", crc);
  return text.data();
}

} // namespace

void write_checkpoint(const std::string& file, const std::string& state) {
  const std::string unfinished = file + ".part";
  std::FILE* const out = std::fopen(unfinished.c_str(), "wb");
  if (!out)
    throw InputError(file, "", "cannot write the checkpoint");
  const std::string head = std::string(magic) + checksum(state) + "\n";
  bool written = std::fwrite(head.data(), 1, head.size(), out) == head.size() &&
                 std::fwrite(state.data(), 1, state.size(), out) == state.size() && std::fflush(out) == 0 &&
                 fsync(fileno(out)) == 0;
  written = std::fclose(out) == 0 && written;
  std::error_code failed;
  if (written)
    std::filesystem::rename(unfinished, file, failed);
  if (!written || failed) {
    std::error_code ignored;
    std::filesystem::remove(unfinished, ignored);
    throw InputError(file, "", "cannot write the checkpoint");
  }
}

std::string read_checkpoint(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw InputError(file, "", "cannot open the checkpoint");
  std::ostringstream all;
  all << in.rdbuf();
  const std::string bytes = all.str();
  const std::size_t head = magic.size() + digits + 1;
  if (!bytes.starts_with(magic) || bytes.size() < head)
    throw InputError(file, "",
                     "no checkpoint of this version of linnet train (expected to begin with 'linnet.checkpoint/2')");
  std::string state = bytes.substr(head);
  if (const std::string expected = checksum(state); bytes.compare(magic.size(), digits + 1, expected + "\n") != 0)
    throw InputError(file, "", "the checksum is wrong: the checkpoint was changed or damaged");
  return state;
}

} // namespace linnet::learned
