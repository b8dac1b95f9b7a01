// linnet solve --least-squares.
#include "cli/fixture.hpp"

#include <cmath>

namespace {

class LeastSquaresTest : public CommandLineTest {
protected:
  // Entries in [-1, 1), columns of sizes 1, 1/2, 1/3, ...
  static Dense matrix(int rows, int columns) {
    Dense J(rows, std::vector<double>(columns));
    unsigned state = 1;
    for (auto& row : J)
      for (int j = 0; j < columns; ++j) {
        state = state * 1664525U + 1013904223U;
        row[j] = (static_cast<double>(state >> 8) / (1 << 23) - 1) / (j + 1);
      }
    return J;
  }
  // |J^T (b - J x) - damping x| / |J^T b| with b = 1
  static double gradient(const Dense& J, double damping, const std::vector<double>& x) {
    const std::vector<double> product = CommandLineTest::product(J, x);
    double difference = 0, size = 0;
    for (std::size_t j = 0; j < x.size(); ++j) {
      double g = -damping * x[j], first = 0;
      for (std::size_t i = 0; i < J.size(); ++i) {
        g += J[i][j] * (1 - product[i]);
        first += J[i][j];
      }
      difference += g * g;
      size += first * first;
    }
    return std::sqrt(difference / size);
  }
};

TEST_F(LeastSquaresTest, EndsAtTheMinimumWithEverySolver) {
  const Dense J = matrix(60, 25);
  const std::string J_file = file("J.mtx", market(J)), x = path("x.mtx");
  for (const auto& [ksp, pc] : std::vector<std::pair<std::string, std::string>>{{"lsqr", "none"},
                                                                                {"lsqr", "mfac"},
                                                                                {"lsqr", "nystrom"},
                                                                                {"lsqr", "jacobi"},
                                                                                {"cg", "mfac"},
                                                                                {"cg", "jacobi"},
                                                                                {"cgls", "none"}}) {
    const auto run = linnet({"solve", J_file, "--least-squares", "--damping", "0.01", "--rhs", "ones", "--solution", x,
                             "--json", "-ksp_type", ksp, "-pc_type", pc, "-pc_mfac_rank", "20", "-ksp_rtol", "1e-8"});
    const nlohmann::json result = json_of(run, 0);
    EXPECT_LT(gradient(J, 0.01, read_vector(x)), 1.1e-8) << ksp << "+" << pc;
    EXPECT_NEAR(result["relative_residual"].get<double>(), gradient(J, 0.01, read_vector(x)), 1e-10);
    EXPECT_EQ(result["ksp"], ksp);
    EXPECT_EQ(result["pc"], pc);
    EXPECT_EQ(result["n"], 25);
    EXPECT_EQ(result["rows"], 60);
  }
}

TEST_F(LeastSquaresTest, ChoosesASolverForAnyShapeAndDamping) {
  for (const auto& [rows, columns] : {std::pair{30, 12}, std::pair{12, 30}})
    for (const double damping : {0.0, 0.5}) {
      const Dense J = matrix(rows, columns);
      const std::string x = path("x.mtx");
      const auto run = linnet({"solve", file("J.mtx", market(J)), "--least-squares", "--damping",
                               std::to_string(damping), "--rhs", "ones", "--solution", x, "--json"});
      EXPECT_TRUE(json_of(run, 0)["converged"].get<bool>());
      EXPECT_LT(gradient(J, damping, read_vector(x)), 1.1e-6);
      EXPECT_EQ(occurrences(run.err, "chose lsqr+"), 1);
    }
}

// x = J b / (J^2 + damping), where the first vector of LSQR is the last
TEST_F(LeastSquaresTest, SolvesOneEquationOfOneUnknown) {
  const std::string J_file = file("J.mtx", market(Dense{{2}})), x = path("x.mtx");
  for (const double damping : {0.0, 0.1})
    for (const std::string pc : {"none", "jacobi", "nystrom"}) {
      json_of(linnet({"solve", J_file, "--least-squares", "--damping", std::to_string(damping), "--rhs", "ones",
                      "--solution", x, "--json", "-pc_type", pc}),
              0);
      EXPECT_NEAR(read_vector(x).at(0), 2 / (4 + damping), 1e-12) << pc << ", damping " << damping;
    }
}

TEST_F(LeastSquaresTest, TakesAllRowsForADirectSolver) {
  const std::string J_file = file("J.mtx", market(matrix(40, 30)));
  const nlohmann::json result =
      json_of(linnet({"solve", J_file, "--least-squares", "--damping", "1e-3", "--json", "-ksp_type", "cg", "-pc_type",
                      "mfac", "-pc_mfac_rank", "40", "-ksp_rtol", "1e-9"}),
              0);
  EXPECT_LE(result["iterations"].get<int>(), 2);
  EXPECT_EQ(result["pc_details"]["rows"], 40);
}

TEST_F(LeastSquaresTest, GivesTheSameOnSeveralRanks) {
  const Dense J = matrix(50, 21);
  const std::string J_file = file("J.mtx", market(J)), x = path("x.mtx");
  for (const std::string pc : {"mfac", "nystrom"}) {
    const nlohmann::json result =
        json_of(linnet_on(3, {"solve", J_file, "--least-squares", "--damping", "0.1", "--rhs", "ones", "--solution", x,
                              "--json", "-pc_type", pc, "-pc_mfac_rank", "30", "-ksp_rtol", "1e-8"}),
                0);
    EXPECT_EQ(result["ranks"], 3);
    EXPECT_LT(gradient(J, 0.1, read_vector(x)), 1.1e-8);
  }
}

TEST_F(LeastSquaresTest, RefusesWhatMakesNoSense) {
  const std::string J_file = file("J.mtx", market(matrix(5, 3))), empty = file("empty.mtx", "%%MatrixMarket matrix "
                                                                                            "coordinate real general\n"
                                                                                            "0 3 0\n");
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& message) {
    std::vector<std::string> all = {"solve"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Finished run = linnet(all);
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_EQ(occurrences(run.err, message), 1) << run.err;
  };
  refused({J_file, "--damping", "1"}, "--least-squares");
  refused({J_file, "--least-squares", "--damping", "-1"}, "at least 0");
  refused({J_file, "--least-squares", "--damping", "nan"}, "--damping");
  refused({J_file, "--least-squares", "--cells", J_file, "--grid", "1,3"}, "--cells");
  refused({empty, "--least-squares"}, "at least one row");
  refused({J_file, "--least-squares", "--rhs", file("b.mtx", market(std::vector<double>(3, 1.0)))}, "vector of 5");
  refused({J_file, "--least-squares", "-pc_type", "mfac"}, "damping above zero");
  refused({J_file, "--least-squares", "-pc_type", "nonsense"}, "nonsense");
}

} // namespace
