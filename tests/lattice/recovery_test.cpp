// A lattice from the matrix alone, rows in natural order: full numbering (row = cell) and compact numbering.
#include "lattice/check.hpp"
#include "lattice/voxels.hpp"

using namespace voxels;
using linnet::GridSize;
using linnet::LatticePlacement;

namespace {

TEST(FullNumbering, IsTheBoxItself) {
  for (const GridSize& size : {GridSize{6, 5, 4}, {7, 9, 1}, {12, 1, 1}, {1, 5, 6}, {4, 1, 7}, {2, 2, 2}, {2, 9, 3}}) {
    const Domain d = box(size[0], size[1], size[2]);
    LatticePlacement placement;
    ASSERT_TRUE(recovers(matrix(d, full(d), voxel()), &placement)) << size[0] << " " << size[1] << " " << size[2];
    EXPECT_TRUE(placement.lattice.natural);
    EXPECT_TRUE(placement.lattice.cells.empty());
    EXPECT_EQ(placement.lattice.cell_count(), size[0] * size[1] * size[2]);
  }
}

TEST(FullNumbering, KeepsTheBoxAroundCellsThatAreNotActive) {
  const Domain d = noise(12, 11, 10, 0.3, 5);
  LatticePlacement placement;
  ASSERT_TRUE(recovers(matrix(d, full(d), voxel()), &placement));
  EXPECT_EQ(placement.lattice.size, (GridSize{12, 11, 10}));
  EXPECT_TRUE(placement.lattice.natural);
}

TEST(FullNumbering, FindsTheAxesThatClose) {
  for (int closed = 1; closed < 8; ++closed) {
    const Domain d = torus(5, 4, 3, {(closed & 1) != 0, (closed & 2) != 0, (closed & 4) != 0});
    LatticePlacement placement;
    ASSERT_TRUE(recovers(matrix(d, full(d), variable(3)), &placement)) << closed;
    EXPECT_EQ(placement.lattice.periodic, d.periodic);
    EXPECT_EQ(placement.lattice.size, (GridSize{5, 4, 3}));
  }
}

TEST(FullNumbering, HoldsForADiagonalMatrix) {
  EXPECT_TRUE(recovers(graph(17, {})));
  EXPECT_TRUE(recovers(graph(1, {})));
}

TEST(CompactNumbering, PlacesBallsInABox) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const Domain d = largest_component(balls(20, 8, seed));
    LatticePlacement placement;
    ASSERT_TRUE(recovers(matrix(d, compact(d), voxel()), &placement)) << seed;
    EXPECT_LE(placement.lattice.cell_count(), 8000);
  }
}

TEST(CompactNumbering, PlacesRandomObstacles) {
  for (const double solid : {0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9}) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const Domain flat = noise(24, 21, 1, solid, seed), deep = noise(11, 12, 13, solid, seed);
      EXPECT_TRUE(recovers(matrix(flat, compact(flat), variable(seed)))) << solid << " flat " << seed;
      EXPECT_TRUE(recovers(matrix(deep, compact(deep), variable(seed)))) << solid << " deep " << seed;
    }
  }
}

// Where a door is the only cell of its line or plane, the order of rows may not tell its axis: then a matrix is
// refused. refusal_of() checks the lattices that are found.
TEST(CompactNumbering, PlacesRoomsWithOneCellWallsAndDoorsOrRefuses) {
  int placed = 0;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const Domain flat = rooms(4, 5, 0, 3, seed), deep = rooms(3, 3, 3, 4, seed);
    EXPECT_TRUE(recovers(matrix(flat, compact(flat), voxel()))) << seed;
    placed += refusal_of(matrix(deep, compact(deep), voxel())).empty();
  }
  EXPECT_GE(placed, 3);
}

TEST(CompactNumbering, PlacesMazesOfOneCellPassages) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const Domain d = maze(9, 8, seed);
    EXPECT_TRUE(recovers(matrix(d, compact(d), voxel()))) << seed;
  }
}

TEST(CompactNumbering, PlacesSpirals) {
  for (const int n : {3, 4, 9, 16}) {
    const Domain d = spiral(n);
    EXPECT_TRUE(recovers(matrix(d, compact(d), voxel()))) << n;
  }
}

TEST(CompactNumbering, PlacesRoomsThatAreNotConnected) {
  Domain d = box(15, 14, 9);
  for (int c = 0; c < d.cells(); ++c)
    if (d.at(c)[0] % 5 == 4 || d.at(c)[1] == 6 || d.at(c)[2] == 3)
      d.active[static_cast<std::size_t>(c)] = 0;
  LatticePlacement placement;
  ASSERT_TRUE(recovers(matrix(d, compact(d), neumann()), &placement));
  EXPECT_LE(placement.lattice.cell_count(), 4 * d.cells());
}

TEST(CompactNumbering, FindsAxesThatCloseAroundObstacles) {
  Domain d = balls(12, 3, 4);
  d.periodic = {true, false, true};
  LatticePlacement placement;
  ASSERT_TRUE(recovers(matrix(d, compact(d), voxel()), &placement));
  EXPECT_EQ(placement.lattice.cell_count(), d.cells());
  EXPECT_EQ(std::count(placement.lattice.periodic.begin(), placement.lattice.periodic.end(), true), 2);
}

TEST(CompactNumbering, KeepsTheLatticeWhenOnlyValuesChange) {
  const Domain d = noise(9, 8, 7, 0.2, 1);
  Mat A = matrix(d, compact(d), voxel());
  LatticePlacement placement;
  std::string refusal;
  EXPECT_PETSC(UpdateLatticePlacement(A, nullptr, nullptr, &placement, &refusal));
  ASSERT_EQ(refusal, "");
  const linnet::CellNumbers cells = placement.lattice.cells;
  const PetscInt* place = placement.lattice.cells.data();
  MatScale(A, 3.5);
  MatShift(A, 0.25);
  EXPECT_PETSC(UpdateLatticePlacement(A, nullptr, nullptr, &placement, &refusal));
  EXPECT_EQ(refusal, "");
  EXPECT_EQ(placement.lattice.cells, cells);
  EXPECT_EQ(placement.lattice.cells.data(), place);
  EXPECT_TRUE(multiplies_like(A, placement.lattice, placement.op));
  MatDestroy(&A);
}

TEST(Recovery, IgnoresStoredZeros) {
  // Rows removed as boundary conditions are: the pattern stays, the couplings are zero.
  const Domain d = box(6, 7, 3);
  Mat A = matrix(d, full(d), voxel());
  PetscInt begin = 0, end = 0;
  MatGetOwnershipRange(A, &begin, &end);
  std::vector<PetscInt> rows;
  for (PetscInt r = begin; r < end; ++r)
    if (r % 7 == 3)
      rows.push_back(r);
  MatSetOption(A, MAT_KEEP_NONZERO_PATTERN, PETSC_TRUE);
  MatZeroRowsColumns(A, static_cast<PetscInt>(rows.size()), rows.data(), 1.0, nullptr, nullptr);
  EXPECT_TRUE(recovers(A));
  std::vector<Entry> entries{{0, 0, 2},  {1, 1, 2},  {2, 2, 2}, {0, 1, -1}, {1, 0, -1},
                             {1, 2, -1}, {2, 1, -1}, {0, 2, 0}, {2, 0, 0}};
  EXPECT_TRUE(recovers(matrix(3, entries)));
}

TEST(Recovery, IgnoresStoredZerosAnywhereInALine) {
  const Domain d = box(75, 4, 3);
  for (const Coefficients& c : {voxel(), variable(5)}) {
    for (int x = 1; x < 73; x += 4) {
      const int row = d.cell(x, 1 + x % 2, 1), neighbours[] = {-1, 1, -75, 75, -300, 300};
      const int column = row + neighbours[x / 4 % 6];
      Mat A = matrix(d, full(d), c);
      MatSetValue(A, row, column, 0, INSERT_VALUES);
      MatSetValue(A, column, row, 0, INSERT_VALUES);
      MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
      MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
      EXPECT_TRUE(recovers(A)) << row << ", " << column;
    }
  }
}

TEST(Recovery, PlacesAnewWhenAStoredZeroBecomesACoupling) {
  std::vector<Entry> entries;
  for (int r = 0; r < 12; ++r) {
    entries.push_back({r, r, 4});
    const int next = (r + 1) % 12;
    entries.push_back({r, next, next == 0 ? 0.0 : -1.0});
    entries.push_back({next, r, next == 0 ? 0.0 : -1.0});
  }
  Mat A = matrix(12, entries);
  LatticePlacement placement;
  std::string refusal;
  EXPECT_PETSC(UpdateLatticePlacement(A, nullptr, nullptr, &placement, &refusal));
  ASSERT_EQ(refusal, "");
  EXPECT_FALSE(placement.lattice.periodic[0]);
  MatSetValue(A, 0, 11, -1, INSERT_VALUES);
  MatSetValue(A, 11, 0, -1, INSERT_VALUES);
  MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
  MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
  EXPECT_PETSC(UpdateLatticePlacement(A, nullptr, nullptr, &placement, &refusal));
  EXPECT_EQ(refusal, "");
  EXPECT_TRUE(placement.lattice.periodic[0]);
  EXPECT_TRUE(multiplies_like(A, placement.lattice, placement.op));
  MatDestroy(&A);
}

} // namespace
