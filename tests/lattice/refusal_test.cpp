// Matrices that are no 5- or 7-point operator, and what is said about them.
#include "lattice/check.hpp"
#include "lattice/voxels.hpp"

#include <cmath>

using namespace voxels;

namespace {

using Edges = std::vector<std::array<int, 2>>;

Edges grid_edges(int nx, int ny, bool diagonals, bool both_diagonals) {
  Edges edges;
  for (int j = 0; j < ny; ++j) {
    for (int i = 0; i < nx; ++i) {
      const int c = i + nx * j;
      if (i + 1 < nx)
        edges.push_back({c, c + 1});
      if (j + 1 < ny)
        edges.push_back({c, c + nx});
      if (diagonals && i + 1 < nx && j + 1 < ny)
        edges.push_back({c, c + nx + 1});
      if (both_diagonals && i > 0 && j + 1 < ny)
        edges.push_back({c, c + nx - 1});
    }
  }
  return edges;
}

bool mentions(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

TEST(Refused, NinePointLaplacian) {
  EXPECT_TRUE(mentions(refusal_of(graph(100, grid_edges(10, 10, true, true))),
                       "has 8 off-diagonal entries: more than a 7-point operator"));
}

TEST(Refused, FiniteElementTriangles) {
  EXPECT_TRUE(mentions(refusal_of(graph(100, grid_edges(10, 10, true, false))), "in a triangle"));
}

TEST(Refused, StarWithSevenLeaves) {
  Edges star;
  for (int leaf = 1; leaf < 8; ++leaf)
    star.push_back({0, leaf});
  EXPECT_EQ(refusal_of(graph(8, star)), "row 0 has 7 off-diagonal entries: more than a 7-point operator");
  star.pop_back();
  EXPECT_EQ(refusal_of(graph(7, star)), "");
}

TEST(Refused, CompleteGraphOfFour) {
  EXPECT_NE(refusal_of(graph(4, {{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}})), "");
}

TEST(Refused, CubeWithADiagonal) {
  Edges cube;
  for (int v = 0; v < 8; ++v)
    for (const int bit : {1, 2, 4})
      if (!(v & bit))
        cube.push_back({v, v | bit});
  EXPECT_EQ(refusal_of(graph(8, cube)), "");
  cube.push_back({0, 7});
  EXPECT_NE(refusal_of(graph(8, cube)), "");
}

TEST(Refused, CompleteBipartiteGraphOfThree) {
  Edges edges;
  for (int a = 0; a < 3; ++a)
    for (int b = 3; b < 6; ++b)
      edges.push_back({a, b});
  EXPECT_NE(refusal_of(graph(6, edges)), "");
}

TEST(Refused, LongRangeEdge) {
  Edges edges = grid_edges(12, 11, false, false);
  edges.push_back({14, 103});
  EXPECT_NE(refusal_of(graph(132, edges)), "");
}

TEST(Refused, TwistedBand) {
  // Ten columns of seven; the last is joined to the first upside down.
  Edges edges = grid_edges(10, 7, false, false);
  for (int j = 0; j < 7; ++j)
    edges.push_back({9 + 10 * j, 10 * (6 - j)});
  EXPECT_NE(refusal_of(graph(70, edges)), "");
}

TEST(Refused, ShiftedTorus) {
  // Around y, columns are joined to their neighbours.
  Edges edges = grid_edges(9, 8, false, false);
  for (int i = 0; i < 9; ++i)
    edges.push_back({i + 63, (i + 1) % 9});
  for (int j = 0; j < 8; ++j)
    edges.push_back({8 + 9 * j, 9 * j});
  EXPECT_NE(refusal_of(graph(72, edges)), "");
}

TEST(Refused, OddRingBesideAnother) {
  Edges edges;
  for (const int start : {0, 7})
    for (int v = 0; v < (start ? 9 : 7); ++v)
      edges.push_back({start + v, start + (v + 1) % (start ? 9 : 7)});
  EXPECT_NE(refusal_of(graph(16, edges)), "");
}

TEST(Accepted, HexagonWithALongChord) {
  EXPECT_EQ(refusal_of(graph(6, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 0}, {0, 3}})), "");
}

TEST(Refused, HexagonWithAShortChord) {
  EXPECT_TRUE(
      mentions(refusal_of(graph(6, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 0}, {0, 2}})), "in a triangle"));
}

TEST(Refused, ValuesThatAreNotSymmetric) {
  for (const Coefficients& coefficients : {neumann(), own_excess(3), variable(2)}) {
    const Domain d = box(7, 7, 7);
    for (const auto& [row, column] : std::vector<std::array<int, 2>>{{37, 38}, {38, 37}, {62, 111}, {342, 341}}) {
      Mat A = matrix(d, full(d), coefficients);
      MatSetValue(A, row, column, -7.5, INSERT_VALUES);
      MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
      MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
      EXPECT_TRUE(mentions(refusal_of(A), "not symmetric")) << row << ", " << column;
    }
  }
}

// Rows of a long line are read together: each fault among them is found, and its row is named.
TEST(Refused, FaultsAnywhereInALine) {
  const Domain d = box(75, 4, 3);
  for (const Coefficients& coefficients : {neumann(), own_excess(3), variable(2)}) {
    for (int x = 1; x < 74; x += 4) {
      const int row = d.cell(x, 1 + x % 2, 1), neighbours[] = {-1, 1, -75, 75, -300, 300};
      const int column = row + neighbours[x / 4 % 6];
      for (const double value : {-7.5, 0.0, double{NAN}}) {
        Mat A = matrix(d, full(d), coefficients);
        MatSetValue(A, row, column, value, INSERT_VALUES);
        MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
        MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
        const std::string refusal = refusal_of(A), name = std::to_string(row);
        EXPECT_TRUE(mentions(refusal, std::isnan(value) ? "not finite" : "not symmetric")) << row << ", " << column;
        EXPECT_TRUE(mentions(refusal, name.c_str()) || mentions(refusal, std::to_string(column).c_str())) << refusal;
      }
    }
  }
}

TEST(Refused, EntriesWithoutCounterpart) {
  for (const auto& [row, column] : std::vector<std::array<int, 2>>{{3, 4}, {4, 3}, {7, 12}, {12, 7}}) {
    std::vector<Entry> entries;
    for (const auto& [a, b] : grid_edges(5, 5, false, false)) {
      if (!(a == row && b == column))
        entries.push_back({a, b, -1});
      if (!(b == row && a == column))
        entries.push_back({b, a, -1});
    }
    for (int r = 0; r < 25; ++r)
      entries.push_back({r, r, 4});
    EXPECT_TRUE(mentions(refusal_of(matrix(25, entries)), "not symmetric")) << row << ", " << column;
  }
}

TEST(Refused, ValuesThatAreNotFinite) {
  const Domain d = box(20, 5, 5);
  for (const Coefficients& coefficients : {voxel(), own_excess(3), variable(2)})
    for (const double value : {double{NAN}, HUGE_VAL, -HUGE_VAL})
      for (const int column : {37, 38}) {
        Mat A = matrix(d, full(d), coefficients);
        MatSetValue(A, 37, column, value, INSERT_VALUES);
        MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
        MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
        EXPECT_TRUE(mentions(refusal_of(A), "row 37 has an entry, or a sum, that is not finite")) << value;
      }
}

TEST(Refused, MatricesOfOtherShapesAndTypes) {
  Mat A = nullptr;
  MatCreateAIJ(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, 6, 4, 1, nullptr, 1, nullptr, &A);
  MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
  MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
  EXPECT_EQ(refusal_of(A), "the matrix has 6 rows and 4 columns");
  MatCreateDense(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, 4, 4, nullptr, &A);
  EXPECT_TRUE(mentions(refusal_of(A), "not AIJ"));
  MatCreateAIJ(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, 0, 0, 0, nullptr, 0, nullptr, &A);
  MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
  MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
  EXPECT_EQ(refusal_of(A), "the matrix is empty");
}

TEST(Refused, BoxesFarLargerThanTheRows) {
  // A diagonal staircase in three dimensions, pinned by a 2 x 2 x 2 block at each step so that it cannot be
  // straightened.
  const int steps = 60;
  Domain d = box(2 * steps + 2, 2 * steps + 2, 2 * steps + 2);
  std::fill(d.active.begin(), d.active.end(), 0);
  for (int s = 0; s < steps; ++s)
    for (int corner = 0; corner < 27; ++corner)
      d.active[static_cast<std::size_t>(d.cell(2 * s + corner % 3, 2 * s + corner / 3 % 3, 2 * s + corner / 9))] = 1;
  EXPECT_TRUE(mentions(refusal_of(matrix(d, shuffled(compact(d), 1), voxel())), "too large for"));
}

} // namespace
