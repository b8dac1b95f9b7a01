#pragma once

#include "base/buffer.hpp"

#include <cstddef>

namespace linnet::latticemg {

/// Fills a buffer with a value; the threads share the first touch.
template <class T>
void fill(int threads, T value, Buffer<T>* buffer) {
  const auto count = static_cast<std::ptrdiff_t>(buffer->size());
  T* data = buffer->data();
#pragma omp parallel for schedule(static) num_threads(threads)
  for (std::ptrdiff_t i = 0; i < count; ++i)
    data[i] = value;
}

template <class T>
void clear(int threads, Buffer<T>* buffer) {
  fill(threads, T{0}, buffer);
}

} // namespace linnet::latticemg
