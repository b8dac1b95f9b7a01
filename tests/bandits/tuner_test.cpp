// What a solver talks to: arms as text, contexts of unknown range, arms that fail, the saved state.
#include <gtest/gtest.h>

#include "bandits/state_file.hpp"
#include "bandits/tuner.hpp"

#include <cmath>
#include <functional>

using namespace linnet::bandits;

namespace {

Tuner tuner(const std::string& arms, const std::string& policy, const std::string& key = "") {
  TunerOptions options;
  options.arms = parse_arms(arms);
  options.policy = policy;
  options.key = key;
  return Tuner(options);
}

std::string message(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

void play(Tuner& t, int solves) {
  for (int k = 0; k < solves; ++k) {
    const Decision d = t.choose(0.1 * (k % 7));
    t.learn(d, 10 + 3 * static_cast<double>(d.arm), 10, false);
  }
}

const std::vector<std::string> policies = {"thompson", "chebcb", "binned", "tsallis", "tsallis-iw", "race", "fixed"};

} // namespace

TEST(Arms, RangesOfOmegaAreEvenInTheLogarithmOfItsDistanceFromTwo) {
  const Arms arms = parse_arms("sor_omega=1:1.99:3");
  ASSERT_EQ(arms.size(), 3U);
  EXPECT_EQ(arms.values(0)[0], 1);
  EXPECT_NEAR(arms.values(1)[0], 1.9, 1e-12);
  EXPECT_EQ(arms.values(2)[0], 1.99);
  EXPECT_TRUE(arms.is_relaxation());
}

TEST(Arms, AreProductsOfAxesOrWholeSets) {
  const Arms axes = parse_arms("sor_omega=1,1.5 x sor_its=1,2,3");
  ASSERT_EQ(axes.size(), 6U);
  EXPECT_EQ(axes.label(4), "sor_omega=1.5 sor_its=2");
  const Arms sets = parse_arms("icc:2; gamg ; sor:1.5; hypre[-pc_hypre_boomeramg_strong_threshold 0.5]");
  ASSERT_EQ(sets.size(), 4U);
  EXPECT_EQ(sets.sets[0].options[0], (std::pair<std::string, std::string>("-pc_factor_levels", "2")));
  EXPECT_EQ(sets.sets[2].options[0], (std::pair<std::string, std::string>("-pc_sor_omega", "1.5")));
  EXPECT_EQ(sets.sets[3].type, "hypre");
  EXPECT_EQ(sets.sets[3].options[0].second, "0.5");
}

TEST(Arms, AreRefusedInOneLineThatSaysWhatWasExpected) {
  for (const char* text :
       {"", "sor_omega=", "sor_omega=2", "sor_omega=1,1", "sor_omega=1:1.9", "sor_omega=1.9:1:5",
        "sor_omega=1:1.9:100000", "sor_omega=nan", "omega=1", "sor_omega=1,1.5 x gamg_threshold=0,1", "icc; icc",
        "icc:x", "gamg:3", "sor:2", "icc 3", "hypre[-pc_a 1", "sor_its=0,2", "sor_its=1.5"}) {
    const std::string what = message([&] { (void)parse_arms(text); });
    EXPECT_NE(what.find("expected"), std::string::npos) << text;
    EXPECT_EQ(what.find('\n'), std::string::npos);
  }
}

TEST(Tuner, GoesOnFromItsSavedStateWithTheSameDecisions) {
  for (const std::string& policy : policies) {
    Tuner one = tuner("a; b; c", policy), other = tuner("a; b; c", policy);
    play(one, 60);
    other.restore(unwrap_state(wrap_state(one.save())));
    EXPECT_EQ(other.solves(), 60U);
    for (int k = 0; k < 30; ++k) {
      const Decision a = one.choose(0.2), b = other.choose(0.2);
      ASSERT_EQ(a.arm, b.arm) << policy;
      one.learn(a, 5, 5, false);
      other.learn(b, 5, 5, false);
    }
  }
  Tuner model = tuner("sor_omega=1:1.9:5", "model"), again = tuner("sor_omega=1:1.9:5", "model");
  play(model, 40);
  again.restore(unwrap_state(wrap_state(model.save())));
  EXPECT_EQ(again.choose(0.3).value, model.choose(0.3).value);
}

TEST(Tuner, RefusesAStateThatIsDamagedOrForeign) {
  Tuner one = tuner("a; b; c", "thompson", "2 ranks");
  play(one, 20);
  const std::string text = wrap_state(one.save());
  EXPECT_NE(message([&] { tuner("a; b", "thompson", "2 ranks").restore(unwrap_state(text)); }).find("arms"),
            std::string::npos);
  EXPECT_NE(message([&] { tuner("a; b; c", "thompson", "1 ranks").restore(unwrap_state(text)); }).find("1 ranks"),
            std::string::npos);
  EXPECT_NE(message([&] { tuner("a; b; c", "tsallis", "2 ranks").restore(unwrap_state(text)); }).find("policy"),
            std::string::npos);
  for (std::size_t at = 0; at < text.size(); at += 7) { // any one byte
    std::string damaged = text;
    damaged[at] = damaged[at] == '1' ? '2' : '1';
    EXPECT_NE(message([&] { tuner("a; b; c", "thompson", "2 ranks").restore(unwrap_state(damaged)); }), "") << at;
  }
  for (std::size_t size : {std::size_t(0), std::size_t(1), text.size() / 2, text.size() - 2})
    EXPECT_NE(message([&] { (void)unwrap_state(text.substr(0, size)); }), "");
  Tuner kept = tuner("a; b; c", "thompson", "other");
  play(kept, 5);
  EXPECT_NE(message([&] { kept.restore(unwrap_state(text)); }), "");
  EXPECT_EQ(kept.solves(), 5U);
}

TEST(Tuner, LearnsNothingFromCostsThatAreNone) {
  for (const std::string& policy : policies) {
    Tuner t = tuner("a; b", policy);
    const Decision d = t.choose({});
    EXPECT_FALSE(t.learn(d, 0, 0, false));
    EXPECT_FALSE(t.learn(d, std::nan(""), 5, false));
    EXPECT_FALSE(t.learn(d, HUGE_VAL, 5, false));
    EXPECT_EQ(t.solves(), 0U);
  }
}

TEST(Tuner, WidensTheIntervalOfContextsAndKeepsWhatItLearned) {
  for (const std::string& policy : policies) {
    Tuner t = tuner("a; b; c", policy);
    for (int k = 0; k < 200; ++k) {
      const double context = std::pow(10, k % 9 - 4) * (k % 2 == 0 ? 1 : -1);
      const Decision d = t.choose(context);
      ASSERT_TRUE(d.context);
      EXPECT_EQ(d.context, context) << policy;
      t.learn(d, 3 + static_cast<double>(d.arm), 3, false);
    }
    EXPECT_FALSE(t.choose(std::nan("")).context);
    EXPECT_FALSE(t.choose(HUGE_VAL).context);
  }
}

TEST(Tuner, TakesContextsOfSeveralNumbersAndKeepsThemInItsState) {
  for (const std::string& policy : policies) {
    Tuner t = tuner("a; b; c", policy), other = tuner("a; b; c", policy);
    for (int k = 0; k < 60; ++k) {
      const Context context({std::pow(10, k % 5), -0.1 * k, 3});
      const Decision d = t.choose(context);
      EXPECT_EQ(d.context, context);
      t.learn(d, 3 + static_cast<double>(d.arm), 3, false);
    }
    EXPECT_NE(message([&] { t.choose(0.5); }).find("3 numbers"), std::string::npos);
    EXPECT_FALSE(t.choose(Context({1, std::nan(""), 2})).context);
    other.restore(unwrap_state(wrap_state(t.save())));
    const Context next({40, -1, 3});
    for (int k = 0; k < 20; ++k)
      ASSERT_EQ(other.choose(next).arm, t.choose(next).arm) << policy;
  }
}

TEST(Tuner, MovesContextsIntoAnIntervalThatIsGiven) {
  TunerOptions options;
  options.arms = parse_arms("a; b");
  options.intervals = {{0, 1}};
  Tuner t(options);
  EXPECT_EQ(t.choose(7).context, 1);
}

// Policies without an expectation: the largest of the log's 1024 latest costs of solves that did not fail.
TEST(Tuner, ExpectsTheLargestOfTheCostsInItsLog) {
  Tuner t = tuner("a; b", "race");
  Random random(8);
  for (int k = 1; k <= 3000; ++k) {
    const Decision d = t.choose({});
    t.learn(d, std::floor(1 + 1000 * std::pow(random.uniform(), 8)), 1, k % 50 == 0);
    double largest = 0;
    for (const Step& step : t.log())
      largest = std::max(largest, step.failed ? 0 : step.cost);
    ASSERT_EQ(t.expected_cost(d), k < 10 ? 0 : largest) << k;
  }
}

TEST(Tuner, SetsAnArmAsideThatFailsThreeTimesInARow) {
  Tuner t = tuner("a; b", "fixed");
  for (int k = 0; k < 3; ++k) {
    EXPECT_FALSE(t.quarantined(0));
    t.learn(t.choose({}), 100, 10, true);
  }
  EXPECT_TRUE(t.quarantined(0));
  int aside = 0;
  for (; t.quarantined(0); ++aside)
    t.learn_unplayed(t.choose({}), 30);
  EXPECT_EQ(aside, 50);
  EXPECT_EQ(t.total_cost(), 3 * 100 + 50 * 30);
  t.learn(t.choose({}), 100, 10, true);
  for (aside = 0; t.quarantined(0); ++aside)
    t.learn_unplayed(t.choose({}), 30);
  EXPECT_EQ(aside, 100);
  t.learn(t.choose({}), 10, 10, false);
  EXPECT_FALSE(t.quarantined(0));
}

TEST(Tuner, NoticesWithoutAContextThatCostsHaveChanged) {
  Tuner t = tuner("a; b; c; d", "thompson");
  int wrong = 0;
  for (int k = 0; k < 1000; ++k) {
    const Decision d = t.choose({});
    const std::size_t best = k < 500 ? 1 : 3;
    wrong += k >= 550 && d.arm != best;
    t.learn(d, d.arm == best ? 10 : k < 500 ? 20 : 40, 10, false);
  }
  EXPECT_LT(wrong, 20);
}

TEST(Tuner, FindsTheBestOfUnorderedArmsInEachContext) {
  Tuner t = tuner("a; b; c; d", "auto");
  int wrong = 0;
  for (int k = 0; k < 400; ++k) {
    const double context = k % 2;
    const Decision d = t.choose(context);
    const std::size_t best = k % 2 == 0 ? 1 : 3;
    wrong += k >= 200 && d.arm != best;
    t.learn(d, d.arm == best ? 1e-3 : 4e-3, 10, false); // seconds
  }
  EXPECT_LT(wrong, 10);
}
