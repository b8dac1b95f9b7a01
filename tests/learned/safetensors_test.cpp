// Model files: what is written is read, anything else is refused in one line.
#include "base/error.hpp"
#include "learned/safetensors.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

namespace {

using namespace linnet;
using namespace linnet::learned;

SafetensorsFile sample() {
  return {{{"format", "a"}, {"seed", "7"}},
          {{"w", {{2, 3}, {1, -2, 3.5F, 0, 1e-30F, -7}}}, {"b", {{2}, {0.25F, 8}}}, {"one", {{1, 1, 1, 1, 1}, {4}}}}};
}

// Bytes with a given header, for which the checksum is not made right.
std::string with_header(const std::string& header, const std::string& data = "") {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

std::string refusal_of_bytes(const std::string& bytes) {
  try {
    parse_safetensors(bytes, "m.safetensors");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Safetensors, ReadsWhatWasWritten) {
  const SafetensorsFile contents = sample();
  const SafetensorsFile read = parse_safetensors(format_safetensors(contents), "m");
  EXPECT_EQ(read.metadata, contents.metadata);
  EXPECT_EQ(read.tensors, contents.tensors);
}

TEST(Safetensors, LiesAsTheFormatSays) {
  const std::string bytes = format_safetensors({{}, {{"x", {{2}, {1, 2}}}}});
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  EXPECT_EQ(bytes.size(), 8 + length + 8);
  const std::string header = bytes.substr(8, length);
  EXPECT_NE(header.find(R"("x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})"), std::string::npos) << header;
  float values[2];
  std::memcpy(values, bytes.data() + 8 + length, 8);
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(values[1], 2);
}

// Header, length and data alike: CRC-32 sees each single byte.
TEST(Safetensors, RefusesEveryFileWithOneByteChanged) {
  const std::string good = format_safetensors(sample());
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const int flip : {0x01, 0x20, 0x80, 0xff}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ flip);
      const std::string message = refusal_of_bytes(bad);
      ASSERT_TRUE(message.starts_with("m.safetensors: ")) << "byte " << at << ", flip " << flip;
      ASSERT_EQ(message.find('\n'), std::string::npos);
    }
}

TEST(Safetensors, RefusesEveryFileCutShort) {
  const std::string good = format_safetensors(sample());
  for (std::size_t length = 0; length < good.size(); ++length)
    ASSERT_NE(refusal_of_bytes(good.substr(0, length)), "") << length;
}

TEST(Safetensors, RefusesToWriteWhatItWouldNotRead) {
  EXPECT_THROW(format_safetensors({{}, {{"x", {{3}, {1, 2}}}}}), InputError);
  EXPECT_THROW(format_safetensors({{}, {{"x", {{}, {1}}}}}), InputError);
  EXPECT_THROW(format_safetensors({{}, {{"x", {{1}, {std::numeric_limits<float>::quiet_NaN()}}}}}), InputError);
}

TEST(Safetensors, SaysWhatIsWrongWithAHeader) {
  EXPECT_NE(refusal_of_bytes("abc").find("8-byte length"), std::string::npos);
  EXPECT_NE(refusal_of_bytes(std::string(16, '\xff')).find("found a length of 18446744073709551615"),
            std::string::npos);
  EXPECT_NE(refusal_of_bytes(with_header("{}")).find("linnet.checksum"), std::string::npos);
  EXPECT_NE(refusal_of_bytes(with_header("[1]")).find("begin with '{'"), std::string::npos);
}

// Faults of content, under a checksum that is right: a good header with one part of it replaced by one as long.
std::string refusal_with(const std::string& part, const std::string& other) {
  EXPECT_EQ(part.size(), other.size());
  std::string bytes = format_safetensors(sample());
  const std::size_t at = bytes.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  bytes.replace(at, part.size(), other);
  const std::string message = refusal_of_bytes(bytes); // tells the right checksum
  const std::size_t told = message.find("expected crc32:"), place = bytes.find("crc32:");
  EXPECT_NE(told, std::string::npos) << message;
  bytes.replace(place + 6, 8, message.substr(told + 15, 8));
  return refusal_of_bytes(bytes);
}

TEST(Safetensors, RefusesTensorsThatDoNotAddUp) {
  EXPECT_NE(refusal_with("\"shape\":[2,3]", "\"shape\":[2,4]").find("expected offsets 32 bytes apart"),
            std::string::npos);
  EXPECT_NE(refusal_with("\"shape\":[2,3]", "\"shape\":[0,3]").find("no size"), std::string::npos);
  EXPECT_NE(refusal_with("[8,12]", "[0,04]"), "");
  EXPECT_NE(refusal_with("\"data_offsets\":[8,12]", "\"data_offsets\":[4,8] ").find("begins at byte"),
            std::string::npos);
  EXPECT_NE(refusal_with("F32", "F16").find("F32"), std::string::npos);
  EXPECT_NE(refusal_with("\"w\"", "\"b\"").find("twice"), std::string::npos);
  EXPECT_NE(refusal_with("\"seed\":\"7\"", "\"seed\":777").find("string"), std::string::npos);
}

} // namespace
