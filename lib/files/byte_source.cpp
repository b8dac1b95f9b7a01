#include "files/byte_source.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace linnet {

namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

// Read, not mapped: a file cut short by another process while it is read must end in an error, not in SIGBUS.
class FileSource final : public ByteSource {
public:
  explicit FileSource(const std::string& file) : file_(file) {
    descriptor_ = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0)
      throw InputError(file_, "", "expected a readable file, found: " + reason(errno));
    struct stat status {};
    if (fstat(descriptor_, &status) != 0 || S_ISDIR(status.st_mode)) {
      close(descriptor_);
      throw InputError(file_, "", "expected a file, found a directory");
    }
    if (S_ISREG(status.st_mode))
      left_ = status.st_size;
    posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  ~FileSource() override { close(descriptor_); }

  std::size_t read(char* to, std::size_t size) override {
    // Linux reads at most 2^31 - 4096 bytes a call.
    constexpr std::size_t call_limit = std::size_t{1} << 30;
    ssize_t got = -1;
    do {
      got = ::read(descriptor_, to, std::min(size, call_limit));
    } while (got < 0 && errno == EINTR);
    if (got < 0)
      throw InputError(file_, "", "expected a readable file, found: " + reason(errno));
    if (left_ != unknown)
      left_ = std::max<std::int64_t>(0, left_ - got);
    return static_cast<std::size_t>(got);
  }
  std::int64_t at_most() const override { return left_; }

private:
  std::string file_;
  int descriptor_ = -1;
  std::int64_t left_ = unknown;
};

} // namespace

std::size_t MemorySource::read(char* to, std::size_t size) {
  const std::size_t got = left_.copy(to, size);
  left_.remove_prefix(got);
  return got;
}

std::size_t PeekSource::read(char* to, std::size_t size) {
  if (head_.empty())
    return from_->read(to, size);
  const std::size_t got = head_.copy(to, size);
  head_.erase(0, got);
  return got;
}

std::int64_t PeekSource::at_most() const {
  const std::int64_t behind = from_->at_most();
  return behind > unknown - static_cast<std::int64_t>(head_.size()) ? unknown
                                                                    : behind + static_cast<std::int64_t>(head_.size());
}

std::string_view PeekSource::peek(std::size_t size) {
  if (head_.size() < size) {
    const std::size_t have = head_.size();
    head_.resize(size);
    head_.resize(have + read_fully(*from_, head_.data() + have, size - have));
  }
  return std::string_view(head_).substr(0, size);
}

std::size_t read_fully(ByteSource& source, char* to, std::size_t size) {
  std::size_t have = 0;
  while (have < size) {
    const std::size_t got = source.read(to + have, size - have);
    if (got == 0)
      break;
    have += got;
  }
  return have;
}

std::unique_ptr<ByteSource> open_file(const std::string& file) {
  return std::make_unique<FileSource>(file);
}

} // namespace linnet
