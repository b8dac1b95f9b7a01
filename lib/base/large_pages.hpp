#pragma once

#include <cstddef>
#include <limits>
#include <new>

namespace linnet {

inline constexpr std::size_t large_page = std::size_t{1} << 21;

/// Memory that is not touched, at the beginning of a cache line, to be given back with free_untouched(). From 64 KiB on
/// it lies in large pages, where the system has them: one fault in place of 512, each of which may cost as much as many
/// passes over its page. Throws std::bad_alloc.
void* allocate_untouched(std::size_t bytes);
/// `bytes`: as many as were asked for; null is let pass.
void free_untouched(void* data, std::size_t bytes) noexcept;

/// As long as one lives, memory that is freed stays with the process, for what is allocated next: its pages have been
/// touched.
class KeptPages {
public:
  KeptPages();
  ~KeptPages();
  KeptPages(const KeptPages&) = delete;
  KeptPages& operator=(const KeptPages&) = delete;
};

/// Gives memory that was freed back to the system, that which the C library keeps for later too.
void give_back_freed();

/// For containers of the standard library that grow to many pages.
template <class T>
struct LargePages {
  using value_type = T;

  LargePages() = default;
  template <class Other>
  LargePages(const LargePages<Other>&) {}
  T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T))
      throw std::bad_array_new_length();
    return static_cast<T*>(allocate_untouched(count * sizeof(T)));
  }
  void deallocate(T* data, std::size_t count) { free_untouched(data, count * sizeof(T)); }
  bool operator==(const LargePages&) const = default;
};

} // namespace linnet
