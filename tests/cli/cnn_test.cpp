// The networks from the command line: solve, train, info.
#include "cli/fixture.hpp"

using Networks = CommandLineTest;

TEST_F(Networks, SolveASystemInAThirdOfTheIterationsOfIncompleteCholesky) {
  for (const char* grid : {"24,20,28", "96,80"}) {
    ASSERT_EQ(
        linnet({"generate", "poisson", "--grid", grid, "--domain", "blobs", "--seed", "41", "--out", path("p")}).status,
        0);
    const auto runs = json_of(linnet({"compare", path("p.mtx"), "--solvers", "dcd+cnn;cg+icc", "--json"}), 0)["runs"];
    EXPECT_TRUE(runs[0]["converged"].get<bool>());
    EXPECT_LE(runs[0]["relative_residual"].get<double>(), 1.01e-6);
    EXPECT_LE(3 * runs[0]["iterations"].get<int>(), runs[1]["iterations"].get<int>());
    EXPECT_TRUE(runs[0]["pc_details"]["fallback"].is_null()) << runs[0].dump();
    EXPECT_EQ(runs[0]["pc_details"]["model"], std::string(grid).size() > 6 ? "hybrid3d" : "hybrid2d");
  }
}

TEST_F(Networks, AreTrainedAndShown) {
  const std::string model = path("mine.safetensors");
  ASSERT_EQ(linnet({"train", "--dimension", "2", "--steps", "3", "--batch", "2", "--small", "16", "--large", "16",
                    "--out", model})
                .status,
            0);
  const auto object = json_of(linnet({"info", model, "--json"}), 0);
  EXPECT_EQ(object["kind"], "model");
  EXPECT_EQ(object["network"], "hybrid");
  EXPECT_EQ(object["dimension"], 2);
  EXPECT_GT(object["flops_per_cell"].get<double>(), 100);
  EXPECT_NE(object["provenance"]["command"].get<std::string>().find("--steps 3"), std::string::npos);
  ASSERT_EQ(linnet({"train", "--from", model, "--dimension", "2", "--steps", "3", "--batch", "2", "--small", "16",
                    "--large", "16", "--optimizer", "mfac", "--window", "2", "--out", model})
                .status,
            0);
  EXPECT_NE(json_of(linnet({"info", model, "--json"}), 0)["provenance"]["command"].get<std::string>().find(
                "--optimizer mfac --window 2"),
            std::string::npos);
  const Finished person = linnet({"info", "hybrid3d"});
  EXPECT_EQ(person.status, 0);
  EXPECT_NE(person.out.find("linear in the residual"), std::string::npos) << person.out;
}

TEST_F(Networks, ArePrunedToSmallerOnesThatSolve) {
  const std::string small = path("small.safetensors"), sparse = path("sparse.safetensors");
  const std::vector<std::string> quick = {"--rounds", "2", "--gradients", "64", "--small", "32"};
  const auto prune = [&](std::vector<std::string> words) {
    words.insert(words.end(), quick.begin(), quick.end());
    return linnet(words);
  };
  ASSERT_EQ(prune({"prune", "hybrid2d", "--channels", "0.5", "--out", small}).status, 0);
  ASSERT_EQ(prune({"prune", "hybrid2d", "--weights", "0.2", "--out", sparse}).status, 0);
  const auto before = json_of(linnet({"info", "hybrid2d", "--json"}), 0);
  const auto after = json_of(linnet({"info", small, "--json"}), 0);
  EXPECT_LT(2 * after["parameters"].get<int>(), before["parameters"].get<int>());
  EXPECT_LT(2 * after["flops_per_cell"].get<double>(), before["flops_per_cell"].get<double>());
  EXPECT_NE(after["provenance"]["pruning"].get<std::string>().find("--channels 0.5"), std::string::npos);
  EXPECT_EQ(after["provenance"]["command"], before["provenance"]["command"]);
  ASSERT_EQ(linnet({"generate", "poisson", "--grid", "96,80", "--domain", "blobs", "--out", path("p")}).status, 0);
  for (const std::string& model : {small, sparse}) {
    const auto run = json_of(
        linnet({"solve", path("p.mtx"), "-ksp_type", "dcd", "-pc_type", "cnn", "-pc_cnn_model", model, "--json"}), 0);
    EXPECT_LE(run["relative_residual"].get<double>(), 1.01e-6);
    EXPECT_LE(run["iterations"].get<int>(), 40);
  }
}

TEST_F(Networks, ArePrunedOnlyWithOneFraction) {
  EXPECT_EQ(linnet({"prune", "hybrid2d", "--out", path("x")}).status, 2);
  EXPECT_EQ(linnet({"prune", "hybrid2d", "--channels", "0.5", "--weights", "0.5", "--out", path("x")}).status, 2);
  EXPECT_EQ(linnet({"prune", "hybrid2d", "--channels", "1.5", "--out", path("x")}).status, 2);
  EXPECT_EQ(linnet({"prune", "missing", "--channels", "0.5", "--out", path("x")}).status, 2);
  EXPECT_EQ(linnet({"train", "--optimizer", "sgd", "--out", path("x")}).status, 2);
}

TEST_F(Networks, RefuseADamagedModelFile) {
  const std::string bad = file("bad.safetensors", std::string("\x10\0\0\0\0\0\0\0{\"not\": \"right\"}", 24));
  const Finished info = linnet({"info", bad});
  EXPECT_EQ(info.status, 2);
  EXPECT_NE(info.err.find("bad.safetensors: "), std::string::npos) << info.err;
  const Finished train = linnet({"train", "--from", bad, "--out", path("x")});
  EXPECT_EQ(train.status, 2);
  EXPECT_EQ(linnet({"train", "--dimension", "4", "--out", path("x")}).status, 2);
}
