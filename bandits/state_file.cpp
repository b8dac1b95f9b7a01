#include "bandits/state_file.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include <zlib.h>

namespace linnet::bandits {

namespace {

constexpr const char* format = "linnet.bandit";
constexpr int version = 5;
constexpr std::string_view before_state = ",\"state\":";
constexpr std::uintmax_t largest = std::uintmax_t(256) << 20;

std::string checksum(const std::string& text) {
  std::array<char, 16> hex{};
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size());
  (void)std::snprintf(hex.data(), hex.size(), "%08lx", static_cast<unsigned long>(crc));
  return hex.data();
}

} // namespace

std::string wrap_state(const nlohmann::json& state) {
  const std::string body = state.dump();
  nlohmann::ordered_json head;
  head["format"] = format;
  head["version"] = version;
  head["crc32"] = checksum(body);
  std::string text = head.dump();
  text.pop_back();
  return text.append(before_state).append(body) + "}\n";
}

nlohmann::json unwrap_state(const std::string& text) {
  nlohmann::json whole;
  try {
    whole = nlohmann::json::parse(text);
    if (!whole.is_object() || whole.value("format", "") != format || text.find(before_state) == std::string::npos)
      throw std::invalid_argument("expected a bandit's state, \"format\":\"linnet.bandit\"");
    if (whole.at("version") != version)
      throw std::invalid_argument("expected version " + std::to_string(version) + ", found " +
                                  whole.at("version").dump());
    nlohmann::json state = whole.at("state");
    const auto begin = text.find(before_state) + before_state.size(), end = text.rfind('}');
    if (const std::string sum = checksum(text.substr(begin, end - begin)); whole.at("crc32") != sum)
      throw std::invalid_argument("damaged: expected the checksum " + sum + ", found " + whole.at("crc32").dump());
    return state;
  } catch (const nlohmann::json::exception& error) {
    throw std::invalid_argument(std::string("damaged: ") + error.what());
  }
}

std::string read_state_text(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    return "";
  if (!std::filesystem::is_regular_file(file, error))
    throw std::invalid_argument(file + ": expected a file of a bandit's state");
  if (std::filesystem::file_size(file, error) > largest || error)
    throw std::invalid_argument(file + ": expected a file of at most 256 MiB");
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || in.bad())
    throw std::invalid_argument(file + ": cannot read it");
  return text.str().empty() ? " " : text.str();
}

void write_state_text(const std::string& file, const std::string& text) {
  const std::string part = file + ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  std::error_code error;
  if (out)
    std::filesystem::rename(part, file, error);
  if (!out || error) {
    const std::string why = error ? error.message() : std::strerror(errno);
    std::filesystem::remove(part, error);
    throw std::invalid_argument(file + ": cannot write it: " + why);
  }
}

} // namespace linnet::bandits
