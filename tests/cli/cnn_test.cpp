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
  const Finished person = linnet({"info", "hybrid3d"});
  EXPECT_EQ(person.status, 0);
  EXPECT_NE(person.out.find("linear in the residual"), std::string::npos) << person.out;
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
