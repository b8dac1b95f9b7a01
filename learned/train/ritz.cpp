#include "learned/train/ritz.hpp"

#include "base/error.hpp"

#include <Eigen/Dense>
#include <Eigen/Eigenvalues>

#include <algorithm>

namespace linnet::learned {

using Field = GridSystem::Field;
using Eigen::Index;
using Columns = Eigen::Map<Eigen::MatrixXf>;

namespace {

// The rounding of V, about 1e-7, times the norm of A, which is 12 at most.
constexpr double breakdown = 1e-5;

// w <- A v, [cells].
void multiply(const GridSystem& system, const Eigen::VectorXf& v, Eigen::VectorXf* w) {
  Field u = system.zeros(), Au = system.zeros();
  system.scatter(v.data(), &u);
  system.multiply(u, &Au);
  system.gather(Au, w->data());
}

} // namespace

std::size_t RitzVectors::bytes(std::size_t cells, int steps) {
  const auto m = static_cast<std::size_t>(std::max(steps, 0));
  return sizeof(float) * cells * m + sizeof(double) * m * m;
}

int RitzVectors::default_steps(std::size_t cells) {
  constexpr std::size_t most_steps = 10000, ratio = 26, memory = std::size_t{1} << 30;
  std::size_t steps = std::min(most_steps, std::max<std::size_t>(16, cells / ratio));
  while (steps > 1 && bytes(cells, static_cast<int>(steps)) > memory)
    --steps;
  return static_cast<int>(steps);
}

RitzVectors::RitzVectors(const GridSystem& system, int steps, Draw* draw) : cells_(system.cells()) {
  if (steps < 1)
    throw InputError("Lanczos steps: expected 1 or more, found " + std::to_string(steps));
  const auto most = static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(steps), system.unknowns()));
  if (bytes(cells_, most) > most_bytes)
    throw InputError("Lanczos steps: expected so few that " + std::to_string(cells_) + " cells take " +
                     std::to_string(most_bytes >> 30) + " GiB at most, found " + std::to_string(steps));
  const auto n = static_cast<Index>(cells_);
  lanczos_.resize(cells_ * static_cast<std::size_t>(most));
  Columns V(lanczos_.data(), n, most);
  Field start = system.zeros();
  for (std::size_t c = 0; c < start.size(); ++c)
    start[c] = system.active(c) ? static_cast<float>(draw->normal()) : 0.0F;
  system.project(&start);
  Eigen::VectorXf w(n);
  system.gather(start, w.data());
  Eigen::VectorXd alpha(most), beta(most); // beta_j: of T at (j, j + 1)
  V.col(0) = w / w.norm();
  int m = 0;
  for (;;) {
    multiply(system, V.col(m), &w);
    alpha[m] = V.col(m).cast<double>().dot(w.cast<double>());
    const auto before = V.leftCols(m + 1);
    for (int pass = 0; pass < 2; ++pass)
      w -= before * (before.transpose() * w);
    beta[m] = w.cast<double>().norm();
    if (++m == most || !(beta[m - 1] > breakdown))
      break;
    V.col(m) = (w.cast<double>() / beta[m - 1]).cast<float>();
  }
  lanczos_.resize(cells_ * static_cast<std::size_t>(m));
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(alpha.head(m), beta.head(m - 1));
  if (solver.info() != Eigen::Success)
    throw std::runtime_error("the eigenvalues of the Lanczos matrix were not found");
  values_.assign(solver.eigenvalues().data(), solver.eigenvalues().data() + m);
  small_.assign(solver.eigenvectors().data(), solver.eigenvectors().data() + m * m);
}

std::vector<float> RitzVectors::combination(const std::vector<double>& coefficients) const {
  const auto m = static_cast<Index>(values_.size());
  const Eigen::Map<const Eigen::MatrixXd> S(small_.data(), m, m);
  const Eigen::Map<const Eigen::MatrixXf> V(lanczos_.data(), static_cast<Index>(cells_), m);
  const Eigen::VectorXf y = (S * Eigen::Map<const Eigen::VectorXd>(coefficients.data(), m)).cast<float>();
  std::vector<float> sum(cells_);
  Eigen::Map<Eigen::VectorXf>(sum.data(), static_cast<Index>(cells_)) = V * y;
  return sum;
}

std::vector<float> RitzVectors::error(Draw* draw) const {
  constexpr double lowest = 0.55, of_lowest = 9, least_value = 1e-8;
  std::vector<double> coefficients(values_.size(), 0.0);
  for (std::size_t j = 0; j < coefficients.size(); ++j) {
    const double c = draw->normal() * (static_cast<double>(j) < lowest * count() ? of_lowest : 1);
    if (values_[j] >= least_value)
      coefficients[j] = c / values_[j];
  }
  return combination(coefficients);
}

} // namespace linnet::learned
