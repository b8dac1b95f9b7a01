#include "base/large_pages.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <map>
#include <mutex>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace linnet {

namespace {

// Less is left to the C library; so is all where its allocator looks for errors.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t least_paged = std::numeric_limits<std::size_t>::max();
#else
constexpr std::size_t least_paged = std::size_t{1} << 16;
#endif
constexpr std::size_t cache_line = 64;
// Of a page and a cache line: arrays of one size that follow each other begin at different sets of a cache.
constexpr std::size_t unit = 4096 + cache_line;
constexpr std::size_t least_region = 8 * large_page;

std::size_t rounded(std::size_t bytes, std::size_t to) {
  if (bytes > std::numeric_limits<std::size_t>::max() - to)
    throw std::bad_alloc();
  return (bytes + to - 1) / to * to;
}

// Regions of whole large pages, of which parts are taken and free. A region without a part that is taken goes back to
// the system unless it is kept. All members may be called by several threads.
class PageHeap {
public:
  void* take(std::size_t bytes) {
    const std::size_t size = rounded(bytes, unit);
    const std::lock_guard lock(mutex_);
    auto best = free_.end(); // the smallest that will do
    for (auto part = free_.begin(); part != free_.end(); ++part)
      if (part->second >= size && (best == free_.end() || part->second < best->second))
        best = part;
    if (best == free_.end())
      best = map_region(size);
    const Part taken{best->first, size};
    if (best->second > size)
      free_.emplace_hint(best, taken.first + size, best->second - size);
    free_.erase(best);
    return taken.first;
  }

  void give(void* data, std::size_t bytes) {
    Part part{static_cast<char*>(data), rounded(bytes, unit)};
    const std::lock_guard lock(mutex_);
    const auto region = std::prev(regions_.upper_bound(part.first));
    const auto after = free_.find(part.first + part.second);
    if (after != free_.end() && after->first < region->first + region->second) {
      part.second += after->second;
      free_.erase(after);
    }
    const auto next = free_.lower_bound(part.first);
    if (next != free_.begin()) {
      const auto before = std::prev(next);
      if (before->first >= region->first && before->first + before->second == part.first) {
        part = {before->first, before->second + part.second};
        free_.erase(before);
      }
    }
    if (part.second == region->second && keepers_ == 0) {
      (void)munmap(region->first, region->second);
      regions_.erase(region);
    } else {
      free_.insert(part);
    }
  }

  void keep() {
    const std::lock_guard lock(mutex_);
    ++keepers_;
  }
  void keep_no_longer() {
    const std::lock_guard lock(mutex_);
    if (--keepers_ == 0)
      give_back();
  }
  void give_back_all() {
    const std::lock_guard lock(mutex_);
    give_back();
  }

private:
  using Parts = std::map<char*, std::size_t>; // bytes, by where they begin
  using Part = std::pair<char*, std::size_t>;

  Parts::iterator map_region(std::size_t size) {
    const std::size_t whole = std::max(rounded(size, large_page), least_region), room = whole + large_page;
    void* const mapped = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
      throw std::bad_alloc();
    auto* const begin = static_cast<char*>(mapped);
    const std::size_t ahead = (large_page - reinterpret_cast<std::uintptr_t>(begin) % large_page) % large_page;
    if (ahead > 0)
      (void)munmap(begin, ahead);
    (void)munmap(begin + ahead + whole, large_page - ahead);
    (void)madvise(begin + ahead, whole, MADV_HUGEPAGE); // advice only
    regions_.emplace(begin + ahead, whole);
    return free_.emplace(begin + ahead, whole).first;
  }

  // Of parts that are free, the large pages.
  void give_back() {
    for (auto part = free_.begin(); part != free_.end();) {
      const auto region = std::prev(regions_.upper_bound(part->first));
      if (part->second == region->second) {
        (void)munmap(region->first, region->second);
        regions_.erase(region);
        part = free_.erase(part);
        continue;
      }
      const auto offset = static_cast<std::size_t>(part->first - region->first);
      const std::size_t first = rounded(offset, large_page), last = (offset + part->second) / large_page * large_page;
      if (first < last)
        (void)madvise(region->first + first, last - first, MADV_DONTNEED);
      ++part;
    }
  }

  std::mutex mutex_;
  Parts regions_, free_;
  int keepers_ = 0;
};

PageHeap& heap() {
  static auto* const one = new PageHeap; // outlives the static objects that hold memory
  return *one;
}

} // namespace

void* allocate_untouched(std::size_t bytes) {
  if (bytes >= least_paged)
    return heap().take(bytes);
  const std::size_t whole = rounded(bytes, cache_line);
  void* const data = std::aligned_alloc(cache_line, whole);
  if (!data && whole > 0)
    throw std::bad_alloc();
  return data;
}

void free_untouched(void* data, std::size_t bytes) noexcept {
  if (bytes < least_paged)
    std::free(data);
  else if (data)
    heap().give(data, bytes);
}

KeptPages::KeptPages() {
  heap().keep();
}

KeptPages::~KeptPages() {
  heap().keep_no_longer();
}

void give_back_freed() {
  heap().give_back_all();
#if defined(__GLIBC__)
  (void)malloc_trim(0);
#endif
}

} // namespace linnet
