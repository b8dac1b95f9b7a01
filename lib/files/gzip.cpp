#include "files/gzip.hpp"

#include "base/error.hpp"
#include "files/quote.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>
#include <zlib.h>

namespace linnet {

namespace {

constexpr int gzip_window = 15 + 16;         // zlib: the largest window, and gzip's header and check sums
constexpr std::int64_t largest_ratio = 1032; // of deflate: a run of 258 bytes in 2 bits

class GzipSource final : public ByteSource {
public:
  GzipSource(std::unique_ptr<ByteSource> from, const std::string& name) : from_(std::move(from)), name_(name) {
    if (inflateInit2(&stream_, gzip_window) != Z_OK)
      throw std::bad_alloc();
  }
  ~GzipSource() override { inflateEnd(&stream_); }

  std::size_t read(char* to, std::size_t size) override {
    constexpr std::size_t call_limit = std::size_t{1} << 30; // avail_out has 32 bits
    const std::size_t asked = std::min(size, call_limit);
    if (asked == 0)
      return 0;
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(asked);
    while (stream_.avail_out == asked && next_member())
      inflate_some();
    return asked - stream_.avail_out;
  }

  std::int64_t at_most() const override {
    const std::int64_t behind = from_->at_most();
    if (behind > unknown / (2 * largest_ratio))
      return unknown;
    return largest_ratio * (behind + stream_.avail_in) + static_cast<std::int64_t>(piece_.size());
  }

private:
  bool fill() {
    if (stream_.avail_in > 0)
      return true;
    const std::size_t got = from_->read(piece_.data(), piece_.size());
    filled_ += static_cast<std::int64_t>(got);
    stream_.next_in = reinterpret_cast<Bytef*>(piece_.data());
    stream_.avail_in = static_cast<uInt>(got);
    return got > 0;
  }

  // False at the end of the stream; where one member has ended and more bytes follow, they must be another.
  bool next_member() {
    if (!ended_)
      return true;
    if (!fill())
      return false;
    if (*stream_.next_in != 0x1f)
      fail("expected a gzip member or the end of the file, found " +
           quoted({reinterpret_cast<const char*>(stream_.next_in), stream_.avail_in}));
    inflateReset(&stream_);
    ended_ = false;
    return true;
  }

  void inflate_some() {
    if (!fill())
      fail("expected more of a gzip stream, found the end of the file (truncated)");
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END)
      ended_ = true;
    else if (status == Z_MEM_ERROR)
      throw std::bad_alloc();
    else if (status != Z_OK && status != Z_BUF_ERROR)
      fail(std::string("expected a gzip stream, found corrupt data (") +
           (stream_.msg != nullptr ? stream_.msg : "a preset dictionary") + ")");
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw InputError(name_, "byte " + std::to_string(filled_ - stream_.avail_in), message);
  }

  std::unique_ptr<ByteSource> from_;
  std::string name_;
  z_stream stream_{};
  bool ended_ = false;      // the last member is complete
  std::int64_t filled_ = 0; // compressed bytes taken from from_
  std::array<char, std::size_t{1} << 16> piece_{};
};

} // namespace

bool is_gzip(std::string_view head) {
  return head.substr(0, 2) == "\x1f\x8b";
}

std::unique_ptr<ByteSource> gunzip(std::unique_ptr<ByteSource> from, const std::string& name) {
  return std::make_unique<GzipSource>(std::move(from), name);
}

std::string gzip_member(std::string_view bytes) {
  constexpr std::size_t call_limit = std::size_t{1} << 30;
  if (bytes.size() > call_limit)
    throw std::length_error("a gzip member is compressed in one piece of at most 2^30 bytes");
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string member;
  member.resize(deflateBound(&stream, bytes.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(member.data());
  stream.avail_out = static_cast<uInt>(member.size());
  deflate(&stream, Z_FINISH); // cannot fail: the output has deflateBound's room
  member.resize(stream.total_out);
  deflateEnd(&stream);
  return member;
}

} // namespace linnet
