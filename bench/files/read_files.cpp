// Reading and writing a matrix of about 100 MB of text: linnet's readers beside a plain fscanf loop, each ending in the
// same compressed rows. Bytes per second count the file as it lies on disk (in the page cache: it has just been
// written). The floor of a reader is a pass over the text; of .gz, zlib's inflate.
#include "files/read.hpp"
#include "files/write.hpp"

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using linnet::SparseMatrix;

// The 7-point operator on an n^3 grid. `digits` 17: couplings with random coefficients, all digits of a double; else 6
// and -1, as in most pressure systems.
SparseMatrix seven_point(std::int32_t n, int digits) {
  SparseMatrix matrix;
  matrix.rows = matrix.cols = static_cast<std::int64_t>(n) * n * n;
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> coefficient(0.5, 1.5);
  const auto add = [&](bool inside, std::int64_t column, double value) {
    if (!inside)
      return;
    matrix.column.push_back(static_cast<std::int32_t>(column));
    matrix.value.push_back(digits == 17 ? value * coefficient(random) : value);
  };
  const std::int64_t nx = n;
  const std::int64_t nxy = nx * n;
  for (std::int64_t row = 0; row < matrix.rows; ++row) {
    const std::int64_t i = row % nx;
    const std::int64_t j = row / nx % n;
    const std::int64_t k = row / nxy;
    add(k > 0, row - nxy, -1);
    add(j > 0, row - nx, -1);
    add(i > 0, row - 1, -1);
    add(true, row, 6);
    add(i < n - 1, row + 1, -1);
    add(j < n - 1, row + nx, -1);
    add(k < n - 1, row + nxy, -1);
    matrix.row_start.push_back(static_cast<std::int64_t>(matrix.value.size()));
  }
  return matrix;
}

// A file of the matrix, removed at the end of the program.
struct File {
  std::string name;
  SparseMatrix matrix;
  double bytes = 0;
  File(const std::string& suffix, std::int32_t n, int digits)
      : name((std::filesystem::temp_directory_path() /
              ("linnet-bench-" + std::to_string(getpid()) + "-" + std::to_string(digits) + suffix))
                 .string()),
        matrix(seven_point(n, digits)) {
    linnet::write_matrix(name, matrix, false);
    bytes = static_cast<double>(std::filesystem::file_size(name));
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { std::remove(name.c_str()); }
};

File& file(const std::string& suffix, int digits) {
  // Sizes of about 100 MB of text each.
  static File text17(".mtx", 80, 17);
  static File text1(".mtx", 99, 1);
  static File gz17(".mtx.gz", 80, 17);
  static File binary17(".petsc", 80, 17);
  if (suffix == ".mtx")
    return digits == 17 ? text17 : text1;
  return suffix == ".petsc" ? binary17 : gz17;
}

// The reader that everyone writes first.
SparseMatrix read_with_fscanf(const std::string& name) {
  std::FILE* text = std::fopen(name.c_str(), "r");
  SparseMatrix matrix;
  long long rows = 0;
  long long cols = 0;
  long long entries = 0;
  if (text == nullptr || std::fscanf(text, "%*[^\n]\n") != 0 ||
      std::fscanf(text, "%lld %lld %lld", &rows, &cols, &entries) != 3)
    std::abort();
  std::vector<std::int32_t> row(static_cast<std::size_t>(entries));
  std::vector<std::int32_t> column(row.size());
  std::vector<double> value(row.size());
  matrix.row_start.assign(static_cast<std::size_t>(rows) + 2, 0);
  for (std::size_t k = 0; k < row.size(); ++k) {
    if (std::fscanf(text, "%d %d %lf", &row[k], &column[k], &value[k]) != 3)
      std::abort();
    ++matrix.row_start[static_cast<std::size_t>(row[k]) + 1];
  }
  std::fclose(text);
  for (std::size_t i = 1; i < matrix.row_start.size(); ++i)
    matrix.row_start[i] += matrix.row_start[i - 1];
  matrix.rows = rows;
  matrix.cols = cols;
  matrix.column.resize(row.size());
  matrix.value.resize(row.size());
  for (std::size_t k = 0; k < row.size(); ++k) {
    const auto to = static_cast<std::size_t>(matrix.row_start[static_cast<std::size_t>(row[k])]++);
    matrix.column[to] = column[k] - 1;
    matrix.value[to] = value[k];
  }
  matrix.row_start.pop_back();
  return matrix;
}

void count_bytes(benchmark::State& state, const File& what) {
  state.SetBytesProcessed(static_cast<std::int64_t>(what.bytes) * state.iterations());
  state.counters["entries"] =
      benchmark::Counter(static_cast<double>(what.matrix.nnz()), benchmark::Counter::kIsIterationInvariantRate);
}

void fscanf_text(benchmark::State& state) {
  const File& what = file(".mtx", static_cast<int>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(read_with_fscanf(what.name));
  const SparseMatrix read = read_with_fscanf(what.name);
  if (read.row_start != what.matrix.row_start || read.column != what.matrix.column || read.value != what.matrix.value)
    state.SkipWithError("not the matrix that was written");
  count_bytes(state, what);
}

void read_file(benchmark::State& state, const std::string& suffix, int digits, int threads) {
  const File& what = file(suffix, digits);
  linnet::ReadOptions options;
  options.threads = threads;
  for (auto _ : state)
    benchmark::DoNotOptimize(linnet::read_matrix(what.name, options));
  const SparseMatrix read = linnet::read_matrix(what.name, options);
  if (read.row_start != what.matrix.row_start || read.column != what.matrix.column || read.value != what.matrix.value)
    state.SkipWithError("not the matrix that was written");
  count_bytes(state, what);
}

void matrix_market(benchmark::State& state) {
  read_file(state, ".mtx", static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
}
void matrix_market_gz(benchmark::State& state) {
  read_file(state, ".mtx.gz", 17, 0);
}
void petsc_binary(benchmark::State& state) {
  read_file(state, ".petsc", 17, 0);
}

void write_text(benchmark::State& state, const std::string& suffix) {
  const File& what = file(suffix, 17);
  for (auto _ : state)
    linnet::write_matrix(what.name, what.matrix, false);
  count_bytes(state, what);
}

constexpr auto unit = benchmark::kMillisecond;
// {digits of the values, threads; 0: one a core}
BENCHMARK(fscanf_text)->ArgName("digits")->Arg(17)->Arg(1)->Unit(unit)->UseRealTime();
BENCHMARK(matrix_market)->ArgNames({"digits", "threads"})->ArgsProduct({{17, 1}, {1, 0}})->Unit(unit)->UseRealTime();
BENCHMARK(matrix_market_gz)->Unit(unit)->UseRealTime();
BENCHMARK(petsc_binary)->Unit(unit)->UseRealTime();
BENCHMARK_CAPTURE(write_text, matrix_market, ".mtx")->Unit(unit)->UseRealTime();
BENCHMARK_CAPTURE(write_text, matrix_market_gz, ".mtx.gz")->Unit(unit)->UseRealTime();
BENCHMARK_CAPTURE(write_text, petsc_binary, ".petsc")->Unit(unit)->UseRealTime();

} // namespace

BENCHMARK_MAIN();
