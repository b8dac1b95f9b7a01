#pragma once

#include "base/large_pages.hpp"

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace linnet {

/// An array of plain values that is not cleared when it grows (so that the threads which fill it touch its pages first)
/// and keeps its memory when it is resized to what it had room for. At the beginning of a cache line, in large pages.
template <class T>
class Buffer {
public:
  Buffer() = default;
  /// Leaves the other one empty, without room.
  Buffer(Buffer&& other) noexcept
      : data_(std::move(other.data_)), count_(std::exchange(other.count_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    data_ = std::move(other.data_);
    count_ = std::exchange(other.count_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }
  /// The contents are unspecified afterwards.
  void resize(std::size_t count) {
    if (count > capacity_) {
      if (count > std::numeric_limits<std::size_t>::max() / sizeof(T))
        throw std::bad_array_new_length();
      release();
      data_ = {static_cast<T*>(allocate_untouched(count * sizeof(T))), Free{count * sizeof(T)}};
      capacity_ = count;
    }
    count_ = count;
  }
  void release() {
    data_.reset();
    count_ = capacity_ = 0;
  }
  /// Is empty then, and takes this memory for up to `capacity` values, which the caller keeps for as long.
  void lend(T* room, std::size_t capacity) {
    data_ = {room, Free{}};
    count_ = 0;
    capacity_ = capacity;
  }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T* begin() { return data_.get(); }
  T* end() { return data_.get() + count_; }
  const T* begin() const { return data_.get(); }
  const T* end() const { return data_.get() + count_; }

private:
  static_assert(std::is_trivial_v<T>);
  struct Free {
    std::size_t bytes = 0; // 0: another's
    void operator()(T* data) const {
      if (bytes > 0)
        free_untouched(data, bytes);
    }
  };
  std::unique_ptr<T[], Free> data_;
  std::size_t count_ = 0;
  std::size_t capacity_ = 0;
};

} // namespace linnet
