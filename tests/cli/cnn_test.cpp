// The networks from the command line: solve, train, info.
#include "cli/fixture.hpp"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>

using Networks = CommandLineTest;

TEST_F(Networks, SolveASystemInAThirdOfTheIterationsOfIncompleteCholesky) {
  for (const char* grid : {"24,20,28", "96,80"}) {
    const bool volume = std::string(grid).size() > 6;
    const std::string network = volume ? "hybrid3d" : "hybrid2d";
    ASSERT_EQ(
        linnet({"generate", "poisson", "--grid", grid, "--domain", "blobs", "--seed", "41", "--out", path("p")}).status,
        0);
    const auto runs = json_of(linnet({"compare", path("p.mtx"), "--cells", path("p.cells.mtx"), "--grid", grid,
                                      "--solvers", "dcd+cnn;cg+icc;dcd+cnn[-pc_cnn_model " + network + "]", "--json"}),
                              0)["runs"];
    for (const int learned : {0, 2}) {
      EXPECT_TRUE(runs[learned]["converged"].get<bool>());
      EXPECT_LE(runs[learned]["relative_residual"].get<double>(), 1.01e-6);
      EXPECT_LE(3 * runs[learned]["iterations"].get<int>(), runs[1]["iterations"].get<int>());
      EXPECT_TRUE(runs[learned]["pc_details"]["fallback"].is_null()) << runs[learned].dump();
    }
    EXPECT_EQ(runs[0]["pc_details"]["model"], volume ? "cycle3d" : "cycle2d");
    EXPECT_EQ(runs[2]["pc_details"]["model"], network);
  }
}

// Walls that the second grid has no cells for are unknown to it, and are few errors of a large grid's.
TEST_F(Networks, SolveBetweenWallsThatCoarserGridsDoNotKnow) {
  for (const char* walls : {"24,64,48 --domain maze --seed 9024", "64,32,32 --domain gyroid --seed 79",
                            "40,80,33 --domain gyroid --seed 258 --spacing 1,1.5,1",
                            "48,40,24 --domain maze --seed 101", "40,48,48 --domain maze --seed 7449",
                            "16,32,64 --domain maze --seed 8081 --feature 8", "24,40 --domain maze --seed 77"}) {
    const auto run =
        json_of(linnet({"compare", std::string("generate poisson --grid ") + walls, "--solvers", "dcd+cnn", "--json"}),
                0)["runs"][0];
    EXPECT_TRUE(run["converged"].get<bool>()) << walls;
    EXPECT_LE(run["iterations"].get<int>(), 8) << walls;
  }
}

TEST_F(Networks, ThatAreSymmetricServeConjugateGradients) {
  for (const std::string model : {"cycle", "hybrid"}) {
    const auto runs =
        json_of(linnet({"compare", "generate poisson --grid 24,20,28 --domain blobs --seed 41", "--solvers",
                        "dcd+cnn[-pc_cnn_model " + model + "];cg+cnn[-pc_cnn_model " + model + " -pc_cnn_symmetric]",
                        "--json"}),
                0)["runs"];
    EXPECT_EQ(runs[0]["pc_details"]["symmetric"], false);
    EXPECT_EQ(runs[1]["pc_details"]["symmetric"], true);
    EXPECT_TRUE(runs[1]["pc_details"]["fallback"].is_null());
    EXPECT_EQ(runs[1]["reason"], "CONVERGED_RTOL");
    EXPECT_LE(runs[1]["relative_residual"].get<double>(), 1.01e-6);
    EXPECT_LE(runs[1]["iterations"].get<int>(), 2 * runs[0]["iterations"].get<int>());
  }
}

TEST_F(Networks, AreTrainedAndShown) {
  const std::string model = path("mine.safetensors");
  ASSERT_EQ(
      linnet({"train", "--dimension", "2", "--steps", "3", "--batch", "2", "--sizes", "16,24", "--out", model}).status,
      0);
  const auto object = json_of(linnet({"info", model, "--json"}), 0);
  EXPECT_EQ(object["kind"], "model");
  EXPECT_EQ(object["network"], "hybrid");
  EXPECT_EQ(object["dimension"], 2);
  EXPECT_GT(object["flops_per_cell"].get<double>(), 100);
  EXPECT_NE(object["provenance"]["command"].get<std::string>().find("--steps 3"), std::string::npos);
  ASSERT_EQ(linnet({"train", "--from", model, "--dimension", "2", "--steps", "3", "--batch", "2", "--sizes", "16,24",
                    "--optimizer", "mfac", "--window", "2", "--out", model})
                .status,
            0);
  EXPECT_NE(json_of(linnet({"info", model, "--json"}), 0)["provenance"]["command"].get<std::string>().find(
                "--optimizer mfac --window 2"),
            std::string::npos);
  const Finished person = linnet({"info", "hybrid3d"});
  EXPECT_EQ(person.status, 0);
  EXPECT_NE(person.out.find("linear in the residual"), std::string::npos) << person.out;
}

// The networks of Kaneda et al., on their data and by their loss.
TEST_F(Networks, AreTrainedAsInThePaper) {
  const std::string model = path("paper.safetensors"), again = path("again.safetensors");
  const auto train = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"train", "--architecture", "dcdm64", "--dimension", "2", "--batch", "2", "--sizes", "16",
                               "--steps", "3", "--validation-size", "16"});
    return linnet(more);
  };
  ASSERT_EQ(train({"--errors", "ritz", "--lanczos", "20", "--loss", "line-search", "--out", model}).status, 0);
  const auto object = json_of(linnet({"info", model, "--json"}), 0);
  EXPECT_EQ(object["network"], "dcdm64");
  EXPECT_EQ(object["provenance"]["data"], "the empty box, Ritz vectors");
  EXPECT_TRUE(object["provenance"].contains("line-search left by a step"));
  std::string command = object["provenance"]["command"];
  for (const char* part :
       {"--architecture dcdm64", "--errors ritz --lanczos 20", "--loss line-search", "--iterations 1", "voxel"})
    EXPECT_NE(command.find(part), std::string::npos) << command;
  // The command repeats the bits.
  ASSERT_TRUE(command.starts_with("linnet "));
  command = std::string("'") + LINNET_PROGRAM + "' " + command.substr(7) + " --out '" + again + "'";
  ASSERT_EQ(run_program({"sh", "-c", command}).status, 0) << command;
  EXPECT_EQ(json_of(linnet({"info", again, "--json"}), 0)["provenance"]["line-search left by a step"],
            object["provenance"]["line-search left by a step"]);
  const Finished few = train({"--lanczos", "20", "--out", model});
  EXPECT_EQ(few.status, 2);
  EXPECT_NE(few.err.find("--lanczos: is for --errors ritz"), std::string::npos) << few.err;
  EXPECT_EQ(train({"--errors", "ritz", "--lanczos", "0", "--out", model}).status, 2);
  EXPECT_EQ(train({"--errors", "eigen", "--out", model}).status, 2);
  EXPECT_EQ(train({"--from", "hybrid2d", "--out", model}).status, 2) << "another architecture";
}

TEST_F(Networks, ThatAreCyclesAreFittedToSystemsOfOnesOwnShownAndUsed) {
  const std::string model = path("cycle.safetensors");
  const std::string systems = "generate poisson --grid 12,16,14 --domain blobs";
  const auto train = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"train", "--out", model});
    return linnet(more);
  };
  ASSERT_EQ(train({"--architecture", "cycle", "--systems", systems, "--count", "3", "--steps", "5"}).status, 0);
  const auto object = json_of(linnet({"info", model, "--json"}), 0);
  EXPECT_EQ(object["network"], "cycle");
  EXPECT_EQ(object["parameters"], 14);
  EXPECT_EQ(object["cycle"]["grids.coupling"].size(), 3);
  EXPECT_NE(object["provenance"]["command"].get<std::string>().find("--count 3 --steps 5"), std::string::npos);
  EXPECT_TRUE(object["provenance"].contains("validation systems"));
  EXPECT_NE(linnet({"info", model}).out.find("numbers of the cycle"), std::string::npos);
  const auto solved =
      json_of(linnet({"solve", systems, "--json", "-ksp_type", "dcd", "-pc_type", "cnn", "-pc_cnn_model", model}), 0);
  EXPECT_EQ(solved["pc_details"]["model"], model);
  EXPECT_EQ(
      train({"--from", model, "--classes", "voxel,walls", "--domains", "4", "--sizes", "12", "--steps", "3"}).status,
      0);
  for (const auto& [options, message] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--from", model, "--rate", "0.1"}, "--rate is for networks, not for a multigrid cycle"},
           {{"--from", "cycle2d"}, "cycle2d: expected a model for 3 dimensions"},
           {{"--architecture", "cycle", "--from", "hybrid3d"}, "hybrid3d: expected a multigrid cycle, found a network"},
           {{"--architecture", "hybrid", "--from", "cycle3d"},
            "cycle3d: expected a network, found a multigrid cycle"}}) {
    const Finished refused = train(options);
    EXPECT_EQ(refused.status, 2);
    EXPECT_EQ(refused.err, "linnet: " + message + "\n");
  }
}

// Stopped from outside, and on to the same weights as a run that nobody stopped.
TEST_F(Networks, GoOnTrainingFromTheirCheckpoint) {
  const std::string whole = path("whole.safetensors"), halves = path("halves.safetensors");
  const auto command = [](const std::string& out) {
    return std::vector<std::string>{"train",   "--dimension", "2",       "--steps", "300",   "--domains", "8",
                                    "--sizes", "32,48",       "--batch", "16",      "--out", out};
  };
  ASSERT_EQ(linnet(command(whole)).status, 0);
  // It is ready to be stopped when its first checkpoint is there.
  std::string begun = LINNET_PROGRAM;
  for (const std::string& word : command(halves))
    begun += " '" + word + "'";
  begun += " & p=$!; until [ -e '" + halves + ".checkpoint' ]; do sleep 0.05; done; sleep 0.5; kill -TERM $p; wait $p";
  const Finished stopped = run_program({"sh", "-c", begun});
  ASSERT_EQ(stopped.status, 1) << stopped.err;
  EXPECT_NE(stopped.err.find("--resume " + halves + ".checkpoint"), std::string::npos) << stopped.err;
  EXPECT_EQ(linnet({"train", "--resume", halves + ".checkpoint", "--steps", "400"}).status, 2);
  EXPECT_EQ(linnet({"train", "--resume", whole}).status, 2);
  ASSERT_EQ(linnet({"train", "--resume", halves + ".checkpoint"}).status, 0);
  const auto numbers = [](const std::string& file) { // what follows the header
    std::ostringstream all;
    all << std::ifstream(file, std::ios::binary).rdbuf();
    std::uint64_t length = 0;
    std::memcpy(&length, all.str().data(), sizeof(length));
    return all.str().substr(8 + length);
  };
  EXPECT_EQ(numbers(halves), numbers(whole));
  EXPECT_FALSE(std::filesystem::exists(halves + ".checkpoint")) << "a training that has ended needs none";
}

// The counts of the validation are those of the solver itself, up to other right-hand sides.
TEST_F(Networks, AreTunedToSystemsOfOnesOwnAndSayHowWellTheyDo) {
  const std::string model = path("mine.safetensors");
  const std::string systems = "generate poisson --grid 40,32 --domain blobs --seed 5 --shift 0.2";
  ASSERT_EQ(linnet({"train", "--dimension", "2", "--from", "hybrid2d", "--systems", systems, "--count", "5", "--steps",
                    "60", "--rate", "5e-4", "--log", path("log"), "--out", model})
                .status,
            0);
  const auto info = json_of(linnet({"info", model, "--json"}), 0)["provenance"];
  EXPECT_EQ(info["classes"], "voxel,shift");
  const std::string counts = info["validation systems"];
  ASSERT_TRUE(counts.starts_with("blobs ")) << counts;
  const int said = std::stoi(counts.substr(6));
  ASSERT_EQ(linnet({"generate", "poisson", "--grid", "40,32", "--domain", "blobs", "--seed", "9", "--shift", "0.2",
                    "--out", path("p")})
                .status,
            0);
  const auto run = [&](const std::string& name) {
    return json_of(linnet({"solve", path("p.mtx"), "-ksp_type", "dcd", "-pc_type", "cnn", "-pc_cnn_model", name,
                           "-pc_cnn_precision", "f32", "--json"}),
                   0);
  };
  const auto tuned = run(model);
  EXPECT_TRUE(tuned["pc_details"]["fallback"].is_null()) << tuned.dump();
  EXPECT_NEAR(tuned["iterations"].get<int>(), said, 1);
  EXPECT_FALSE(run("hybrid2d")["pc_details"]["fallback"].is_null()) << "that one knows no shift";
  std::ifstream log(path("log"));
  std::string line;
  int points = 0;
  while (std::getline(log, line))
    points += line[0] != '#';
  EXPECT_EQ(points, 7); // step 1, then each tenth
  EXPECT_EQ(linnet({"train", "--dimension", "2", "--systems", path("nowhere"), "--out", path("x")}).status, 2);
  EXPECT_EQ(linnet({"train", "--systems", systems, "--out", path("x")}).status, 2) << "three dimensions";
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
