#pragma once

#include <chrono>
#include <mutex>
#include <string>

namespace linnet {

/// A line on standard error that says how far a long piece of work is: shown where standard error is a terminal and the
/// work has taken two seconds, rewritten five times a second, wiped at the end of the scope.
class Progress {
public:
  explicit Progress(bool on_this_rank);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Whether a line would be shown now: ask before composing one.
  bool due();
  void show(const std::string& line);

private:
  using Clock = std::chrono::steady_clock;
  std::mutex mutex;
  bool enabled = false;
  bool shown = false;
  Clock::time_point next;
};

/// A line "linnet: text" on standard error.
void tell(const std::string& text);

} // namespace linnet
