#include "cli/memory.hpp"
#include "base/large_pages.hpp"

#include <fstream>
#include <string>

#include <sys/resource.h>

namespace linnet {

void reset_peak_memory() {
  give_back_freed();
  std::ofstream("/proc/self/clear_refs") << "5"; // proc(5): resets VmHWM
}

double peak_memory_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (double kibibytes = 0; word == "VmHWM:" && status >> kibibytes)
      return 1024 * kibibytes;
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

} // namespace linnet
