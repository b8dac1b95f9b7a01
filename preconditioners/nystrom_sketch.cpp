// The stabilised Nystrom approximation: Frangella, Tropp, Udell, Randomized Nystrom preconditioning, algorithm 2.1.
#include "base/threads.hpp"
#include "nystrom.hpp"

#include "mfac/orthonormal.hpp"

#include <Eigen/Dense>

#include <cmath>
#include <limits>

using Eigen::Map, Eigen::MatrixXd;

static std::uint64_t Mix(std::uint64_t z) { /* the output function of splitmix64 (Steele, Lea, Flood 2014) */
  z += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

/* Two vectors of standard normals times `scale`, functions of the seed, the pair and the global row alone. */
static void Normals(PetscInt seed, PetscInt pair, PetscInt first, double scale, std::vector<double> (&x)[2]) {
  const std::uint64_t key = Mix(Mix(static_cast<std::uint64_t>(seed)) ^ static_cast<std::uint64_t>(pair));
  const auto local = static_cast<PetscInt>(x[0].size());
#pragma omp parallel for schedule(static) num_threads(linnet::default_threads())
  for (PetscInt i = 0; i < local; i++) { /* Box-Muller */
    const std::uint64_t a = Mix(key ^ Mix((static_cast<std::uint64_t>(first) + static_cast<std::uint64_t>(i)))),
                        b = Mix(a);
    const double u = (static_cast<double>(a >> 11) + 0.5) * 0x1p-53, w = static_cast<double>(b >> 11) * 0x1p-53;
    const double radius = scale * std::sqrt(-2 * std::log(u)), angle = 2 * PETSC_PI * w;
    x[0][static_cast<std::size_t>(i)] = radius * std::cos(angle);
    x[1][static_cast<std::size_t>(i)] = radius * std::sin(angle);
  }
}

PetscErrorCode PCNystromGrow_Private(Mat A, PetscInt seed, PetscInt count, PCNystromSketch* sketch) {
  const auto old = static_cast<PetscInt>(sketch->omega.rows());
  const auto local = static_cast<std::size_t>(sketch->omega.columns());
  std::vector<double> normals[2] = {std::vector<double>(local), std::vector<double>(local)}, T;
  PetscInt size, first;
  Vec x, y;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(A, &x, &y));
  PetscCall(VecGetSize(x, &size));
  PetscCall(VecGetOwnershipRange(x, &first, nullptr));
  sketch->omega.extend(count);
  sketch->product.extend(count);
  for (PetscInt k = old; k < count; k++) {
    if (k == old || k % 2 == 0)
      Normals(seed, k / 2, first, 1 / std::sqrt(static_cast<double>(size)), normals);
    sketch->omega.set(k, normals[k % 2].data());
  }
  PetscCheck(orthonormalise(&sketch->omega, sketch->sum, &T), sketch->comm, PETSC_ERR_PLIB,
             "The random vectors of nystrom are dependent");
  for (PetscInt k = old; k < count; k++) {
    PetscScalar* to;
    const PetscScalar* from;
    PetscCall(VecGetArrayWrite(x, &to));
    sketch->omega.get(k, to);
    PetscCall(VecRestoreArrayWrite(x, &to));
    PetscCall(MatMult(A, x, y));
    if (sketch->damping > 0)
      PetscCall(VecAXPY(y, -sketch->damping, x));
    PetscCall(VecGetArrayRead(y, &from));
    sketch->product.set(k, from);
    PetscCall(VecRestoreArrayRead(y, &from));
  }
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&y));
  PetscFunctionReturn(0);
}

PetscErrorCode PCNystromFactor_Private(PCNystromSketch* sketch, bool last, linnet::mfac::Rows* U,
                                       std::vector<double>* eigenvalues, bool* definite) {
  const auto count = static_cast<Eigen::Index>(sketch->omega.rows());
  double sums[2] = {sketch->product.square(), static_cast<double>(sketch->omega.columns())}; /* |Y|^2, n */

  PetscFunctionBegin;
  if (sketch->sum)
    sketch->sum(sums, 2);
  /* Y <- Y + shift Omega, C C^T = Omega^T Y, B = Y C^{-T}, H + shift I ~ B B^T */
  const double before = std::sqrt(sums[0]) + sketch->damping * std::sqrt(static_cast<double>(count)); /* of A Omega */
  double shift = std::sqrt(sums[1]) * std::numeric_limits<double>::epsilon() * before;
  MatrixXd core(count, count);
  sketch->omega.multiply(sketch->product, core.data());
  if (sketch->sum)
    sketch->sum(core.data(), static_cast<std::size_t>(core.size()));
  core = 0.5 * (core + core.transpose()).eval();
  *definite = std::isfinite(sums[0]) && core.allFinite() && shift > 0;
  const double asymmetry_or_rounding = 100 * shift;
  linnet::mfac::Cholesky C;
  while (*definite && !C.factor(core.data(), count, count, shift)) {
    *definite = shift <= asymmetry_or_rounding;
    shift *= 10;
  }
  if (!*definite)
    PetscFunctionReturn(0);
  if (last)
    *U = std::move(sketch->product);
  else
    *U = sketch->product.copy();
  U->add(shift, sketch->omega);
  if (last)
    sketch->omega = {};
  U->solve_lower(C);
  /* B^T = T Q, T = P Sigma W^T: U^T = W^T Q, eigenvalues Sigma^2 - shift */
  std::vector<double> T, squares(static_cast<std::size_t>(U->columns()));
  *definite = orthonormalise(U, sketch->sum, &T);
  if (!*definite)
    PetscFunctionReturn(0);
  const Eigen::BDCSVD<MatrixXd> svd(Map<const MatrixXd>(T.data(), count, count), Eigen::ComputeThinV);
  U->set_combinations(*U, svd.matrixV().data(), false, squares.data());
  eigenvalues->resize(static_cast<std::size_t>(count));
  for (Eigen::Index k = 0; k < count; k++)
    (*eigenvalues)[static_cast<std::size_t>(k)] =
        std::max(0.0, svd.singularValues()[k] * svd.singularValues()[k] - shift);
  PetscFunctionReturn(0);
}
