#include "base/error.hpp"
#include "cli/choose.hpp"

#include <gtest/gtest.h>

using namespace linnet;

namespace {

// A symmetric matrix with a positive diagonal, neither dominant nor singular.
Properties symmetric(std::int64_t n) {
  Properties properties;
  properties.n = n;
  properties.nnz = 7 * n;
  properties.symmetric = true;
  properties.positive_diagonals = n;
  properties.dominance = 1;
  properties.positive_off_diagonal = 1;
  properties.components = 1;
  return properties;
}

} // namespace

TEST(ChooseSolver, FactorisesWhatIsSmall) {
  EXPECT_EQ(choose_solver(symmetric(1000), 1).front().name, "cg+cholesky");
  EXPECT_EQ(choose_solver(symmetric(1000), 1).at(1).name, "gmres+lu");
  EXPECT_EQ(choose_solver(symmetric(1000), 2).front().defaults.front().second, "mumps");
}

TEST(ChooseSolver, TakesMultigridForLargeMatricesOfItsKind) {
  Properties laplacian = symmetric(1'000'000);
  laplacian.positive_off_diagonal = 0;
  laplacian.nnz = 15 * laplacian.n;
  EXPECT_EQ(choose_solver(laplacian, 1).front().name, "cg+hypre");
  EXPECT_EQ(choose_solver(symmetric(1'000'000), 1).front().name, "cg+gamg");
}

TEST(ChooseSolver, TriesTheLatticeWhereThereMayBeOneAndThenAlgebraicMultigrid) {
  for (const std::int64_t singular : {0, 1}) {
    Properties laplacian = symmetric(1'000'000);
    laplacian.positive_off_diagonal = 0;
    laplacian.singular_components = singular;
    EXPECT_EQ(choose_solver(laplacian, 1).front().name, "dcd+cnn");
    EXPECT_EQ(choose_solver(laplacian, 1).at(1).name, "cg+hypre");
    laplacian.dominance = 1.1;
    EXPECT_EQ(choose_solver(laplacian, 1).front().name, "cg+hypre");
  }
}

TEST(ChooseSolver, TriesTheLatticeWhereTheMatrixIsNegativeOrNearlySymmetric) {
  Properties laplacian = symmetric(1'000'000);
  laplacian.positive_off_diagonal = 0;
  laplacian.symmetric = false;
  EXPECT_EQ(choose_solver(laplacian, 1).front().name, "bcgs+ilu");
  laplacian.symmetrisable = true;
  EXPECT_EQ(choose_solver(laplacian, 1).front().name, "dcd+cnn");
  EXPECT_EQ(choose_solver(laplacian, 1).at(1).name, "bcgs+ilu");
  EXPECT_FALSE(misses_symmetry(laplacian, "dcd", "cnn"));
  EXPECT_TRUE(misses_symmetry(laplacian, "cg", "cnn"));
  EXPECT_TRUE(misses_symmetry(laplacian, "dcd", "hypre"));
  laplacian.symmetric = true;
  std::swap(laplacian.positive_diagonals, laplacian.negative_diagonals);
  EXPECT_EQ(choose_solver(laplacian, 1).front().name, "dcd+cnn");
  EXPECT_EQ(choose_solver(laplacian, 1).at(1).name, "cg+hypre");
}

TEST(ChooseSolver, RelaxesWhatIsStronglyDominant) {
  Properties mass = symmetric(1'000'000);
  mass.dominance = 0.5;
  EXPECT_EQ(choose_solver(mass, 1).front().name, "cg+sor");
}

TEST(ChooseSolver, NeverFactorisesASingularMatrix) {
  for (const std::int64_t n : {100, 1'000'000}) {
    Properties singular = symmetric(n);
    singular.singular_components = 1;
    for (const Solver& solver : choose_solver(singular, 1))
      EXPECT_TRUE(solver.pc != "lu" && solver.pc != "cholesky") << solver.name;
  }
}

TEST(ChooseSolver, NeverGivesANonsymmetricMatrixToASymmetricMethod) {
  for (const std::int64_t n : {100, 1'000'000})
    for (const double dominance : {0.5, 2.0}) {
      Properties properties = symmetric(n);
      properties.symmetric = false;
      properties.dominance = dominance;
      for (const Solver& solver : choose_solver(properties, 1))
        EXPECT_FALSE(needs_symmetry(solver.ksp)) << solver.name;
    }
}

TEST(ChooseSolver, SaysWhy) {
  for (const std::int64_t n : {100, 100'000, 1'000'000})
    for (const bool is_symmetric : {true, false})
      for (const int ranks : {1, 2}) {
        Properties properties = symmetric(n);
        properties.symmetric = is_symmetric;
        for (const Solver& solver : choose_solver(properties, ranks))
          EXPECT_FALSE(solver.why.empty()) << solver.name;
      }
}

TEST(SolverList, IsSplitOutsideBrackets) {
  EXPECT_EQ(split_solvers("cg+icc; dcd+hypre[-a 1;2];direct;"),
            (std::vector<std::string>{"cg+icc", "dcd+hypre[-a 1;2]", "direct"}));
  EXPECT_THROW(split_solvers(""), InputError);
}

TEST(SolverList, TurnsFactorOptionsIntoThoseOfTheBlocksOnSeveralRanks) {
  const auto own = [](int ranks) {
    return parse_solver("cg+ilu[-pc_factor_levels 2]", symmetric(10), ranks).front().own;
  };
  EXPECT_EQ(own(1), (std::vector<Option>{{"-pc_factor_levels", "2"}}));
  EXPECT_EQ(own(2), (std::vector<Option>{{"-sub_pc_type", "ilu"}, {"-sub_pc_factor_levels", "2"}}));
}
