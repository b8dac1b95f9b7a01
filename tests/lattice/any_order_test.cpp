// A lattice from the matrix alone, rows in any order.
#include "lattice/check.hpp"
#include "lattice/voxels.hpp"

#include <petscis.h>

#include <chrono>
#include <functional>

using namespace voxels;
using linnet::LatticePlacement;

namespace {

// Rows as PETSc's reverse Cuthill-McKee has them.
Numbering cuthill_mckee(const Domain& domain, const Numbering& numbering) {
  const auto n = static_cast<PetscInt>(numbering.cell_of_row.size());
  Mat A = nullptr;
  MatCreateSeqAIJ(PETSC_COMM_SELF, n, n, 7, nullptr, &A);
  for (PetscInt r = 0; r < n; ++r) {
    MatSetValue(A, r, r, 1, INSERT_VALUES);
    for (int d = 0; d < 6; ++d) {
      const int other = domain.neighbour(numbering.cell_of_row[static_cast<std::size_t>(r)], d);
      if (other >= 0 && numbering.row_of_cell[static_cast<std::size_t>(other)] >= 0)
        MatSetValue(A, r, numbering.row_of_cell[static_cast<std::size_t>(other)], 1, INSERT_VALUES);
    }
  }
  MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
  MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
  IS rows = nullptr, columns = nullptr;
  MatGetOrdering(A, MATORDERINGRCM, &rows, &columns);
  const PetscInt* order = nullptr;
  ISGetIndices(rows, &order);
  std::vector<int> new_row(static_cast<std::size_t>(n));
  for (PetscInt r = 0; r < n; ++r)
    new_row[static_cast<std::size_t>(order[r])] = r;
  ISRestoreIndices(rows, &order);
  ISDestroy(&rows);
  ISDestroy(&columns);
  MatDestroy(&A);
  return reordered(numbering, new_row);
}

// Random, reversed and Cuthill-McKee order.
void expect_recovered_in_any_order(const Domain& d, const char* name) {
  const Numbering rows = compact(d);
  for (std::uint64_t seed = 0; seed < 3; ++seed)
    EXPECT_TRUE(recovers(matrix(d, shuffled(rows, seed), variable(seed)))) << name << ", shuffled " << seed;
  EXPECT_TRUE(recovers(matrix(d, reversed(rows), voxel()))) << name << ", reversed";
  EXPECT_TRUE(recovers(matrix(d, cuthill_mckee(d, rows), voxel()))) << name << ", Cuthill-McKee";
}

TEST(AnyOrder, PlacesBoxes) {
  expect_recovered_in_any_order(box(9, 8, 7), "9 x 8 x 7");
  expect_recovered_in_any_order(box(23, 17, 1), "23 x 17");
  expect_recovered_in_any_order(box(1, 6, 11), "1 x 6 x 11");
  expect_recovered_in_any_order(box(2, 2, 9), "2 x 2 x 9");
  expect_recovered_in_any_order(box(2, 2, 2), "cube");
  expect_recovered_in_any_order(box(3, 3, 3), "3 x 3 x 3");
  expect_recovered_in_any_order(box(2, 3, 1), "2 x 3");
  expect_recovered_in_any_order(box(40, 1, 1), "a chain");
  expect_recovered_in_any_order(box(2, 1, 1), "a pair");
}

TEST(AnyOrder, FindsTheTightBoxOfAFullGrid) {
  const Domain d = box(9, 8, 7);
  LatticePlacement placement;
  ASSERT_TRUE(recovers(matrix(d, shuffled(full(d), 3), voxel()), &placement));
  EXPECT_EQ(placement.lattice.cell_count(), d.cells());
}

TEST(AnyOrder, PlacesFullNumbering) {
  const Domain d = balls(14, 5, 2);
  LatticePlacement placement;
  ASSERT_TRUE(recovers(matrix(d, shuffled(full(d), 3), voxel()), &placement));
  EXPECT_GE(placement.lattice.cell_count(), d.cells());
  EXPECT_LE(placement.lattice.cell_count(), 2 * d.cells());
}

TEST(AnyOrder, PlacesBallsInABox) {
  for (std::uint64_t seed = 0; seed < 4; ++seed)
    expect_recovered_in_any_order(balls(16, 7, seed), "balls");
}

TEST(AnyOrder, PlacesRandomObstacles) {
  for (const double solid : {0.02, 0.1, 0.2, 0.3}) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      expect_recovered_in_any_order(noise(12, 11, 10, solid, seed), "deep noise");
      if (solid <= 0.2)
        expect_recovered_in_any_order(noise(30, 25, 1, solid, seed), "flat noise");
    }
  }
}

// Of eight domains in random order, how many are placed; the others must be refused for want of a lattice.
// refusal_of() checks the lattices that are found.
int placed(const std::function<Domain(std::uint64_t)>& make) {
  int count = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Domain d = make(seed);
    const std::string refusal = refusal_of(matrix(d, shuffled(compact(d), 5), voxel()));
    count += refusal.empty();
    if (!refusal.empty()) {
      EXPECT_TRUE(refusal.rfind("no lattice was found", 0) == 0 || refusal.rfind("the smallest lattice", 0) == 0)
          << refusal;
    }
  }
  return count;
}

// What hangs on one-cell passages may turn in many ways, most of them wrong.
TEST(AnyOrder, PlacesMostDomainsWithNarrowPassages) {
  EXPECT_EQ(placed([](auto seed) { return rooms(4, 4, 0, 4, seed); }), 8);
  EXPECT_EQ(placed([](auto seed) { return maze(9, 8, seed); }), 8);
  EXPECT_EQ(placed([](auto seed) { return noise(14, 13, 12, 0.35, seed); }), 8);
  EXPECT_GE(placed([](auto seed) { return noise(30, 25, 1, 0.3, seed); }), 5);
  EXPECT_GE(placed([](auto seed) { return noise(14, 13, 12, 0.7, seed); }), 5);
}

// Eight rooms around a corner close rings of four doors, each a hinge in space: most are refused.
TEST(AnyOrder, IsPlacedExactlyOrRefusedWhereRoomsTurnInSpace) {
  placed([](auto seed) { return rooms(2, 2, 2, 3, seed); });
}

TEST(AnyOrder, PlacesSparseRandomCells) {
  for (std::uint64_t seed = 0; seed < 3; ++seed)
    expect_recovered_in_any_order(noise(14, 13, 12, 0.9, seed), "a tenth of the cells");
}

TEST(AnyOrder, RefusesPromptly) {
  const Domain d = rooms(5, 5, 5, 6, 1);
  const auto start = std::chrono::steady_clock::now();
  refusal_of(matrix(d, shuffled(compact(d), 5), voxel()));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)); // sanitizers and busy processors too
}

TEST(AnyOrder, PlacesSpiralsAndSmallMazes) {
  expect_recovered_in_any_order(spiral(13), "spiral");
  for (std::uint64_t seed = 0; seed < 3; ++seed)
    expect_recovered_in_any_order(maze(4, 4, seed), "maze");
}

TEST(AnyOrder, FindsTheAxesThatClose) {
  for (int closed = 1; closed < 8; ++closed) {
    const Domain d = torus(7, 6, 5, {(closed & 1) != 0, (closed & 2) != 0, (closed & 4) != 0});
    LatticePlacement placement;
    ASSERT_TRUE(recovers(matrix(d, shuffled(full(d), 1), variable(3)), &placement)) << closed;
    EXPECT_EQ(placement.lattice.cell_count(), d.cells());
    EXPECT_EQ(std::count(placement.lattice.periodic.begin(), placement.lattice.periodic.end(), true),
              std::count(d.periodic.begin(), d.periodic.end(), true));
  }
  const Domain flat = torus(8, 9, 1, {true, true, false});
  expect_recovered_in_any_order(flat, "flat torus");
}

TEST(AnyOrder, PlacesRingsOfAnyLength) {
  for (const int n : {3, 4, 5, 6, 7, 8, 31, 32}) {
    Domain d = torus(n, 1, 1, {true, false, false});
    expect_recovered_in_any_order(d, ("ring of " + std::to_string(n)).c_str());
  }
}

TEST(AnyOrder, PlacesEvenRingsBesideOthers) {
  std::vector<std::array<int, 2>> edges;
  edges.reserve(22);
  for (int v = 0; v < 8; ++v)
    edges.push_back({v, (v + 1) % 8});
  for (int v = 0; v < 14; ++v)
    edges.push_back({8 + v, 8 + (v + 1) % 14});
  EXPECT_TRUE(recovers(graph(22, edges)));
}

TEST(AnyOrder, GivesTheSameLatticeForTheSameMatrix) {
  const Domain d = noise(12, 11, 10, 0.25, 8);
  LatticePlacement first, second;
  ASSERT_TRUE(recovers(matrix(d, shuffled(compact(d), 1), voxel()), &first));
  ASSERT_TRUE(recovers(matrix(d, shuffled(compact(d), 1), voxel()), &second));
  EXPECT_EQ(first.lattice.cells, second.lattice.cells);
  EXPECT_EQ(first.lattice.size, second.lattice.size);
}

} // namespace
