#pragma once

#include "files/byte_source.hpp"

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace linnet {

/// A fault in a text, by its line (1-based) within the block of lines that is being parsed.
struct LineError : std::runtime_error {
  LineError(std::int64_t line_, const std::string& message) : std::runtime_error(message), line(line_) {}
  std::int64_t line;
};

/// Whole lines of a text: [begin, end). A '\n' stands at *end for the parser to stop at, whether or not the last line
/// of the text ends in one.
struct LineBlock {
  const char* begin = nullptr;
  const char* end = nullptr;
  std::unique_ptr<char[]> storage;
  std::size_t capacity = 0;
};

/// Cuts a text at line ends into blocks that are parsed independently of each other.
class LineBlocks {
public:
  static constexpr std::size_t block_bytes = std::size_t{1} << 20; ///< of a block, so of a line too

  explicit LineBlocks(ByteSource& source) : source_(source), size_(source.at_most()) {}

  /// Fills `block` with the next lines, reusing its storage; false at the end of the text. Throws LineError (line 1 of
  /// this block) for a line longer than a block.
  bool next(LineBlock& block);

  /// Puts back a block of which only [begin, end) is still to be read: next() returns it again.
  void put_back(LineBlock&& block) { returned_ = std::move(block); }

  std::int64_t bytes_read() const { return bytes_read_; }

  /// An upper bound on the blocks that are still to come.
  std::int64_t blocks_at_most() const;

  /// The part of the text that has been handed out, 0 where its size is not known.
  double fraction() const;

private:
  ByteSource& source_;
  LineBlock returned_;
  std::string carry_; // the beginning of a line that goes on in the next block
  std::int64_t size_;
  std::int64_t bytes_read_ = 0;
};

} // namespace linnet
