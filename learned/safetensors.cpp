#include "learned/safetensors.hpp"

#include "base/error.hpp"

#include <nlohmann/json.hpp>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>

namespace linnet::learned {

static_assert(std::endian::native == std::endian::little, "tensors are copied as they lie in the file");

namespace {

using Json = nlohmann::json;

constexpr std::size_t most_header = std::size_t{1} << 20, most_bytes = std::size_t{1} << 30, most_tensors = 4096;
constexpr std::size_t prefix = 8, digits = 8;
constexpr std::int64_t most_values = most_bytes / sizeof(float);
constexpr const char* checksum_key = "linnet.checksum";
constexpr std::string_view checksum_text = "\"linnet.checksum\":\"crc32:";

[[noreturn]] void refuse(const std::string& file, const std::string& message) {
  throw InputError(file, "", message);
}

// A name as an error shows it.
std::string shown(const std::string& name) {
  std::string text;
  for (const char c : name.substr(0, 40))
    text += c >= ' ' && c <= '~' ? c : '?';
  return "'" + text + "'";
}

// CRC-32 of the file with the digits at `at` taken as 0.
std::string checksum(std::string_view bytes, std::size_t at) {
  const std::string zeros(digits, '0');
  uLong crc = crc32_z(0, nullptr, 0);
  const auto take = [&](std::string_view part) {
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(part.data()), part.size());
  };
  take(bytes.substr(0, at));
  take(zeros);
  take(bytes.substr(at + digits));
  std::array<char, digits + 1> text{};
  (void)std::snprintf(text.data(), text.size(), "%08lx", crc);
  return text.data();
}

// Where the digits of the checksum lie.
std::size_t checksum_place(std::string_view header, const std::string& file) {
  const std::size_t found = header.find(checksum_text);
  if (found == std::string_view::npos || header.find(checksum_text, found + 1) != std::string_view::npos ||
      header.size() - found < checksum_text.size() + digits)
    refuse(file, std::string("expected one ") + checksum_key + " of the form crc32:xxxxxxxx in the metadata");
  return prefix + found + checksum_text.size();
}

Json parse_header(std::string_view text, const std::string& file) {
  std::vector<std::set<std::string>> keys;
  std::string twice;
  const auto watch = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start)
      keys.emplace_back();
    else if (event == Json::parse_event_t::object_end)
      keys.pop_back();
    else if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
      twice = value.get<std::string>();
    return true;
  };
  Json header = Json::parse(text, watch, false);
  if (header.is_discarded() || !header.is_object())
    refuse(file, "the header is not a JSON object");
  if (!twice.empty())
    refuse(file, "the header gives " + shown(twice) + " twice");
  return header;
}

struct Extent {
  std::size_t begin, end;
  std::string name;
};

// The product of the shape, or a refusal.
std::int64_t value_count(const std::vector<std::int64_t>& shape, const std::string& name, const std::string& file) {
  std::int64_t count = 1;
  if (shape.empty() || shape.size() > 5)
    refuse(file, "tensor " + shown(name) + ": expected 1 to 5 axes, found " + std::to_string(shape.size()));
  for (const std::int64_t n : shape) {
    if (n < 1 || n > most_values / count)
      refuse(file, "tensor " + shown(name) + ": a shape of no size, or of more than 1 GiB");
    count *= n;
  }
  return count;
}

void require_finite(const Tensor& tensor, const std::string& name, const std::string& file) {
  for (const float v : tensor.values)
    if (!std::isfinite(v))
      refuse(file, "tensor " + shown(name) + " holds a number that is not finite");
}

Extent parse_tensor(const Json& entry, const std::string& name, std::string_view data, const std::string& file,
                    Tensor* tensor) {
  const std::string what = "tensor " + shown(name) + ": ";
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
      !entry.contains("data_offsets"))
    refuse(file, what + "expected dtype, shape and data_offsets");
  if (entry["dtype"] != "F32")
    refuse(file, what + "expected the type F32");
  const auto whole_numbers = [&](const char* key) {
    const Json& list = entry[key];
    std::vector<std::int64_t> values;
    if (!list.is_array() || list.size() > 5)
      refuse(file, what + key + " is not a short list");
    for (const Json& v : list) {
      if (!v.is_number_unsigned() || v.get<std::uint64_t>() > std::uint64_t{most_bytes})
        refuse(file, what + key + " holds something else than whole numbers up to 2^30");
      values.push_back(v.get<std::int64_t>());
    }
    return values;
  };
  tensor->shape = whole_numbers("shape");
  const std::vector<std::int64_t> offsets = whole_numbers("data_offsets");
  const std::int64_t bytes = value_count(tensor->shape, name, file) * std::int64_t{sizeof(float)};
  if (offsets.size() != 2 || offsets[1] - offsets[0] != bytes || static_cast<std::size_t>(offsets[1]) > data.size())
    refuse(file, what + "expected offsets " + std::to_string(bytes) + " bytes apart inside the data of " +
                     std::to_string(data.size()) + " bytes");
  const auto begin = static_cast<std::size_t>(offsets[0]);
  tensor->values.resize(static_cast<std::size_t>(bytes) / sizeof(float));
  std::memcpy(tensor->values.data(), data.data() + begin, static_cast<std::size_t>(bytes));
  require_finite(*tensor, name, file);
  return {begin, static_cast<std::size_t>(offsets[1]), name};
}

Metadata parse_metadata(const Json& entries, const std::string& file) {
  Metadata metadata;
  if (!entries.is_object())
    refuse(file, "__metadata__ is not an object");
  for (const auto& [key, value] : entries.items()) {
    if (!value.is_string())
      refuse(file, "metadata " + shown(key) + ": expected a string");
    if (key != checksum_key)
      metadata[key] = value.get<std::string>();
  }
  return metadata;
}

} // namespace

SafetensorsFile parse_safetensors(std::string_view bytes, const std::string& file) {
  std::uint64_t length = 0;
  if (bytes.size() < prefix)
    refuse(file,
           "expected the 8-byte length of a safetensors header, found " + std::to_string(bytes.size()) + " bytes");
  std::memcpy(&length, bytes.data(), prefix);
  if (length < 2 || length > most_header || length > bytes.size() - prefix)
    refuse(file, "expected a header of 2 bytes to 1 MiB inside the file of " + std::to_string(bytes.size()) +
                     " bytes, found a length of " + std::to_string(length));
  const std::string_view text = bytes.substr(prefix, length), data = bytes.substr(prefix + length);
  if (text.front() != '{')
    refuse(file, "the header does not begin with '{'");
  const std::size_t place = checksum_place(text, file);
  if (const std::string expected = checksum(bytes, place); bytes.substr(place, digits) != expected)
    refuse(file, "the checksum is wrong: the file was changed or damaged (expected crc32:" + expected + ")");
  const Json header = parse_header(text, file);
  if (header.size() > most_tensors + 1)
    refuse(file, "more than " + std::to_string(most_tensors) + " tensors");
  SafetensorsFile contents;
  std::vector<Extent> extents;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__")
      contents.metadata = parse_metadata(entry, file);
    else
      extents.push_back(parse_tensor(entry, name, data, file, &contents.tensors[name]));
  }
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  std::size_t covered = 0;
  for (const Extent& extent : extents) {
    if (extent.begin != covered)
      refuse(file, "tensor " + shown(extent.name) + " begins at byte " + std::to_string(extent.begin) +
                       " of the data, expected " + std::to_string(covered));
    covered = extent.end;
  }
  if (covered != data.size())
    refuse(file, std::to_string(data.size() - covered) + " bytes of data belong to no tensor");
  return contents;
}

SafetensorsFile read_safetensors(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in)
    refuse(file, "cannot open the model file");
  const std::streamoff size = in.tellg();
  if (size < 0 || static_cast<std::uint64_t>(size) > most_bytes)
    refuse(file, "expected a model file of at most 1 GiB");
  std::string bytes(static_cast<std::size_t>(size), '\0');
  in.seekg(0);
  if (!in.read(bytes.data(), size))
    refuse(file, "cannot read the model file");
  return parse_safetensors(bytes, file);
}

std::string format_safetensors(const SafetensorsFile& contents) {
  const std::string file = "model";
  nlohmann::ordered_json header;
  nlohmann::ordered_json& metadata = header["__metadata__"];
  metadata[checksum_key] = "crc32:" + std::string(digits, '0');
  for (const auto& [key, value] : contents.metadata)
    metadata[key] = value;
  std::string data;
  for (const auto& [name, tensor] : contents.tensors) {
    const std::int64_t count = value_count(tensor.shape, name, file);
    if (static_cast<std::size_t>(count) != tensor.values.size())
      refuse(file, "tensor " + shown(name) + ": its shape and its values differ in number");
    require_finite(tensor, name, file);
    const std::size_t begin = data.size(), bytes = tensor.values.size() * sizeof(float);
    data.append(reinterpret_cast<const char*>(tensor.values.data()), bytes);
    header[name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, begin + bytes}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  std::string bytes(prefix, '\0');
  std::memcpy(bytes.data(), &length, prefix);
  bytes += text + data;
  const std::size_t place = checksum_place(text, file);
  bytes.replace(place, digits, checksum(bytes, place));
  return bytes;
}

void write_safetensors(const SafetensorsFile& contents, const std::string& file) {
  const std::string bytes = format_safetensors(contents);
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush())
    refuse(file, "cannot write the model file");
}

} // namespace linnet::learned
