#include "cli/fixture.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

using Compare = CommandLineTest;

TEST_F(Compare, RunsEachSolverOfTheList) {
  const std::string list = "dcd+icc; cg+icc;cg+gamg;cg+hypre;direct;minres+jacobi";
  const Finished run = linnet({"compare", real("494_bus.mtx.gz"), "--solvers", list, "--json"});
  const auto object = json_of(run, 0);
  ASSERT_EQ(object["runs"].size(), 6U);
  const std::vector<std::string> names = {"dcd+icc", "cg+icc", "cg+gamg", "cg+hypre", "direct", "minres+jacobi"};
  for (size_t k = 0; k < names.size(); ++k) {
    const auto& solve = object["runs"][k];
    EXPECT_EQ(solve["solver"], names[k]);
    EXPECT_EQ(solve["schema"], "linnet.solve/1");
    EXPECT_TRUE(solve["converged"].get<bool>()) << names[k];
    EXPECT_LE(solve["relative_residual"].get<double>(), 1e-6) << names[k];
  }
  EXPECT_EQ(object["runs"][4]["pc_details"]["package"], "cholmod");
}

TEST_F(Compare, RunsQuickSolversAgainWhereTold) {
  const auto solvers_of = [&](const std::string& seconds) {
    const Finished run = linnet(
        {"compare", real("LFAT5.mtx.gz"), "--json", "--again", seconds, "--solvers", "cg+icc;cg+nonesuch;direct"});
    const auto object = json_of(run, 0);
    std::vector<std::string> names;
    for (const auto& solve : object["runs"])
      names.push_back(solve["solver"]);
    return names;
  };
  EXPECT_EQ(solvers_of("0"), (std::vector<std::string>{"cg+icc", "cg+nonesuch", "direct"}));
  EXPECT_EQ(solvers_of("100"), (std::vector<std::string>{"cg+icc", "cg+nonesuch", "direct", "cg+icc", "direct"}));
}

TEST_F(Compare, ShowsFailuresAndGoesOn) {
  const Finished run = linnet({"compare", real("494_bus.mtx.gz"), "--json", "--solvers",
                               "cg+nonesuch;cg+icc[-ksp_max_it 2];cg+icc[-pc_factor_mat_solver_type nonesuch];cg+icc"});
  const auto runs = json_of(run, 0)["runs"];
  ASSERT_EQ(runs.size(), 4U);
  EXPECT_EQ(runs[0]["reason"], "ERROR");
  EXPECT_TRUE(runs[0]["relative_residual"].is_null());
  EXPECT_NE(runs[0]["pc_details"]["error"].get<std::string>().find("nonesuch"), std::string::npos);
  EXPECT_EQ(runs[1]["reason"], "DIVERGED_ITS");
  EXPECT_EQ(runs[2]["reason"], "ERROR");
  EXPECT_TRUE(runs[3]["converged"].get<bool>());
  EXPECT_EQ(occurrences(run.err, "\n"), 2) << run.err; // one line for each error
}

TEST_F(Compare, KeepsOptionsInBracketsToOneSolver) {
  const auto runs = json_of(linnet({"compare", real("494_bus.mtx.gz"), "--json", "-ksp_rtol", "1e-4", "--solvers",
                                    "cg+icc;cg+icc[-ksp_rtol 1e-9 -pc_factor_levels 3];cg+icc"}),
                            0)["runs"];
  EXPECT_EQ(runs[0]["rtol"], 1e-4);
  EXPECT_EQ(runs[1]["rtol"], 1e-9);
  EXPECT_EQ(runs[2]["rtol"], 1e-4);
  EXPECT_EQ(runs[0]["iterations"], runs[2]["iterations"]);
  EXPECT_GT(runs[1]["pc_details"]["factor_nonzeros"], runs[0]["pc_details"]["factor_nonzeros"]);
}

TEST_F(Compare, TellsOfOptionsInBracketsThatNothingUsed) {
  const Finished run = linnet({"compare", real("LFAT5.mtx.gz"), "--solvers", "cg+icc[-pc_factor_level 3]"});
  EXPECT_EQ(run.status, 0);
  EXPECT_NE(run.err.find("unused PETSc option: -pc_factor_level"), std::string::npos) << run.err;
}

TEST_F(Compare, AlignsItsTable) {
  const Finished run = linnet({"compare", real("LFAT5.mtx.gz"), "--solvers", "cg+icc;cg+jacobi;direct"});
  EXPECT_EQ(run.status, 0);
  std::istringstream text(run.out);
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);)
    lines.push_back(line);
  ASSERT_EQ(lines.size(), 5U) << run.out; // the system, the header, three solvers
  const size_t column = lines[1].find("reason");
  for (size_t k = 2; k < lines.size(); ++k)
    EXPECT_EQ(lines[k].find("CONVERGED"), column) << run.out;
}

TEST_F(Compare, DrawsResidualHistories) {
  const Finished run = linnet({"compare", real("494_bus.mtx.gz"), "--solvers", "cg+icc;cg+gamg;direct;cg+nonesuch",
                               "--plot", path("it's r.svg")});
  EXPECT_EQ(run.status, 0) << run.err;
  std::ifstream drawn(path("it's r.svg"));
  const std::string svg(std::istreambuf_iterator<char>(drawn), {});
  for (const char* part :
       {"<svg", "</svg>", "cg+icc", "cg+gamg", "direct", "iteration", "relative residual", "494_bus.mtx.gz"})
    EXPECT_NE(svg.find(part), std::string::npos) << part;
  EXPECT_FALSE(std::filesystem::exists(path("it's r.svg.part")));
}

TEST_F(Compare, NamesGnuplotWhereItIsMissing) {
  const Finished run = linnet({"compare", real("LFAT5.mtx.gz"), "--solvers", "cg+icc", "--plot", path("r.svg")},
                              {"PATH=" + std::filesystem::path(path("r")).parent_path().string(),
                               "OMPI_MCA_plm_rsh_agent=/bin/true"}); // Open MPI looks for ssh in PATH
  EXPECT_EQ(run.status, 2);
  EXPECT_NE(run.err.find("gnuplot"), std::string::npos);
  EXPECT_EQ(occurrences(run.err, "\n"), 1) << run.err;
  EXPECT_FALSE(std::filesystem::exists(path("r.svg")));
}
