// The model-based learner: tens of solves where its closed form holds, a hand-over where it does not.
#include <gtest/gtest.h>

#include "bandits/modelled.hpp"
#include "bandits/relaxation.hpp"
#include "bandits/sequence.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

using namespace linnet::bandits;
using namespace bandits_test;

namespace {

double average(bool low, int steps) {
  double sum = 0;
  for (std::uint64_t trial = 1; trial <= 4; ++trial) {
    Modelled learner(sor_choices(trial), RelaxationForm::sor);
    const double one = average_iterations(learner, low, steps, trial);
    std::printf("  seed %d: %.1f\n", static_cast<int>(trial), one);
    sum += one / 4;
    EXPECT_FALSE(learner.handed_over());
  }
  std::printf("model-sor, %s variance, %d solves: %.1f\n", low ? "low" : "high", steps, sum);
  return sum;
}

// From the 200th solve on: the learner's cost over what `best` would have cost.
template <class Cost, class Best>
double late_ratio(Modelled& learner, ShiftedLaplacians& sequence, int steps, const Cost& cost, const Best& best) {
  double learned = 0, least = 0;
  for (int t = 0; t < steps; ++t) {
    sequence.next();
    const Decision d = learner.choose(sequence.system().shift);
    const int count = cost(d.value);
    learner.learn(d, count);
    learned += t >= 200 ? count : 0;
    least += t >= 200 ? cost(best()) : 0;
  }
  return learned / least;
}

} // namespace

TEST(Modelled, IsNearTheInstanceOptimumOnShiftedLaplacians) {
  EXPECT_LE(average(true, 5000), 43.0);
  EXPECT_LE(average(false, 5000), 58.1);
}

TEST(Modelled, NeedsTensOfSolves) {
  EXPECT_LE(average(true, 100), 50);
}

TEST(Modelled, HandsOverWhereTheOrderingIsNotConsistent) {
  Modelled learner(sor_choices(2), RelaxationForm::sor);
  ShiftedLaplacians sequence(true, 2);
  const auto cost = [&](double omega) { return sequence.solve_symmetric_red_black(omega); };
  const double ratio = late_ratio(learner, sequence, 600, cost, [] { return 1.0; });
  std::printf("red-black SSOR: %.1f of omega = 1\n", ratio);
  EXPECT_LT(ratio, 1.15);
}

// Costs like those of the closed form, but of solves that something else ended.
TEST(Modelled, HandsOverWhereOmegasFail) {
  Modelled learner(sor_choices(2), RelaxationForm::sor);
  const auto solve = [&](bool failed) {
    const Decision d = learner.choose(0);
    learner.learn(d, std::ceil(sor_iterations(d.value, 0.96, 0, 1e-8)), failed);
  };
  for (int t = 0; t < 24; ++t)
    solve(t < 2);
  EXPECT_FALSE(learner.handed_over());
  for (int t = 0; t < 3; ++t)
    solve(true);
  EXPECT_TRUE(learner.handed_over());
}

// Heat: D = 1 + 4a, lambda_min(A) = 1 + a lambda, a proportional to the context, which is small half of the time;
// counts are those of the closed form, as whole numbers.
TEST(Modelled, KeepsTheFormOfSsorCgWhereCoefficientsAreSmall) {
  Choices choices = sor_choices(3);
  choices.context = {{0, 10}};
  Modelled learner(choices, RelaxationForm::ssor_cg);
  double late = 0, best = 0;
  for (int t = 0; t < 600; ++t) {
    const double kappa = t % 2 == 0 ? 0.1 * (t % 20) / 20 : 10.0 * (t % 37) / 37, a = 5.1 * kappa;
    const double mu = (1 + 4 * a) / (1 + 0.002 * a);
    const auto count = [&](double omega) { return std::ceil(ssor_cg_iterations(omega, mu, -0.1, 0, 1e-4)); };
    const Decision d = learner.choose(kappa);
    learner.learn(d, count(d.value));
    if (t >= 100) {
      late += count(d.value);
      best += count(std::clamp(ssor_omega(mu, -0.1), 1.0, 1.95));
    }
  }
  EXPECT_FALSE(learner.handed_over());
  EXPECT_LT(late, 1.03 * best);
}

// Counts of Young's formula at the shift `first`, or at the sum of both numbers, where a fixed omega cannot serve all.
TEST(Modelled, TakesTheFirstOfSeveralNumbersAndHandsOverWhereTheOthersMatter) {
  for (const bool others_matter : {false, true}) {
    Choices choices = sor_choices(4);
    choices.context = {{-0.15, 0.65}, {0, 1}};
    Modelled learner(choices, RelaxationForm::sor);
    Random random(6);
    double late = 0, best = 0;
    std::vector<double> fixed(20);
    for (int t = 0; t < 800; ++t) {
      const double first = -0.15 + 0.8 * random.uniform(), second = random.uniform();
      const double beta = Laplacian{10, first + (others_matter ? second : 0)}.beta();
      const auto count = [&](double omega) { return std::ceil(sor_iterations(omega, beta, 0, 1e-8)); };
      const Decision d = learner.choose(Context({first, second}));
      learner.learn(d, count(d.value));
      late += t >= 400 ? count(d.value) : 0;
      best += t >= 400 ? count(young_omega(beta)) : 0;
      for (std::size_t k = 0; t >= 400 && k < fixed.size(); ++k)
        fixed[k] += count(choices.arms[k]);
    }
    const double best_fixed = *std::ranges::min_element(fixed);
    std::printf("two numbers, the second %s: %.3f of the optimum, %.3f of the best fixed\n",
                others_matter ? "matters" : "does not matter", late / best, late / best_fixed);
    EXPECT_EQ(learner.handed_over(), others_matter);
    EXPECT_LT(late, others_matter ? 0.9 * best_fixed : 1.06 * best);
  }
}

// At the lower end of a guessed interval the matrix is indefinite.
TEST(Modelled, NarrowsAGuessedIntervalToTheContextsSeen) {
  Choices choices = sor_choices(7);
  choices.context = {{-1, 1}};
  choices.loose = true;
  Modelled learner(choices, RelaxationForm::sor);
  ShiftedLaplacians sequence(true, 7);
  const auto cost = [&](double omega) { return sequence.solve(omega); };
  const auto young = [&] { return young_omega(sequence.system().beta()); };
  const double ratio = late_ratio(learner, sequence, 800, cost, young);
  std::printf("guessed interval: %.3f of Young's optimum\n", ratio);
  EXPECT_FALSE(learner.handed_over());
  EXPECT_LT(ratio, 1.06);
}

TEST(RelaxationModel, HasTheSlopesOfItsValues) {
  Random random(3);
  for (const auto form : {RelaxationForm::sor, RelaxationForm::ssor_cg}) {
    const RelaxationModel model(form, 1e-8);
    for (int trial = 0; trial < 300; ++trial) {
      RelaxationModel::Vector theta = model.prior_mean(), slope;
      for (int j = 0; j < RelaxationModel::unknowns; ++j)
        theta(j) += model.prior_deviation()(j) * random.normal();
      const double omega = 0.8 + 1.1 * random.uniform(), u = random.uniform(), step = 1e-6;
      EXPECT_NEAR(model.log_cost(omega, u, theta, slope), model.log_cost(omega, u, theta), 1e-12);
      for (int j = 0; j < RelaxationModel::unknowns; ++j) {
        RelaxationModel::Vector up = theta, down = theta;
        up(j) += step;
        down(j) -= step;
        const double difference = (model.log_cost(omega, u, up) - model.log_cost(omega, u, down)) / (2 * step);
        EXPECT_NEAR(slope(j), difference, 1e-3 * (1 + std::fabs(difference))) << j << ' ' << omega;
      }
    }
  }
}

// The minimum of what the model says of omega, by trying a thousand.
TEST(RelaxationModel, PlaysItsOwnOptimum) {
  Random random(5);
  for (const auto form : {RelaxationForm::sor, RelaxationForm::ssor_cg}) {
    const RelaxationModel model(form, 1e-8);
    for (int trial = 0; trial < 40; ++trial) {
      RelaxationModel::Vector theta = model.prior_mean();
      for (int j = 0; j < 5; ++j)
        theta(j) += 0.5 * random.normal();
      const double u = random.uniform();
      double least = HUGE_VAL;
      for (int k = 0; k <= 1000; ++k)
        least = std::fmin(least, model.log_cost(1 + 0.95 * k / 1000, u, theta));
      EXPECT_LT(model.log_cost(model.best(u, theta, 1, 1.95), u, theta), least + 0.01);
    }
  }
}
