// An orthonormal basis of rows against Eigen: random rows, rows that are nearly dependent, fewer columns than rows
// here.
#include "mfac/gradients.hpp"
#include "mfac/orthonormal.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace linnet::mfac;
using namespace mfac_test;

namespace {

// Rows are orthonormal, T is lower triangular, and T times them is what there was.
void expect_basis(const std::vector<std::vector<double>>& rows) {
  const auto k = static_cast<std::int64_t>(rows.size());
  Rows A = stored(rows, Precision::f64);
  const Dense before = dense(A, k);
  std::vector<double> T;
  ASSERT_TRUE(orthonormalise(&A, {}, &T));
  const Dense Q = dense(A, k), L = Eigen::Map<const Eigen::MatrixXd>(T.data(), k, k).cast<Real>();
  EXPECT_LT((Q * Q.transpose() - Dense::Identity(k, k)).norm(), 1e-13);
  EXPECT_LT((L * Q - before).norm(), 1e-14 * before.norm());
  EXPECT_EQ(Dense(L.triangularView<Eigen::StrictlyUpper>()).norm(), 0);
}

TEST(Orthonormal, OfRandomRows) {
  std::vector<std::vector<double>> rows;
  for (unsigned i = 0; i < 13; ++i)
    rows.push_back(noise(Rows::panel_columns + 77, i));
  expect_basis(rows);
}

TEST(Orthonormal, OfAsManyRowsAsColumns) {
  std::vector<std::vector<double>> rows;
  for (unsigned i = 0; i < 20; ++i)
    rows.push_back(noise(20, i));
  expect_basis(rows);
}

// Condition numbers of 1e8 and 1e14: Gram matrices of 1e16 and more have no Cholesky factor.
TEST(Orthonormal, OfRowsThatAreNearlyDependent) {
  for (const double difference : {1e-8, 1e-14}) {
    const std::vector<double> common = noise(300, 99);
    std::vector<std::vector<double>> rows;
    for (unsigned i = 0; i < 9; ++i) {
      rows.push_back(noise(300, i));
      for (std::size_t j = 0; j < 300; ++j)
        rows.back()[j] = common[j] + difference * rows.back()[j];
    }
    expect_basis(rows);
  }
}

TEST(Orthonormal, RefusesRowsThatSpanNothing) {
  std::vector<double> T;
  for (const double number : {0.0, std::numeric_limits<double>::quiet_NaN()}) {
    Rows A = stored({{number, number}, {number, number}}, Precision::f64);
    EXPECT_FALSE(orthonormalise(&A, {}, &T));
  }
}

} // namespace
