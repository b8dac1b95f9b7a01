// The coefficients on the lattice.
#include "lattice/check.hpp"
#include "lattice/voxels.hpp"

#include <omp.h>

using namespace voxels;
using linnet::LatticeOperator;
using linnet::LatticePlacement;

namespace {

LatticePlacement place(const Domain& d, const Numbering& rows, const Coefficients& coefficients) {
  LatticePlacement placement;
  EXPECT_TRUE(recovers(matrix(d, rows, coefficients), &placement));
  return placement;
}

Coefficients thin_walls_and_own_excess() {
  return {thin_walls().coupling, own_excess(6).excess};
}

TEST(Operator, OfAVoxelLaplacianTakesTwoBytesACell) {
  const Domain d = balls(12, 4, 1);
  for (const Numbering& rows : {full(d), compact(d), shuffled(compact(d), 2)}) {
    const LatticePlacement p = place(d, rows, voxel());
    EXPECT_TRUE(p.op.uniform);
    EXPECT_TRUE(p.op.voxel);
    EXPECT_EQ(p.op.unit, (std::array<double, 3>{1, 1, 1}));
    EXPECT_LE(p.op.bytes(), 2 * p.op.cell_count() + 256);
    EXPECT_EQ(p.op.min_coupling, 1);
    EXPECT_EQ(p.op.max_coupling, 1);
    EXPECT_EQ(p.op.min_excess, 0);
    EXPECT_EQ(p.op.max_excess, 1);
  }
}

TEST(Operator, CountsRowsThatAreCoupledWithNone) {
  const Domain d = largest_component(balls(12, 4, 1));
  const LatticePlacement p = place(d, full(d), voxel());
  EXPECT_EQ(p.op.coupled_rows, d.rows());
  EXPECT_EQ(p.op.decoupled_rows, d.cells() - d.rows());
}

TEST(Operator, WithNeumannBoundariesHasNoExcess) {
  // 0.1 is no binary number: the row sums are zero to rounding only, and are stored as zero.
  const Domain d = noise(11, 9, 8, 0.2, 3);
  const Coefficients tenth{[](const Domain&, int, int) { return 0.1; }, [](const Domain&, int) { return 0.0; }};
  const LatticePlacement p = place(largest_component(d), compact(largest_component(d)), tenth);
  EXPECT_TRUE(p.op.voxel);
  EXPECT_EQ(p.op.min_excess, 0);
  EXPECT_EQ(p.op.max_excess, 0);
}

TEST(Operator, OfAShiftedLaplacianIsUniformButNoVoxelLaplacian) {
  Coefficients heat = voxel();
  heat.excess = [](const Domain&, int) { return 0.37; };
  const Domain d = balls(12, 4, 1);
  const LatticePlacement p = place(d, compact(d), heat);
  EXPECT_TRUE(p.op.uniform);
  EXPECT_FALSE(p.op.voxel);
  EXPECT_NEAR(p.op.min_excess, 0.37, 1e-14);
}

TEST(Operator, IsNoVoxelLaplacianWithMoreOnTheDiagonalThanCellsHaveSides) {
  Coefficients heat = neumann();
  heat.excess = [](const Domain&, int) { return 1; };
  EXPECT_FALSE(place(box(9, 8, 1), full(box(9, 8, 1)), heat).op.voxel);
  EXPECT_TRUE(place(box(9, 8, 1), full(box(9, 8, 1)), voxel()).op.voxel);
  EXPECT_FALSE(place(box(9, 8, 7), full(box(9, 8, 7)), heat).op.voxel);
}

TEST(Operator, OfVariableCoefficientsHasTheGeneralForm) {
  const Domain d = noise(10, 9, 8, 0.2, 3);
  for (const Coefficients& c : {variable(4), stretched()}) {
    const LatticePlacement p = place(d, compact(d), c);
    EXPECT_FALSE(p.op.uniform);
    EXPECT_FALSE(p.op.voxel);
    EXPECT_LE(p.op.bytes(), 33 * p.op.cell_count());
    EXPECT_GT(p.op.min_coupling, 0);
    EXPECT_LT(p.op.min_coupling, p.op.max_coupling);
  }
}

TEST(Operator, WithMoreThan256KindsOfExcessHasThatOfEachCell) {
  Coefficients c = neumann();
  c.excess = [](const Domain&, int cell) { return 1 + 0.001 * cell; };
  const Domain d = box(12, 12, 12);
  const LatticePlacement p = place(d, full(d), c);
  EXPECT_TRUE(p.op.uniform);
  EXPECT_FALSE(p.op.coded);
  EXPECT_NEAR(p.op.min_excess, 1, 1e-14);
  EXPECT_NEAR(p.op.max_excess, 1 + 0.001 * (d.cells() - 1), 1e-14);
  c.excess = [](const Domain&, int cell) { return 1 + cell % 256; };
  EXPECT_TRUE(place(d, full(d), c).op.coded);
}

TEST(Operator, WithAnExcessOfItsOwnInEachCellTakesNineBytesACell) {
  for (const Domain& d : {balls(14, 4, 1), largest_component(noise(70, 9, 8, 0.2, 3)), box(90, 40, 1)})
    for (const Coefficients& c : {own_excess(4), own_excess(4, 0.25), thin_walls_and_own_excess()})
      for (const Numbering& rows : {full(d), reversed(full(d))}) {
        const LatticePlacement p = place(d, rows, c);
        EXPECT_TRUE(p.op.uniform);
        EXPECT_FALSE(p.op.coded);
        EXPECT_FALSE(p.op.voxel);
        EXPECT_LE(p.op.bytes(), 9 * p.op.cell_count() + 256);
        EXPECT_EQ(p.op.min_excess, 0);
      }
}

// Linear elements on tetrahedra: the sums of a row's couplings beside the seven points cancel, but for rounding.
TEST(Operator, IsFoundAmongEntriesOfTheSizeOfRounding) {
  const Domain d = box(7, 6, 5);
  const auto system = [&](double stray) {
    std::vector<Entry> entries;
    for (int c = 0; c < d.cells(); ++c) {
      const auto noise = [c](int i) { return 1e-15 * (2 * random(3, static_cast<std::uint64_t>(8 * c + i)) - 1); };
      entries.push_back({c, c, 0.6 * (1 + noise(6))});
      for (int direction = 0; direction < 6; ++direction)
        if (d.neighbour(c, direction) >= 0)
          entries.push_back({c, d.neighbour(c, direction), -0.1 * (1 + noise(direction))});
      const int diagonal = c + 1 + d.size[0]; // the upper neighbour on x and y
      if (d.neighbour(c, 1) >= 0 && d.neighbour(c, 3) >= 0) {
        entries.push_back({c, diagonal, stray});
        entries.push_back({diagonal, c, stray});
      }
    }
    return matrix(d.cells(), entries);
  };
  for (const double stray : {0.0, 1e-17, -1e-14}) {
    Mat A = system(stray);
    LatticePlacement p;
    std::string refusal;
    EXPECT_PETSC(UpdateLatticePlacement(A, nullptr, nullptr, &p, &refusal));
    EXPECT_EQ(refusal, "");
    EXPECT_TRUE(p.op.voxel);
    EXPECT_EQ(p.op.rounded, stray != 0);
    EXPECT_TRUE(multiplies_like(A, p.lattice, p.op));
    MatDestroy(&A);
  }
  EXPECT_NE(refusal_of(system(-1e-9)), "");
}

TEST(Operator, SaysWhetherItIsAnMMatrix) {
  Coefficients c = variable(1);
  c.coupling = [](const Domain&, int cell, int axis) { return cell == 31 && axis == 1 ? -0.5 : 1.0; };
  c.excess = [](const Domain&, int cell) { return cell == 40 ? -0.25 : 0.0; };
  const Domain d = box(6, 5, 4);
  const LatticePlacement p = place(d, full(d), c);
  EXPECT_EQ(p.op.min_coupling, -0.5);
  EXPECT_NEAR(p.op.min_excess, -0.25, 1e-14);
}

TEST(Operator, IsTheSameForAnyNumberOfThreads) {
  const Domain d = noise(40, 40, 40, 0.1, 2);
  for (const Coefficients& c : {voxel(), own_excess(6), variable(6)}) {
    std::array<LatticePlacement, 2> p;
    for (std::size_t t = 0; t < 2; ++t) {
      omp_set_num_threads(t == 0 ? 1 : 3);
      p[t] = place(d, compact(d), c);
    }
    omp_set_num_threads(1);
    const LatticeOperator &a = p[0].op, &b = p[1].op;
    EXPECT_EQ(p[0].lattice.cells, p[1].lattice.cells);
    EXPECT_TRUE(std::equal(a.links.begin(), a.links.end(), b.links.begin(), b.links.end()));
    EXPECT_TRUE(std::equal(a.excess_code.begin(), a.excess_code.end(), b.excess_code.begin(), b.excess_code.end()));
    EXPECT_EQ(a.excess_values, b.excess_values);
    EXPECT_TRUE(std::equal(a.excess.begin(), a.excess.end(), b.excess.begin(), b.excess.end()));
    for (std::size_t axis = 0; axis < 3; ++axis)
      EXPECT_TRUE(std::equal(a.face[axis].begin(), a.face[axis].end(), b.face[axis].begin(), b.face[axis].end()));
  }
}

TEST(Operator, ChangesFormWithTheValues) {
  const Domain d = box(17, 9, 8);
  const struct {
    Coefficients coefficients;
    bool uniform, coded;
  } coded{voxel(), true, true}, own{own_excess(2), true, false}, general{variable(1), false, false};
  Mat A = matrix(d, full(d), voxel());
  LatticePlacement p;
  std::string refusal;
  for (const auto& next : {coded, general, coded, own, coded, own, own, general, own}) {
    Mat B = matrix(d, full(d), next.coefficients);
    MatCopy(B, A, SAME_NONZERO_PATTERN);
    EXPECT_PETSC(UpdateLatticePlacement(A, nullptr, nullptr, &p, &refusal));
    EXPECT_EQ(refusal, "");
    EXPECT_EQ(p.op.uniform, next.uniform);
    EXPECT_EQ(p.op.coded, next.coded);
    EXPECT_TRUE(multiplies_like(A, p.lattice, p.op));
    MatDestroy(&B);
  }
  MatDestroy(&A);
}

} // namespace
