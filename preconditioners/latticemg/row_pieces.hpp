#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace linnet::latticemg {

/// Numbers of rows that lie in up to three places: piece s has rows first[s] ... first[s + 1] - 1.
template <class T>
struct RowPieces {
  std::array<T*, 3> piece{};
  std::array<std::ptrdiff_t, 4> first{};

  RowPieces() = default;
  /// In one place.
  RowPieces(T* data, std::ptrdiff_t rows) : RowPieces(data, 0, nullptr, 0, nullptr, rows) {
    first[1] = first[2] = rows;
  }
  RowPieces(T* low, std::ptrdiff_t middle_first, T* middle, std::ptrdiff_t high_first, T* high, std::ptrdiff_t rows)
      : piece{low, middle, high}, first{0, middle_first, high_first, rows} {}
  std::ptrdiff_t rows() const { return first[3]; }
  T& operator[](std::ptrdiff_t row) const {
    const std::size_t s = row < first[1] ? 0 : row < first[2] ? 1 : 2;
    return piece[s][row - first[s]];
  }
  /// work(begin, end, data): rows begin ... end - 1 of some lie in a row from data on.
  template <class Work>
  void for_each_run(std::ptrdiff_t begin, std::ptrdiff_t end, const Work& work) const {
    for (std::size_t s = 0; s < 3; ++s) {
      const std::ptrdiff_t from = std::max(begin, first[s]), to = std::min(end, first[s + 1]);
      if (from < to)
        work(from, to, piece[s] + (from - first[s]));
    }
  }
};

} // namespace linnet::latticemg
