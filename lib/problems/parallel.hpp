#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <future>
#include <thread>
#include <vector>

namespace linnet {

/// Calls work(begin, end) for consecutive pieces of [0, n), one a thread (threads = 0: one a core), and waits for all.
/// An exception of any piece comes out.
template <class Work>
void for_each_piece(std::int64_t n, int threads, const Work& work) {
  const std::int64_t cores = std::max(1U, std::thread::hardware_concurrency());
  const std::int64_t pieces = std::clamp<std::int64_t>(threads > 0 ? threads : cores, 1, std::max<std::int64_t>(n, 1));
  std::vector<std::future<void>> others;
  others.reserve(static_cast<std::size_t>(pieces));
  for (std::int64_t p = 1; p < pieces; ++p)
    others.push_back(
        std::async(std::launch::async, [&work, n, p, pieces] { work(n * p / pieces, n * (p + 1) / pieces); }));
  work(std::int64_t{0}, n / pieces);
  for (auto& other : others)
    other.get();
}

} // namespace linnet
