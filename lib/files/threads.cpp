#include "files/threads.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace linnet {

int thread_count(int asked, std::int64_t useful) {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const std::int64_t most = asked > 0 ? asked : cores;
  return static_cast<int>(std::clamp<std::int64_t>(useful, 1, most));
}

void run_on_threads(int threads, const std::function<void(int)>& work) {
  std::mutex mutex;
  std::exception_ptr first;
  const auto guarded = [&](int thread) {
    try {
      work(thread);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!first)
        first = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    others.reserve(static_cast<std::size_t>(threads));
    try {
      for (int thread = 1; thread < threads; ++thread)
        others.emplace_back(guarded, thread);
    } catch (const std::system_error&) { // no more threads: those that run claim all the work
    }
    guarded(0);
  }
  if (first)
    std::rethrow_exception(first);
}

} // namespace linnet
