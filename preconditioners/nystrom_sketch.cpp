// The stabilised Nystrom approximation: Frangella, Tropp, Udell, Randomized Nystrom preconditioning, algorithm 2.1.
#include "nystrom.hpp"

#include <Eigen/Dense>

#include <cmath>
#include <limits>

extern "C" {
void dgeqrf_(const int* m, const int* n, double* a, const int* lda, double* tau, double* work, const int* lwork,
             int* info);
void dorgqr_(const int* m, const int* n, const int* k, double* a, const int* lda, const double* tau, double* work,
             const int* lwork, int* info);
}

using Eigen::Map, Eigen::MatrixXd, Eigen::VectorXd;

/* A = Q R in place, A rows x columns with rows >= columns. */
static void HouseholderQr(Map<MatrixXd> A, MatrixXd* R) {
  const int rows = static_cast<int>(A.rows()), columns = static_cast<int>(A.cols()), query = -1;
  int info = 0;
  double best = 0;
  std::vector<double> tau(static_cast<std::size_t>(columns)), work(1);
  dgeqrf_(&rows, &columns, A.data(), &rows, tau.data(), &best, &query, &info);
  work.resize(static_cast<std::size_t>(std::max(best, 64.0 * columns)));
  const int size = static_cast<int>(work.size());
  dgeqrf_(&rows, &columns, A.data(), &rows, tau.data(), work.data(), &size, &info);
  *R = A.topRows(columns).triangularView<Eigen::Upper>();
  dorgqr_(&rows, &columns, &columns, A.data(), &rows, tau.data(), work.data(), &size, &info);
}

/* A <- A M in place, by panels of rows: a copy of all of A would be as many pages to touch for the first time. */
static void MultiplyInPlace(Map<MatrixXd> A, const MatrixXd& M) {
  constexpr Eigen::Index panel = 4096;
  MatrixXd rows;
  for (Eigen::Index i = 0; i < A.rows(); i += panel) {
    rows = A.middleRows(i, std::min(panel, A.rows() - i));
    A.middleRows(i, rows.rows()).noalias() = rows * M;
  }
}

/* A = Q R of a matrix whose rows lie on the ranks, in place: that of each rank, then that of their triangles (TSQR). */
static PetscErrorCode ParallelQr(MPI_Comm comm, Map<MatrixXd> A, MatrixXd* R) {
  const Eigen::Index columns = A.cols(), rows = A.rows();
  PetscMPIInt ranks, rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rows >= columns) {
    HouseholderQr(A, R);
  } else {
    MatrixXd padded = MatrixXd::Zero(columns, columns);
    padded.topRows(rows) = A;
    HouseholderQr(Map<MatrixXd>(padded.data(), columns, columns), R);
    A = padded.topRows(rows);
  }
  if (ranks == 1)
    PetscFunctionReturn(0);
  const int count = static_cast<int>(columns * columns);
  std::vector<double> all(static_cast<std::size_t>(count) * static_cast<std::size_t>(ranks));
  PetscCallMPI(MPI_Allgather(R->data(), count, MPI_DOUBLE, all.data(), count, MPI_DOUBLE, comm));
  MatrixXd stacked(columns * ranks, columns);
  for (PetscMPIInt r = 0; r < ranks; r++)
    stacked.middleRows(r * columns, columns) =
        Map<const MatrixXd>(all.data() + static_cast<std::ptrdiff_t>(r) * count, columns, columns);
  HouseholderQr(Map<MatrixXd>(stacked.data(), stacked.rows(), columns), R);
  MultiplyInPlace(A, stacked.middleRows(rank * columns, columns));
  PetscFunctionReturn(0);
}

/* x <- standard normals, a function of the seed, the column and the global row alone */
static PetscErrorCode Normals(Vec v, PetscInt seed, PetscInt column) {
  PetscInt first, last;
  PetscScalar* numbers;

  PetscFunctionBegin;
  PetscCall(VecGetOwnershipRange(v, &first, &last));
  PetscCall(VecGetArrayWrite(v, &numbers));
  const auto mix = [](std::uint64_t z) { /* the output function of splitmix64 (Steele, Lea, Flood 2014) */
                                         z += 0x9e3779b97f4a7c15U;
                                         z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
                                         z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
                                         return z ^ (z >> 31);
  };
  const std::uint64_t key = mix(mix(static_cast<std::uint64_t>(seed)) ^ static_cast<std::uint64_t>(column));
  for (PetscInt i = first; i < last; i++) { /* Box-Muller */
    const std::uint64_t a = mix(key ^ mix(2 * static_cast<std::uint64_t>(i))), b = mix(a);
    const double u = (static_cast<double>(a >> 11) + 0.5) * 0x1p-53, w = static_cast<double>(b >> 11) * 0x1p-53;
    numbers[i - first] = std::sqrt(-2 * std::log(u)) * std::cos(2 * PETSC_PI * w);
  }
  PetscCall(VecRestoreArrayWrite(v, &numbers));
  PetscFunctionReturn(0);
}

PetscErrorCode PCNystromGrow_Private(Mat A, PetscReal damping, PetscInt seed, PetscInt columns,
                                     PCNystromSketch* sketch) {
  const PetscInt old = sketch->columns;
  const auto local = static_cast<std::size_t>(sketch->local);
  const PetscScalar* numbers;
  Vec x, y;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(A, &x, &y));
  sketch->omega.resize(local * static_cast<std::size_t>(columns));
  sketch->product.resize(sketch->omega.size());
  for (PetscInt k = old; k < columns; k++) {
    PetscCall(Normals(x, seed, k));
    PetscCall(VecGetArrayRead(x, &numbers));
    std::copy_n(numbers, local, sketch->omega.begin() + static_cast<std::ptrdiff_t>(local) * k);
    PetscCall(VecRestoreArrayRead(x, &numbers));
  }
  /* the new columns orthogonal to the old ones (twice, for rounding), then among themselves */
  Map<MatrixXd> before(sketch->omega.data(), sketch->local, old);
  Map<MatrixXd> fresh(sketch->omega.data() + local * static_cast<std::size_t>(old), sketch->local, columns - old);
  MatrixXd R;
  for (int pass = 0; old > 0 && pass < 2; pass++) {
    MatrixXd overlap = before.transpose() * fresh;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, overlap.data(), static_cast<int>(overlap.size()), MPI_DOUBLE, MPI_SUM,
                               sketch->comm));
    fresh.noalias() -= before * overlap;
  }
  PetscCall(ParallelQr(sketch->comm, fresh, &R));
  for (PetscInt k = old; k < columns; k++) {
    PetscScalar* to;
    PetscCall(VecGetArrayWrite(x, &to));
    std::copy_n(sketch->omega.begin() + static_cast<std::ptrdiff_t>(local) * k, local, to);
    PetscCall(VecRestoreArrayWrite(x, &to));
    PetscCall(MatMult(A, x, y));
    if (damping > 0)
      PetscCall(VecAXPY(y, -damping, x));
    PetscCall(VecGetArrayRead(y, &numbers));
    std::copy_n(numbers, local, sketch->product.begin() + static_cast<std::ptrdiff_t>(local) * k);
    PetscCall(VecRestoreArrayRead(y, &numbers));
  }
  sketch->columns = columns;
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&y));
  PetscFunctionReturn(0);
}

PetscErrorCode PCNystromFactor_Private(const PCNystromSketch& sketch, std::vector<double>* U,
                                       std::vector<double>* eigenvalues, bool* definite) {
  const PetscInt columns = sketch.columns;
  const Map<const MatrixXd> omega(sketch.omega.data(), sketch.local, columns),
      product(sketch.product.data(), sketch.local, columns);
  double size = product.squaredNorm(), n = sketch.local;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &size, 1, MPI_DOUBLE, MPI_SUM, sketch.comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &n, 1, MPI_DOUBLE, MPI_SUM, sketch.comm));
  /* Y <- Y + shift Omega, C C^T = Omega^T Y, B = Y C^{-T}, H + shift I ~ B B^T */
  double shift = std::sqrt(n) * std::numeric_limits<double>::epsilon() * std::sqrt(size);
  MatrixXd core = omega.transpose() * product;
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, core.data(), static_cast<int>(core.size()), MPI_DOUBLE, MPI_SUM, sketch.comm));
  core = 0.5 * (core + core.transpose()).eval();
  *definite = std::isfinite(size) && core.allFinite() && size > 0;
  if (!*definite)
    PetscFunctionReturn(0);
  const double asymmetry_or_rounding = 100 * shift;
  Eigen::LLT<MatrixXd> cholesky;
  for (;;) {
    MatrixXd shifted = core;
    shifted.diagonal().array() += shift;
    cholesky.compute(shifted);
    if (cholesky.info() == Eigen::Success)
      break;
    *definite = shift <= asymmetry_or_rounding;
    if (!*definite)
      PetscFunctionReturn(0);
    shift *= 10;
  }
  U->resize(sketch.product.size());
  Map<MatrixXd> B(U->data(), sketch.local, columns);
  MatrixXd R;
  B = product + shift * omega;
  cholesky.matrixU().solveInPlace<Eigen::OnTheRight>(B);
  /* B = Q R, R = P Sigma W^T: U = Q P, eigenvalues Sigma^2 - shift */
  PetscCall(ParallelQr(sketch.comm, B, &R));
  const Eigen::BDCSVD<MatrixXd> svd(R, Eigen::ComputeThinU);
  MultiplyInPlace(B, svd.matrixU());
  eigenvalues->resize(static_cast<std::size_t>(columns));
  for (PetscInt k = 0; k < columns; k++)
    (*eigenvalues)[static_cast<std::size_t>(k)] =
        std::max(0.0, svd.singularValues()[k] * svd.singularValues()[k] - shift);
  PetscFunctionReturn(0);
}
