// Accuracy of the production forms beside the published ones where rows are correlated and the damping is small.
#include "mfac/gradients.hpp"
#include "mfac/reference.hpp"
#include "mfac/window.hpp"

#include <gtest/gtest.h>

#include <cmath>

using namespace linnet::mfac;
using namespace mfac_test;

namespace {

class Damped : public testing::TestWithParam<double> {};
INSTANTIATE_TEST_SUITE_P(Damping, Damped, testing::Values(1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10));

TEST_P(Damped, NewestRowIsSolvedFromRowsInF32) {
  const std::int64_t m = 32, d = 320;
  const double damping = GetParam();
  const std::vector<std::vector<double>> rows = correlated(m, d);
  Window window(m, d, Precision::f32, {damping, 0});
  for (const auto& row : rows)
    ASSERT_TRUE(window.push(row.data()));
  // F = B^T B with B = [G / sqrt(m); sqrt(lambda) I], and x = B^T (sqrt(m) e_m, 0): F^-1 x by the QR of B, whose
  // condition is the root of that of F.
  Dense B = Dense::Zero(m + d, d);
  B.topRows(m) = dense(window.rows(), m) / std::sqrt(static_cast<Real>(m));
  B.bottomRows(d).diagonal().setConstant(std::sqrt(static_cast<Real>(damping)));
  Column right = Column::Zero(m + d);
  right(m - 1) = std::sqrt(static_cast<Real>(m));
  const Column exact = B.householderQr().solve(right);
  std::vector<double> x(d), u(d);
  window.rows().get(window.slot(m - 1), x.data());
  window.solve_newest(u.data());
  EXPECT_LT(relative_error(u, exact), 1e-11) << "by push-through";
  window.solve(x.data(), d); // as any other right-hand side: what rounding x does to F^-1 x is the least error
  const double condition = 1.5 * d / damping;
  EXPECT_LT(relative_error(x, exact), 1e-15 * condition);
}

TEST(Published, FormsInF32LoseAllDigitsAtASmallDamping) {
  const std::int64_t m = 32, d = 320;
  const std::vector<std::vector<double>> rows = correlated(m, d);
  std::vector<float> G;
  for (const auto& row : rows)
    G.insert(G.end(), row.begin(), row.end());
  const std::vector<float> x(G.end() - d, G.end());
  const Rows same = stored(rows, Precision::f32);
  const Column exact = fisher(dense(same, m), 1e-8, 1.0 / m).llt().solve(column({x.begin(), x.end()}));
  const std::vector<float> z = reference::Dynamic<float>(G, m, 1e-8F).product(x);
  EXPECT_GT(relative_error({z.begin(), z.end()}, exact), 0.01);
}

// The factor after many slides against one made anew of the same rows.
TEST(Window, DriftsByRoundingAloneIn100000Slides) {
  const std::int64_t m = 16, d = 40, different = 64;
  const std::vector<std::vector<double>> rows = correlated(different, d);
  Window window(m, d, Precision::f64, {1e-6, 0});
  for (std::int64_t k = 0; k < 100000 + m; ++k) {
    ASSERT_TRUE(window.push(rows[static_cast<std::size_t>(k % different)].data()));
    if (k + 1 == m)
      (void)window.factor();
  }
  const Cholesky& slid = window.factor();
  Rows present(m, d, Precision::f64);
  for (std::int64_t age = 0; age < m; ++age)
    present.set(age, rows[static_cast<std::size_t>((100000 + age) % different)].data());
  Window anew(std::move(present), {1e-6, 0});
  double difference = 0, size = 0;
  for (std::int64_t i = 0; i < m; ++i)
    for (std::int64_t j = 0; j <= i; ++j) {
      const double exact = anew.factor().at(i, j);
      difference += std::pow(slid.at(i, j) - exact, 2);
      size += exact * exact;
    }
  EXPECT_LT(std::sqrt(difference / size), 1e-13);
}

} // namespace
