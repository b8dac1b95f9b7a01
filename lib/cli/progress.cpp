#include "cli/progress.hpp"

#include <cstdio>
#include <unistd.h>

namespace linnet {

using namespace std::chrono_literals;

Progress::Progress(bool on_this_rank) : enabled(on_this_rank && isatty(STDERR_FILENO)), next(Clock::now() + 2s) {}

Progress::~Progress() {
  if (shown)
    (void)std::fputs("\r\033[K", stderr);
}

bool Progress::due() {
  const std::scoped_lock lock(mutex);
  return enabled && Clock::now() >= next;
}

void Progress::show(const std::string& line) {
  const std::scoped_lock lock(mutex);
  if (!enabled || Clock::now() < next)
    return;
  (void)std::fprintf(stderr, "\r\033[K%s", line.c_str());
  (void)std::fflush(stderr);
  shown = true;
  next = Clock::now() + 200ms;
}

void tell(const std::string& text) {
  (void)std::fprintf(stderr, "linnet: %s\n", text.c_str());
}

} // namespace linnet
