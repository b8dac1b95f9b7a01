// Tsallis-INF and the contract of every learner.
#include <gtest/gtest.h>

#include "bandits/fixed.hpp"
#include "bandits/tsallis.hpp"
#include "bandits/tsallis_weights.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <numeric>

using namespace linnet::bandits;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::vector<double> weights(const std::vector<double>& h, double eta) {
  std::vector<double> p(h.size());
  tsallis_weights(h, eta, p);
  return p;
}

double sum(const std::vector<double>& p) {
  return std::accumulate(p.begin(), p.end(), 0.0);
}

Choices choices(std::size_t arms) {
  Choices c;
  for (std::size_t i = 0; i < arms; ++i)
    c.arms.push_back(static_cast<double>(i));
  return c;
}

} // namespace

TEST(TsallisWeights, EqualLossesGiveEqualProbabilities) {
  for (const int d : {1, 2, 3, 7, 20, 1000})
    for (const double eta : {1e-6, 0.1, 2.0, 4.0}) {
      for (const double p : weights(std::vector<double>(d, 3.25), eta))
        EXPECT_NEAR(p * d, 1, 1e-12);
    }
}

// The root for two arms by bisection on x.
TEST(TsallisWeights, AreTheRootOfTheirEquation) {
  for (const double gap : {0.01, 0.5, 3.0, 40.0, 1e5}) {
    const double eta = 0.3;
    const auto f = [&](double x) { return 4 / std::pow(eta * x, 2) + 4 / std::pow(eta * (gap - x), 2) - 1; };
    double low = -2 * std::sqrt(2.0) / eta, high = -2 / eta;
    for (int i = 0; i < 200; ++i)
      (f((low + high) / 2) < 0 ? low : high) = (low + high) / 2;
    const auto p = weights({0, gap}, eta);
    EXPECT_NEAR(p[0], 4 / std::pow(eta * low, 2), 1e-12);
    EXPECT_NEAR(p[1], 4 / std::pow(eta * (gap - low), 2), 1e-12);
  }
}

TEST(TsallisWeights, SumToOneWhateverTheLosses) {
  Random random(5);
  for (int trial = 0; trial < 20000; ++trial) {
    std::vector<double> h(1 + random.next() % 40);
    const double scale = std::pow(10.0, 24 * random.uniform() - 12);
    for (double& v : h)
      v = scale * random.normal();
    const auto p = weights(h, std::pow(10.0, 8 * random.uniform() - 7));
    ASSERT_NEAR(sum(p), 1, 1e-12);
    for (std::size_t i = 0; i < h.size(); ++i) {
      ASSERT_GE(p[i], 0);
      for (std::size_t j = 0; j < h.size(); ++j) {
        if (h[i] < h[j]) {
          ASSERT_GE(p[i], p[j]);
        }
      }
    }
  }
}

TEST(TsallisWeights, TakeExtremeLossesAndRefuseNoNumbers) {
  EXPECT_EQ(weights({1, infinity}, 1), (std::vector<double>{1, 0}));
  EXPECT_NEAR(sum(weights({-1e300, 0, 1e300}, 4)), 1, 1e-12);
  EXPECT_THROW(weights({1, not_a_number}, 1), std::invalid_argument);
  EXPECT_THROW(weights({infinity, infinity}, 1), std::invalid_argument);
  EXPECT_THROW(weights({}, 1), std::invalid_argument);
  EXPECT_THROW(weights({1, 2}, 0), std::invalid_argument);
}

class TsallisLearner : public testing::TestWithParam<LossEstimator> {};
INSTANTIATE_TEST_SUITE_P(Estimators, TsallisLearner,
                         testing::Values(LossEstimator::importance_weighted, LossEstimator::reduced_variance),
                         [](const auto& each) { return each.index == 0 ? "ImportanceWeighted" : "ReducedVariance"; });

TEST_P(TsallisLearner, FindsTheCheapestArm) {
  Tsallis learner(choices(10), GetParam());
  Random noise(3);
  int best = 0;
  for (int t = 0; t < 20000; ++t) {
    const Decision d = learner.choose({});
    ASSERT_GT(d.probability, 0);
    ASSERT_LE(d.probability, 1);
    ASSERT_EQ(d.value, learner.choices().arms[d.arm]);
    best += t >= 10000 && d.arm == 6;
    ASSERT_TRUE(learner.learn(d, 10 + std::abs(static_cast<double>(d.arm) - 6) + noise.uniform()));
  }
  EXPECT_GT(best, 9000);
}

// A loss of zero for ever, and losses all alike but for the scale of importance weights.
TEST_P(TsallisLearner, KeepsEveryArmWhereAllCostsAreEqual) {
  for (const double cost : {1.0, 50.0}) {
    Choices c = choices(5);
    c.least_cost = 1;
    Tsallis learner(c, GetParam());
    std::vector<int> count(5);
    for (int t = 0; t < 5000; ++t) {
      const Decision d = learner.choose({});
      ++count[d.arm];
      ASSERT_TRUE(learner.learn(d, cost));
    }
    for (const int n : count)
      EXPECT_GT(n, 200) << cost;
  }
}

TEST_P(TsallisLearner, HasNoChoiceWithOneArm) {
  Tsallis learner(choices(1), GetParam());
  for (int t = 0; t < 100; ++t) {
    const Decision d = learner.choose(0.5);
    EXPECT_EQ(d.arm, 0);
    EXPECT_EQ(d.probability, 1);
    learner.learn(d, 1 + t % 3);
  }
}

TEST_P(TsallisLearner, LearnsNothingFromACostThatIsNone) {
  Tsallis learner(choices(4), GetParam());
  learner.learn(learner.choose({}), 7);
  const Decision d = learner.choose({});
  const auto before = learner.save();
  for (const double cost : {not_a_number, infinity, -infinity, 0.0, -3.0})
    EXPECT_FALSE(learner.learn(d, cost)) << cost;
  EXPECT_EQ(learner.save(), before);
  EXPECT_EQ(learner.steps(), 1);
}

TEST_P(TsallisLearner, SurvivesExtremeCosts) {
  Tsallis learner(choices(6), GetParam());
  Random random(9);
  for (int t = 0; t < 3000; ++t) {
    const Decision d = learner.choose({});
    ASSERT_GT(d.probability, 0);
    ASSERT_TRUE(learner.learn(d, std::pow(10.0, 600 * random.uniform() - 300)));
  }
  EXPECT_NO_THROW(learner.restore(learner.save()));
}

TEST_P(TsallisLearner, GoesOnFromItsSavedStateAsIfNothingHadHappened) {
  Tsallis first(choices(8), GetParam()), second(choices(8), GetParam());
  const auto play = [](Tsallis& learner, int solves) {
    std::vector<std::size_t> path;
    for (int t = 0; t < solves; ++t) {
      const Decision d = learner.choose({});
      path.push_back(d.arm);
      learner.learn(d, 5 + static_cast<double>(d.arm * d.arm % 7));
    }
    return path;
  };
  EXPECT_EQ(play(first, 300), play(second, 300));
  Tsallis third(choices(8), GetParam());
  third.restore(nlohmann::json::parse(first.save().dump()));
  EXPECT_EQ(play(first, 300), play(third, 300));
}

TEST(Learner, RefusesChoicesThatAreNone) {
  const auto make = [](Choices c) { Tsallis learner(std::move(c), LossEstimator::reduced_variance); };
  EXPECT_THROW(make({}), std::invalid_argument);
  EXPECT_THROW(make({.arms = {1, not_a_number}}), std::invalid_argument);
  EXPECT_THROW(make({.arms = {1, 2, 1}}), std::invalid_argument);
  EXPECT_THROW(make({.arms = {1}, .context = {{2, 2}}}), std::invalid_argument);
  EXPECT_THROW(make({.arms = {1}, .context = {{-infinity, 1}}}), std::invalid_argument);
  EXPECT_THROW(make({.arms = {1}, .context = {}}), std::invalid_argument);
  EXPECT_THROW(make({.arms = {1}, .context = std::vector<Interval>(17)}), std::invalid_argument);
  EXPECT_THROW(make({.arms = {1}, .least_cost = -1}), std::invalid_argument);
  EXPECT_THROW(Fixed(choices(3), 3), std::invalid_argument);
}

TEST(Learner, RefusesADecisionThatIsNotItsOwn) {
  Tsallis learner(choices(3), LossEstimator::importance_weighted);
  EXPECT_THROW(learner.learn({3, 3, 1, {}}, 1), std::invalid_argument);
  EXPECT_THROW(learner.learn({0, 0, 0, {}}, 1), std::invalid_argument);
  EXPECT_THROW(learner.learn({0, 0, 1, 7.0}, 1), std::invalid_argument);
}

TEST(Learner, MovesAContextOutsideItsIntervalToTheEnd) {
  Choices c = choices(2);
  c.context = {{-1, 1}};
  Tsallis learner(c, LossEstimator::importance_weighted);
  EXPECT_EQ(learner.choose(5).context, 1.0);
  EXPECT_EQ(learner.choose(-infinity).context, -1.0);
  EXPECT_EQ(learner.choose(0.25).context, 0.25);
  EXPECT_FALSE(learner.choose(not_a_number).context);
  EXPECT_FALSE(learner.choose({}).context);
  c.context = {{-1, 1}, {2, 3}};
  Tsallis of_two(c, LossEstimator::importance_weighted);
  EXPECT_EQ(of_two.choose(Context({5, 2.5})).context, Context({1, 2.5}));
  EXPECT_EQ(of_two.choose(Context({0, -infinity})).context, Context({0, 2}));
  EXPECT_FALSE(of_two.choose(Context({0, not_a_number})).context);
  EXPECT_THROW(of_two.choose(0.5), std::invalid_argument);
  EXPECT_THROW(Context(std::vector<double>(17)), std::invalid_argument);
}

TEST(Learner, KeepsWhatItKnewWhenAStateIsRefused) {
  Tsallis learner(choices(3), LossEstimator::importance_weighted);
  learner.learn(learner.choose({}), 4);
  const auto before = learner.save();
  for (const char* key : {"policy", "random", "steps", "core"}) {
    auto state = before;
    state.erase(key);
    EXPECT_THROW(learner.restore(state), std::invalid_argument) << key;
    state[key] = nullptr;
    EXPECT_THROW(learner.restore(state), std::invalid_argument) << key;
  }
  auto state = before;
  state["core"]["total"] = {1, 2};
  EXPECT_THROW(learner.restore(state), std::invalid_argument);
  Tsallis other(choices(3), LossEstimator::reduced_variance);
  EXPECT_THROW(learner.restore(other.save()), std::invalid_argument);
  EXPECT_EQ(learner.save(), before);
}

TEST(Fixed, PlaysItsArm) {
  Fixed learner(choices(3), 2);
  for (int t = 0; t < 10; ++t) {
    const Decision d = learner.choose({});
    EXPECT_EQ(d.arm, 2);
    EXPECT_EQ(d.probability, 1);
    EXPECT_TRUE(learner.learn(d, 1));
  }
}
