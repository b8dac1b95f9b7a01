// Ritz vectors of the empty box: against its eigenvalues, and as the errors of a training.
#include "base/error.hpp"
#include "learned/architectures.hpp"
#include "learned/train/classes.hpp"
#include "learned/train/ritz.hpp"
#include "learned/train/trainer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace {

using namespace linnet;
using namespace linnet::learned;

// Of -u'' on n cells: 2 - 2 cos(t), t = k pi / n between walls, (2 k + 1) pi / (2 n + 1) between a wall and air whose
// value 0 lies at the next cell's centre.
double between_walls(int k, int n) {
  return 2 - 2 * std::cos(k * M_PI / n);
}
double below_air(int k, int n) {
  return 2 - 2 * std::cos((2 * k + 1) * M_PI / (2 * n + 1));
}

std::vector<double> dense(const GridSystem& system, const std::vector<float>& cells) {
  GridSystem::Field u = system.zeros(), Au = system.zeros();
  std::vector<float> product(system.cells());
  system.scatter(cells.data(), &u);
  system.multiply(u, &Au);
  system.gather(Au, product.data());
  return {product.begin(), product.end()};
}

double norm(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v)
    sum += x * x;
  return std::sqrt(sum);
}

TEST(RitzVectors, HaveTheExtremeEigenvaluesOfABox) {
  constexpr int n = 12;
  const GridSystem system(box_operator(2, n));
  Draw draw(1);
  const RitzVectors ritz(system, 60, &draw);
  ASSERT_EQ(ritz.count(), 60);
  const std::vector<double>& theta = ritz.values();
  EXPECT_TRUE(std::is_sorted(theta.begin(), theta.end()));
  EXPECT_NEAR(theta.front(), between_walls(0, n) + below_air(0, n), 1e-5);
  EXPECT_NEAR(theta.back(), between_walls(n - 1, n) + below_air(n - 1, n), 1e-5);
  // q of the ends, of unit norm and orthogonal: A q = theta q
  for (const std::size_t j : {std::size_t{0}, std::size_t{1}, theta.size() - 1}) {
    std::vector<double> one(theta.size(), 0.0);
    one[j] = 1;
    const std::vector<float> q = ritz.combination(one);
    std::vector<double> left = dense(system, q);
    for (std::size_t c = 0; c < left.size(); ++c)
      left[c] -= theta[j] * q[c];
    EXPECT_NEAR(norm({q.begin(), q.end()}), 1, 1e-5);
    EXPECT_LT(norm(left), 1e-4) << j;
  }
}

// As many steps as there are eigenvalues: every one is found once, and no step beyond them is taken.
TEST(RitzVectors, AreAllEigenvectorsWhereTheKrylovSpaceEnds) {
  constexpr int n = 5;
  const GridSystem system(box_operator(2, n));
  Draw draw(1);
  const RitzVectors ritz(system, 1000, &draw);
  std::vector<double> exact;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      exact.push_back(between_walls(i, n) + below_air(j, n));
  std::sort(exact.begin(), exact.end());
  ASSERT_EQ(ritz.count(), n * n);
  for (std::size_t i = 0; i < exact.size(); ++i)
    EXPECT_NEAR(ritz.values()[i], exact[i], 1e-5) << i;
}

// Nine times larger in the lowest 55 %.
TEST(RitzVectors, GiveErrorsWhoseResidualsAreWeightedTowardsTheLowest) {
  const GridSystem system(box_operator(2, 5));
  Draw draw(1);
  const RitzVectors ritz(system, 25, &draw);
  double low = 0, high = 0;
  constexpr int samples = 400;
  for (int s = 0; s < samples; ++s) {
    const std::vector<float> e = ritz.error(&draw);
    const std::vector<double> b = dense(system, e);
    for (std::size_t j = 0; j < 25; ++j) {
      std::vector<double> one(25, 0.0);
      one[j] = 1;
      const std::vector<float> q = ritz.combination(one);
      double c = 0;
      for (std::size_t i = 0; i < q.size(); ++i)
        c += b[i] * q[i];
      (j < 14 ? low : high) += c * c / (samples * (j < 14 ? 14 : 11));
    }
  }
  EXPECT_NEAR(low, 81, 8);
  EXPECT_NEAR(high, 1, 0.1);
}

TEST(RitzVectors, AreBoundedInMemory) {
  EXPECT_EQ(RitzVectors::default_steps(24 * 24 * 24), 24 * 24 * 24 / 26);
  EXPECT_LE(RitzVectors::bytes(256 * 256 * 256, RitzVectors::default_steps(256 * 256 * 256)), std::size_t{1} << 30);
  const GridSystem system(box_operator(2, 8));
  Draw draw(1);
  EXPECT_THROW(RitzVectors(system, 0, &draw), InputError);
  const GridSystem large(box_operator(2, 2048));
  EXPECT_THROW(RitzVectors(large, 2000, &draw), InputError);
}

TrainingOptions as_in_the_paper(int steps) {
  TrainingOptions options;
  options.steps = steps;
  options.sizes = {16};
  options.parts = {1};
  options.iterations = 1;
  options.errors = Errors::ritz;
  options.lanczos = 40;
  options.loss = Loss::line_search;
  options.classes = {OperatorClass::voxel};
  options.validation_size = 16;
  return options;
}

Model paper_network() {
  return make_model(dcdm_architecture(64, 2), 1);
}

TEST(TrainingAsInThePaper, LowersItsLoss) {
  TrainingOptions options = as_in_the_paper(300);
  options.rate = 3e-3;
  Model model = paper_network();
  double first = 0, last = 0;
  train(options, &model, [&](const TrainingState& state) {
    if (state.step == 10)
      first = state.left[0];
    last = state.left[0];
    return true;
  });
  EXPECT_LT(last, 0.9 * first);
}

TEST(TrainingAsInThePaper, GoesOnFromACheckpointWithTheSameBits) {
  const TrainingOptions options = as_in_the_paper(12);
  Trainer whole(options, paper_network()), begun(options, paper_network()), resumed(options, paper_network());
  while (!whole.done())
    whole.step();
  for (int step = 0; step < 5; ++step)
    begun.step();
  Archive written;
  begun.state(&written);
  Archive read(written.bytes());
  resumed.state(&read);
  while (!resumed.done())
    resumed.step();
  EXPECT_EQ(resumed.best(), whole.best());
  EXPECT_EQ(resumed.log().back().loss, whole.log().back().loss);
}

} // namespace
