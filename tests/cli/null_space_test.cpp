#include "cli/fixture.hpp"

#include <cmath>
#include <numeric>

using NullSpace = CommandLineTest;

TEST_F(NullSpace, RemovesTheIncompatiblePartOfTheRightHandSide) {
  const std::string A = file("A.mtx", market(neumann(20)));
  const Finished run = linnet({"solve", A, "--json", "--solution", path("x.mtx"), "-ksp_rtol", "1e-10"});
  const auto object = json_of(run, 0);
  EXPECT_LE(object["relative_residual"], 1e-10);
  EXPECT_NE(run.err.find("singular: the rows of 1 component (20 rows) sum to zero"), std::string::npos) << run.err;
  const std::vector<double> x = read_vector(path("x.mtx"));
  EXPECT_NEAR(std::accumulate(x.begin(), x.end(), 0.0), 0, 1e-9); // of the solutions the one without constants
}

// Equations divided by volumes: what lies along the volumes has no answer.
TEST_F(NullSpace, RemovesTheIncompatiblePartAlongTheFactorsOfRows) {
  Dense matrix = neumann(20);
  std::vector<double> b(20);
  double along = 0, size = 0;
  const auto volume = [](size_t i) { return 1.0 + static_cast<double>(i * i % 7); };
  for (size_t i = 0; i < 20; ++i) {
    b[i] = 1;
    for (double& a : matrix[i])
      a /= volume(i);
    along += volume(i);
    size += volume(i) * volume(i);
  }
  const std::string A = file("A.mtx", market(matrix)), rhs = file("b.mtx", market(b));
  for (const int ranks : {1, 3}) {
    const Finished run =
        linnet_on(ranks, {"solve", A, "--rhs", rhs, "--json", "--solution", path("x.mtx"), "-ksp_rtol", "1e-10"});
    EXPECT_LE(json_of(run, 0)["relative_residual"], 1e-10);
    const std::vector<double> y = product(matrix, read_vector(path("x.mtx")));
    for (size_t i = 0; i < 20; ++i)
      EXPECT_NEAR(y[i], 1 - volume(i) * along / size, 1e-8);
  }
}

TEST_F(NullSpace, TakesARightHandSideOfConstantsForZero) {
  const std::string A = file("A.mtx", market(neumann(20)));
  const auto object = json_of(linnet({"solve", A, "--json", "--rhs", "ones", "--solution", path("x.mtx")}), 0);
  EXPECT_EQ(object["relative_residual"], 0.0);
  EXPECT_EQ(read_vector(path("x.mtx")), std::vector<double>(20, 0.0));
}

TEST_F(NullSpace, TreatsEachComponentByItself) {
  // Rows 0-4 and 8-11 singular, rows 5-7 regular with A = 2 I.
  Dense matrix(12, std::vector<double>(12, 0));
  const auto put = [&](const Dense& block, size_t first) {
    for (size_t i = 0; i < block.size(); ++i)
      for (size_t j = 0; j < block.size(); ++j)
        matrix[first + i][first + j] = block[i][j];
  };
  put(neumann(5), 0);
  put({{2, 0, 0}, {0, 2, 0}, {0, 0, 2}}, 5);
  put(neumann(4), 8);
  std::vector<double> b(12, 0);
  std::iota(b.begin(), b.end(), 1.0);
  const std::string A = file("A.mtx", market(matrix)), rhs = file("b.mtx", market(b));
  for (const int ranks : {1, 3}) {
    const Finished run = linnet_on(ranks, {"solve", A, "--rhs", rhs, "--json", "--solution", path("x.mtx"), "-ksp_type",
                                           "cg", "-pc_type", "jacobi", "-ksp_rtol", "1e-10"});
    EXPECT_LE(json_of(run, 0)["relative_residual"], 1e-10);
    EXPECT_NE(run.err.find("2 components (9 rows)"), std::string::npos) << run.err;
    const std::vector<double> x = read_vector(path("x.mtx"));
    ASSERT_EQ(x.size(), 12U);
    EXPECT_NEAR(x[5], 3, 1e-8);
    EXPECT_NEAR(x[0] + x[1] + x[2] + x[3] + x[4], 0, 1e-8);
    EXPECT_NEAR(x[8] + x[9] + x[10] + x[11], 0, 1e-8);
    const std::vector<double> y = product(matrix, x); // b less its mean on each singular component
    EXPECT_NEAR(y[0], 1 - 3.0, 1e-8);
    EXPECT_NEAR(y[11], 12 - 10.5, 1e-8);
  }
}

TEST_F(NullSpace, SetsTheUnknownsOfEmptyRowsToZero) {
  Dense matrix = laplacian(6);
  for (int j = 0; j < 6; ++j)
    matrix[2][j] = matrix[j][2] = 0;
  const Finished run =
      linnet({"solve", file("A.mtx", market(matrix)), "--rhs", "ones", "--json", "--solution", path("x.mtx")});
  EXPECT_EQ(json_of(run, 0)["nnz"], 11);
  EXPECT_NE(run.err.find("1 row without entries"), std::string::npos) << run.err;
  EXPECT_EQ(read_vector(path("x.mtx"))[2], 0);
  EXPECT_NEAR(read_vector(path("x.mtx"))[0], 1, 1e-6);
}

TEST_F(NullSpace, LeavesTheRightHandSideWhereTheRangeIsUnknown) {
  // Rows sum to zero, columns do not, whatever the weights of rows that are found.
  const Finished run = linnet({"solve", file("A.mtx", market({{2, -1, -1}, {-2, 3, -1}, {-1, -1, 2}})), "-ksp_type",
                               "gmres", "-pc_type", "none"});
  EXPECT_NE(run.err.find("range is unknown"), std::string::npos) << run.err;
}
