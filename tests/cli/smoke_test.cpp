#include "cli/fixture.hpp"

#include <filesystem>
#include <fstream>

using Smoke = CommandLineTest;

TEST_F(Smoke, TakesTheDivergenceOutOnAnyNumberOfRanks) {
  const std::vector<std::string> words = {"smoke", "--grid", "24,36", "--steps", "6", "--json"};
  const auto alone = json_of(linnet(words), 0);
  EXPECT_EQ(alone["ksp"], "dcd");
  EXPECT_EQ(alone["pc"], "cnn");
  EXPECT_LE(alone["largest_divergence_left"].get<double>(), 2e-6);
  ASSERT_EQ(alone["path"].size(), 6U);
  for (const int ranks : {2, 3}) {
    const auto shared = json_of(linnet_on(ranks, words), 0);
    EXPECT_NEAR(shared["iterations"].get<double>(), alone["iterations"].get<double>(), 6);
    const double energy = alone["path"][5]["kinetic_energy"];
    EXPECT_NEAR(shared["path"][5]["kinetic_energy"].get<double>(), energy, 1e-4 * energy);
  }
}

TEST_F(Smoke, LooksTheSameWithAnotherSolver) {
  for (const std::string scene : {"plume", "dam"}) {
    const std::vector<std::string> words = {"smoke", "--scene", scene, "--grid", "16,16,12", "--steps", "8", "--json"};
    std::vector<std::string> other = words;
    other.insert(other.end(), {"-ksp_type", "cg", "-pc_type", "icc", "-ksp_rtol", "1e-8"});
    const auto ours = json_of(linnet(words), 0), theirs = json_of(linnet(other), 0);
    EXPECT_EQ(theirs["pc"], "icc");
    const double energy = theirs["path"][7]["kinetic_energy"];
    EXPECT_NEAR(ours["path"][7]["kinetic_energy"].get<double>(), energy, 1e-3 * energy) << scene;
  }
}

TEST_F(Smoke, WritesFramesAPictureAndSystemsThatCanBeSolvedAgain) {
  std::filesystem::create_directory(path("systems"));
  const Finished run = linnet({"smoke", "--grid", "16,24", "--steps", "4", "--every", "2", "--out", path("frame"),
                               "--picture", path("strip.png"), "--save-systems", path("systems")});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.out.find("iterations a step"), std::string::npos) << run.out;
  for (const char* name : {"frame_00000.vtr", "frame_00002.vtr", "frame_00004.vtr"}) {
    std::ifstream frame(path(name));
    std::string first;
    std::getline(frame, first);
    EXPECT_EQ(first, "<?xml version=\"1.0\"?>") << name;
  }
  std::ifstream picture(path("strip.png"), std::ios::binary);
  std::string signature(4, ' ');
  picture.read(signature.data(), 4);
  EXPECT_EQ(signature, "\x89PNG");
  std::filesystem::create_symlink("loop", path("systems/loop")); // no file
  EXPECT_EQ(linnet({"sequence", path("systems"), "--hindsight", "0"}).status, 0);
}

TEST_F(Smoke, RefusesWhatItCannotSimulate) {
  const auto expect_refusal = [&](std::vector<std::string> words, const std::string& text) {
    words.insert(words.begin(), "smoke");
    const Finished run = linnet(words);
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_NE(run.err.find(text), std::string::npos) << run.err;
    EXPECT_EQ(occurrences(run.err, "\n"), 1) << run.err;
  };
  expect_refusal({"--scene", "lava"}, "--scene");
  expect_refusal({"--grid", "4,40"}, "at least 8 cells");
  expect_refusal({"--steps", "0"}, "--steps");
  expect_refusal({"--every", "0"}, "--every");
  expect_refusal({"--out", path("nowhere/frame")}, "existing directory");
  expect_refusal({"--save-systems", path("nowhere")}, "existing directory");
}
