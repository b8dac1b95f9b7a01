// Memory is bounded by what a file holds, not by what its header claims.
#include "files/support.hpp"

#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

std::atomic<std::int64_t> live = 0;
std::atomic<std::int64_t> peak = 0;

void* count(void* memory) {
  if (memory == nullptr)
    throw std::bad_alloc();
  const std::int64_t now = live += static_cast<std::int64_t>(malloc_usable_size(memory));
  for (std::int64_t most = peak; now > most && !peak.compare_exchange_weak(most, now);)
    ;
  return memory;
}

} // namespace

// Not inlined: gcc would see free() where it expects operator delete.
[[gnu::noinline]] void* operator new(std::size_t size) {
  return count(std::malloc(size == 0 ? 1 : size));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  live -= static_cast<std::int64_t>(malloc_usable_size(memory));
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

namespace linnet::test {

constexpr std::int64_t megabyte = 1 << 20;

// The most that `work` holds at once beyond what there was before.
template <class Work>
std::int64_t peak_bytes(Work work) {
  const std::int64_t before = live;
  peak = before;
  work();
  return peak - before;
}

TEST(MatrixMarketReader, AllocatesNothingForEntriesThatAreOnlyClaimed) {
  for (const std::string header : {"%%MatrixMarket matrix coordinate real general\n2000000000 2000000000 1000000000\n",
                                   "%%MatrixMarket matrix coordinate real general\n2000000000 2000000000 0\n",
                                   "%%MatrixMarket matrix coordinate real symmetric\n9 9 9223372036854775807\n",
                                   "%%MatrixMarket matrix array real general\n2147483647 2147483647\n"}) {
    for (const std::string& text : {header, gzip_member(header)})
      EXPECT_LT(peak_bytes([&] { EXPECT_NE(matrix_refusal(text), "accepted"); }), 2 * megabyte) << header;
  }
  EXPECT_LT(peak_bytes([&] {
              EXPECT_NE(vector_refusal("%%MatrixMarket vector coordinate real general\n2000000000 1\n1 1\n"),
                        "accepted");
            }),
            2 * megabyte);
}

TEST(PetscBinaryReader, AllocatesNothingForEntriesThatAreOnlyClaimed) {
  using namespace std::string_literals;
  const std::string matrix = "\x00\x12\x7b\x50\x00\x00\x00\x01\x7f\xff\xff\xff\x7f\xff\xff\xff\x7f\xff\xff\xff"s;
  const std::string dense = "\x00\x12\x7b\x50\x7f\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff"s;
  const std::string no_columns = "\x00\x12\x7b\x50\x7f\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff"s;
  for (const std::string& bytes : {matrix, dense, no_columns})
    for (const std::string& file : {bytes, gzip_member(bytes)})
      EXPECT_LT(peak_bytes([&] { EXPECT_NE(matrix_refusal(file), "accepted"); }), 24 * megabyte);
}

TEST(ReadMatrix, HoldsLittleOfAGzipStreamThatDecompressesToMuch) {
  std::string packed = gzip_member("%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n");
  const std::string blank = gzip_member(std::string(static_cast<std::size_t>(megabyte), '\n'));
  for (int i = 0; i < 100; ++i)
    packed += blank;
  ASSERT_LT(packed.size(), static_cast<std::size_t>(megabyte));
  EXPECT_LT(peak_bytes([&] {
              EXPECT_EQ(matrix_refusal(packed, with_threads(2)),
                        "A.mtx:104857603: expected 2 entries, found the end of the file after 1");
            }),
            16 * megabyte);
}

TEST(ReadMatrix, HoldsAFewTimesTheBytesOfTheFile) {
  std::string text = "%%MatrixMarket matrix coordinate pattern symmetric\n1000 1000 2000000\n";
  for (int i = 0; i < 2000000; ++i) // the densest text there is: 4 bytes an entry
    text += "9 1\n";
  ReadOptions options = with_threads(2);
  options.pattern_as_ones = true;
  // Each entry: 16 bytes as parsed, 2 * 12 expanded, 16 while its row is sorted; two rows here, each in two copies.
  EXPECT_LT(peak_bytes([&] { matrix_of(text, options); }), 25 * static_cast<std::int64_t>(text.size()));
}

} // namespace linnet::test
