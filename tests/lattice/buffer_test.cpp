// Arrays that are not cleared.
#include "base/buffer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

using linnet::Buffer;

namespace {

TEST(Buffer, LeavesNothingBehindWhereItMoves) {
  Buffer<int> one;
  one.resize(1000);
  std::iota(one.begin(), one.end(), 0);
  Buffer<int> two = std::move(one);
  EXPECT_EQ(two.size(), 1000);
  EXPECT_EQ(two[999], 999);
  one.resize(10); // NOLINT(bugprone-use-after-move): empty, and ready for use
  one[9] = 7;
  two = std::move(one);
  EXPECT_EQ(two.size(), 10);
  EXPECT_EQ(two[9], 7);
}

TEST(Buffer, BeginsAtACacheLine) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{100}, linnet::large_page / 2, linnet::large_page + 1}) {
    Buffer<char> buffer;
    buffer.resize(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64, 0);
  }
}

TEST(LargePages, HoldContainersOfTheStandardLibrary) {
  std::vector<int, linnet::LargePages<int>> numbers(linnet::large_page, 3);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(numbers.data()) % linnet::large_page, 0);
  const auto copy = numbers;
  numbers.clear();
  numbers.push_back(1);
  EXPECT_EQ(copy.back(), 3);
  EXPECT_THROW(linnet::LargePages<int>().allocate(~std::size_t{0}), std::bad_array_new_length);
}

TEST(Buffer, UsesMemoryThatIsLentUpToItsEnd) {
  std::array<int, 8> room{};
  Buffer<int> buffer;
  buffer.lend(room.data(), room.size());
  EXPECT_TRUE(buffer.empty());
  buffer.resize(8);
  EXPECT_EQ(buffer.data(), room.data());
  buffer.resize(9); // of its own
  EXPECT_NE(buffer.data(), room.data());
  buffer.lend(room.data(), room.size());
  buffer.resize(3);
  EXPECT_EQ(buffer.data(), room.data());
  buffer.release();
  EXPECT_EQ(buffer.data(), nullptr);
}

} // namespace
