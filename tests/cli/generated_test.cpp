// Systems that solve and compare generate themselves, with and without an assembled matrix.
#include "cli/fixture.hpp"

#include <algorithm>
#include <cmath>

using Generated = CommandLineTest;

namespace {

const std::vector<std::string> systems = {
    "generate poisson --grid 20,24,22 --domain blobs --seed 3",
    "generate poisson --grid 20,24,22 --domain maze --isolated keep --walls all --numbering full",
    "generate poisson --grid 60,48 --domain blobs --seed 3 --periodic x --spacing 1,2 --rhs divergence",
    "generate poisson --grid 24,20,16 --jump 100 --shift 0.5"};

void expect_message(const Finished& run, const std::string& message) {
  EXPECT_EQ(run.status, 2) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_EQ(run.err, "linnet: " + message + "\n");
}

} // namespace

TEST_F(Generated, AreThoseThatGenerateWrites) {
  for (const std::string& text : systems) {
    std::vector<std::string> words{"generate", "poisson", "--out", path("A"), "--format", "petsc"};
    for (std::size_t begin = text.find("--"); begin != std::string::npos;) {
      const std::size_t end = text.find(' ', begin);
      words.push_back(text.substr(begin, end - begin));
      begin = end == std::string::npos ? end : end + 1;
    }
    ASSERT_EQ(linnet(words).status, 0) << text;
    const auto of_file = json_of(linnet({"solve", path("A.petsc"), "--rhs", path("A.rhs.petsc"), "--json", "-ksp_type",
                                         "dcd", "-pc_type", "latticemg"}),
                                 0);
    for (const bool assembled : {true, false}) {
      std::vector<std::string> arguments{"solve", text, "--json", "-ksp_type", "dcd", "-pc_type", "latticemg"};
      if (!assembled)
        arguments.push_back("--matrix-free");
      const auto own = json_of(linnet(arguments), 0);
      EXPECT_EQ(own["matrix"], text);
      for (const char* key : {"n", "nnz", "reason", "pc"})
        EXPECT_EQ(own[key], of_file[key]) << key << " of " << text << (assembled ? "" : " --matrix-free");
      // The grid recovered from the file may have its axes in another order.
      EXPECT_NEAR(own["iterations"].get<int>(), of_file["iterations"].get<int>(), 1) << text;
      EXPECT_LE(own["relative_residual"].get<double>(), 1e-6);
    }
  }
}

TEST_F(Generated, NeedNoMatrixOnSeveralRanksEither) {
  for (const std::string& text : systems) {
    const std::vector<std::string> arguments{"solve", text, "--matrix-free", "--solution", path("x.mtx"), "--json"};
    const auto alone = json_of(linnet(arguments), 0);
    EXPECT_EQ(alone["ksp"], "dcd");
    EXPECT_EQ(alone["pc"], "cnn");
    EXPECT_TRUE(alone["pc_details"]["fused"].get<bool>());
    const std::vector<double> x = read_vector(path("x.mtx"));
    const auto together = json_of(linnet_on(3, arguments), 0);
    for (const char* key : {"n", "nnz", "iterations"})
      EXPECT_EQ(together[key], alone[key]) << key << " of " << text;
    const std::vector<double> y = read_vector(path("x.mtx"));
    ASSERT_EQ(y.size(), x.size());
    double difference = 0, largest = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      difference = std::max(difference, std::abs(x[i] - y[i]));
      largest = std::max(largest, std::abs(x[i]));
    }
    EXPECT_LE(difference, 1e-5 * largest) << text;
  }
}

// One-cell passages leave a recovered grid too much freedom: 436 rows of a network of pipes are refused.
TEST_F(Generated, TellTheGridThatTheMatrixAloneDoesNot) {
  const std::string pipes = "generate poisson --grid 12,12,12 --domain pipes --seed 2";
  ASSERT_EQ(
      linnet({"generate", "poisson", "--grid", "12,12,12", "--domain", "pipes", "--seed", "2", "--out", path("A")})
          .status,
      0);
  const auto solve = [&](std::vector<std::string> system) {
    system.insert(system.begin(), "solve");
    system.insert(system.end(), {"--json", "-ksp_type", "dcd", "-pc_type", "latticemg"});
    return system;
  };
  const Finished alone = linnet(solve({path("A.mtx"), "--rhs", path("A.rhs.mtx")}));
  EXPECT_EQ(alone.status, 2);
  EXPECT_EQ(occurrences(alone.err, "\n"), 1) << alone.err;
  EXPECT_NE(alone.err.find("the cells of the rows"), std::string::npos) << alone.err;
  const auto of_file = json_of(
      linnet(solve({path("A.mtx"), "--rhs", path("A.rhs.mtx"), "--cells", path("A.cells.mtx"), "--grid", "12,12,12"})),
      0);
  for (const int ranks : {1, 3})
    EXPECT_EQ(json_of(ranks == 1 ? linnet(solve({pipes})) : linnet_on(ranks, solve({pipes})), 0)["iterations"],
              of_file["iterations"])
        << ranks << " ranks";
  EXPECT_EQ(linnet({"train", "--systems", pipes, "--count", "1", "--steps", "1", "--iterations", "1", "--out",
                    path("model.safetensors")})
                .status,
            0);
}

TEST_F(Generated, AreComparedWithoutAMatrixToo) {
  const auto runs = json_of(linnet({"compare", systems[0], "--matrix-free", "--json", "--rhs", "random:4", "--solvers",
                                    "dcd+latticemg;cg+jacobi;dcd+cnn;cg+icc;dcd+cnn[-pc_cnn_model hybrid]"}),
                            0)["runs"];
  for (const int k : {0, 1, 2, 4})
    EXPECT_TRUE(runs[k]["converged"].get<bool>()) << runs[k]["solver"];
  EXPECT_EQ(runs[3]["reason"], "ERROR"); // there are no rows to factorise
}

TEST_F(Generated, AreRefusedInOneLine) {
  expect_message(linnet({"solve", "generate poisson --grid 2048,1024,1024", "--matrix-free"}),
                 "--grid: expected at most 2147483647 cells (32-bit unknowns), found 2048 x 1024 x 1024");
  expect_message(linnet({"solve", "generate poisson --grid 8,0,8", "--matrix-free"}),
                 "--grid: expected at least 1 cell along each axis, found 8 x 0 x 8");
  expect_message(linnet({"solve", "generate poisson --grid 8,8,8 --shift nan", "--matrix-free"}),
                 "shift: expected a non-negative number, found nan");
  expect_message(linnet({"solve", "generate poisson --grid 8,8,8 --frob", "--matrix-free"}),
                 "MATRIX: 'generate poisson --grid 8,8,8 --frob': The following argument was not expected: --frob");
  expect_message(linnet({"solve", "generate poisson --grid 8,8,8", "--cells", "c.mtx", "--grid", "8,8,8"}),
                 "--cells: expected a matrix file, found 'generate poisson --grid 8,8,8'");
  expect_message(linnet({"solve", "A.mtx", "--matrix-free"}),
                 "--matrix-free: expected 'generate poisson ...' for MATRIX, found 'A.mtx'");
  const Finished run = linnet_on(2, {"solve", "generate poisson --grid 8", "--matrix-free"});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(occurrences(run.err, "linnet: "), 1) << run.err;
}

TEST_F(Generated, SolveTheSameWithFewerInstructionSets) {
  const std::vector<std::string> arguments{"solve", systems[0], "--json",    "-ksp_type",
                                           "dcd",   "-pc_type", "latticemg", "-ksp_view"};
  const int iterations = json_of(linnet(arguments), 0)["iterations"];
  const std::vector<std::pair<std::string, std::vector<std::string>>> not_allowed = {
      {"SSE41", {"AVX2", "AVX3"}}, {"AVX2", {"AVX3"}}, {"AVX512_CORE", {}}};
  for (const auto& [isa, better] : not_allowed) {
    const Finished run = linnet(arguments, {"ONEDNN_MAX_CPU_ISA=" + isa});
    EXPECT_EQ(json_of(run, 0)["iterations"], iterations) << isa;
    EXPECT_EQ(occurrences(run.err, "kernels: "), 1) << run.err;
    for (const std::string& name : better)
      EXPECT_EQ(occurrences(run.err, "kernels: " + name), 0) << run.err;
  }
}
