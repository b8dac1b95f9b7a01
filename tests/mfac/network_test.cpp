// M-FAC as an optimiser and a pruner: a quadratic whose answers are known, and a small network.
#include "mfac/gradients.hpp"
#include "mfac/optimiser.hpp"
#include "mfac/prune.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <stdexcept>

using namespace linnet::mfac;
using namespace mfac_test;

namespace {

// 1/2 (w - a)^T F (w - a), the loss of which F is the Hessian.
double loss(const Dense& F, const std::vector<double>& w, const std::vector<double>& a) {
  const Column e = column(w) - column(a);
  return static_cast<double>(0.5L * e.dot(F * e));
}

struct Quadratic {
  std::int64_t d, block, m;
  double damping;
  BlockFisher fisher_blocks;
  std::vector<double> best;
  Dense F; // block diagonal

  Quadratic(std::int64_t weights, std::int64_t size, std::int64_t gradients)
      : d(weights), block(size), m(gradients), damping(1e-3), fisher_blocks(d, block, m, damping), best(noise(d, 77)) {
    const std::vector<std::vector<double>> rows = correlated(m, d);
    for (const auto& row : rows)
      EXPECT_TRUE(fisher_blocks.add(row.data()));
    const Dense all = fisher(dense(stored(rows, Precision::f32), m), damping, 1.0 / static_cast<double>(m));
    F = Dense::Zero(d, d);
    for (std::int64_t first = 0; first < d; first += block) {
      const std::int64_t count = std::min(block, d - first);
      F.block(first, first, count, count) = all.block(first, first, count, count);
    }
  }
};

class Pruning : public testing::TestWithParam<std::pair<int, int>> {}; // block, gradients: primal and dual forms
INSTANTIATE_TEST_SUITE_P(Blocks, Pruning, testing::Values(std::pair{10, 40}, std::pair{32, 12}, std::pair{100, 30}));

TEST_P(Pruning, SaliencyIsTheRiseOfTheLossWhereOneWeightGoes) {
  const Quadratic q(70, GetParam().first, GetParam().second);
  std::vector<double> saliency(70);
  q.fisher_blocks.saliencies(q.best.data(), saliency.data());
  for (const std::size_t j : {std::size_t{0}, std::size_t{31}, std::size_t{69}}) {
    std::vector<bool> pruned(70, false);
    pruned[j] = true;
    std::vector<double> w = q.best;
    const double rise = q.fisher_blocks.prune(pruned, w.data());
    EXPECT_EQ(w[j], 0);
    EXPECT_NEAR(rise / saliency[j], 1, 1e-9);
    EXPECT_NEAR(rise / loss(q.F, w, q.best), 1, 1e-6);
  }
}

// w_Q^T ([F^-1]_QQ)^-1 w_Q / 2 with the dense inverse; a group in two blocks is the sum of both, a lone weight its
// saliency.
TEST_P(Pruning, SaliencyOfAGroupIsThatOfTheDenseInverse) {
  const Quadratic q(70, GetParam().first, GetParam().second);
  std::vector<int> group(70, -1);
  for (std::size_t j = 3; j < 70; j += 2)
    group[j] = static_cast<int>(j % 3);
  group[2] = 3;
  std::vector<double> found(4), single(70);
  q.fisher_blocks.group_saliencies(group, 4, q.best.data(), found.data());
  q.fisher_blocks.saliencies(q.best.data(), single.data());
  EXPECT_NEAR(found[3] / single[2], 1, 1e-9);
  const Dense inverse = q.F.inverse();
  for (int k = 0; k < 3; ++k) {
    std::vector<Eigen::Index> Q;
    Column w_Q(0);
    for (std::size_t j = 0; j < 70; ++j)
      if (group[j] == k) {
        Q.push_back(static_cast<Eigen::Index>(j));
        w_Q.conservativeResize(w_Q.size() + 1);
        w_Q(w_Q.size() - 1) = q.best[j];
      }
    const Dense part = inverse(Q, Q);
    EXPECT_NEAR(found[static_cast<std::size_t>(k)] / static_cast<double>(0.5L * w_Q.dot(part.inverse() * w_Q)), 1,
                1e-6);
  }
}

TEST_P(Pruning, JointStepEndsAtTheLeastLossOfTheWeightsThatStay) {
  const Quadratic q(70, GetParam().first, GetParam().second);
  std::vector<bool> pruned(70);
  for (std::size_t j = 0; j < 70; ++j)
    pruned[j] = j % 3 != 0;
  std::vector<double> w = q.best;
  const double rise = q.fisher_blocks.prune(pruned, w.data());
  EXPECT_NEAR(rise / loss(q.F, w, q.best), 1, 1e-6);
  const Column gradient = q.F * (column(w) - column(q.best));
  for (std::size_t j = 0; j < 70; ++j)
    if (!pruned[j])
      EXPECT_NEAR(static_cast<double>(gradient(static_cast<Eigen::Index>(j))), 0, 1e-9);
    else
      EXPECT_EQ(w[j], 0);
}

// M-FAC as published adds up the steps that each pruned weight would ask for alone.
TEST(Pruning, JointStepLosesLessThanTheSumOfSingleOnes) {
  const Quadratic q(100, 50, 30);
  std::vector<double> saliency(100), sum = q.best, joint = q.best;
  q.fisher_blocks.saliencies(q.best.data(), saliency.data());
  std::vector<std::size_t> order(100);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return saliency[a] < saliency[b]; });
  std::vector<bool> pruned(100, false);
  const Dense inverse = q.F.inverse();
  for (std::size_t k = 0; k < 50; ++k) {
    const auto j = static_cast<Eigen::Index>(order[k]);
    pruned[order[k]] = true;
    for (Eigen::Index i = 0; i < 100; ++i) // - w_j F^-1 e_j / [F^-1]_jj
      sum[static_cast<std::size_t>(i)] -= static_cast<double>(q.best[order[k]] * inverse(i, j) / inverse(j, j));
  }
  for (std::size_t j = 0; j < 100; ++j)
    sum[j] = pruned[j] ? 0 : sum[j];
  q.fisher_blocks.prune(pruned, joint.data());
  EXPECT_LT(loss(q.F, joint, q.best), 0.8 * loss(q.F, sum, q.best));
}

TEST(Pruning, RefusesWhatMakesNoSense) {
  EXPECT_THROW(BlockFisher(0, 1, 1, 1), std::invalid_argument);
  EXPECT_THROW(BlockFisher(4, 0, 1, 1), std::invalid_argument);
  EXPECT_THROW(BlockFisher(4, 2, 0, 1), std::invalid_argument);
  EXPECT_THROW(BlockFisher(4, 2, 1, 0), std::invalid_argument);
  BlockFisher fisher_blocks(2, 2, 1, 1);
  const std::vector<double> bad = {1, std::nan("")}, good = {1, 2};
  EXPECT_FALSE(fisher_blocks.add(bad.data()));
  EXPECT_TRUE(fisher_blocks.add(good.data()));
  EXPECT_FALSE(fisher_blocks.add(good.data())) << "there is no room for it";
}

// y = V tanh(U x): 2 inputs, `hidden` units, 1 output; the mean of (y - target)^2 / 2.
struct Network {
  static constexpr std::size_t hidden = 12, weights = 3 * hidden;
  std::vector<double> x = noise(2 * 60, 1);

  double loss(const std::vector<double>& w, std::vector<double>* gradient) const {
    double sum = 0;
    const std::size_t samples = x.size() / 2;
    if (gradient)
      gradient->assign(weights, 0.0);
    for (std::size_t s = 0; s < samples; ++s) {
      const double a = x[2 * s], b = x[2 * s + 1], target = std::sin(a) * b;
      double y = 0, t[hidden];
      for (std::size_t h = 0; h < hidden; ++h)
        y += w[3 * h + 2] * (t[h] = std::tanh(w[3 * h] * a + w[3 * h + 1] * b));
      const double e = (y - target) / static_cast<double>(samples);
      sum += 0.5 * e * (y - target);
      if (gradient)
        for (std::size_t h = 0; h < hidden; ++h) {
          const double back = e * w[3 * h + 2] * (1 - t[h] * t[h]);
          (*gradient)[3 * h] += back * a;
          (*gradient)[3 * h + 1] += back * b;
          (*gradient)[3 * h + 2] += e * t[h];
        }
    }
    return sum;
  }
};

// Each at the best of four rates, over several starts: where 400 steps lead to from one of them hangs on the last bits
// of sin and tanh.
TEST(Optimiser, TrainsANetworkFurtherThanGradientDescent) {
  const Network network;
  double curved = 0, plain = 0;
  for (unsigned seed = 3; seed < 11; ++seed) {
    const std::vector<double> start = noise(Network::weights, seed);
    const auto least = [&](const std::vector<double>& rates, const auto& make_step) {
      double loss = network.loss(start, nullptr);
      for (const double rate : rates) {
        std::vector<double> w = start, gradient;
        const auto step = make_step(rate);
        for (int n = 0; n < 400; ++n) {
          network.loss(w, &gradient);
          step(&w, gradient);
        }
        loss = std::min(loss, network.loss(w, nullptr));
      }
      return loss;
    };
    curved += least({3e-4, 1e-3, 3e-3, 1e-2}, [](double rate) {
      OptimiserOptions options;
      options.gradients = 8;
      options.damping = 1e-3;
      options.learning_rate = rate;
      return [optimiser = std::make_shared<Optimiser>(Network::weights, options)](std::vector<double>* w,
                                                                                  const std::vector<double>& gradient) {
        ASSERT_TRUE(optimiser->step(w->data(), gradient.data()));
      };
    });
    plain += least({0.03, 0.1, 0.3, 1.0}, [](double rate) {
      return [rate](std::vector<double>* w, const std::vector<double>& gradient) {
        for (std::size_t j = 0; j < w->size(); ++j)
          (*w)[j] -= rate * gradient[j];
      };
    });
  }
  EXPECT_LT(curved, plain);
}

// The first step of the window of one row: u = g / (lambda + |g|^2) with g = gradient + decay w; then momentum.
TEST(Optimiser, StepsAreThoseOfTheFormula) {
  OptimiserOptions options;
  options.gradients = 1;
  options.damping = 0.5;
  options.momentum = 0.9;
  options.weight_decay = 0.1;
  options.learning_rate = 2;
  options.precision = Precision::f64;
  Optimiser optimiser(2, options);
  std::vector<double> w = {1, -1}, expected = w, v = {0, 0};
  for (int step = 0; step < 3; ++step) {
    const std::vector<double> gradient = {0.5 + step, 2};
    const double g0 = gradient[0] + 0.1 * expected[0], g1 = gradient[1] + 0.1 * expected[1];
    const double factor = 1 / (0.5 + g0 * g0 + g1 * g1);
    v = {0.9 * v[0] + g0 * factor, 0.9 * v[1] + g1 * factor};
    expected = {expected[0] - 2 * v[0], expected[1] - 2 * v[1]};
    ASSERT_TRUE(optimiser.step(w.data(), gradient.data()));
    EXPECT_NEAR(w[0], expected[0], 1e-14);
    EXPECT_NEAR(w[1], expected[1], 1e-14);
  }
  const std::vector<double> bad = {std::nan(""), 0}, before = w;
  EXPECT_FALSE(optimiser.step(w.data(), bad.data()));
  EXPECT_EQ(w, before);
}

TEST(Optimiser, RefusesParametersOutOfRange) {
  const auto refused = [](auto change) {
    OptimiserOptions options;
    options.gradients = 4;
    change(options);
    EXPECT_THROW(Optimiser(3, options), std::invalid_argument);
  };
  refused([](OptimiserOptions& o) { o.gradients = 0; });
  refused([](OptimiserOptions& o) { o.damping = 0; });
  refused([](OptimiserOptions& o) { o.damping = std::nan(""); });
  refused([](OptimiserOptions& o) { o.momentum = 1; });
  refused([](OptimiserOptions& o) { o.weight_decay = -1; });
  refused([](OptimiserOptions& o) { o.learning_rate = std::nan(""); });
}

} // namespace
