#include "cli/session.hpp"

#include "base/error.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <unistd.h>

namespace linnet {

void Session::print(const std::string& text) const {
  on_rank_0(comm, [&] {
    if (std::fputs(text.c_str(), results) < 0 || std::fflush(results) != 0)
      throw std::runtime_error(std::string("standard output: cannot write: ") + std::strerror(errno));
  });
}

void check_writable(const std::string& option, const std::string& file) {
  const std::filesystem::path path(file);
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code ignored;
  if (path.filename().empty() || std::filesystem::is_directory(path, ignored))
    throw InputError(option + " " + file + ": expected the name of a file, found a folder's");
  if (access(folder.c_str(), W_OK | X_OK) != 0)
    throw InputError(option + " " + file + ": cannot write in '" + folder.string() + "': " + std::strerror(errno));
}

} // namespace linnet
