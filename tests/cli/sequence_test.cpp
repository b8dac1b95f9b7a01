#include "cli/fixture.hpp"

using SequenceCommand = CommandLineTest;

// A race tries its arms one after the other, then plays the cheaper one until the next race: 1.6 on 10 x 10 unknowns.
TEST_F(SequenceCommand, TellsThePathOfTheArm) {
  const auto object = json_of(linnet({"sequence", "laplacian-shift", "--steps", "9", "--hindsight", "0", "--json",
                                      "-pc_bandit_arms", "sor_omega=1,1.6", "-pc_bandit_policy", "race"}),
                              0);
  EXPECT_EQ(object["path"]["step"], (std::vector<int>{1, 2}));
  EXPECT_EQ(object["path"]["value"], (std::vector<double>{1, 1.6}));
  const auto alone = json_of(
      linnet({"sequence", "laplacian-shift", "--steps", "2", "--hindsight", "0", "--json", "-pc_type", "sor"}), 0);
  EXPECT_TRUE(alone["path"].is_null()); // no bandit
}

TEST_F(SequenceCommand, RefusesWhatItCannotSolve) {
  const auto expect_refusal = [&](std::vector<std::string> words, const std::string& text) {
    words.insert(words.begin(), "sequence");
    const Finished run = linnet(words);
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_EQ(run.out, "");
    EXPECT_NE(run.err.find(text), std::string::npos) << run.err;
    EXPECT_EQ(occurrences(run.err, "\n"), 1) << run.err;
  };
  expect_refusal({"heat", "--steps", "0"}, "--steps");
  expect_refusal({"heat", "--steps", "2", "--seed", "-1"}, "--seed");
  expect_refusal({"heat", "--steps", "2", "--variance", "mid"}, "expected low or high");
  expect_refusal({"heat", "--steps", "2", "--hindsight", "-1"}, "--hindsight");
  expect_refusal({path("none")}, "expected heat, laplacian-shift, or a directory");
  for (const std::string arms : {"sor_omega=2.5", "sor_omega=nan", "sor_omega=", "sor:2.5", ";"})
    expect_refusal({"heat", "--nx", "8", "--steps", "2", "-pc_bandit_arms", arms}, "arms");
}
