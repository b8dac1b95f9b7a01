#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace linnet {

/// Where writers put their bytes, in order.
using ByteSink = std::function<void(std::string_view)>;

/// A file that comes into being whole: bytes go to a temporary file beside it, which finish() renames. Without finish()
/// nothing is left. What is there and no regular file (/dev/stdout, a pipe) is written to as it is.
/// Every failure is a std::runtime_error "FILE: cannot write: reason".
class OutputFile {
public:
  explicit OutputFile(const std::string& file);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  void write(std::string_view bytes);
  void finish();

private:
  [[noreturn]] void fail(int error) const;

  std::string file_;
  std::string target_;    // file_ behind its symbolic links
  std::string temporary_; // empty where target_ itself is written
  int descriptor_ = -1;
};

/// Calls format(piece) for pieces 0, ..., pieces - 1 on several threads, and hands what it returns to `sink` in order,
/// each piece as a gzip member of its own where `compress` is set.
void write_pieces(std::int64_t pieces, bool compress, const std::function<std::string(std::int64_t)>& format,
                  const ByteSink& sink);

} // namespace linnet
