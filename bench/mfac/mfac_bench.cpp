// M-FAC: setup, products and slides beside the published forms and the two ceilings of the machine, in one run.
//
//   build/bench/mfac --benchmark_filter='/256/262144'
//   build/bench/mfac --benchmark_filter=Table --benchmark_min_time=0.01
//
// Arguments: m, d. Counters: flops and bytes (as the form needs them, not as it does them) a second. Ceilings: SYRK of
// OpenBLAS in both precisions, and reading memory. OMP_NUM_THREADS sets the threads; the published forms have one.
#include "bandwidth.hpp"
#include "mfac/elements.hpp"
#include "mfac/reference.hpp"
#include "mfac/window.hpp"

#include <benchmark/benchmark.h>
#include <cblas.h>

#include <algorithm>

using namespace linnet::mfac;

namespace {

constexpr std::size_t most_bytes = std::size_t{10} << 30;

// Numbers in [-1, 1) that cost little to make.
void fill(std::vector<double>& x, std::uint64_t seed) {
  for (double& number : x) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    number = static_cast<double>(seed >> 11) * 0x1p-52 - 1;
  }
}

Rows make_rows(std::int64_t m, std::int64_t d, Precision precision) {
  Rows G(m, d, precision);
  std::vector<double> row(static_cast<std::size_t>(d));
  for (std::int64_t i = 0; i < m; ++i) {
    fill(row, static_cast<std::uint64_t>(i));
    G.set(i, row.data());
  }
  return G;
}

void count(benchmark::State& state, double flops, double bytes) {
  using benchmark::Counter;
  state.counters["flops"] = flops;
  state.counters["bytes"] = bytes;
  state.counters["flop/s"] = Counter(flops, Counter::kIsIterationInvariantRate);
  state.counters["B/s"] = Counter(bytes, Counter::kIsIterationInvariantRate);
}

bool too_large(benchmark::State& state, Precision precision) {
  const auto bytes = static_cast<std::size_t>(state.range(0)) * static_cast<std::size_t>(state.range(1)) *
                     static_cast<std::size_t>(bytes_of(precision));
  if (bytes > most_bytes)
    state.SkipWithError("G does not fit the memory that this benchmark takes");
  return bytes > most_bytes;
}

// --- ceilings ---

// In cache; rows are a line more than a power of two apart, so that they do not compete for the same places in it.
template <class T>
void CeilingSyrk(benchmark::State& state) {
  const std::int64_t m = state.range(0), k = std::min<std::int64_t>(state.range(1), 4096), ld = k + 8;
  std::vector<T> G(static_cast<std::size_t>(m * ld), T(1.5)), S(static_cast<std::size_t>(m * m));
  const int rows = static_cast<int>(m), columns = static_cast<int>(k), stride = static_cast<int>(ld);
  for (auto _ : state)
    if constexpr (sizeof(T) == 8)
      cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, rows, columns, 1, G.data(), stride, 0, S.data(), rows);
    else
      cblas_ssyrk(CblasRowMajor, CblasLower, CblasNoTrans, rows, columns, 1, G.data(), stride, 0, S.data(), rows);
  count(state, static_cast<double>(m) * static_cast<double>(m) * static_cast<double>(k), 0);
}

// One pass over a gibibyte in huge pages.
void CeilingRead(benchmark::State& state) {
  const std::int64_t m = 64, d = 1 << 21;
  const Rows G(m, d, Precision::f64);
  for (auto _ : state)
    benchmark::DoNotOptimize(read_memory(static_cast<const double*>(G.raw()), static_cast<std::size_t>(m * d)));
  count(state, 0, 8.0 * static_cast<double>(m) * static_cast<double>(d));
}

// --- setup ---

template <Precision precision>
void SetupGram(benchmark::State& state) {
  const std::int64_t m = state.range(0), d = state.range(1);
  if (too_large(state, precision))
    return;
  const Rows G = make_rows(m, d, precision);
  std::vector<double> S(static_cast<std::size_t>(m * m));
  Cholesky L;
  for (auto _ : state) {
    G.gram(S.data(), m);
    benchmark::DoNotOptimize(L.factor(S.data(), m, m, 1e-3 * static_cast<double>(m)));
  }
  const auto rows = static_cast<double>(m), columns = static_cast<double>(d);
  count(state, columns * rows * rows + rows * rows * rows / 3, bytes_of(precision) * rows * columns);
}

// W in the place of G, as the published recursion has V alone; or G kept, and W in f64 beside it.
template <bool in_place>
void SetupElements(benchmark::State& state) {
  const std::int64_t m = state.range(0), d = state.range(1);
  for (auto _ : state) {
    state.PauseTiming();
    Rows G = make_rows(m, d, Precision::f32);
    state.ResumeTiming();
    Window window(std::move(G), {1e-3, 0});
    if constexpr (in_place)
      benchmark::DoNotOptimize(Elements(std::move(window)).at(1, 1));
    else
      benchmark::DoNotOptimize(Elements(window).at(1, 1));
  }
  const auto rows = static_cast<double>(m), columns = static_cast<double>(d);
  count(state, 2 * columns * rows * rows + rows * rows * rows / 3, (in_place ? 12 : 16) * rows * columns);
}

template <class T>
void PublishedStatic(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0)), d = static_cast<std::size_t>(state.range(1));
  std::vector<double> numbers(m * d);
  fill(numbers, 1);
  const std::vector<T> G(numbers.begin(), numbers.end());
  numbers = {};
  for (auto _ : state) {
    const reference::Static<T> published(G, m, T(1e-3));
    benchmark::DoNotOptimize(published.element(1, 1));
  }
  count(state, 2.0 * static_cast<double>(m * m * d), static_cast<double>(m * m * d) / 2 * sizeof(T));
}

// --- products and slides ---

template <Precision precision>
void Product(benchmark::State& state) {
  const std::int64_t m = state.range(0), d = state.range(1), columns = state.range(2);
  if (too_large(state, precision))
    return;
  Window window(make_rows(m, d, precision), {1e-3, 0});
  std::vector<double> X(static_cast<std::size_t>(d * columns));
  fill(X, 7);
  for (auto _ : state)
    window.solve(X.data(), d, columns);
  const auto size = static_cast<double>(m) * static_cast<double>(d);
  count(state, 4 * size * static_cast<double>(columns), 2 * bytes_of(precision) * size);
}

// The optimiser's: a new row, and F^-1 of it.
template <Precision precision>
void SlideAndNewest(benchmark::State& state) {
  const std::int64_t m = state.range(0), d = state.range(1);
  Window window(make_rows(m, d, precision), {1e-3, 0});
  std::vector<double> g(static_cast<std::size_t>(d)), u(g.size());
  fill(g, 9);
  for (auto _ : state) {
    benchmark::DoNotOptimize(window.push(g.data()));
    window.solve_newest(u.data());
  }
  const auto rows = static_cast<double>(m), columns = static_cast<double>(d);
  count(state, 4 * rows * columns + 3.5 * rows * rows, 2 * bytes_of(precision) * rows * columns);
}

// The factor alone.
void SlideFactor(benchmark::State& state) {
  const std::int64_t m = state.range(0), d = 2 * m;
  Window window(make_rows(m, d, Precision::f64), {1e-3, 0});
  Cholesky L = window.factor();
  std::vector<double> s(static_cast<std::size_t>(m), 0.0);
  for (auto _ : state)
    benchmark::DoNotOptimize(L.slide(s.data(), static_cast<double>(d)));
  count(state, 3.5 * static_cast<double>(m) * static_cast<double>(m), 0);
}

void PublishedDynamic(benchmark::State& state) {
  const auto m = static_cast<std::size_t>(state.range(0)), d = static_cast<std::size_t>(state.range(1));
  std::vector<double> numbers(m * d);
  fill(numbers, 1);
  const std::vector<float> G(numbers.begin(), numbers.end()),
      g(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(d));
  numbers = {};
  reference::Dynamic<float> published(G, m, 1e-3F);
  for (auto _ : state) {
    published.update(g);
    benchmark::DoNotOptimize(published.product(g));
  }
  count(state, 6.0 * static_cast<double>(m * d) + static_cast<double>(m * m * m),
        3.0 * sizeof(float) * static_cast<double>(m * d));
}

void Table(benchmark::internal::Benchmark* b) {
  for (const std::int64_t m : {32, 64, 128, 256, 512, 1024})
    for (const std::int64_t d : {10000, 100000, 1000000, 10000000})
      b->Args({m, d, 1});
}

} // namespace

BENCHMARK_TEMPLATE(CeilingSyrk, double)->Args({256, 262144})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(CeilingSyrk, float)->Args({256, 262144})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(CeilingRead)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(SetupGram, Precision::f64)->Args({256, 262144})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(SetupGram, Precision::f32)->Args({256, 262144})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(SetupGram, Precision::bf16)->Args({256, 262144})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(SetupElements, true)->Args({256, 262144})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(SetupElements, false)->Args({256, 262144})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(PublishedStatic, float)->Args({256, 262144})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(PublishedStatic, double)->Args({256, 262144})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(Product, Precision::f64)->Args({256, 524288, 1})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(Product, Precision::f32)
    ->Args({256, 1048576, 1})
    ->Args({256, 1048576, 8})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(Product, Precision::bf16)->Args({256, 2097152, 1})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(SlideAndNewest, Precision::f32)
    ->Args({256, 1048576})
    ->Args({1024, 262144})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(SlideAndNewest, Precision::bf16)->Args({256, 1048576})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(PublishedDynamic)->Args({256, 1048576})->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(SlideFactor)->Arg(256)->Arg(1024)->Unit(benchmark::kMicrosecond);
BENCHMARK_TEMPLATE(SetupGram, Precision::f32)
    ->Name("Table/setup")
    ->Apply(Table)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);
BENCHMARK_TEMPLATE(SetupGram, Precision::bf16)
    ->Name("Table/setup_bf16")
    ->Args({512, 10000000})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);
BENCHMARK_TEMPLATE(Product, Precision::bf16)
    ->Name("Table/product_bf16")
    ->Args({512, 10000000, 1})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(2);
BENCHMARK_TEMPLATE(Product, Precision::f32)
    ->Name("Table/product")
    ->Apply(Table)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(2);

BENCHMARK_MAIN();
