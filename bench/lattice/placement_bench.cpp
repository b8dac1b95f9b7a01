// What it costs to place a matrix on a lattice and to read its coefficients, beside the floor: one pass over its rows.
//
//   build/bench/lattice --benchmark_filter=/128
//
// `ns_per_row` is the figure to compare; OMP_NUM_THREADS sets the threads.
#include "lattice/operator.hpp"

#include <benchmark/benchmark.h>
#include <petscdmda.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

namespace {

using linnet::GridSize;
using linnet::LatticePlacement;

struct System {
  Mat A = nullptr;
  GridSize size{};
  std::vector<PetscInt> cells;
  // The matrix's own arrays; PETSc's are not copied.
  std::vector<PetscInt> ia{0}, ja;
  std::vector<double> a;

  System() = default;
  System(const System&) = delete;
  System& operator=(const System&) = delete;
  ~System() { MatDestroy(&A); }
  void create() {
    const auto n = static_cast<PetscInt>(cells.size());
    MatCreateSeqAIJWithArrays(PETSC_COMM_SELF, n, n, ia.data(), ja.data(), a.data(), &A);
  }
};

// The 7-point Laplacian on n^3 cells less `balls` random balls; rows in natural or in random order.
std::unique_ptr<System> laplacian(PetscInt n, int balls, bool shuffle, double spread) {
  auto s = std::make_unique<System>();
  s->size = {n, n, n};
  std::mt19937_64 generator(1);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<PetscInt> row(static_cast<std::size_t>(n) * n * n, 0);
  for (int b = 0; b < balls; ++b) {
    const double x = n * uniform(generator), y = n * uniform(generator), z = n * uniform(generator);
    const double radius = n * (0.05 + 0.1 * uniform(generator));
    for (PetscInt c = 0; c < n * n * n; ++c) {
      const double dx = c % n - x, dy = c / n % n - y, dz = c / n / n - z;
      if (dx * dx + dy * dy + dz * dz < radius * radius)
        row[c] = -1;
    }
  }
  for (PetscInt c = 0; c < n * n * n; ++c)
    if (row[c] == 0)
      s->cells.push_back(c);
  if (shuffle)
    std::shuffle(s->cells.begin(), s->cells.end(), generator);
  for (std::size_t r = 0; r < s->cells.size(); ++r)
    row[s->cells[r]] = static_cast<PetscInt>(r);
  const auto coupling = [&](PetscInt c, PetscInt stride) { return 1 + spread * ((c * 7 + stride) % 13); };
  for (const PetscInt c : s->cells) {
    std::vector<std::pair<PetscInt, double>> entries;
    double diagonal = 0;
    PetscInt stride = 1;
    for (int axis = 0; axis < 3; ++axis, stride *= n) {
      const PetscInt at = c / stride % n;
      for (const PetscInt to : {at - 1, at + 1}) {
        const PetscInt other = c + (to - at) * stride;
        if (to < 0 || to >= n || row[other] < 0)
          continue;
        const double w = coupling(std::min(c, other), stride);
        diagonal += w;
        entries.emplace_back(row[other], -w);
      }
    }
    entries.emplace_back(row[c], diagonal + (c < n * n));
    std::sort(entries.begin(), entries.end());
    for (const auto& [column, value] : entries) {
      s->ja.push_back(column);
      s->a.push_back(value);
    }
    s->ia.push_back(static_cast<PetscInt>(s->ja.size()));
  }
  s->create();
  return s;
}

void count_rows(benchmark::State& state, std::size_t rows) {
  state.counters["ns_per_row"] =
      benchmark::Counter(static_cast<double>(rows) * 1e-9 * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void place(benchmark::State& state, Mat A, DM dm, const GridSize* size, std::size_t rows, bool again) {
  std::string refusal;
  LatticePlacement kept;
  UpdateLatticePlacement(A, dm, size, &kept, &refusal);
  for (auto _ : state) {
    if (again) {
      UpdateLatticePlacement(A, dm, size, &kept, &refusal);
    } else {
      LatticePlacement placement;
      UpdateLatticePlacement(A, dm, size, &placement, &refusal);
      benchmark::DoNotOptimize(placement.op.links.data());
    }
    if (!refusal.empty()) {
      state.SkipWithError(refusal.c_str());
      break;
    }
  }
  count_rows(state, rows);
}

// The floor: each byte of the compressed rows read once.
void read_rows(benchmark::State& state) {
  const auto s = laplacian(static_cast<PetscInt>(state.range(0)), 0, false, 0);
  const std::size_t n = s->ja.size();
  const double* a = s->a.data();
  const PetscInt *ja = s->ja.data(), *ia = s->ia.data();
  for (auto _ : state) {
    double sum = 0;
    std::int64_t columns = 0;
#pragma omp parallel for simd reduction(+ : sum, columns) schedule(static)
    for (std::size_t e = 0; e < n; ++e) {
      sum += a[e];
      columns += ja[e];
    }
#pragma omp parallel for simd reduction(+ : columns) schedule(static)
    for (std::size_t r = 0; r < s->cells.size(); ++r)
      columns += ia[r];
    benchmark::DoNotOptimize(sum);
    benchmark::DoNotOptimize(columns);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * (12 * n + 4 * s->ia.size())));
  count_rows(state, s->cells.size());
}

void natural_full(benchmark::State& state) {
  const auto s = laplacian(static_cast<PetscInt>(state.range(0)), 0, false, 0);
  place(state, s->A, nullptr, nullptr, s->cells.size(), false);
}

void natural_full_variable(benchmark::State& state) {
  const auto s = laplacian(static_cast<PetscInt>(state.range(0)), 0, false, 0.1);
  place(state, s->A, nullptr, nullptr, s->cells.size(), false);
}

void natural_compact(benchmark::State& state) {
  const auto s = laplacian(static_cast<PetscInt>(state.range(0)), 40, false, 0);
  place(state, s->A, nullptr, nullptr, s->cells.size(), false);
}

void natural_compact_variable(benchmark::State& state) {
  const auto s = laplacian(static_cast<PetscInt>(state.range(0)), 40, false, 0.1);
  place(state, s->A, nullptr, nullptr, s->cells.size(), false);
}

void random_order(benchmark::State& state) {
  const auto s = laplacian(static_cast<PetscInt>(state.range(0)), 40, true, 0);
  place(state, s->A, nullptr, nullptr, s->cells.size(), false);
}

void dmda(benchmark::State& state) {
  const auto s = laplacian(static_cast<PetscInt>(state.range(0)), 0, false, 0);
  DM dm = nullptr;
  DMDACreate3d(PETSC_COMM_SELF, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, DMDA_STENCIL_STAR, s->size[0],
               s->size[1], s->size[2], 1, 1, 1, 1, 1, nullptr, nullptr, nullptr, &dm);
  DMSetUp(dm);
  place(state, s->A, dm, nullptr, s->cells.size(), false);
  DMDestroy(&dm);
}

void given_cells(benchmark::State& state) {
  const auto s = laplacian(static_cast<PetscInt>(state.range(0)), 40, false, 0);
  IS cells = nullptr;
  ISCreateGeneral(PETSC_COMM_SELF, static_cast<PetscInt>(s->cells.size()), s->cells.data(), PETSC_USE_POINTER, &cells);
  PetscObjectCompose(reinterpret_cast<PetscObject>(s->A), "linnet_cells", reinterpret_cast<PetscObject>(cells));
  place(state, s->A, nullptr, &s->size, s->cells.size(), false);
  ISDestroy(&cells);
}

void values_only(benchmark::State& state) {
  const auto s = laplacian(static_cast<PetscInt>(state.range(0)), 40, false, 0);
  place(state, s->A, nullptr, nullptr, s->cells.size(), true);
}

void values_only_variable(benchmark::State& state) {
  const auto s = laplacian(static_cast<PetscInt>(state.range(0)), 40, false, 0.1);
  place(state, s->A, nullptr, nullptr, s->cells.size(), true);
}

#define LINNET_CASE(name) BENCHMARK(name)->Arg(64)->Arg(128)->UseRealTime()->Unit(benchmark::kMillisecond)
LINNET_CASE(read_rows);
LINNET_CASE(natural_full);
LINNET_CASE(natural_full_variable);
LINNET_CASE(natural_compact);
LINNET_CASE(natural_compact_variable);
LINNET_CASE(random_order);
LINNET_CASE(dmda);
LINNET_CASE(given_cells);
LINNET_CASE(values_only);
LINNET_CASE(values_only_variable);

} // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (PetscInitialize(&argc, &argv, nullptr, nullptr))
    return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return PetscFinalize();
}
