// The forms of F^-1 against dense algebra and against M-FAC as published.
#include "mfac/elements.hpp"
#include "mfac/form.hpp"
#include "mfac/gradients.hpp"
#include "mfac/primal.hpp"
#include "mfac/reference.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace linnet::mfac;
using namespace mfac_test;

namespace {

std::vector<double> flat(const std::vector<std::vector<double>>& rows) {
  std::vector<double> all;
  for (const auto& row : rows)
    all.insert(all.end(), row.begin(), row.end());
  return all;
}

class Stored : public testing::TestWithParam<Precision> {};
INSTANTIATE_TEST_SUITE_P(Precisions, Stored, testing::Values(Precision::f64, Precision::f32, Precision::bf16),
                         [](const auto& which) { return name_of(which.param); });

TEST_P(Stored, RowsReadBackAsTheNearestNumberOfTheirPrecision) {
  const std::int64_t d = 2 * Rows::panel_columns + 37;
  const std::vector<std::vector<double>> rows = correlated(3, d);
  const Rows G = stored(rows, GetParam());
  const double unit = GetParam() == Precision::f64 ? 0 : GetParam() == Precision::f32 ? 0x1p-24 : 0x1p-8;
  std::vector<double> row(static_cast<std::size_t>(d));
  for (std::int64_t i = 0; i < 3; ++i) {
    G.get(i, row.data());
    for (std::int64_t j = 0; j < d; ++j) {
      const double x = rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
      ASSERT_LE(std::abs(row[static_cast<std::size_t>(j)] - x), unit * std::abs(x));
      ASSERT_EQ(row[static_cast<std::size_t>(j)], G.at(i, j));
    }
  }
}

TEST(Rounding, OfBf16IsToNearestEvenInOneStep) {
  // 1 + 2^-8 is a tie between 1 and 1 + 2^-7; a little more or less in f64 decides it though f32 cannot tell.
  const std::vector<double> x = {1 + 0x1p-8, 1 + 0x1p-8 + 0x1p-40, 1 + 0x1p-8 - 0x1p-40, -(1 + 3 * 0x1p-8)};
  const std::vector<double> expected = {1, 1 + 0x1p-7, 1, -(1 + 4 * 0x1p-8)};
  Rows G(1, 4, Precision::bf16);
  G.set(0, x.data());
  for (std::int64_t j = 0; j < 4; ++j)
    EXPECT_EQ(G.at(0, j), expected[static_cast<std::size_t>(j)]);
}

// Rows, columns and right-hand sides that leave every kind of rest: of vectors, groups of rows, panels; with the
// kernels of every instruction set that the machine has.
TEST_P(Stored, PassesAgreeWithDenseAlgebra) {
  std::vector<std::int64_t> targets = kernel_targets();
  ASSERT_FALSE(targets.empty());
  for (const std::int64_t m : {1, 7, 8, 53})
    for (const std::int64_t d : {std::int64_t{1}, std::int64_t{5}, std::int64_t{64}, Rows::panel_columns + 45}) {
      if (m == 53 && d > 64)
        continue;
      const Rows G = stored(correlated(m, d), GetParam());
      const Dense exact = dense(G, m), gram = exact * exact.transpose();
      const double scale = std::sqrt(static_cast<double>(d * m));
      for (const std::int64_t count : {1, 5}) {
        const std::vector<double> X = noise(d * count, 2), C = noise(m * count, 3);
        const Dense x = Eigen::Map<const Eigen::MatrixXd>(X.data(), d, count).cast<Real>();
        const Dense c = Eigen::Map<const Eigen::MatrixXd>(C.data(), m, count).cast<Real>();
        const Dense product = exact * x, transposed = exact.transpose() * c + 0.5L * x;
        for (const std::int64_t target : targets) {
          use_kernels(target);
          std::vector<double> Y(static_cast<std::size_t>(m * count)), Z = X, S(static_cast<std::size_t>(m * m));
          G.multiply(X.data(), d, count, Y.data(), m);
          EXPECT_LT((Eigen::Map<Eigen::MatrixXd>(Y.data(), m, count).cast<Real>() - product).norm(), 1e-13 * scale)
              << kernels_name();
          G.multiply_transposed(C.data(), count, 0.5, Z.data(), d, m);
          EXPECT_LT((Eigen::Map<Eigen::MatrixXd>(Z.data(), d, count).cast<Real>() - transposed).norm(), 1e-13 * scale)
              << kernels_name();
          G.gram(S.data(), m);
          EXPECT_LT((Eigen::Map<Eigen::MatrixXd>(S.data(), m, m).cast<Real>() - gram).norm(), 1e-13 * scale * scale)
              << kernels_name();
        }
        use_kernels(0);
      }
    }
}

TEST_P(Stored, EveryFormIsTheDenseInverse) {
  const std::int64_t m = 24, d = 150;
  const double damping = 1e-3;
  Rows rows = stored(correlated(m, d), GetParam());
  const Dense F = fisher(dense(rows, m), damping, 1.0 / m), inverse = F.inverse();
  const Primal primal(rows, m, {damping, 0});
  Window window(std::move(rows), {damping, 0});
  Elements elements(window);
  std::vector<double> x = noise(d, 5), z = x, diagonal(d);
  const Column exact = F.llt().solve(column(x));
  window.solve(z.data(), d);
  EXPECT_LT(relative_error(z, exact), 1e-10);
  z = x;
  primal.solve(z.data(), d);
  EXPECT_LT(relative_error(z, exact), 1e-10);
  elements.diagonal(diagonal.data());
  for (std::int64_t j = 0; j < d; ++j) {
    EXPECT_NEAR(diagonal[static_cast<std::size_t>(j)], static_cast<double>(inverse(j, j)), 1e-9 / damping);
    EXPECT_NEAR(primal.at(j, 3), static_cast<double>(inverse(j, 3)), 1e-9 / damping);
    EXPECT_NEAR(elements.at(j, 3), static_cast<double>(inverse(j, 3)), 1e-9 / damping);
  }
  EXPECT_EQ(window.raised_damping(), 0);
  const Elements in_place(std::move(window));
  const double rounding = GetParam() == Precision::f64 ? 1e-9 : 6e-8;
  in_place.diagonal(z.data());
  for (std::int64_t j = 0; j < d; ++j) {
    EXPECT_EQ(z[static_cast<std::size_t>(j)], diagonal[static_cast<std::size_t>(j)]);
    EXPECT_NEAR(in_place.at(j, 3), static_cast<double>(inverse(j, 3)), rounding / damping);
  }
}

TEST(Elements, OfAWindowThatSlidAreTheDenseInverse) {
  const std::int64_t m = 5, d = 30;
  Window window(stored(correlated(m, d), Precision::f64), {1e-2, 0});
  for (unsigned k = 0; k < 3; ++k)
    ASSERT_TRUE(window.push(noise(d, 40 + k).data()));
  const Dense inverse = fisher(dense(window.rows(), m), 1e-2, 1.0 / m).inverse();
  const Elements elements(window), in_place(std::move(window));
  for (std::int64_t j = 0; j < d; ++j) {
    EXPECT_NEAR(elements.at(j, 4), static_cast<double>(inverse(j, 4)), 1e-9);
    EXPECT_NEAR(in_place.at(j, 4), static_cast<double>(inverse(j, 4)), 1e-9);
  }
}

TEST(Elements, OfAWindowThatIsNotFullAreTheDenseInverse) {
  const std::int64_t m = 3, d = 20;
  Window window(7, d, Precision::f64, {1e-2, 0});
  const std::vector<std::vector<double>> rows = correlated(m, d);
  for (const auto& row : rows)
    ASSERT_TRUE(window.push(row.data()));
  const Dense inverse = fisher(dense(stored(rows, Precision::f64), m), 1e-2, 1.0 / m).inverse();
  const Elements elements(std::move(window));
  for (std::int64_t j = 0; j < d; ++j)
    EXPECT_NEAR(elements.at(j, 4), static_cast<double>(inverse(j, 4)), 1e-9);
}

TEST(Published, StaticAndDynamicAreTheDenseInverse) {
  const std::int64_t m = 12, d = 80;
  const double damping = 1e-2;
  std::vector<std::vector<double>> rows = correlated(m, d);
  const std::vector<double> x = noise(d, 5);
  const reference::Static<double> first(flat(rows), m, damping);
  reference::Dynamic<double> window(flat(rows), m, damping);
  const Dense F = fisher(dense(stored(rows, Precision::f64), m), damping, 1.0 / m), inverse = F.inverse();
  EXPECT_LT(relative_error(first.product(x), inverse * column(x)), 1e-10);
  EXPECT_LT(relative_error(window.product(x), inverse * column(x)), 1e-10);
  EXPECT_NEAR(first.element(2, 2), static_cast<double>(inverse(2, 2)), 1e-8);
  EXPECT_NEAR(first.element(2, 7), static_cast<double>(inverse(2, 7)), 1e-8);
  for (std::size_t i = 0; i < 5; ++i) {
    rows[i] = noise(d, static_cast<unsigned>(20 + i));
    window.update(rows[i]);
  }
  const Dense slid = fisher(dense(stored(rows, Precision::f64), m), damping, 1.0 / m);
  EXPECT_LT(relative_error(window.product(x), slid.inverse() * column(x)), 1e-10);
}

TEST_P(Stored, WindowDividesByTheRowsPresentAndSlides) {
  const std::int64_t m = 6, d = 50;
  const double damping = 1e-3;
  Window window(m, d, GetParam(), {damping, 0});
  const std::vector<double> x = noise(d, 5);
  std::vector<double> z = x;
  window.solve(z.data(), d);
  EXPECT_LT(relative_error(z, column(x) / static_cast<Real>(damping)), 1e-15) << "without rows F is lambda I";
  for (unsigned step = 0; step < 20; ++step) {
    ASSERT_TRUE(window.push(correlated(1, d, step).front().data()));
    const std::int64_t n = std::min<std::int64_t>(step + 1, m);
    ASSERT_EQ(window.present(), n);
    const Dense F = fisher(dense(window.rows(), n), damping, 1.0 / static_cast<double>(n));
    z = x;
    window.solve(z.data(), d);
    EXPECT_LT(relative_error(z, F.llt().solve(column(x))), 1e-11) << step;
    std::vector<double> newest(d), u(d);
    window.rows().get(window.slot(n - 1), newest.data());
    window.solve_newest(u.data());
    EXPECT_LT(relative_error(u, F.llt().solve(column(newest))), 1e-11) << step;
  }
}

TEST(Window, SolvesSeveralRightHandSidesAtOnce) {
  const std::int64_t m = 9, d = 70, count = 4, apart = 75;
  Window window(stored(correlated(m, d), Precision::f32), {1e-2, 0});
  ASSERT_TRUE(window.push(noise(d, 8).data()));
  std::vector<double> X = noise(apart * count, 6), one = X;
  window.solve(X.data(), apart, count);
  for (std::int64_t k = 0; k < count; ++k)
    window.solve(one.data() + k * apart, d);
  for (std::int64_t k = 0; k < count; ++k)
    for (std::int64_t j = 0; j < d; ++j)
      EXPECT_NEAR(X[static_cast<std::size_t>(k * apart + j)], one[static_cast<std::size_t>(k * apart + j)], 1e-9);
}

TEST(Window, TakesAnyWeightOfItsRows) {
  const std::int64_t m = 5, d = 20;
  Window window(stored(correlated(m, d), Precision::f64), {2, 3});
  std::vector<double> x = noise(d, 5), z = x;
  window.solve(z.data(), d);
  EXPECT_LT(relative_error(z, fisher(dense(window.rows(), m), 2, 3).llt().solve(column(x))), 1e-12);
}

TEST(Window, RefusesWhatItCannotStoreAndStaysAsItWas) {
  Window window(2, 3, Precision::f32, {1, 0});
  const std::vector<double> good = {1, 2, 3};
  ASSERT_TRUE(window.push(good.data()));
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(), 1e39}) {
    const std::vector<double> g = {1, bad, 3};
    EXPECT_FALSE(window.push(g.data()));
  }
  EXPECT_EQ(window.present(), 1);
  std::vector<double> u(3);
  window.solve_newest(u.data()); // (I + g g^T)^-1 g = g / 15
  EXPECT_NEAR(u[2], 3.0 / 15, 1e-15);
}

TEST(Window, RaisesADampingBelowTheRoundingErrorsOfDependentRows) {
  const std::int64_t m = 8, d = 100;
  const std::vector<std::vector<double>> rows(m, noise(d, 1));
  Window window(stored(rows, Precision::f64), {1e-25, 0});
  std::vector<double> x = rows.front();
  window.solve(x.data(), d);
  EXPECT_GT(window.raised_damping(), 1e-25);
  EXPECT_LT(window.raised_damping(), 1e-9);
  for (const double number : x)
    EXPECT_TRUE(std::isfinite(number));
}

TEST(Form, IsTheCheapestThatCanDoTheWork) {
  Workload work;
  work.rows = 1024;
  work.columns = 50;
  EXPECT_EQ(choose_form(work), Form::primal);
  work.one_holder = false;
  EXPECT_EQ(choose_form(work), Form::gram);
  work.one_holder = true;
  work.slides = true;
  EXPECT_EQ(choose_form(work), Form::gram);
  work.slides = false;
  work.columns = 100000;
  EXPECT_EQ(choose_form(work), Form::gram);
  work.with_elements = true;
  EXPECT_EQ(choose_form(work), Form::elements);
  EXPECT_NE(explain(Form::elements, work).find('W'), std::string::npos);
}

} // namespace
