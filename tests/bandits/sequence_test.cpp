// Learners on the shifted Laplacian: average iterations of 5000 solves, beside the published experiment's.
#include <gtest/gtest.h>

#include "bandits/binned.hpp"
#include "bandits/chebcb.hpp"
#include "bandits/fixed.hpp"
#include "bandits/race.hpp"
#include "bandits/relaxation.hpp"
#include "bandits/sequence.hpp"
#include "bandits/thompson.hpp"
#include "bandits/tsallis.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>

using namespace linnet::bandits;
using namespace bandits_test;

namespace {

constexpr int steps = 5000;

// Mean over a few seeds of learner and sequence.
template <class L, class... A>
double average(bool low, A... argument) {
  constexpr std::uint64_t trials = 4;
  double sum = 0;
  std::string name;
  for (std::uint64_t trial = 1; trial <= trials; ++trial) {
    L learner(sor_choices(trial), argument...);
    sum += average_iterations(learner, low, steps, trial) / trials;
    name = learner.name();
  }
  std::printf("%s, %s variance: %.1f\n", name.c_str(), low ? "low" : "high", sum);
  return sum;
}

} // namespace

TEST(Sequence, OfFixedArms) {
  EXPECT_NEAR(average<Fixed>(true, 0), 271, 0.03 * 271);
  EXPECT_NEAR(average<Fixed>(true, 13), 59.2, 0.03 * 59.2);
  EXPECT_NEAR(average<Fixed>(false, 16), 103.8, 0.03 * 103.8);
}

TEST(Sequence, OfYoungsOptimum) {
  ShiftedLaplacians sequence(true, 1);
  double sum = 0;
  for (int t = 0; t < steps; ++t) {
    sequence.next();
    sum += sequence.solve(young_omega(sequence.system().beta()));
  }
  EXPECT_NEAR(sum / steps, 41.8, 0.8);
}

TEST(Sequence, OfTsallis) {
  EXPECT_NEAR(average<Tsallis>(true, LossEstimator::importance_weighted), 66.9, 3);
  EXPECT_NEAR(average<Tsallis>(true, LossEstimator::reduced_variance), 65.7, 3);
  EXPECT_NEAR(average<Binned>(true, 5), 62.0, 3);
  EXPECT_NEAR(average<Binned>(false, 5), 100.6, 5);
}

TEST(Sequence, OfChebCB) {
  EXPECT_NEAR(average<ChebCB>(true), 47.9, 3);
  EXPECT_NEAR(average<ChebCB>(false), 67.2, 3);
}

TEST(Sequence, OfThompsonSampling) {
  EXPECT_LT(average<Thompson>(true), 48);
  EXPECT_LT(average<Thompson>(false), 68);
}

TEST(ChebCB, KeepsItsCoefficientsInTheirBounds) {
  ChebCB learner(sor_choices(5));
  for (int t = 0; t < 300; ++t) {
    average_iterations(learner, false, 1, static_cast<std::uint64_t>(t));
    for (std::size_t arm = 0; arm < learner.arms(); ++arm)
      for (std::size_t j = 0; j < learner.coefficients(arm).size(); ++j)
        ASSERT_LE(std::abs(learner.coefficients(arm)[j]),
                  learner.largest_loss() * (j == 0 ? 1.0 : 2.0 / static_cast<double>(j)) * (1 + 1e-12));
  }
}

TEST(Race, KeepsTheCheapestOfEachRace) {
  Choices c;
  c.arms = {0, 1, 2};
  Race learner(c, 10);
  std::vector<std::size_t> path;
  for (int t = 0; t < 26; ++t) {
    const Decision d = learner.choose({});
    path.push_back(d.arm);
    learner.learn(d, std::abs(static_cast<double>(d.arm) - (t < 13 ? 1 : 2)) + 1);
  }
  EXPECT_EQ(path, (std::vector<std::size_t>{0, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, //
                                            0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}));
}

// What holds for every learner with a context.
TEST(Contextual, SurvivesCostsThatAreExtremeEqualOrNone) {
  const auto check = [](auto make) {
    auto learner = make(sor_choices(1));
    Random random(4);
    for (int t = 0; t < 400; ++t) {
      const Decision d = learner->choose(t % 3 == 0 ? Context() : Context(2 * random.uniform() - 0.5));
      ASSERT_GT(d.probability, 0) << learner->name();
      ASSERT_LE(d.probability, 1) << learner->name();
      ASSERT_LT(d.arm, 20) << learner->name();
      EXPECT_FALSE(learner->learn(d, std::nan("")));
      learner->learn(d, t < 200 ? 7 : std::pow(10.0, 600 * random.uniform() - 300));
    }
    auto other = make(sor_choices(1));
    other->restore(learner->save());
    for (int t = 0; t < 20; ++t)
      ASSERT_EQ(other->choose(0.1).arm, learner->choose(0.1).arm) << learner->name();
    Choices one;
    one.arms = {1.5};
    auto single = make(one);
    for (int t = 0; t < 20; ++t) {
      const Decision d = single->choose(0.5);
      ASSERT_EQ(d.value, 1.5) << single->name();
      ASSERT_EQ(d.probability, 1) << single->name();
      single->learn(d, 1 + t % 3);
    }
  };
  check([](const Choices& c) { return std::make_unique<Binned>(c, 5); });
  check([](const Choices& c) { return std::make_unique<ChebCB>(c); });
  check([](const Choices& c) { return std::make_unique<Thompson>(c); });
  check([](const Choices& c) { return std::make_unique<Race>(c); });
}
