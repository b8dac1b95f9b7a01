// Lattices that are given: by a DMDA, and by a list of cells.
#include "lattice/check.hpp"
#include "lattice/voxels.hpp"

#include <petscdmda.h>
#include <petscdmshell.h>

using namespace voxels;
using linnet::GridSize;
using linnet::LatticePlacement;

namespace {

struct Case {
  int dim;
  GridSize size;
  std::array<bool, 3> periodic;
  DMDAStencilType stencil;
  int dof = 1;
};

// The Laplacian plus a tenth of the identity on a DMDA of any kind.
Mat dmda_laplacian(const Case& c, DM* dm) {
  const auto type = [&](std::size_t axis) { return c.periodic[axis] ? DM_BOUNDARY_PERIODIC : DM_BOUNDARY_NONE; };
  if (c.dim == 1)
    DMDACreate1d(PETSC_COMM_WORLD, type(0), c.size[0], c.dof, 1, nullptr, dm);
  else if (c.dim == 2)
    DMDACreate2d(PETSC_COMM_WORLD, type(0), type(1), c.stencil, c.size[0], c.size[1], PETSC_DECIDE, PETSC_DECIDE, c.dof,
                 1, nullptr, nullptr, dm);
  else
    DMDACreate3d(PETSC_COMM_WORLD, type(0), type(1), type(2), c.stencil, c.size[0], c.size[1], c.size[2], PETSC_DECIDE,
                 PETSC_DECIDE, PETSC_DECIDE, c.dof, 1, nullptr, nullptr, nullptr, dm);
  DMSetUp(*dm);
  DMSetMatType(*dm, MATAIJ);
  Mat A = nullptr;
  DMCreateMatrix(*dm, &A);
  MatSetOption(A, MAT_NEW_NONZERO_ALLOCATION_ERR, PETSC_FALSE);
  PetscInt x = 0, y = 0, z = 0, mx = 0, my = 0, mz = 0;
  DMDAGetCorners(*dm, &x, &y, &z, &mx, &my, &mz);
  for (PetscInt k = z; k < z + mz; ++k) {
    for (PetscInt j = y; j < y + my; ++j) {
      for (PetscInt i = x; i < x + mx; ++i) {
        const MatStencil row{k, j, i, 0};
        MatSetValuesStencil(A, 1, &row, 1, &row, std::array{0.1}.data(), ADD_VALUES);
        for (int d = 0; d < 2 * c.dim; ++d) {
          GridSize to{i, j, k};
          const auto axis = static_cast<std::size_t>(d / 2);
          to[axis] += d % 2 ? 1 : -1;
          if (!c.periodic[axis] && (to[axis] < 0 || to[axis] >= c.size[axis]))
            continue;
          const MatStencil columns[2] = {row, {to[2], to[1], to[0], 0}};
          MatSetValuesStencil(A, 1, &row, 2, columns, std::array{1.0 + d / 2, -1.0 - d / 2}.data(), ADD_VALUES);
        }
      }
    }
  }
  MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
  MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
  return A;
}

TEST(DistributedArray, PlacesRowsOfAnyDecomposition) {
  const Case cases[] = {{1, {17, 1, 1}, {}, DMDA_STENCIL_STAR},
                        {1, {17, 1, 1}, {true}, DMDA_STENCIL_STAR},
                        {2, {9, 14, 1}, {}, DMDA_STENCIL_STAR},
                        {2, {14, 9, 1}, {true, false}, DMDA_STENCIL_BOX},
                        {2, {9, 14, 1}, {true, true}, DMDA_STENCIL_STAR},
                        {3, {5, 6, 7}, {}, DMDA_STENCIL_STAR},
                        {3, {7, 6, 5}, {}, DMDA_STENCIL_BOX},
                        {3, {12, 5, 4}, {true, false, true}, DMDA_STENCIL_STAR},
                        {3, {3, 4, 5}, {true, true, true}, DMDA_STENCIL_STAR}};
  for (const Case& c : cases) {
    DM dm = nullptr;
    Mat A = dmda_laplacian(c, &dm);
    const std::string name = std::to_string(c.dim) + "-D, nx = " + std::to_string(c.size[0]);
    LatticePlacement placement;
    std::string refusal;
    EXPECT_PETSC(UpdateLatticePlacement(A, nullptr, nullptr, &placement, &refusal));
    EXPECT_EQ(refusal, "") << name;
    EXPECT_STREQ(placement.source, "DMDA");
    EXPECT_EQ(placement.lattice.size, c.size);
    EXPECT_EQ(placement.lattice.periodic, c.periodic);
    EXPECT_TRUE(is_exact(A, placement.lattice)) << name;
    EXPECT_TRUE(multiplies_like(A, placement.lattice, placement.op)) << name;
    EXPECT_TRUE(placement.op.uniform) << name;

    // Its own numbering, recovered without the DM.
    Mat bare = nullptr;
    MatConvert(A, MATAIJ, MAT_INITIAL_MATRIX, &bare);
    PetscObjectCompose(reinterpret_cast<PetscObject>(bare), "__PETSc_dm", nullptr);
    DM none = nullptr;
    MatGetDM(bare, &none);
    if (!none && *std::min_element(c.size.begin(), c.size.begin() + c.dim) > 4) {
      EXPECT_TRUE(recovers(bare, &placement)) << name;
      EXPECT_STREQ(placement.source, "recovered");
    } else {
      MatDestroy(&bare);
    }
    MatDestroy(&A);
    DMDestroy(&dm);
  }
}

TEST(DistributedArray, TakesTwoCellsThatCloseAsOneCoupling) {
  DM dm = nullptr;
  Mat A = dmda_laplacian({2, {2, 6, 1}, {true, true, false}, DMDA_STENCIL_STAR}, &dm);
  LatticePlacement placement;
  std::string refusal;
  EXPECT_PETSC(UpdateLatticePlacement(A, nullptr, nullptr, &placement, &refusal));
  EXPECT_EQ(refusal, "");
  EXPECT_FALSE(placement.lattice.periodic[0]);
  EXPECT_TRUE(placement.lattice.periodic[1]);
  EXPECT_TRUE(multiplies_like(A, placement.lattice, placement.op));
  MatDestroy(&A);
  DMDestroy(&dm);
}

TEST(DistributedArray, IsRefusedWithSeveralUnknownsACell) {
  DM dm = nullptr;
  Mat A = dmda_laplacian({2, {6, 6, 1}, {}, DMDA_STENCIL_STAR, 2}, &dm);
  EXPECT_EQ(refusal_of(A), "the DMDA has 2 degrees of freedom a cell, not 1");
  DMDestroy(&dm);
}

TEST(DistributedArray, IsPassedOverWhereItLaysOutAnotherNumberOfRows) {
  DM dm = nullptr;
  Mat other = dmda_laplacian({2, {6, 6, 1}, {}, DMDA_STENCIL_STAR}, &dm);
  const Domain d = box(5, 6, 1);
  Mat A = matrix(d, full(d), voxel());
  LatticePlacement placement;
  std::string refusal;
  EXPECT_PETSC(UpdateLatticePlacement(A, dm, nullptr, &placement, &refusal));
  EXPECT_EQ(refusal, "");
  EXPECT_STREQ(placement.source, "recovered");
  MatDestroy(&A);
  MatDestroy(&other);
  DMDestroy(&dm);
}

// Composes the cells of a numbering, changed by `change`, on the matrix.
void compose_cells(Mat A, const Numbering& numbering, const std::function<void(std::vector<PetscInt>&)>& change) {
  PetscInt begin = 0, end = 0;
  MatGetOwnershipRange(A, &begin, &end);
  std::vector<PetscInt> all(numbering.cell_of_row.begin(), numbering.cell_of_row.end());
  change(all);
  end = std::min(end, static_cast<PetscInt>(all.size()));
  begin = std::min(begin, end);
  IS cells = nullptr;
  ISCreateGeneral(PETSC_COMM_WORLD, end - begin, all.data() + begin, PETSC_COPY_VALUES, &cells);
  PetscObjectCompose(reinterpret_cast<PetscObject>(A), "linnet_cells", reinterpret_cast<PetscObject>(cells));
  ISDestroy(&cells);
}

std::string refusal_of_cells(const std::function<void(std::vector<PetscInt>&)>& change, const GridSize* size) {
  const Domain d = noise(7, 6, 5, 0.3, 3);
  const Numbering rows = shuffled(compact(d), 4);
  Mat A = matrix(d, rows, voxel());
  compose_cells(A, rows, change);
  LatticePlacement placement;
  std::string refusal;
  EXPECT_PETSC(UpdateLatticePlacement(A, nullptr, size, &placement, &refusal));
  if (refusal.empty()) {
    EXPECT_STREQ(placement.source, "cells");
    EXPECT_EQ(placement.lattice.size, *size);
    EXPECT_TRUE(is_exact(A, placement.lattice));
    EXPECT_TRUE(multiplies_like(A, placement.lattice, placement.op));
  }
  MatDestroy(&A);
  return refusal;
}

const GridSize given{7, 6, 5};
void keep(std::vector<PetscInt>&) {}

TEST(Cells, PlaceRowsWhereTheySay) {
  EXPECT_EQ(refusal_of_cells(keep, &given), "");
}

TEST(Cells, MayCloseAnAxis) {
  for (const Domain& d : {torus(4, 5, 1, {true, false, false}), torus(3, 4, 6, {false, true, true})}) {
    const Numbering rows = shuffled(compact(d), 4);
    Mat A = matrix(d, rows, variable(2));
    compose_cells(A, rows, keep);
    const GridSize size{d.size[0], d.size[1], d.size[2]};
    LatticePlacement placement;
    std::string refusal;
    EXPECT_PETSC(UpdateLatticePlacement(A, nullptr, &size, &placement, &refusal));
    EXPECT_EQ(refusal, "");
    EXPECT_EQ(placement.lattice.periodic, d.periodic);
    EXPECT_TRUE(multiplies_like(A, placement.lattice, placement.op));
    MatDestroy(&A);
  }
}

TEST(Cells, AreRefusedOutsideTheGrid) {
  EXPECT_NE(
      refusal_of_cells([](auto& cells) { cells[5] = 210; }, &given).find("row 5 has cell 210, outside the grid 7,6,5"),
      std::string::npos);
  EXPECT_NE(refusal_of_cells([](auto& cells) { cells.back() = -1; }, &given).find("has cell -1"), std::string::npos);
}

TEST(Cells, AreRefusedWhenGivenTwice) {
  EXPECT_NE(refusal_of_cells([](auto& cells) { cells.back() = cells.front(); }, &given).find("is given to 2 rows"),
            std::string::npos);
}

TEST(Cells, AreRefusedInAnotherNumber) {
  EXPECT_NE(refusal_of_cells([](auto& cells) { cells.pop_back(); }, &given).find("linnet_cells gives"),
            std::string::npos);
}

TEST(Cells, AreRefusedWithoutAGridOrWithAnImpossibleOne) {
  EXPECT_NE(refusal_of_cells(keep, nullptr).find("size of the grid is not given"), std::string::npos);
  for (const GridSize& size : {GridSize{0, 6, 5}, {-7, 6, 5}, {100000, 100000, 1}})
    EXPECT_NE(refusal_of_cells(keep, &size).find("the grid"), std::string::npos);
}

TEST(Cells, AreRefusedWhereACouplingJoinsNoNeighbours) {
  const GridSize wrong{6, 7, 5};
  EXPECT_NE(refusal_of_cells(keep, &wrong).find("no neighbours on a lattice of 6 x 7 x 5 cells"), std::string::npos);
}

} // namespace
