#pragma once

#include "lattice/buffer.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace linnet::latticemg {

/// Asks for large pages, where the system has them, before the first touch.
template <class T>
void use_large_pages(Buffer<T>* buffer) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  auto* bytes = reinterpret_cast<char*>(buffer->data());
  const std::size_t before = (page - reinterpret_cast<std::uintptr_t>(bytes) % page) % page;
  const std::size_t size = buffer->size() * sizeof(T);
  if (size >= before + page)
    (void)madvise(bytes + before, (size - before) / page * page, MADV_HUGEPAGE); // advice only
}

/// Fills a buffer with zeros; the threads share the first touch.
template <class T>
void clear(int threads, Buffer<T>* buffer) {
  use_large_pages(buffer);
  const auto count = static_cast<std::ptrdiff_t>(buffer->size());
  T* data = buffer->data();
#pragma omp parallel for schedule(static) num_threads(threads)
  for (std::ptrdiff_t i = 0; i < count; ++i)
    data[i] = 0;
}

} // namespace linnet::latticemg
