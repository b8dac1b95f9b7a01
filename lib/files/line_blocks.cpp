#include "files/line_blocks.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace linnet {

bool LineBlocks::next(LineBlock& block) {
  if (returned_.begin != returned_.end) {
    block = std::exchange(returned_, {});
    return true;
  }
  // One byte more than the source says is left, so that a short read shows its end.
  const auto left = static_cast<std::uint64_t>(source_.at_most());
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block_bytes, carry_.size() + left + 1));
  if (block.capacity < wanted) {
    block.storage = std::make_unique_for_overwrite<char[]>(wanted + 1); // and the '\n' at *end
    block.capacity = wanted;
  }
  char* text = block.storage.get();
  carry_.copy(text, carry_.size());
  const std::size_t got = read_fully(source_, text + carry_.size(), wanted - carry_.size());
  bytes_read_ += static_cast<std::int64_t>(got);
  std::size_t size = carry_.size() + got;
  carry_.clear();
  if (size == 0)
    return false;
  if (size == wanted) { // there may be more
    const std::size_t last = std::string_view(text, size).rfind('\n');
    if (last == std::string_view::npos && size == block_bytes)
      throw LineError(1, "expected a line of at most " + std::to_string(block_bytes) + " bytes, found a longer one");
    if (last != std::string_view::npos) {
      carry_.assign(text + last + 1, size - last - 1);
      size = last + 1;
    }
  }
  text[size] = '\n';
  block.begin = text;
  block.end = text + size;
  return true;
}

std::int64_t LineBlocks::blocks_at_most() const {
  return 1 + source_.at_most() / static_cast<std::int64_t>(block_bytes) + (returned_.begin != returned_.end ? 1 : 0);
}

double LineBlocks::fraction() const {
  if (size_ == ByteSource::unknown || size_ == 0)
    return 0.0;
  return 1.0 - static_cast<double>(source_.at_most()) / static_cast<double>(size_);
}

} // namespace linnet
