// MATLATTICE beside the assembled matrix of the same operator: products, diagonals, solves, refusals.
#include "latticemg/solve.hpp"

#include <petscdmda.h>

#include <limits>

using namespace latticemg_test;
using namespace voxels;

namespace {

struct Problem {
  Domain domain;
  Coefficients coefficients;
};

// A cell as the domain and its coefficients say; the cells of a layer below may lie across a periodic end.
PetscErrorCode cell_of(PetscInt i, PetscInt j, PetscInt k, MatLatticeCell* cell, void* context) {
  const auto& [domain, coefficients] = *static_cast<const Problem*>(context);
  const int c = domain.cell(i, j, k);
  cell->unknown = domain.active[static_cast<std::size_t>(c)] ? PETSC_TRUE : PETSC_FALSE;
  if (!cell->unknown)
    return 0;
  cell->excess = coefficients.excess(domain, c);
  for (int axis = 0; axis < 3; ++axis) {
    const int above = domain.neighbour(c, 2 * axis + 1);
    if (above >= 0 && domain.active[static_cast<std::size_t>(above)])
      cell->upper[axis] = coefficients.coupling(domain, c, axis);
  }
  return 0;
}

OwnedMat lattice_matrix(Problem* problem) {
  const Domain& d = problem->domain;
  PetscInt size[3];
  PetscBool periodic[3];
  OwnedMat A;
  for (std::size_t a = 0; a < 3; ++a) {
    size[a] = d.size[a];
    periodic[a] = d.periodic[a] ? PETSC_TRUE : PETSC_FALSE;
  }
  EXPECT_EQ(static_cast<int>(MatCreateLattice(PETSC_COMM_WORLD, size, periodic, cell_of, problem, A.out())), 0);
  return A;
}

OwnedMat dmda_matrix(Problem* problem) {
  const Domain& d = problem->domain;
  DMBoundaryType boundary[3];
  DM da = nullptr;
  OwnedMat A;
  for (std::size_t a = 0; a < 3; ++a)
    boundary[a] = d.periodic[a] ? DM_BOUNDARY_PERIODIC : DM_BOUNDARY_NONE;
  if (d.size[2] > 1)
    DMDACreate3d(PETSC_COMM_WORLD, boundary[0], boundary[1], boundary[2], DMDA_STENCIL_STAR, d.size[0], d.size[1],
                 d.size[2], PETSC_DECIDE, PETSC_DECIDE, PETSC_DECIDE, 1, 1, nullptr, nullptr, nullptr, &da);
  else
    DMDACreate2d(PETSC_COMM_WORLD, boundary[0], boundary[1], DMDA_STENCIL_STAR, d.size[0], d.size[1], PETSC_DECIDE,
                 PETSC_DECIDE, 1, 1, nullptr, nullptr, &da);
  DMSetUp(da);
  EXPECT_EQ(static_cast<int>(MatCreateLatticeDMDA(da, cell_of, problem, A.out())), 0);
  DMDestroy(&da);
  return A;
}

using Cells = std::vector<PetscInt>;

Cells cells_of(Mat A) {
  PetscInt rows = 0;
  MatGetLocalSize(A, &rows, nullptr);
  Cells cells(static_cast<std::size_t>(rows));
  EXPECT_EQ(static_cast<int>(MatLatticeGetCells(A, cells.data())), 0);
  return cells;
}

OwnedVec on_cells(Mat A, const Cells& cells) {
  OwnedVec x;
  PetscScalar* values = nullptr;
  MatCreateVecs(A, x.out(), nullptr);
  VecGetArray(x, &values);
  for (std::size_t r = 0; r < cells.size(); ++r)
    values[r] = voxels::random(5, static_cast<std::uint64_t>(cells[r])) - 0.5;
  VecRestoreArray(x, &values);
  return x;
}

// The largest difference of v, on the cells of its rows, from `expected`, by cell, in terms of the largest entry.
double difference(Vec v, const Cells& cells, const std::vector<double>& expected) {
  const PetscScalar* values = nullptr;
  double largest = 0, scale = 0;
  VecGetArrayRead(v, &values);
  for (std::size_t r = 0; r < cells.size(); ++r)
    largest = std::max(largest, std::abs(values[r] - expected[static_cast<std::size_t>(cells[r])]));
  VecRestoreArrayRead(v, &values);
  for (const double e : expected)
    scale = std::max(scale, std::abs(e));
  MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD);
  return largest / scale;
}

// The matrix against the assembled one with rows as `numbering` says.
void expect_same(Mat A, const Problem& problem, const Numbering& numbering) {
  const OwnedMat B = owned(matrix(problem.domain, numbering, problem.coefficients));
  PetscInt begin = 0, end = 0, rows = 0, expected_rows = 0;
  OwnedVec x, y, product, diagonal;
  MatInfo info, expected_info;
  const Cells cells = cells_of(A);
  MatGetSize(A, &rows, nullptr);
  MatGetSize(B, &expected_rows, nullptr);
  ASSERT_EQ(rows, expected_rows);
  MatCreateVecs(B, x.out(), y.out());
  MatGetOwnershipRange(B, &begin, &end);
  for (PetscInt r = begin; r < end; ++r)
    VecSetValue(x, r,
                voxels::random(5, static_cast<std::uint64_t>(numbering.cell_of_row[static_cast<std::size_t>(r)])) - 0.5,
                INSERT_VALUES);
  VecAssemblyBegin(x);
  VecAssemblyEnd(x);
  const auto by_cell = [&](Vec v) {
    const std::vector<double> values = everywhere(v);
    std::vector<double> sorted(problem.domain.active.size());
    for (std::size_t r = 0; r < values.size(); ++r)
      sorted[static_cast<std::size_t>(numbering.cell_of_row[r])] = values[r];
    return sorted;
  };
  MatMult(B, x, y);
  const OwnedVec own = on_cells(A, cells);
  MatCreateVecs(A, diagonal.out(), product.out());
  LINNET_CALL(MatMult(A, own, product));
  EXPECT_LE(difference(product, cells, by_cell(y)), 1e-15);
  LINNET_CALL(MatMultTranspose(A, own, product));
  EXPECT_LE(difference(product, cells, by_cell(y)), 1e-15);
  MatGetDiagonal(B, y);
  LINNET_CALL(MatGetDiagonal(A, diagonal));
  EXPECT_LE(difference(diagonal, cells, by_cell(y)), 1e-15);
  LINNET_CALL(MatGetInfo(A, MAT_GLOBAL_SUM, &info));
  MatGetInfo(B, MAT_GLOBAL_SUM, &expected_info);
  EXPECT_EQ(info.nz_used, expected_info.nz_used);
}

// One coupling an axis, of another size on each; a value of the excess for each plane y.
Coefficients unequal() {
  return {[](const Domain&, int, int axis) { return axis == 0   ? 1.0
                                                    : axis == 1 ? 0.25
                                                                : 3.0; },
          [](const Domain& d, int c) { return 0.5 * (d.at(c)[1] % 3); }};
}

std::vector<Problem> problems() {
  std::vector<Problem> all;
  for (const Coefficients& c :
       {voxel(), neumann(), unequal(), own_excess(6), own_excess(7, 0.25), variable(3), stretched()})
    for (const Domain& d : {box(37, 5, 7), box(40, 9, 1), box(1, 6, 4), box(11, 1, 1), box(9, 5, 2),
                            noise(21, 6, 8, 0.3, 4), noise(24, 13, 1, 0.4, 5), torus(20, 5, 6, {true, true, true}),
                            torus(5, 4, 9, {false, true, false}), torus(8, 10, 1, {true, false, false})})
      all.push_back({d, c});
  Domain holes = torus(19, 7, 6, {true, false, true});
  for (std::size_t c = 0; c < holes.active.size(); ++c)
    holes.active[c] = voxels::random(9, c) > 0.3;
  all.push_back({holes, voxel()});
  all.push_back({holes, own_excess(5)});
  all.push_back({holes, variable(8)});
  return all;
}

TEST(LatticeMatrix, MultipliesAsTheAssembledMatrixOfTheCellsWithUnknowns) {
  for (Problem& p : problems()) {
    SCOPED_TRACE(testing::PrintToString(p.domain.size));
    const OwnedMat A = lattice_matrix(&p);
    expect_same(A, p, compact(p.domain));
  }
}

TEST(LatticeMatrix, OfADMDAHasARowForEachCell) {
  for (Problem& p : problems()) {
    if (p.domain.size[1] < 4) // ranks need a cell each
      continue;
    SCOPED_TRACE(testing::PrintToString(p.domain.size));
    const OwnedMat A = dmda_matrix(&p);
    expect_same(A, p, full(p.domain));
  }
}

TEST(LatticeMatrix, OwnsSlabsOfPlanesInTheOrderOfTheCells) {
  Problem p{noise(6, 5, 8, 0.3, 2), voxel()};
  const OwnedMat A = lattice_matrix(&p);
  PetscInt size[3], begin[3], extent[3];
  LINNET_CALL(MatLatticeGetBox(A, size, begin, extent));
  EXPECT_EQ(extent[0] * extent[1], 30);
  EXPECT_EQ(size[2], 8);
  PetscInt before = -1;
  for (const PetscInt cell : cells_of(A)) {
    EXPECT_GT(cell, before);
    EXPECT_GE(cell, 30 * begin[2]);
    EXPECT_LT(cell, 30 * (begin[2] + extent[2]));
    before = cell;
  }
}

TEST(LatticeMatrix, TakesTheIterationsOfTheAssembledMatrix) {
  struct {
    Problem problem;
    bool singular;
  } cases[] = {{{largest_component(balls(32, 5, 1)), voxel()}, false},
               {{box(24, 20, 28), neumann()}, true},
               {{box(48, 40, 1), variable(2)}, false},
               {{torus(16, 24, 24, {true, false, false}), voxel()}, false},
               {{box(20, 24, 32), unequal()}, false},
               {{balls(30, 8, 2), own_excess(3)}, false}};
  for (auto& c : cases) {
    SCOPED_TRACE(testing::PrintToString(c.problem.domain.size));
    const OwnedMat A = lattice_matrix(&c.problem), of_dmda = dmda_matrix(&c.problem),
                   B = system(c.problem.domain, c.problem.coefficients, c.singular);
    OwnedNullSpace constants;
    MatNullSpaceCreate(PETSC_COMM_WORLD, PETSC_TRUE, 0, nullptr, constants.out());
    if (c.singular)
      MatSetNullSpace(A, constants);
    for (const char* type : {KSPCG, KSPDCD}) {
      const OwnedKSP own = make_solver(A, type), assembled = make_solver(B, type);
      const Outcome outcome = solve(own), expected = solve(assembled);
      EXPECT_EQ(outcome.iterations, expected.iterations);
      EXPECT_LE(outcome.residual, 1e-6);
      if (c.singular)
        continue;
      const OwnedKSP boxes = make_solver(of_dmda, type);
      EXPECT_LE(solve(boxes).residual, 1e-6); // identity rows change the right-hand side, and with it the count
    }
    const OwnedKSP fused = make_solver(A, KSPDCD);
    PetscBool taken = PETSC_FALSE;
    solve(fused);
    LINNET_CALL(KSPDCDGetFused(fused, nullptr, &taken));
    EXPECT_TRUE(taken);
    const std::string text = view(pc_of(fused)); // on the first rank
    EXPECT_TRUE(text.empty() || text.find("that of the matrix") != std::string::npos) << text;
  }
}

TEST(LatticeMatrix, TakesTheIterationsOfTheAssembledMatrixWithANetwork) {
  for (Problem p : {Problem{largest_component(balls(32, 5, 1)), voxel()}, Problem{box(48, 64, 1), voxel()}}) {
    const OwnedMat A = lattice_matrix(&p), B = system(p.domain, p.coefficients);
    const OwnedKSP own = make_solver(A, KSPDCD), assembled = make_solver(B, KSPDCD);
    PCType fallback = nullptr;
    const char* why = nullptr;
    PCSetType(pc_of(own), PCCNN);
    PCSetType(pc_of(assembled), PCCNN);
    const Outcome outcome = solve(own), expected = solve(assembled);
    EXPECT_EQ(outcome.iterations, expected.iterations);
    EXPECT_LE(outcome.residual, 1e-6);
    LINNET_CALL(PCCNNGetFallback(pc_of(own), &fallback, &why));
    EXPECT_STREQ(why, "");
  }
}

TEST(LatticeMatrix, FollowsItsFunctionWhenToldTo) {
  Problem p{noise(12, 10, 14, 0.2, 6), voxel()};
  const OwnedMat A = lattice_matrix(&p);
  const OwnedKSP ksp = make_solver(A, KSPDCD);
  EXPECT_LE(solve(ksp).residual, 1e-6);
  for (const Coefficients& next : {variable(4), own_excess(3), voxel()}) {
    p.coefficients = next;
    LINNET_CALL(MatLatticeUpdate(A));
    expect_same(A, p, compact(p.domain));
    const OwnedMat B = system(p.domain, p.coefficients);
    const OwnedKSP assembled = make_solver(B, KSPDCD);
    EXPECT_EQ(solve(ksp).iterations, solve(assembled).iterations);
  }
}

// What stands against a matrix, in PETSc's error handler.
std::string last_message;
PetscErrorCode keep_message(MPI_Comm, int, const char*, const char*, PetscErrorCode error, PetscErrorType kind,
                            const char* message, void*) {
  if (kind == PETSC_ERROR_INITIAL && message)
    last_message = message;
  return error;
}

using Change = std::function<void(MatLatticeCell*)>;
PetscErrorCode changed_cell(PetscInt i, PetscInt j, PetscInt k, MatLatticeCell* cell, void* context) {
  cell->upper[0] = i < 7;
  cell->upper[1] = j < 5;
  cell->upper[2] = k < 3;
  cell->excess = 1;
  if (i == 3 && j == 5 && k == 2)
    (*static_cast<const Change*>(context))(cell);
  return 0;
}

TEST(LatticeMatrix, RefusesWhatIsNoOperatorInOneLine) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::pair<Change, const char*> cases[] = {
      {[&](MatLatticeCell* c) { c->upper[2] = nan; }, "cell (3, 5, 2): the coupling along z is not finite"},
      {[&](MatLatticeCell* c) { c->excess = nan; }, "cell (3, 5, 2): the excess is not finite"},
      {[](MatLatticeCell* c) { c->upper[1] = 2; },
       "cell (3, 5, 2): a coupling along y leads beyond the end of an axis that is not periodic"},
      {[](MatLatticeCell* c) { c->unknown = PETSC_FALSE; }, "cell (3, 5, 2) has no unknown, but a coupling along x"},
      {[](MatLatticeCell* c) {
         *c = {{0, 0, 0}, 0, PETSC_FALSE};
       },
       "cell (3, 5, 2) has no unknown, but a cell below is coupled with it"}};
  const PetscInt size[3] = {8, 6, 4};
  LINNET_CALL(PetscPushErrorHandler(keep_message, nullptr));
  for (const auto& [change, message] : cases) {
    Mat A = nullptr;
    Change own = change;
    EXPECT_NE(static_cast<int>(MatCreateLattice(PETSC_COMM_WORLD, size, nullptr, changed_cell, &own, &A)), 0);
    EXPECT_EQ(last_message, std::string("MATLATTICE: ") + message);
    EXPECT_EQ(A, nullptr);
  }
  LINNET_CALL(PetscPopErrorHandler());
}

TEST(LatticeMatrix, RefusesGridsThatItCannotNumber) {
  const struct {
    PetscInt size[3];
    PetscBool periodic[3];
    const char* message;
  } cases[] = {{{8, 0, 4}, {}, "expected at least one cell along y, found 0"},
               {{8, 6, -1}, {}, "expected at least one cell along z, found -1"},
               {{2048, 1024, 1024}, {}, "expected at most 2147483647 cells (PetscInt), found 2048 x 1024 x 1024"},
               {{8, 2, 4},
                {PETSC_FALSE, PETSC_TRUE, PETSC_FALSE},
                "expected at least 3 cells around the periodic axis y, found 2"}};
  Change none = [](MatLatticeCell*) {};
  Mat A = nullptr;
  LINNET_CALL(PetscPushErrorHandler(keep_message, nullptr));
  for (const auto& c : cases) {
    EXPECT_EQ(static_cast<int>(MatCreateLattice(PETSC_COMM_WORLD, c.size, c.periodic, changed_cell, &none, &A)),
              PETSC_ERR_ARG_OUTOFRANGE);
    EXPECT_EQ(last_message, std::string("MATLATTICE: ") + c.message);
  }
  EXPECT_EQ(static_cast<int>(MatCreateLattice(PETSC_COMM_WORLD, cases[0].size, nullptr, nullptr, nullptr, &A)),
            PETSC_ERR_ARG_NULL);
  LINNET_CALL(PetscPopErrorHandler());
  const OwnedMat B = system(box(4, 4, 4), voxel());
  LINNET_CALL(PetscPushErrorHandler(keep_message, nullptr));
  EXPECT_EQ(static_cast<int>(MatLatticeUpdate(B)), PETSC_ERR_ARG_WRONG);
  EXPECT_EQ(last_message, "expected a matrix of type lattice");
  LINNET_CALL(PetscPopErrorHandler());
}

TEST(LatticeMatrix, PassesOnTheErrorOfItsFunction) {
  const PetscInt size[3] = {4, 4, 4};
  Mat A = nullptr;
  const auto fails = [](PetscInt, PetscInt, PetscInt, MatLatticeCell*, void*) -> PetscErrorCode {
    return PETSC_ERR_USER;
  };
  LINNET_CALL(PetscPushErrorHandler(PetscReturnErrorHandler, nullptr));
  EXPECT_EQ(static_cast<int>(MatCreateLattice(PETSC_COMM_SELF, size, nullptr, fails, nullptr, &A)), PETSC_ERR_USER);
  LINNET_CALL(PetscPopErrorHandler());
}

} // namespace
