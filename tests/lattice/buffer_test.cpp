// Arrays that are not cleared.
#include "base/buffer.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <random>
#include <thread>
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
  const auto copy = numbers;
  numbers.clear();
  numbers.push_back(1);
  EXPECT_EQ(copy.back(), 3);
  EXPECT_THROW(linnet::LargePages<int>().allocate(~std::size_t{0}), std::bad_array_new_length);
  EXPECT_THROW(linnet::allocate_untouched(~std::size_t{0}), std::bad_alloc);
}

// Each array is filled with a number of its own, which is all it holds when it is given back.
TEST(LargePages, AreNeverSharedByTwoArrays) {
  const auto work = [](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<Buffer<std::uint64_t>> arrays(24);
    for (std::uint64_t step = 1; step <= 600; ++step) {
      Buffer<std::uint64_t>& array = arrays[random() % arrays.size()];
      if (!array.empty()) {
        EXPECT_EQ(std::count(array.begin(), array.end(), array[0]), array.size());
      }
      array.release();
      array.resize(1 + random() % (std::size_t{1} << (6 + random() % 13))); // up to 2 MiB
      std::fill(array.begin(), array.end(), seed << 32 | step);
    }
  };
  const linnet::KeptPages kept;
  std::thread other(work, 1);
  work(2);
  other.join();
}

#ifndef __SANITIZE_ADDRESS__ // whose allocator serves all of it

bool is_mapped(void* data) {
  unsigned char resident = 0;
  const auto place = reinterpret_cast<std::uintptr_t>(data);
  return mincore(reinterpret_cast<void*>(place - place % 4096), 1, &resident) == 0;
}

TEST(LargePages, ServeWhatComesNextWhileTheyAreKept) {
  Buffer<char> first, second;
  {
    const linnet::KeptPages kept;
    first.resize(2 * linnet::large_page);
    second.resize(4 * linnet::large_page);
    char* const lower = std::min(first.data(), second.data());
    first.release();
    second.release();
    EXPECT_TRUE(is_mapped(lower));
    first.resize(6 * linnet::large_page); // of both, which followed each other
    EXPECT_EQ(first.data(), lower);
    first.release();
    linnet::give_back_freed();
    EXPECT_FALSE(is_mapped(lower));
    first.resize(linnet::large_page);
  }
  EXPECT_TRUE(is_mapped(first.data())); // still used
  char* const last = first.data();
  first.release();
  EXPECT_FALSE(is_mapped(last));
}

#endif

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
