// The two sequences of Khodak, Chow, Balcan, Talwalkar, Learning to relax, ICLR 2024.
#include "bandits/random.hpp"
#include "base/error.hpp"
#include "cli/sequences.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace linnet {

namespace {

constexpr std::int64_t default_steps = 5000;

class LaplacianShift : public Sequence {
public:
  LaplacianShift(MPI_Comm comm, const SequenceOptions& options)
      : low_(options.variance == "low"), random_(options.seed), values_(m * m) {
    matrix_ = five_point_laplacian(comm, m);
    check(MatCreateVecs(matrix_, right_.out(), diagonal_.out()));
    check(VecDuplicate(right_, solution_.out()));
    steps = options.steps > 0 ? options.steps : default_steps;
    rows = m * m;
    name = "laplacian-shift";
    detail = "10 x 10 unknowns, " + options.variance + " variance";
    ksp = KSPRICHARDSON;
    interval = {-0.15, 0.65};
  }

  // c_t = -0.15 + 0.6 Beta(2, 6) or Beta(1/2, 3/2); b ~ N(0, I) given ||b|| <= sqrt n
  void make(std::int64_t) override {
    context = -0.15 + 0.6 * (low_ ? beta(2, 6) : beta(0.5, 1.5));
    double square = 0;
    do {
      square = 0;
      for (double& v : values_) {
        v = random_.normal();
        square += v * v;
      }
    } while (square > static_cast<double>(values_.size()));
    check(VecSet(diagonal_, 4 + *context));
    check(MatDiagonalSet(matrix_, diagonal_, INSERT_VALUES));
    PetscInt first = 0, last = 0;
    PetscScalar* b = nullptr;
    check(VecGetOwnershipRange(right_, &first, &last));
    check(VecGetArrayWrite(right_, &b));
    std::copy(values_.begin() + first, values_.begin() + last, b);
    check(VecRestoreArrayWrite(right_, &b));
    check(VecSet(solution_, 0));
  }

private:
  static constexpr PetscInt m = 10;
  // Shape k or k + 1/2 with k whole: a sum of exponentials, and half a squared normal.
  double gamma(double shape) {
    double sum = 0;
    const int whole = static_cast<int>(shape);
    for (int k = 0; k < whole; ++k)
      sum -= std::log(random_.uniform());
    return shape > whole ? sum + std::pow(random_.normal(), 2) / 2 : sum;
  }
  double beta(double a, double b) {
    const double x = gamma(a);
    return x / (x + gamma(b));
  }

  bool low_;
  bandits::Random random_;
  std::vector<double> values_;
  VecHandle diagonal_;
};

class Heat : public Sequence {
public:
  Heat(MPI_Comm comm, const SequenceOptions& options)
      : m_(static_cast<PetscInt>(options.nx)), first_step_(options.first) {
    if (options.first < 0)
      throw InputError("--first: expected a number that is not negative, found " + std::to_string(options.first));
    if (options.nx < 2 || options.nx > 20000)
      throw InputError("--nx: expected 2 to 20000, found " + std::to_string(options.nx));
    laplacian_ = five_point_laplacian(comm, m_);
    check(MatDuplicate(laplacian_, MAT_COPY_VALUES, matrix_.out()));
    check(MatSetOption(matrix_, MAT_SYMMETRIC, PETSC_TRUE));
    check(MatSetOption(matrix_, MAT_SYMMETRY_ETERNAL, PETSC_TRUE));
    check(MatCreateVecs(matrix_, right_.out(), solution_.out()));
    check(MatGetOwnershipRange(matrix_, &first_, &last_));
    fill(solution_, [](double x, double y) { return bump(x - 0.5, y - 0.5, 0.25); });
    check(VecDuplicate(solution_, work_.out()));
    steps = options.steps > 0 ? options.steps : default_steps;
    rows = static_cast<std::int64_t>(m_) * m_;
    name = "heat";
    detail = std::to_string(m_) + " x " + std::to_string(m_) + " unknowns";
    guess = true;
    interval = {0, 10};
  }

  // (I + dt/2 kappa(t') K) u' = (I - dt/2 kappa(t) K) u + dt (f(t) + f(t'))/2, t' = t + dt, K = -Lap
  void make(std::int64_t step) override {
    const double t = dt * static_cast<double>(first_step_ + step), h = 1.0 / (m_ + 1);
    context = kappa(t);
    check(MatMult(laplacian_, solution_, right_));
    check(VecAYPX(right_, -dt / 2 * kappa(t) / (h * h), solution_));
    for (const double at : {t, t + dt}) {
      const double angle = 16 * std::numbers::pi * at;
      const double cx = 0.5 + std::cos(angle) / 4, cy = 0.5 + std::sin(angle) / 4;
      fill(work_, [&](double x, double y) { return 32 * bump(x - cx, y - cy, 0.125); });
      check(VecAXPY(right_, dt / 2, work_));
    }
    check(MatCopy(laplacian_, matrix_, SAME_NONZERO_PATTERN));
    check(MatScale(matrix_, dt / 2 * kappa(t + dt) / (h * h)));
    check(MatShift(matrix_, 1));
  }

private:
  static constexpr double dt = 1e-3;
  static double kappa(double t) {
    const double s = std::sin(2 * std::numbers::pi * t);
    return std::max(0.1 * s, -10 * s);
  }
  static double bump(double x, double y, double radius) {
    const double s = (x * x + y * y) / (radius * radius);
    return s < 1 ? std::exp(1 - 1 / (1 - s)) : 0;
  }
  template <class F>
  void fill(Vec v, const F& f) {
    PetscScalar* values = nullptr;
    check(VecGetArrayWrite(v, &values));
    for (PetscInt r = first_; r < last_; ++r) {
      const PetscInt i = r % m_, j = r / m_;
      values[r - first_] = f((i + 1.0) / (m_ + 1), (j + 1.0) / (m_ + 1));
    }
    check(VecRestoreArrayWrite(v, &values));
  }

  PetscInt m_, first_ = 0, last_ = 0; // rows of this rank
  std::int64_t first_step_;
  MatHandle laplacian_;
  VecHandle work_;
};

} // namespace

std::unique_ptr<Sequence> make_laplacian_shift(MPI_Comm comm, const SequenceOptions& options) {
  return std::make_unique<LaplacianShift>(comm, options);
}

std::unique_ptr<Sequence> make_heat(MPI_Comm comm, const SequenceOptions& options) {
  return std::make_unique<Heat>(comm, options);
}

} // namespace linnet
