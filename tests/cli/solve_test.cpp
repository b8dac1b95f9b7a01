#include "cli/fixture.hpp"

#include <cmath>

using Solve = CommandLineTest;

namespace {

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = a.size() == b.size() ? 0 : INFINITY;
  for (size_t i = 0; i < a.size() && i < b.size(); ++i)
    largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

} // namespace

TEST_F(Solve, WritesTheSolutionThatMadeTheRightHandSide) {
  const Dense matrix = laplacian(30);
  std::vector<double> x(30);
  for (int i = 0; i < 30; ++i)
    x[i] = std::sin(i + 1);
  const std::string A = file("A.mtx", market(matrix)), b = file("b.mtx", market(product(matrix, x)));
  const Finished run = linnet({"solve", A, "--rhs", b, "--solution", path("x.mtx"), "-ksp_rtol", "1e-12"});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_LT(distance(read_vector(path("x.mtx")), x), 1e-9);
}

TEST_F(Solve, GivesTheKeysOfTheContractAndNothingElseOnStandardOutput) {
  const Finished run = linnet(
      {"solve", real("494_bus.mtx.gz"), "--json", "-ksp_type", "cg", "-pc_type", "icc", "-ksp_view", "-ksp_monitor"});
  const nlohmann::ordered_json object = nlohmann::ordered_json::parse(run.out);
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items())
    keys.push_back(key);
  const std::vector<std::string> expected = {"schema",
                                             "matrix",
                                             "n",
                                             "nnz",
                                             "ranks",
                                             "threads",
                                             "ksp",
                                             "pc",
                                             "iterations",
                                             "reason",
                                             "converged",
                                             "rtol",
                                             "relative_residual",
                                             "read_seconds",
                                             "setup_seconds",
                                             "solve_seconds",
                                             "total_seconds",
                                             "peak_memory_bytes",
                                             "pc_details"};
  EXPECT_EQ(keys, expected);
  EXPECT_EQ(object["n"], 494);
  EXPECT_EQ(object["nnz"], 1666);
  EXPECT_EQ(object["ksp"], "cg");
  EXPECT_EQ(object["pc"], "icc");
  EXPECT_EQ(object["reason"], "CONVERGED_RTOL");
  EXPECT_LE(object["relative_residual"].get<double>(), 1e-6);
  EXPECT_GT(object["iterations"].get<int>(), 10);
  EXPECT_GT(object["peak_memory_bytes"].get<double>(), 1e6);
  EXPECT_NEAR(object["total_seconds"].get<double>(),
              object["setup_seconds"].get<double>() + object["solve_seconds"].get<double>(), 1e-12);
  EXPECT_NE(run.err.find("PC Object"), std::string::npos) << "-ksp_view belongs on standard error";
  EXPECT_NE(run.err.find("KSP Residual norm"), std::string::npos);
}

TEST_F(Solve, ShowsASummaryToAPerson) {
  const Finished run = linnet({"solve", real("LFAT5.mtx.gz"), "-ksp_type", "cg"});
  EXPECT_EQ(run.status, 0);
  for (const char* part : {"n 14, nnz 46", "cg+icc", "converged: CONVERGED_RTOL", "relative residual"})
    EXPECT_NE(run.out.find(part), std::string::npos) << part << " in\n" << run.out;
}

TEST_F(Solve, SolvesRealMatricesWithTheSolverOfItsChoice) {
  for (const char* name : {"494_bus.mtx.gz", "LFAT5.mtx.gz", "bcsstk01.mtx.gz", "nos1.mtx.gz"}) {
    const Finished run = linnet({"solve", real(name), "--json"});
    const auto object = json_of(run, 0);
    EXPECT_TRUE(object["converged"].get<bool>()) << name;
    EXPECT_LE(object["relative_residual"].get<double>(), 1e-6) << name;
    EXPECT_NE(run.err.find("linnet: chose "), std::string::npos) << name;
  }
}

TEST_F(Solve, RunsTheConjugateDirectionsOfLinnet) {
  const auto object =
      json_of(linnet({"solve", real("494_bus.mtx.gz"), "--json", "-ksp_type", "dcd", "-pc_type", "icc"}), 0);
  EXPECT_EQ(object["ksp"], "dcd");
  EXPECT_EQ(object["pc_details"]["directions"], 2);
  EXPECT_TRUE(object["pc_details"]["replacements"].is_object());
}

TEST_F(Solve, DrawsTheSameRightHandSideFromTheSameSeed) {
  const std::string A = file("A.mtx", market(laplacian(10)));
  const auto solution = [&](const std::string& rhs) {
    EXPECT_EQ(linnet({"solve", A, "--rhs", rhs, "--solution", path("x.mtx")}).status, 0);
    return read_vector(path("x.mtx"));
  };
  EXPECT_EQ(solution("random"), solution("random:1"));
  EXPECT_NE(solution("random:1"), solution("random:2"));
  EXPECT_LT(distance(product(laplacian(10), solution("ones")), std::vector<double>(10, 1.0)), 1e-6);
}

TEST_F(Solve, LeavesConjugateGradientsToSymmetricMatrices) {
  Dense matrix = laplacian(20);
  for (int i = 1; i < 20; ++i)
    matrix[i][i - 1] = -1.5;
  const std::string A = file("A.mtx", market(matrix));
  const auto object = json_of(linnet({"solve", A, "--json"}), 0);
  EXPECT_NE(object["ksp"], "cg");
  EXPECT_NE(linnet({"solve", A, "-ksp_type", "cg"}).err.find("not symmetric"), std::string::npos);
}

TEST_F(Solve, TurnsToAnotherSolverWhereTheChosenOneFails) {
  Dense matrix = laplacian(6); // positive diagonal, indefinite
  matrix[0][5] = matrix[5][0] = 7;
  // CHOLMOD's L D L^T of small matrices would take it; its L L^T does not.
  const Finished run = linnet({"solve", file("A.mtx", market(matrix)), "--json", "-mat_cholmod_factor", "SUPERNODAL"});
  const auto object = json_of(run, 0);
  ASSERT_TRUE(object["pc_details"].contains("fallbacks"));
  ASSERT_EQ(object["pc_details"]["fallbacks"].size(), 1U);
  EXPECT_EQ(object["pc_details"]["fallbacks"][0]["pc"], "cholesky");
  EXPECT_EQ(object["pc"], "lu");
  EXPECT_NE(run.err.find("starting anew with"), std::string::npos);
}

TEST_F(Solve, SolvesASaddlePointWithZerosOnItsDiagonal) {
  Dense matrix(8, std::vector<double>(8, 0));
  for (int i = 0; i < 4; ++i) {
    matrix[i][i] = 2;
    matrix[4 + i][i] = matrix[i][4 + i] = 1 + i;
  }
  EXPECT_LE(json_of(linnet({"solve", file("A.mtx", market(matrix, "symmetric")), "--json"}), 0)["relative_residual"],
            1e-6);
}

TEST_F(Solve, SolvesANegativeDefiniteSystem) {
  Dense matrix = laplacian(12);
  for (auto& row : matrix)
    for (double& value : row)
      value = -value;
  EXPECT_LE(json_of(linnet({"solve", file("A.mtx", market(matrix)), "--json"}), 0)["relative_residual"], 1e-6);
}

TEST_F(Solve, TakesAPatternAsOnesOnlyWhenAsked) {
  const std::string A = file("A.mtx", "%%MatrixMarket matrix coordinate pattern general\n2 2 3\n1 1\n2 1\n2 2\n");
  EXPECT_EQ(linnet({"solve", A}).status, 2);
  EXPECT_EQ(linnet({"solve", A, "--pattern", "--rhs", "ones", "--solution", path("x.mtx")}).status, 0);
  EXPECT_LT(distance(read_vector(path("x.mtx")), {1, 0}), 1e-6);
}

TEST_F(Solve, TellsOfOptionsThatPetscDidNotUse) {
  const Finished run = linnet({"solve", real("LFAT5.mtx.gz"), "-ksp_rtoll", "1e-3", "-ksp_rtol", "1e-4"});
  EXPECT_EQ(run.status, 0);
  EXPECT_NE(run.err.find("linnet: unused PETSc option: -ksp_rtoll 1e-3\n"), std::string::npos) << run.err;
  EXPECT_EQ(linnet({"solve", real("LFAT5.mtx.gz"), "-ksp_rtol", "1e-4"}).err.find("unused"), std::string::npos);
}

TEST_F(Solve, TakesTheCellsOfAGrid) {
  const std::string A = file("A.mtx", market(laplacian(3)));
  const auto cells = [&](const std::string& numbers) {
    return file("cells.mtx", "%%MatrixMarket matrix array integer general\n3 1\n" + numbers);
  };
  EXPECT_EQ(linnet({"solve", A, "--cells", cells("0\n1\n3\n"), "--grid", "2,2"}).status, 0);
  const Finished twice = linnet({"solve", A, "--cells", cells("0\n1\n1\n"), "--grid", "2,2,1"});
  EXPECT_EQ(twice.status, 2);
  EXPECT_NE(twice.err.find("cells.mtx:row 3: expected distinct cells, found 1 again"), std::string::npos) << twice.err;
  const Finished outside = linnet({"solve", A, "--cells", cells("0\n1\n4\n"), "--grid", "2,2"});
  EXPECT_EQ(outside.status, 2);
  EXPECT_NE(outside.err.find("expected a cell from 0 to 3, found 4"), std::string::npos) << outside.err;
}
