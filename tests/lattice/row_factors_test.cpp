// Matrices that are symmetric but for a factor of each row.
#include "lattice/check.hpp"
#include "lattice/factor_sets.hpp"
#include "lattice/voxels.hpp"

#include <cmath>

using namespace voxels;
using linnet::FactorSets;
using linnet::LatticePlacement;

namespace {

LatticePlacement place(Mat A) {
  LatticePlacement placement;
  std::string refusal;
  EXPECT_PETSC(UpdateLatticePlacement(A, nullptr, nullptr, &placement, &refusal));
  EXPECT_EQ(refusal, "");
  return placement;
}

// The operator is that of S A; both ways of telling the factors.
void expect_symmetric_by_factors(Mat A) {
  const LatticePlacement p = place(A);
  ASSERT_TRUE(p.op.has_row_factors);
  EXPECT_GE(p.op.min_coupling, 0);
  EXPECT_GE(p.op.min_excess, 0);
  PetscInt first = 0;
  MatGetOwnershipRange(A, &first, nullptr);
  double largest = 0;
  for (const double s : p.op.row_factors)
    largest = std::max(largest, std::abs(s));
  MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD);
  EXPECT_DOUBLE_EQ(largest, 1);
  multiply_rows(A, [&](int row) { return p.op.row_factors[static_cast<std::size_t>(row - first)]; });
  EXPECT_TRUE(multiplies_like(A, p.lattice, p.op));
}

double any_factor(int row) {
  return std::pow(10, -3 * random(11, static_cast<std::uint64_t>(row)));
}

TEST(RowFactors, AreFoundWhateverTheyAre) {
  for (const Domain& d : {box(9, 8, 7), balls(12, 4, 1), noise(13, 11, 10, 0.3, 2), noise(40, 31, 1, 0.5, 3),
                          torus(8, 7, 6, {true, false, true})})
    for (const Numbering& rows : {full(d), compact(d), reversed(compact(d))})
      for (const Coefficients& coefficients : {voxel(), variable(4)}) {
        Mat A = matrix(d, rows, coefficients);
        multiply_rows(A, any_factor);
        expect_symmetric_by_factors(A);
        MatDestroy(&A);
      }
}

TEST(RowFactors, MayHaveSigns) {
  const Domain d = noise(13, 11, 10, 0.3, 2);
  for (const Coefficients& coefficients : {voxel(), variable(4)}) {
    Mat A = matrix(d, full(d), coefficients);
    multiply_rows(A, [](int row) { return row % 3 == 0 ? -any_factor(row) : any_factor(row); });
    expect_symmetric_by_factors(A);
    MatDestroy(&A);
  }
}

// Rows of cells that are not active are the identity, of either sign.
TEST(RowFactors, OfTheNegativeOperatorAreItsSigns) {
  const Domain d = largest_component(balls(12, 4, 1));
  for (const double identity : {1.0, -1.0})
    for (const Coefficients& coefficients : {voxel(), own_excess(3), variable(4)}) {
      const Numbering rows = full(d);
      Mat A = matrix(d, rows, coefficients);
      const auto is_active = [&](int row) {
        return d.active[static_cast<std::size_t>(rows.cell_of_row[static_cast<std::size_t>(row)])];
      };
      multiply_rows(A, [&](int row) { return is_active(row) ? -1 : identity; });
      const LatticePlacement p = place(A);
      EXPECT_TRUE(p.op.negated);
      EXPECT_EQ(p.op.coded, p.op.voxel);
      PetscInt first = 0;
      MatGetOwnershipRange(A, &first, nullptr);
      for (std::size_t r = 0; r < p.op.row_factors.size(); ++r)
        EXPECT_EQ(p.op.row_factors[r], is_active(static_cast<int>(r) + first) ? -1 : identity);
      expect_symmetric_by_factors(A);
      MatDestroy(&A);
    }
}

TEST(RowFactors, GoWithTheValues) {
  const Domain d = box(7, 6, 5);
  Mat A = matrix(d, full(d), variable(1));
  LatticePlacement p = place(A);
  std::string refusal;
  EXPECT_FALSE(p.op.has_row_factors);
  for (const double sign : {-1.0, 1.0}) {
    MatScale(A, -1);
    EXPECT_PETSC(UpdateLatticePlacement(A, nullptr, nullptr, &p, &refusal));
    EXPECT_EQ(p.op.has_row_factors, sign < 0);
    multiply_rows(A, [&](int) { return sign; });
    EXPECT_TRUE(multiplies_like(A, p.lattice, p.op));
    multiply_rows(A, [&](int) { return sign; });
  }
  MatDestroy(&A);
}

// Convection has factors too: exp(Pe x) here.
TEST(RowFactors, OfMoreThanTwentyDigitsAreNone) {
  for (const double ratio : {7.0, 8.0}) {
    std::vector<Entry> entries;
    for (int r = 0; r < 24; ++r) {
      entries.push_back({r, r, 1 + ratio});
      if (r > 0)
        entries.push_back({r, r - 1, -ratio});
      if (r < 23)
        entries.push_back({r, r + 1, -1});
    }
    const std::string refusal = refusal_of(matrix(24, entries));
    EXPECT_EQ(refusal.empty(), std::pow(ratio, 23) < 1e20) << refusal;
  }
}

TEST(FactorSets, JoinInAnyOrder) {
  FactorSets sets;
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(sets.add(), i);
  // The value of set i is 2^i.
  for (const auto& [a, b] : {std::pair{5, 3}, {0, 1}, {3, 4}, {1, 5}, {4, 0}})
    sets.join(a, b, std::exp2(b - a));
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(sets.root(i).set, i == 2 ? 2 : 0);
    EXPECT_EQ(sets.root(i).factor, i == 2 ? 1 : std::exp2(i));
  }
}

} // namespace
