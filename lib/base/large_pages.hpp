#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace linnet {

inline constexpr std::size_t large_page = std::size_t{1} << 21;

/// Memory that is not touched, to be given back with std::free(). From the size of a large page on it consists of them,
/// where the system has them: one fault in place of 512, each of which may cost as much as many passes over its page.
/// Throws std::bad_alloc.
inline void* allocate_untouched(std::size_t bytes) {
  const std::size_t unit = bytes >= large_page ? large_page : 64;
  if (bytes > std::numeric_limits<std::size_t>::max() - unit)
    throw std::bad_alloc();
  const std::size_t whole = (bytes + unit - 1) / unit * unit;
  void* const data = std::aligned_alloc(unit, whole);
  if (!data && whole > 0)
    throw std::bad_alloc();
  if (unit == large_page)
    (void)madvise(data, whole, MADV_HUGEPAGE); // advice only
  return data;
}

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
  void deallocate(T* data, std::size_t) { std::free(data); }
  bool operator==(const LargePages&) const = default;
};

/// Gives memory that was freed back to the system: the C library keeps blocks of up to 32 MiB for later.
inline void give_back_freed() {
#if defined(__GLIBC__)
  (void)malloc_trim(0);
#endif
}

} // namespace linnet
