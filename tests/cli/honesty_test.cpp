// What a result claims, against the residual recomputed here.
#include "cli/fixture.hpp"

#include <cmath>

class Honesty : public CommandLineTest {
protected:
  static double norm(const std::vector<double>& vector) {
    double sum = 0;
    for (const double value : vector)
      sum += value * value;
    return std::sqrt(sum);
  }
  // |1 - A x| / |1| from the solution that a run with --rhs ones wrote
  double residual(const Dense& matrix) const {
    std::vector<double> r = product(matrix, read_vector(path("x.mtx")));
    for (double& value : r)
      value = 1 - value;
    return norm(r) / std::sqrt(static_cast<double>(r.size()));
  }
  nlohmann::json solve(const Dense& matrix, std::vector<std::string> options, int status) const {
    options.insert(options.begin(),
                   {"solve", file("A.mtx", market(matrix)), "--json", "--rhs", "ones", "--solution", path("x.mtx")});
    return json_of(linnet(options), status);
  }
};

TEST_F(Honesty, ReportsTheResidualOfTheSolutionItWrites) {
  const Dense matrix = laplacian(40);
  for (const std::string ksp : {"cg", "gmres", "minres", "bcgs", "cr", "tfqmr", "dcd", "fgmres", "symmlq"}) {
    const auto object = solve(matrix, {"-ksp_type", ksp, "-pc_type", "jacobi", "-ksp_rtol", "1e-7"}, 0);
    EXPECT_NEAR(object["relative_residual"].get<double>(), residual(matrix), 1e-12) << ksp;
    EXPECT_LE(residual(matrix), 1e-7) << ksp;
  }
}

TEST_F(Honesty, TakesAReachedResidualForWhatItIsWhateverTheReason) {
  // b excites half the eigenvectors: CR meets a residual of exactly 0, which PETSc calls a breakdown.
  const auto object = solve(laplacian(40), {"-ksp_type", "cr", "-pc_type", "jacobi"}, 0);
  EXPECT_EQ(object["reason"], "DIVERGED_INDEFINITE_PC");
  EXPECT_LE(residual(laplacian(40)), 1e-12);
}

TEST_F(Honesty, EndsWithStatus1AndPetscsReasonWhenIterationsRunOut) {
  const Dense matrix = laplacian(40);
  const auto object = solve(matrix, {"-ksp_type", "cg", "-pc_type", "none", "-ksp_max_it", "3"}, 1);
  EXPECT_EQ(object["reason"], "DIVERGED_ITS");
  EXPECT_EQ(object["iterations"], 3);
  EXPECT_FALSE(object["converged"].get<bool>());
  EXPECT_NEAR(object["relative_residual"].get<double>(), residual(matrix), 1e-12);
}

TEST_F(Honesty, DoesNotTakeOneApplicationOfAPreconditionerForASolution) {
  const auto object = solve(laplacian(40), {"-ksp_type", "preonly", "-pc_type", "jacobi"}, 1);
  EXPECT_TRUE(object["reason"].get<std::string>().starts_with("CONVERGED")) << object["reason"];
  EXPECT_FALSE(object["converged"].get<bool>());
  EXPECT_GT(object["relative_residual"].get<double>(), 1e-6);
}

TEST_F(Honesty, GoesOnWhereAPreconditionedNormStopsTooEarly) {
  Dense matrix = laplacian(40); // rows of very different size: |M^-1 r| says little about |r|
  for (int i = 0; i < 40; ++i)
    for (int j = 0; j < 40; ++j)
      matrix[i][j] *= std::pow(10.0, (i % 5) + (j % 5) - 4);
  const auto object = solve(matrix, {"-ksp_type", "cg", "-pc_type", "jacobi", "-ksp_norm_type", "preconditioned"}, 0);
  EXPECT_LE(object["relative_residual"].get<double>(), 1e-6);
  EXPECT_NEAR(object["relative_residual"].get<double>(), residual(matrix), 1e-10);
}

TEST_F(Honesty, NeverCallsANumberThatIsNoneConverged) {
  const auto object = solve(
      laplacian(10),
      {"-ksp_type", "richardson", "-ksp_richardson_scale", "1e200", "-pc_type", "none", "-ksp_divtol", "1e308"}, 1);
  EXPECT_FALSE(object["converged"].get<bool>());
  EXPECT_TRUE(object["relative_residual"].is_null() || object["relative_residual"].get<double>() > 1);
}

TEST_F(Honesty, DoesNotClaimAToleranceBelowRounding) {
  const auto object = solve(laplacian(200), {"-ksp_rtol", "1e-20", "-ksp_type", "cg", "-pc_type", "icc"}, 1);
  EXPECT_FALSE(object["converged"].get<bool>());
}

TEST_F(Honesty, SolvesAZeroRightHandSideByZero) {
  const std::string A = file("A.mtx", market(laplacian(5))), b = file("b.mtx", market(std::vector<double>(5, 0.0)));
  for (const std::string ksp : {"cg", "preonly", "dcd"}) {
    const auto object =
        json_of(linnet({"solve", A, "--rhs", b, "--json", "--solution", path("x.mtx"), "-ksp_type", ksp}), 0);
    EXPECT_EQ(object["relative_residual"], 0.0);
    EXPECT_EQ(object["iterations"], 0);
    EXPECT_EQ(read_vector(path("x.mtx")), std::vector<double>(5, 0.0));
  }
}

TEST_F(Honesty, ReportsASingularMatrixAsNotConverged) {
  const Dense matrix = {{1, 1, 0}, {1, 1, 0}, {0, 0, 1}}; // b = (1, 1 + something) is outside the range
  const std::string A = file("A.mtx", market(matrix)), b = file("b.mtx", market(std::vector<double>{1, 2, 3}));
  const auto object = json_of(linnet({"solve", A, "--rhs", b, "--json"}), 1);
  EXPECT_FALSE(object["converged"].get<bool>());
}
