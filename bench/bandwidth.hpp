#pragma once

#include "base/buffer.hpp"

#include <benchmark/benchmark.h>
#include <omp.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

/// The sum of `count` numbers, in the shape in which memory gave most to one thread: 24 streams, each asked for a
/// kibibyte ahead (on an Intel Xeon with AVX-512 16 GB/s, where one stream gave 10 and 4 gave 12).
[[gnu::target_clones("avx512f", "avx2", "default")]] inline double sum_in_streams(const double* numbers,
                                                                                  std::size_t count) {
  constexpr std::size_t streams = 24, line = 8, ahead = 128;
  using Vector [[gnu::vector_size(64), gnu::aligned(8)]] = double;
  const std::size_t length = count / streams / line * line;
  Vector part[8] = {};
  for (std::size_t j = 0; j < length; j += line)
    for (std::size_t s = 0; s < streams; ++s) {
      const double* const from = numbers + s * length + j;
      __builtin_prefetch(from + ahead);
      part[s % 8] += *reinterpret_cast<const Vector*>(from);
    }
  double sum = 0;
  for (const Vector& p : part)
    for (std::size_t l = 0; l < line; ++l)
      sum += p[l];
  for (std::size_t j = streams * length; j < count; ++j)
    sum += numbers[j];
  return sum;
}

/// All threads, each with its share of one block behind that of another.
inline double read_memory(const double* numbers, std::size_t count) {
  double sum = 0;
#pragma omp parallel reduction(+ : sum)
  {
    const auto threads = static_cast<std::size_t>(omp_get_num_threads());
    const auto thread = static_cast<std::size_t>(omp_get_thread_num());
    const std::size_t first = count * thread / threads, last = count * (thread + 1) / threads;
    sum += sum_in_streams(numbers + first, last - first);
  }
  return sum;
}

/// 256 MB, read by all threads: the floor of whatever moves so many bytes.
inline void bandwidth(benchmark::State& state) {
  linnet::Buffer<double> data;
  data.resize(32 << 20);
  std::fill(data.begin(), data.end(), 1.0);
  for (auto _ : state)
    benchmark::DoNotOptimize(read_memory(data.data(), data.size()));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * data.size() * sizeof(data[0])));
}
