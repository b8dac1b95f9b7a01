// Learners on the shifted Laplacian: average iterations of 5000 solves, beside the published experiment's.
#include <gtest/gtest.h>

#include "bandits/binned.hpp"
#include "bandits/chebcb.hpp"
#include "bandits/chebyshev.hpp"
#include "bandits/fixed.hpp"
#include "bandits/race.hpp"
#include "bandits/relaxation.hpp"
#include "bandits/sequence.hpp"
#include "bandits/thompson.hpp"
#include "bandits/tsallis.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <memory>
#include <type_traits>

using namespace linnet::bandits;
using namespace bandits_test;

namespace {

constexpr int steps = 5000;

// Mean over seeds of learner and sequence: between seeds the standard deviation is 1.2 at most, of Thompson sampling 2.
template <class L, class... A>
double average(bool low, A... argument) {
  constexpr std::uint64_t trials = std::is_same_v<L, Fixed> ? 1 : std::is_same_v<L, Thompson> ? 8 : 2;
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

// T_a(x) T_b(y) ... with T_a(x) = cos(a arccos x); in one variable T_0, T_1, ...
TEST(ChebyshevBasis, HasTheProductsUpToATotalDegree) {
  const ChebyshevBasis two(2, 3);
  ASSERT_EQ(two.terms(), 10U);
  std::vector<double> values(10);
  const std::vector<double> x = {0.3, -0.8};
  two.at(x, values);
  for (std::size_t k = 0; k < 10; ++k) {
    double product = 1;
    for (std::size_t v = 0; v < 2; ++v)
      product *= std::cos(static_cast<double>(two.degrees(k)[v]) * std::acos(x[v]));
    EXPECT_NEAR(values[k], product, 1e-14);
  }
  const ChebyshevBasis one(1, 5);
  ASSERT_EQ(one.terms(), 6U);
  for (std::size_t k = 0; k < 6; ++k)
    EXPECT_EQ(one.degrees(k)[0], k);
  for (std::size_t n = 1; n <= 16; ++n)
    EXPECT_LE(ChebyshevBasis(n, 5).terms(), 36U);
}

// The best arm is 9 (u + v)/2: who sees one number of the two alone is 2 arms off on average.
TEST(Contextual, TakesSeveralNumbers) {
  const auto late_cost = [](Learner& learner, bool both, int count) {
    Random random(11);
    double late = 0;
    for (int t = 0; t < count; ++t) {
      const double u = random.uniform(), v = random.uniform();
      const Decision d = learner.choose(both ? Context({u, v}) : Context(u));
      const double cost = 10 + 3 * std::fabs(static_cast<double>(d.arm) - 4.5 * (u + v)) + random.uniform();
      learner.learn(d, cost);
      late += 2 * t >= count ? 2 * cost / count : 0;
    }
    return late;
  };
  Choices one;
  for (int k = 0; k < 10; ++k)
    one.arms.push_back(k);
  Choices two = one;
  two.context = {{0, 1}, {0, 1}};
  const auto check = [&](auto make, int count, double most) {
    const auto with_one = make(one), with_both = make(two);
    const double seen = late_cost(*with_both, true, count), half_seen = late_cost(*with_one, false, count);
    std::printf("%s, two numbers: %.2f, one of them alone: %.2f\n", with_both->name().c_str(), seen, half_seen);
    EXPECT_LT(seen, most) << with_both->name();
    EXPECT_GT(half_seen, 13.5) << with_one->name();
    const auto again = make(two);
    again->restore(with_both->save());
    for (int t = 0; t < 20; ++t)
      ASSERT_EQ(again->choose(Context({0.1, 0.7})).arm, with_both->choose(Context({0.1, 0.7})).arm);
    Choices many = one;
    many.context.assign(16, {});
    const auto wide = make(many);
    for (int t = 0; t < 50; ++t)
      wide->learn(wide->choose(Context(std::vector<double>(16, 0.02 * t))), 7);
    EXPECT_EQ(wide->steps(), 50U);
  };
  check([](const Choices& c) { return std::make_unique<Thompson>(c); }, 2000, 11.9);
  check([](const Choices& c) { return std::make_unique<ChebCB>(c); }, 2000, 13.2);
  check([](const Choices& c) { return std::make_unique<Binned>(c, c.context.size() > 2 ? 1 : 3); }, 40000, 13.2);
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
