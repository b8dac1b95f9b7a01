#include "cli/fixture.hpp"

#include <cmath>

using Ranks = CommandLineTest;

TEST_F(Ranks, GiveTheSolutionOfOneRank) {
  const std::string A = file("A.mtx", market(laplacian(41)));
  for (const std::string pc : {"jacobi", "icc", "gamg", ""}) {
    std::vector<std::string> arguments = {"solve",       A,           "--rhs", "random:7", "--solution",
                                          path("x.mtx"), "-ksp_rtol", "1e-11"};
    if (!pc.empty())
      arguments.insert(arguments.end(), {"-ksp_type", "cg", "-pc_type", pc});
    EXPECT_EQ(linnet(arguments).status, 0) << pc;
    const std::vector<double> alone = read_vector(path("x.mtx"));
    for (const int ranks : {2, 3}) {
      const Finished run = linnet_on(ranks, arguments);
      EXPECT_EQ(run.status, 0) << pc << run.err;
      const std::vector<double> together = read_vector(path("x.mtx"));
      ASSERT_EQ(together.size(), alone.size());
      for (size_t i = 0; i < alone.size(); ++i)
        EXPECT_NEAR(together[i], alone[i], 1e-6 * (1 + std::abs(alone[i])))
            << pc << " on " << ranks << " ranks, row " << i;
    }
  }
}

TEST_F(Ranks, MoreThanRowsAreNoError) {
  const auto object = json_of(linnet_on(3, {"solve", file("A.mtx", market(laplacian(2))), "--json"}), 0);
  EXPECT_EQ(object["ranks"], 3);
}

TEST_F(Ranks, CompareDirectAndBlockSolvers) {
  const Finished run = linnet_on(2, {"compare", real("494_bus.mtx.gz"), "--json", "--solvers",
                                     "cg+icc[-pc_factor_levels 1];direct;cg+hypre;cg+nonesuch;dcd+sor"});
  const auto runs = json_of(run, 0)["runs"];
  EXPECT_EQ(runs[0]["pc"], "bjacobi");
  EXPECT_EQ(runs[0]["pc_details"]["sub_pc"], "icc");
  EXPECT_EQ(runs[1]["pc_details"]["package"], "mumps");
  EXPECT_EQ(runs[3]["reason"], "ERROR");
  for (const int k : {0, 1, 2, 4})
    EXPECT_TRUE(runs[k]["converged"].get<bool>()) << k;
  EXPECT_EQ(run.err.find("unused"), std::string::npos) << run.err;
}

TEST_F(Ranks, EndTogetherWithOneLineOnBadInput) {
  const std::string A = file("A.mtx", market(laplacian(3)));
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"solve", path("none.mtx")},
                                                    {"solve", A, "--rhs", path("none.mtx")},
                                                    {"solve", A, "--jsn"},
                                                    {"solve", A, "-pc_type", "nonesuch"}}) {
    const Finished run = linnet_on(2, arguments);
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_EQ(occurrences(run.err, "linnet: "), 1) << run.err; // mpiexec adds words of its own on a status
    EXPECT_EQ(run.err.find("PETSC ERROR"), std::string::npos) << run.err;
    EXPECT_EQ(run.err.find("MPI_ABORT"), std::string::npos) << run.err;
  }
}

TEST_F(Ranks, EndWithStatus1WhereNothingConverged) {
  EXPECT_EQ(linnet_on(2, {"solve", real("494_bus.mtx.gz"), "-ksp_type", "cg", "-ksp_max_it", "1"}).status, 1);
}
