// latticemg on pressure systems (a solid ball in a box that is open at the top): setup, one application, and CG to a
// relative residual of 1e-6, beside the read bandwidth of the same run.
//
//   build/bench/latticemg_cg --benchmark_filter=128 --benchmark_repetitions=5
//
// Arguments: the grid, and the operator: 0 voxel Laplacian, 1 with a diagonal of its own in each cell, 2 variable
// couplings. Counters: time an unknown, iterations of CG. OMP_NUM_THREADS sets the threads.
#include "bandwidth.hpp"

#include <benchmark/benchmark.h>
#include <linnet/linnet.h>
#include <petsc/private/petscimpl.h>

#include <cstdint>
#include <vector>

namespace {

enum Operator : std::uint8_t { voxel, diagonals, variable };

// Uniform in [0, 1).
double draw(std::uint64_t x) {
  x = (x + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return static_cast<double>((x ^ x >> 31) >> 11) * 0x1p-53;
}

struct System {
  Mat A = nullptr;
  Vec b = nullptr, x = nullptr;
  KSP ksp = nullptr;
  PC pc = nullptr;
  PetscInt rows = 0;

  System(PetscInt nx, PetscInt ny, PetscInt nz, Operator op) {
    std::vector<PetscInt> row(static_cast<std::size_t>(nx) * ny * nz, -1), cell;
    for (PetscInt k = 0; k < nz; ++k)
      for (PetscInt j = 0; j < ny; ++j)
        for (PetscInt i = 0; i < nx; ++i) {
          const double dx = i - nx / 2.0, dy = j - ny / 2.0, dz = nz > 1 ? k - nz / 2.0 : 0, radius = nx / 5.0;
          if (dx * dx + dy * dy + dz * dz >= radius * radius) {
            const PetscInt c = i + nx * (j + ny * k);
            row[static_cast<std::size_t>(c)] = static_cast<PetscInt>(cell.size());
            cell.push_back(c);
          }
        }
    rows = static_cast<PetscInt>(cell.size());
    MatCreateSeqAIJ(PETSC_COMM_SELF, rows, rows, 7, nullptr, &A);
    const PetscInt size[3] = {nx, ny, nz}, step[3] = {1, nx, nx * ny};
    const int top = nz > 1 ? 2 : 1;
    for (const PetscInt c : cell) {
      const PetscInt at[3] = {c % nx, c / nx % ny, c / nx / ny};
      double diagonal = at[top] == size[top] - 1;
      if (op == diagonals)
        diagonal += 0.1 * draw(static_cast<std::uint64_t>(c));
      for (int axis = 0; axis < 3; ++axis)
        for (const int side : {-1, 1}) {
          const bool inside = side < 0 ? at[axis] > 0 : at[axis] + 1 < size[axis];
          const PetscInt other = inside ? row[static_cast<std::size_t>(c + side * step[axis])] : -1;
          if (other < 0)
            continue;
          const PetscInt lower = side < 0 ? c - step[axis] : c;
          const double w = op == variable ? 1 + draw(3 * static_cast<std::uint64_t>(lower) + axis) : 1;
          diagonal += w;
          MatSetValue(A, row[static_cast<std::size_t>(c)], other, -w, INSERT_VALUES);
        }
      MatSetValue(A, row[static_cast<std::size_t>(c)], row[static_cast<std::size_t>(c)], diagonal, INSERT_VALUES);
    }
    MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
    MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
    IS cells = nullptr;
    ISCreateGeneral(PETSC_COMM_SELF, rows, cell.data(), PETSC_COPY_VALUES, &cells);
    PetscObjectCompose(reinterpret_cast<PetscObject>(A), "linnet_cells", reinterpret_cast<PetscObject>(cells));
    ISDestroy(&cells);
    MatCreateVecs(A, &x, &b);
    VecSetRandom(b, nullptr);
    KSPCreate(PETSC_COMM_SELF, &ksp);
    KSPSetType(ksp, KSPCG);
    KSPSetOperators(ksp, A, A);
    KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED);
    KSPSetTolerances(ksp, 1e-6, PETSC_DEFAULT, PETSC_DEFAULT, 100);
    KSPGetPC(ksp, &pc);
    PCSetType(pc, PCLATTICEMG);
    PCLatticeMGSetGrid(pc, nx, ny, nz);
  }
  System(const System&) = delete;
  System& operator=(const System&) = delete;
  ~System() {
    KSPDestroy(&ksp);
    VecDestroy(&b);
    VecDestroy(&x);
    MatDestroy(&A);
  }
};

System make(const benchmark::State& state) {
  return System(static_cast<PetscInt>(state.range(0)), static_cast<PetscInt>(state.range(1)),
                static_cast<PetscInt>(state.range(2)), static_cast<Operator>(state.range(3)));
}

void per_unknown(benchmark::State& state, const System& s) {
  state.counters["per_unknown"] = benchmark::Counter(s.rows * static_cast<double>(state.iterations()),
                                                     benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// The memory of an earlier setup is used again, as between the steps of a simulation.
void setup(benchmark::State& state) {
  const System s = make(state);
  PCSetUp(s.pc);
  for (auto _ : state) {
    PetscObjectStateIncrease(reinterpret_cast<PetscObject>(s.A)); // new values, as far as PETSc knows
    PCSetUp(s.pc);
  }
  per_unknown(state, s);
}

void application(benchmark::State& state) {
  const System s = make(state);
  PCSetUp(s.pc);
  for (auto _ : state)
    PCApply(s.pc, s.b, s.x);
  per_unknown(state, s);
}

// With the method around the cycle: CG by PETSc's vectors, or fused.
void solve(benchmark::State& state, KSPType type) {
  const System s = make(state);
  KSPSetType(s.ksp, type);
  PetscInt iterations = 0;
  KSPSetUp(s.ksp);
  for (auto _ : state)
    KSPSolve(s.ksp, s.b, s.x);
  KSPGetIterationNumber(s.ksp, &iterations);
  per_unknown(state, s);
  state.counters["iterations"] = iterations;
}

void sizes(benchmark::internal::Benchmark* b) {
  for (const std::int64_t op : {voxel, diagonals, variable}) {
    for (const std::int64_t n : {64, 128})
      b->Args({n, n, n, op});
    b->Args({1024, 1024, 1, op});
  }
  b->Unit(benchmark::kMillisecond)->UseRealTime();
}
BENCHMARK(bandwidth)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(setup)->Apply(sizes);
BENCHMARK(application)->Apply(sizes);
BENCHMARK_CAPTURE(solve, cg, KSPCG)->Apply(sizes);
BENCHMARK_CAPTURE(solve, dcd_fused, KSPDCD)->Apply(sizes);

} // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (PetscInitialize(&argc, &argv, nullptr, nullptr) || LinnetInitialize())
    return 1;
  benchmark::RunSpecifiedBenchmarks();
  return PetscFinalize() ? 1 : 0;
}
