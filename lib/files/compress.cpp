#include "files/compress.hpp"

#include "base/error.hpp"
#include "files/threads.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

namespace linnet {

namespace {

struct Range {
  std::int32_t first = 0;
  std::int32_t last = -1;
};

Range range(const std::vector<std::int32_t>& index) {
  Range all;
  if (index.empty())
    return all;
  const auto [least, most] = std::minmax_element(index.begin(), index.end());
  return {*least, *most};
}

// Calls visit(row, column, value) for each entry in rows [first, last) of the expanded matrix, in file order. A block
// that has nothing there is passed over.
template <class Visit>
void visit_rows(const std::deque<MarketBlock>& blocks, const std::vector<Range>& reach, const MarketHeader& header,
                std::int64_t first, std::int64_t last, Visit visit) {
  const bool mirrored = header.symmetry != MarketSymmetry::general;
  const double sign = header.symmetry == MarketSymmetry::skew_symmetric ? -1.0 : 1.0;
  const auto rows = static_cast<std::uint64_t>(last - first);
  const auto inside = [&](std::int32_t row) { return static_cast<std::uint64_t>(row - first) < rows; };
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    if (reach[b].last < first || reach[b].first >= last)
      continue;
    const std::int32_t* row = blocks[b].row.data();
    const std::int32_t* column = blocks[b].column.data();
    const double* value = blocks[b].value.data();
    const auto entries = static_cast<std::size_t>(blocks[b].entries);
    for (std::size_t k = 0; k < entries; ++k) {
      if (inside(row[k]))
        visit(row[k], column[k], value[k]);
      if (mirrored && row[k] != column[k] && inside(column[k]))
        visit(column[k], row[k], sign * value[k]);
    }
  }
}

} // namespace

SparseMatrix compress(const std::deque<MarketBlock>& blocks, const MarketHeader& header, const std::string& name,
                      int threads) {
  SparseMatrix matrix;
  matrix.rows = header.rows;
  matrix.cols = header.cols;
  // Counts go two places ahead, so that after the prefix sum start[i + 1] is where row i begins, and after the entries
  // have been placed where it ends.
  std::vector<std::int64_t>& start = matrix.row_start;
  start.assign(static_cast<std::size_t>(header.rows) + 2, 0);

  std::vector<Range> reach(blocks.size()); // rows of the expanded matrix that a block touches
  std::atomic<std::size_t> next_block = 0;
  run_on_threads(threads, [&](int) {
    for (std::size_t b = next_block++; b < blocks.size(); b = next_block++) {
      reach[b] = range(blocks[b].row);
      if (header.symmetry == MarketSymmetry::general)
        continue;
      const Range mirror = range(blocks[b].column);
      reach[b] = {std::min(reach[b].first, mirror.first), std::max(reach[b].last, mirror.last)};
    }
  });

  // Each slice of rows is one thread's alone, in file order: no atomics, and the same result for any number of slices.
  const std::int64_t slices = threads;
  const auto slice_begin = [&](std::int64_t slice) { return header.rows * slice / slices; };
  const auto for_slices = [&](const std::function<void(std::int64_t, std::int64_t)>& work) {
    std::atomic<std::int64_t> next = 0;
    run_on_threads(threads, [&](int) {
      for (std::int64_t slice = next++; slice < slices; slice = next++)
        work(slice_begin(slice), slice_begin(slice + 1));
    });
  };

  for_slices([&](std::int64_t first, std::int64_t last) {
    visit_rows(blocks, reach, header, first, last,
               [&](std::int32_t row, std::int32_t, double) { ++start[static_cast<std::size_t>(row) + 2]; });
  });
  std::partial_sum(start.begin(), start.end(), start.begin());
  const auto entries = static_cast<std::size_t>(start.back());
  std::atomic<int> vectors = 0; // one thread each: the first touch of the pages costs as much as filling them
  run_on_threads(std::min(threads, 2), [&](int) {
    for (int vector = vectors++; vector < 2; vector = vectors++)
      vector == 0 ? matrix.column.resize(entries) : matrix.value.resize(entries);
  });

  for_slices([&](std::int64_t first, std::int64_t last) {
    visit_rows(blocks, reach, header, first, last, [&](std::int32_t row, std::int32_t column, double value) {
      const auto to = static_cast<std::size_t>(start[static_cast<std::size_t>(row) + 1]++);
      matrix.column[to] = column;
      matrix.value[to] = value;
    });
  });
  start.pop_back();
  std::atomic<std::int64_t> dropped = 0;
  for_slices([&](std::int64_t first, std::int64_t last) { dropped += sort_rows(matrix, first, last, name); });
  if (dropped > 0)
    drop_marked(matrix);
  return matrix;
}

std::int64_t sort_rows(SparseMatrix& matrix, std::int64_t first, std::int64_t last, const std::string& name) {
  std::int64_t dropped = 0;
  std::vector<std::pair<std::int32_t, double>> row;
  for (std::int64_t i = first; i < last; ++i) {
    const auto begin = static_cast<std::size_t>(matrix.row_start[static_cast<std::size_t>(i)]);
    const auto end = static_cast<std::size_t>(matrix.row_start[static_cast<std::size_t>(i) + 1]);
    std::int32_t* column = matrix.column.data();
    double* value = matrix.value.data();
    const auto out_of_order = [&] {
      for (std::size_t k = begin + 1; k < end; ++k)
        if (column[k - 1] >= column[k])
          return true;
      return false;
    };
    if (!out_of_order())
      continue;
    row.clear();
    for (std::size_t k = begin; k < end; ++k)
      row.emplace_back(column[k], value[k]);
    std::stable_sort(row.begin(), row.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::size_t to = begin;
    for (std::size_t k = 0; k < row.size(); ++to) {
      const std::int32_t at = row[k].first;
      double sum = row[k].second;
      for (++k; k < row.size() && row[k].first == at; ++k)
        sum += row[k].second;
      if (!std::isfinite(sum))
        throw InputError(name, "",
                         "expected entries with finite sums, found that those of row " + std::to_string(i + 1) +
                             ", column " + std::to_string(at + 1) + " add up to more than a double holds");
      column[to] = at;
      value[to] = sum;
    }
    dropped += static_cast<std::int64_t>(end - to);
    std::fill(column + to, column + end, -1);
  }
  return dropped;
}

void drop_marked(SparseMatrix& matrix) {
  std::size_t to = 0;
  std::size_t from = 0;
  for (std::int64_t i = 0; i < matrix.rows; ++i) {
    std::int64_t& row_end = matrix.row_start[static_cast<std::size_t>(i) + 1];
    for (const auto end = static_cast<std::size_t>(row_end); from < end; ++from) {
      if (matrix.column[from] < 0)
        continue;
      matrix.column[to] = matrix.column[from];
      matrix.value[to] = matrix.value[from];
      ++to;
    }
    row_end = static_cast<std::int64_t>(to);
  }
  matrix.column.resize(to);
  matrix.value.resize(to);
}

} // namespace linnet
