// The model-based learner: tens of solves where its closed form holds, a hand-over where it does not.
#include <gtest/gtest.h>

#include "bandits/modelled.hpp"
#include "bandits/relaxation.hpp"
#include "bandits/sequence.hpp"

#include <nlohmann/json.hpp>

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
  double late = 0, best = 0;
  for (int t = 0; t < 600; ++t) {
    sequence.next();
    const Decision d = learner.choose(sequence.system().shift);
    const int cost = sequence.solve_symmetric_red_black(d.value);
    learner.learn(d, cost);
    if (t >= 200) {
      late += cost;
      best += sequence.solve_symmetric_red_black(1);
    }
  }
  std::printf("red-black SSOR: %.1f of omega = 1\n", late / best);
  EXPECT_LT(late, 1.15 * best);
}
