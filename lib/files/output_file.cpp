#include "files/output_file.hpp"

#include "files/gzip.hpp"
#include "files/threads.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace linnet {

OutputFile::OutputFile(const std::string& file) : file_(file), target_(file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (std::filesystem::exists(status)) {
    target_ = std::filesystem::canonical(file, error).string();
    if (error)
      fail(error.value());
    if (!std::filesystem::is_regular_file(status)) {
      descriptor_ = open(target_.c_str(), O_WRONLY | O_CLOEXEC);
      if (descriptor_ < 0)
        fail(errno);
      return;
    }
    if (access(target_.c_str(), W_OK) != 0) // a rename would replace a file that may not be written
      fail(errno);
  }
  constexpr int attempts = 100;
  for (int attempt = 0; descriptor_ < 0 && attempt < attempts; ++attempt) {
    temporary_ = target_ + "." + std::to_string(getpid()) + "-" + std::to_string(attempt) + ".tmp";
    descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno != EEXIST)
      break;
  }
  if (descriptor_ < 0) {
    temporary_.clear();
    fail(errno);
  }
  struct stat old {};
  if (std::filesystem::exists(status) && stat(target_.c_str(), &old) == 0)
    fchmod(descriptor_, old.st_mode & 0777U);
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0)
    close(descriptor_);
  if (!temporary_.empty())
    unlink(temporary_.c_str());
}

void OutputFile::fail(int error) const {
  throw std::runtime_error(file_ + ": cannot write: " + std::generic_category().message(error));
}

void OutputFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_, bytes.data(), std::min(bytes.size(), std::size_t{1} << 30));
    if (put < 0 && errno != EINTR)
      fail(errno);
    if (put > 0)
      bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

void OutputFile::finish() {
  const int closed = close(descriptor_); // late failures of network file systems and quotas show here
  descriptor_ = -1;
  if (closed != 0)
    fail(errno);
  if (!temporary_.empty() && rename(temporary_.c_str(), target_.c_str()) != 0)
    fail(errno);
  temporary_.clear();
}

void write_pieces(std::int64_t pieces, bool compress, const std::function<std::string(std::int64_t)>& format,
                  const ByteSink& sink) {
  std::mutex mutex;
  std::condition_variable turn;
  std::int64_t claimed = 0;
  std::int64_t written = 0;
  bool failed = false;
  run_on_threads(thread_count(0, pieces), [&](int) {
    std::unique_lock lock(mutex);
    try {
      while (!failed && claimed < pieces) {
        const std::int64_t piece = claimed++;
        lock.unlock();
        std::string bytes = format(piece);
        if (compress)
          bytes = gzip_member(bytes);
        lock.lock();
        turn.wait(lock, [&] { return failed || written == piece; });
        if (failed)
          return;
        sink(bytes);
        ++written;
        turn.notify_all();
      }
    } catch (...) {
      if (!lock.owns_lock())
        lock.lock();
      failed = true;
      turn.notify_all();
      throw;
    }
  });
}

} // namespace linnet
