#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace linnet {

/// Bytes that can be read once, front to back: a file, a gzip stream, or memory.
class ByteSource {
public:
  static constexpr std::int64_t unknown = std::numeric_limits<std::int64_t>::max();

  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  /// Reads up to `size` bytes; fewer only where the source ends or pauses, 0 only at its end (for size > 0).
  virtual std::size_t read(char* to, std::size_t size) = 0;

  /// An upper bound on the bytes that are left; `unknown` where nothing is known (a pipe).
  virtual std::int64_t at_most() const = 0;
};

/// Bytes in memory, which must outlive the source.
class MemorySource final : public ByteSource {
public:
  explicit MemorySource(std::string_view bytes) : left_(bytes) {}
  std::size_t read(char* to, std::size_t size) override;
  std::int64_t at_most() const override { return static_cast<std::int64_t>(left_.size()); }

private:
  std::string_view left_;
};

/// A source whose first bytes can be looked at before they are read.
class PeekSource final : public ByteSource {
public:
  explicit PeekSource(std::unique_ptr<ByteSource> from) : from_(std::move(from)) {}
  std::size_t read(char* to, std::size_t size) override;
  std::int64_t at_most() const override;

  /// The next `size` bytes, fewer where the source ends before. Valid until the next call.
  std::string_view peek(std::size_t size);

private:
  std::unique_ptr<ByteSource> from_;
  std::string head_;
};

/// Reads until `size` bytes are there or the source ends; returns how many there are.
std::size_t read_fully(ByteSource& source, char* to, std::size_t size);

/// A file by name (a pipe too). Throws InputError where it is missing, unreadable or a directory.
std::unique_ptr<ByteSource> open_file(const std::string& file);

} // namespace linnet
