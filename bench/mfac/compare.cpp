// PCMFAC and PCNYSTROM beside LSQR, CG and a dense Cholesky factor, on systems made from seeds.
//
//   build/bench/mfac_compare spectra    iterations over decays, dampings and ranks
//   build/bench/mfac_compare ridge      ridge regression, 1,000,000 sparse rows of 2,000 features
//   build/bench/mfac_compare ensemble   an ensemble Kalman filter's matrix, 1,000,000 unknowns and 128 members
//
// Each prints a table: iterations, setup and solve time in seconds, true relative residual |b - A x| / |b| of the
// (normal) equations, recomputed. Relative tolerance 1e-8. OMP_NUM_THREADS sets the threads; runs under mpiexec too.
#include <linnet/linnet.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

namespace {

std::uint64_t mix(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

double uniform(std::uint64_t i, std::uint64_t j) { // in (0, 1)
  return (static_cast<double>(mix(mix(i) ^ j) >> 11) + 0.5) * 0x1p-53;
}

double normal(std::uint64_t i, std::uint64_t j) {
  return std::sqrt(-2 * std::log(uniform(i, 2 * j))) * std::cos(2 * PETSC_PI * uniform(i, 2 * j + 1));
}

struct Run {
  std::string name;
  KSPType ksp = KSPCG;
  PCType pc = PCNONE;
  PetscInt rank = 128;
  double damping = 0;
  bool print = true;
};

struct Measured {
  PetscInt iterations = -1;
  double residual = 0;
  PetscBool identity = PETSC_FALSE;
};

// Solves A x = b; K: for LSQR, with A = K^T K and b = K^T c.
PetscErrorCode Solve(Mat A, Mat K, Vec b, Vec c, const Run& run, Measured* measured) {
  KSP ksp;
  PC pc;
  Vec x, r;
  PetscReal norm_b;

  PetscFunctionBegin;
  const bool lsqr = std::strcmp(run.ksp, KSPLSQR) == 0;
  PetscCall(VecDuplicate(b, &x));
  PetscCall(VecDuplicate(b, &r));
  PetscCall(KSPCreate(PetscObjectComm(reinterpret_cast<PetscObject>(A)), &ksp));
  PetscCall(KSPSetType(ksp, run.ksp));
  PetscCall(KSPSetOperators(ksp, lsqr ? K : A, A));
  PetscCall(KSPSetTolerances(ksp, lsqr ? 1e-14 : 1e-8, 1e-300, PETSC_DEFAULT, 20000));
  if (std::strcmp(run.ksp, KSPCG) == 0)
    PetscCall(KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, run.pc));
  if (run.damping > 0) {
    PetscCall(PCMFACSetDamping(pc, run.damping));
    PetscCall(PCNystromSetDamping(pc, run.damping));
  }
  PetscCall(PCMFACSetRank(pc, run.rank));
  PetscCall(PCNystromSetRank(pc, run.rank));
  PetscCall(PCNystromSetAdaptive(pc, PETSC_FALSE));
  PetscCall(KSPSetFromOptions(ksp));
  VecNorm(b, NORM_2, &norm_b);
  PetscReal target = 0;
  if (lsqr) { /* its own test is about |c - K x|: stop where |K^T (c - K x)| has fallen */
    const auto fell = [](KSP self, PetscInt it, PetscReal, KSPConvergedReason* reason, void* limit) -> PetscErrorCode {
      PetscReal gradient = 0;
      PetscFunctionBegin;
      PetscCall(KSPLSQRGetNorms(self, &gradient, nullptr));
      *reason = it > 0 && gradient <= *static_cast<PetscReal*>(limit) ? KSP_CONVERGED_RTOL : KSP_CONVERGED_ITERATING;
      PetscFunctionReturn(0);
    };
    PetscScalar square;
    PetscCall(KSPSetConvergenceTest(ksp, fell, &target, nullptr));
    PetscCall(PCSetUp(pc));
    PetscCall(PCApply(pc, b, x));
    PetscCall(VecDot(b, x, &square));
    target = 1e-8 * std::sqrt(square);
  }
  const double begin = MPI_Wtime();
  PetscCall(KSPSetUp(ksp));
  const double middle = MPI_Wtime();
  PetscCall(KSPSolve(ksp, lsqr ? c : b, x));
  const double end = MPI_Wtime();
  PetscReal norm_r;
  PetscCall(MatMult(A, x, r));
  PetscCall(VecAYPX(r, -1, b));
  PetscCall(VecNorm(r, NORM_2, &norm_r));
  PetscCall(KSPGetIterationNumber(ksp, &measured->iterations));
  measured->residual = norm_r / norm_b;
  if (std::strcmp(run.pc, PCMFAC) == 0)
    PetscCall(PCMFACGetRows(pc, nullptr, nullptr, &measured->identity));
  if (run.print)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-28s %10d %10.3f %10.3f %12.2e\n", run.name.c_str(),
                          static_cast<int>(measured->iterations), middle - begin, end - middle, measured->residual));
  PetscCall(KSPDestroy(&ksp));
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&r));
  PetscFunctionReturn(0);
}

PetscErrorCode Head(const char* title) {
  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s\n%-28s %10s %10s %10s %12s\n", title, "solver", "iterations", "setup s",
                        "solve s", "residual"));
  PetscFunctionReturn(0);
}

// C = J^T J / N + damping I with rows of J normal, their covariance of eigenvalues i^-alpha.
PetscErrorCode Spectra() {
  const PetscInt N = 6000, d = 2000;

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "CG to 1e-8 on J^T J / N + damping I, J %d x %d, eigenvalues of the covariance i^-alpha\n"
                        "%5s %8s %6s %8s %8s %8s\n",
                        static_cast<int>(N), static_cast<int>(d), "alpha", "damping", "rank", "none", "mfac",
                        "nystrom"));
  for (const double alpha : {0.5, 1.0, 2.0}) {
    Mat J, C;
    Vec b;
    PetscInt first, last;
    PetscCall(MatCreateDense(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, N, d, nullptr, &J));
    PetscCall(MatGetOwnershipRange(J, &first, &last));
    for (PetscInt i = first; i < last; i++)
      for (PetscInt j = 0; j < d; j++)
        PetscCall(MatSetValue(J, i, j,
                              std::pow(j + 1.0, -alpha / 2) / std::sqrt(static_cast<double>(N)) *
                                  normal(static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(j)),
                              INSERT_VALUES));
    PetscCall(MatAssemblyBegin(J, MAT_FINAL_ASSEMBLY));
    PetscCall(MatAssemblyEnd(J, MAT_FINAL_ASSEMBLY));
    PetscCall(MatTransposeMatMult(J, J, MAT_INITIAL_MATRIX, PETSC_DEFAULT, &C));
    PetscCall(PetscObjectCompose(reinterpret_cast<PetscObject>(C), "linnet_rows", reinterpret_cast<PetscObject>(J)));
    PetscCall(MatCreateVecs(C, &b, nullptr));
    PetscCall(VecGetOwnershipRange(b, &first, &last));
    for (PetscInt i = first; i < last; i++)
      PetscCall(VecSetValue(b, i, normal(7, static_cast<std::uint64_t>(i)), INSERT_VALUES));
    PetscCall(VecAssemblyBegin(b));
    PetscCall(VecAssemblyEnd(b));
    double before = 0;
    for (const double damping : {1e-1, 1e-3, 1e-5}) {
      PetscCall(MatShift(C, damping - before));
      before = damping;
      Measured none, mfac, nystrom;
      PetscCall(Solve(C, nullptr, b, nullptr, {"", KSPCG, PCNONE, 0 + 1, 0, false}, &none));
      for (const PetscInt rank : {128, 512}) {
        PetscCall(Solve(C, nullptr, b, nullptr, {"", KSPCG, PCMFAC, rank, damping, false}, &mfac));
        PetscCall(Solve(C, nullptr, b, nullptr, {"", KSPCG, PCNYSTROM, rank, damping, false}, &nystrom));
        PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%5g %8g %6d %8d %8d%s %7d%s\n", alpha, damping, static_cast<int>(rank),
                              static_cast<int>(none.iterations), static_cast<int>(mfac.iterations),
                              mfac.identity ? "=" : " ", static_cast<int>(nystrom.iterations),
                              mfac.iterations > none.iterations ? "  WORSE" : ""));
      }
    }
    PetscCall(VecDestroy(&b));
    PetscCall(MatDestroy(&C));
    PetscCall(MatDestroy(&J));
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "=: mfac found its rows too few for a gain and is the identity\n"));
  PetscFunctionReturn(0);
}

// Rows with 20 features each, feature j about as frequent and as large as a power of its number; damping 1e-4 of |J|^2.
PetscErrorCode Ridge() {
  const PetscInt n = 1000000, d = 2000, entries = 20;
  const double damping = 1;
  Mat J, K, A, dense;
  Vec b, c;
  PetscInt first, last, column_first, column_last;

  PetscFunctionBegin;
  PetscMPIInt ranks;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  PetscCheck(ranks == 1, PETSC_COMM_WORLD, PETSC_ERR_SUP, "ridge runs on one rank");
  for (const bool extended : {false, true}) {
    Mat* matrix = extended ? &K : &J;
    PetscCall(MatCreateAIJ(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, extended ? n + d : n, d, entries, nullptr,
                           entries, nullptr, matrix));
    PetscCall(MatGetOwnershipRange(*matrix, &first, &last));
    for (PetscInt i = first; i < last; i++) {
      if (i >= n) {
        PetscCall(MatSetValue(*matrix, i, i - n, std::sqrt(damping), INSERT_VALUES));
        continue;
      }
      for (PetscInt k = 0; k < entries; k++) {
        const auto row = static_cast<std::uint64_t>(i), key = static_cast<std::uint64_t>(k);
        const auto j = static_cast<PetscInt>(d * std::pow(uniform(row + 1, 1000 + key), 2));
        PetscCall(MatSetValue(*matrix, i, j, normal(row, key) / (1 + 0.02 * j), INSERT_VALUES));
      }
    }
    PetscCall(MatAssemblyBegin(*matrix, MAT_FINAL_ASSEMBLY));
    PetscCall(MatAssemblyEnd(*matrix, MAT_FINAL_ASSEMBLY));
  }
  PetscCall(MatCreateNormal(K, &A));
  PetscCall(PetscObjectCompose(reinterpret_cast<PetscObject>(A), "linnet_rows", reinterpret_cast<PetscObject>(J)));
  PetscCall(MatCreateVecs(K, &b, &c));
  PetscCall(MatGetOwnershipRange(K, &column_first, &column_last));
  for (PetscInt i = column_first; i < std::min(column_last, n); i++)
    PetscCall(VecSetValue(c, i, normal(11, static_cast<std::uint64_t>(i)), INSERT_VALUES));
  PetscCall(VecAssemblyBegin(c));
  PetscCall(VecAssemblyEnd(c));
  PetscCall(MatMultTranspose(K, c, b));
  PetscCall(Head("Ridge regression: 1,000,000 x 2,000, 20 features a row, damping 1"));
  Measured measured;
  PetscCall(Solve(A, K, b, c, {"lsqr", KSPLSQR, PCNONE, 1, 0}, &measured));
  PetscCall(Solve(A, K, b, c, {"cg", KSPCG, PCNONE, 1, 0}, &measured));
  PetscCall(Solve(A, K, b, c, {"cg+jacobi", KSPCG, PCJACOBI, 1, 0}, &measured));
  for (const PetscInt rank : {128, 512}) {
    PetscCall(Solve(A, K, b, c, {"cg+nystrom " + std::to_string(rank), KSPCG, PCNYSTROM, rank, damping}, &measured));
    PetscCall(Solve(A, K, b, c, {"cg+mfac " + std::to_string(rank), KSPCG, PCMFAC, rank, damping}, &measured));
  }
  const double begin = MPI_Wtime();
  PetscCall(MatTransposeMatMult(K, K, MAT_INITIAL_MATRIX, PETSC_DEFAULT, &dense));
  PetscCall(MatConvert(dense, MATDENSE, MAT_INPLACE_MATRIX, &dense));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "(J^T J as a dense matrix: %.3f s)\n", MPI_Wtime() - begin));
  PetscCall(MatSetOption(dense, MAT_SPD, PETSC_TRUE));
  PetscCall(Solve(dense, K, b, c, {"dense Cholesky of J^T J", KSPPREONLY, PCCHOLESKY, 1, 0}, &measured));
  PetscCall(MatDestroy(&dense));
  PetscCall(MatDestroy(&A));
  PetscCall(MatDestroy(&K));
  PetscCall(MatDestroy(&J));
  PetscCall(VecDestroy(&b));
  PetscCall(VecDestroy(&c));
  PetscFunctionReturn(0);
}

// R + (1/m) sum of the members' outer products, the members smooth and of falling size; R = 1e-3 I.
PetscErrorCode Ensemble() {
  const PetscInt d = 1000000, m = 128;
  const double damping = 1e-3;
  Mat base, U, A;
  Vec b;
  PetscInt first, last, ld;
  PetscScalar* u;

  PetscFunctionBegin;
  PetscCall(MatCreateConstantDiagonal(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, d, d, damping, &base));
  PetscCall(MatCreateDense(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, d, m, nullptr, &U));
  PetscCall(MatGetOwnershipRange(U, &first, &last));
  PetscCall(MatDenseGetLDA(U, &ld));
  PetscCall(MatDenseGetArrayWrite(U, &u));
  for (PetscInt k = 0; k < m; k++)
    for (PetscInt i = first; i < last; i++)
      u[static_cast<std::size_t>(k) * static_cast<std::size_t>(ld) + static_cast<std::size_t>(i - first)] =
          (1 + 0.1 * normal(static_cast<std::uint64_t>(k), static_cast<std::uint64_t>(i))) / std::sqrt(1.0 * m) *
          std::pow(k + 1.0, -0.5);
  PetscCall(MatDenseRestoreArrayWrite(U, &u));
  PetscCall(MatAssemblyBegin(U, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(U, MAT_FINAL_ASSEMBLY));
  PetscCall(MatCreateLRC(base, U, nullptr, U, &A));
  PetscCall(MatCreateVecs(A, &b, nullptr));
  for (PetscInt i = first; i < last; i++)
    PetscCall(VecSetValue(b, i, normal(5, static_cast<std::uint64_t>(i)), INSERT_VALUES));
  PetscCall(VecAssemblyBegin(b));
  PetscCall(VecAssemblyEnd(b));
  PetscCall(Head("Ensemble Kalman filter: 1,000,000 unknowns, 128 members, MATLRC over 1e-3 I"));
  Measured measured;
  PetscCall(Solve(A, nullptr, b, nullptr, {"mfac (direct)", KSPPREONLY, PCMFAC, m, 0}, &measured));
  PetscCall(Solve(A, nullptr, b, nullptr, {"cg+mfac", KSPCG, PCMFAC, m, 0}, &measured));
  PetscCall(Solve(A, nullptr, b, nullptr, {"cg", KSPCG, PCNONE, 1, 0}, &measured));
  PetscCall(Solve(A, nullptr, b, nullptr, {"cg+nystrom 32", KSPCG, PCNYSTROM, 32, damping}, &measured));
  PetscCall(Solve(A, nullptr, b, nullptr, {"cg+nystrom 128", KSPCG, PCNYSTROM, 128, damping}, &measured));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "(Jacobi needs a diagonal that MATLRC does not give, LSQR the rows as a "
                                          "matrix; a dense Cholesky factor would take 4 TB)\n"));
  PetscCall(VecDestroy(&b));
  PetscCall(MatDestroy(&A));
  PetscCall(MatDestroy(&U));
  PetscCall(MatDestroy(&base));
  PetscFunctionReturn(0);
}

} // namespace

int main(int argc, char** argv) {
  const std::string which = argc > 1 ? argv[1] : "";
  PetscFunctionBeginUser;
  PetscCall(PetscInitialize(&argc, &argv, nullptr, nullptr));
  PetscCall(LinnetInitialize());
  if (which == "spectra")
    PetscCall(Spectra());
  else if (which == "ridge")
    PetscCall(Ridge());
  else if (which == "ensemble")
    PetscCall(Ensemble());
  else
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "usage: mfac_compare spectra|ridge|ensemble\n"));
  PetscCall(PetscFinalize());
  return which == "spectra" || which == "ridge" || which == "ensemble" ? 0 : 2;
}
