// One outer iteration of cg and dcd around Jacobi, on the 7-point Laplacian of n x n x n cells: what the method itself
// costs. Beside it, the product with the matrix alone and the bandwidth of reading memory, all in one process.
//
//   OMP_NUM_THREADS=1 build/bench/outer --benchmark_repetitions=5
//
// Bytes: the matrix (12 an entry, 4 a row) and each vector once where it is read and once where it is written: x, r, z
// and the new d and A d, and for dcd the m kept pairs of both.
#include "bandwidth.hpp"

#include <benchmark/benchmark.h>
#include <linnet/linnet.h>

#include <cstdint>

namespace {

constexpr PetscInt steps = 20; // of a solve

struct System {
  Mat A = nullptr;
  Vec b = nullptr, x = nullptr;
  KSP ksp = nullptr;
  PetscInt rows = 0;
  double matrix_bytes = 0;

  System(PetscInt n, KSPType type) : rows(n * n * n) {
    MatCreateSeqAIJ(PETSC_COMM_SELF, rows, rows, 7, nullptr, &A);
    const PetscInt step[3] = {1, n, n * n};
    for (PetscInt c = 0; c < rows; ++c) {
      const PetscInt at[3] = {c % n, c / n % n, c / n / n};
      for (int axis = 0; axis < 3; ++axis) {
        if (at[axis] > 0)
          MatSetValue(A, c, c - step[axis], -1, INSERT_VALUES);
        if (at[axis] + 1 < n)
          MatSetValue(A, c, c + step[axis], -1, INSERT_VALUES);
      }
      MatSetValue(A, c, c, 6, INSERT_VALUES);
    }
    MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
    MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
    MatInfo info = {};
    MatGetInfo(A, MAT_LOCAL, &info);
    matrix_bytes = 12 * info.nz_used + 4.0 * rows;
    MatCreateVecs(A, &x, &b);
    VecSetRandom(b, nullptr);
    PC pc = nullptr;
    KSPCreate(PETSC_COMM_SELF, &ksp);
    KSPSetType(ksp, type);
    KSPSetOperators(ksp, A, A);
    KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED);
    KSPSetTolerances(ksp, 1e-30, 1e-100, 1e30, steps);
    KSPGetPC(ksp, &pc);
    PCSetType(pc, PCJACOBI);
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

// `vectors`: read and written, of 8 bytes an unknown each
void count(benchmark::State& state, const System& s, double repeats, double vectors) {
  const double bytes = repeats * (s.matrix_bytes + 8 * vectors * s.rows);
  state.SetBytesProcessed(static_cast<std::int64_t>(static_cast<double>(state.iterations()) * bytes));
  state.counters["ns_per_unknown"] = benchmark::Counter(
      1e-9 * repeats * s.rows, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void product(benchmark::State& state) {
  const System s(static_cast<PetscInt>(state.range(0)), KSPCG);
  for (auto _ : state)
    MatMult(s.A, s.b, s.x);
  count(state, s, 1, 2);
}

void cg(benchmark::State& state) {
  const System s(static_cast<PetscInt>(state.range(0)), KSPCG);
  KSPSetUp(s.ksp);
  for (auto _ : state)
    KSPSolve(s.ksp, s.b, s.x);
  count(state, s, steps, 10); // x, r, z, d: 2 each; A d, the diagonal
}

void dcd(benchmark::State& state) {
  const System s(static_cast<PetscInt>(state.range(0)), KSPDCD);
  const auto kept = static_cast<PetscInt>(state.range(1));
  KSPDCDSetDirections(s.ksp, kept);
  KSPSetUp(s.ksp);
  for (auto _ : state)
    KSPSolve(s.ksp, s.b, s.x);
  count(state, s, steps, 9 + 2.0 * kept); // x, r, z: 2 each; the new d and A d, the diagonal; the kept pairs
}

BENCHMARK(bandwidth)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(product)->Arg(32)->Arg(96)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(cg)->Arg(32)->Arg(96)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(dcd)
    ->ArgNames({"", "kept"})
    ->ArgsProduct({{32, 96}, {0, 1, 2, 4}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

} // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (PetscInitialize(&argc, &argv, nullptr, nullptr) || LinnetInitialize())
    return 1;
  benchmark::RunSpecifiedBenchmarks();
  return PetscFinalize() ? 1 : 0;
}
