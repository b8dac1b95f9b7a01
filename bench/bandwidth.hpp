#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

/// 256 MB, read by all threads: the floor of whatever moves so many bytes.
inline void bandwidth(benchmark::State& state) {
  std::vector<std::uint64_t> data(32 << 20, 1);
  std::uint64_t sum = 0;
  for (auto _ : state) {
#pragma omp parallel for simd reduction(+ : sum) schedule(static)
    for (std::size_t i = 0; i < data.size(); ++i)
      sum += data[i];
    benchmark::DoNotOptimize(sum);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * data.size() * sizeof(data[0])));
}
