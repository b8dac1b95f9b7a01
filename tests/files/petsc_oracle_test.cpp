// PETSc's own MatView, VecView, ISView and MatLoad as oracles of its binary format, and of products.
#include "files/support.hpp"
#include "files/write.hpp"

#include <petscksp.h>
#include <random>

namespace linnet::test {

#define LINNET_PETSC(...) ASSERT_EQ(PetscErrorCode(__VA_ARGS__), PetscErrorCode(0))

// A rectangular matrix with irregular rows, some of them empty.
void random_mat(MatType type, Mat* a) {
  constexpr PetscInt rows = 200;
  constexpr PetscInt cols = 150;
  LINNET_PETSC(MatCreate(PETSC_COMM_SELF, a));
  LINNET_PETSC(MatSetSizes(*a, rows, cols, rows, cols));
  LINNET_PETSC(MatSetType(*a, type));
  LINNET_PETSC(MatSetUp(*a));
  LINNET_PETSC(MatSetOption(*a, MAT_NEW_NONZERO_ALLOCATION_ERR, PETSC_FALSE));
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  for (PetscInt i = 0; i < rows; ++i) {
    for (std::uint64_t k = random() % 9; k > 0; --k)
      LINNET_PETSC(MatSetValue(*a, i, static_cast<PetscInt>(random() % cols), normal(random), ADD_VALUES));
  }
  LINNET_PETSC(MatAssemblyBegin(*a, MAT_FINAL_ASSEMBLY));
  LINNET_PETSC(MatAssemblyEnd(*a, MAT_FINAL_ASSEMBLY));
}

void expect_same(Mat a, const SparseMatrix& b) {
  PetscInt rows = 0;
  PetscInt cols = 0;
  LINNET_PETSC(MatGetSize(a, &rows, &cols));
  ASSERT_EQ(rows, b.rows);
  ASSERT_EQ(cols, b.cols);
  for (PetscInt i = 0; i < rows; ++i) {
    PetscInt entries = 0;
    const PetscInt* columns = nullptr;
    const PetscScalar* values = nullptr;
    LINNET_PETSC(MatGetRow(a, i, &entries, &columns, &values));
    const auto begin = static_cast<std::size_t>(b.row_start[static_cast<std::size_t>(i)]);
    const auto end = static_cast<std::size_t>(b.row_start[static_cast<std::size_t>(i) + 1]);
    const std::vector<PetscInt> our_columns(b.column.begin() + begin, b.column.begin() + end);
    const std::vector<double> our_values(b.value.begin() + begin, b.value.begin() + end);
    EXPECT_EQ(std::vector<PetscInt>(columns, columns + entries), our_columns) << "row " << i;
    EXPECT_EQ(std::vector<double>(values, values + entries), our_values) << "row " << i;
    LINNET_PETSC(MatRestoreRow(a, i, &entries, &columns, &values));
  }
}

TEST(PetscBinaryReader, ReadsWhatMatViewWrites) {
  const Folder folder;
  const std::string file = folder.file("a.petsc");
  Mat a = nullptr;
  random_mat(MATSEQAIJ, &a);
  PetscViewer viewer = nullptr;
  LINNET_PETSC(PetscViewerBinaryOpen(PETSC_COMM_SELF, file.c_str(), FILE_MODE_WRITE, &viewer));
  LINNET_PETSC(MatView(a, viewer));
  LINNET_PETSC(PetscViewerDestroy(&viewer));
  expect_same(a, read_matrix(file));
  LINNET_PETSC(MatDestroy(&a));
}

TEST(PetscBinaryReader, ReadsWhatMatViewWritesOfADenseMatrix) {
  const Folder folder;
  const std::string file = folder.file("a.petsc");
  Mat a = nullptr;
  random_mat(MATSEQDENSE, &a);
  PetscViewer viewer = nullptr;
  LINNET_PETSC(PetscViewerBinaryOpen(PETSC_COMM_SELF, file.c_str(), FILE_MODE_WRITE, &viewer));
  LINNET_PETSC(PetscViewerPushFormat(viewer, PETSC_VIEWER_NATIVE)); // entries -1, then the values
  LINNET_PETSC(MatView(a, viewer));
  LINNET_PETSC(PetscViewerDestroy(&viewer));
  const SparseMatrix read = read_matrix(file);
  const std::vector<double> ours = dense(read);
  for (PetscInt i = 0; i < 200; ++i) {
    for (PetscInt j = 0; j < 150; ++j) {
      PetscScalar value = 0;
      LINNET_PETSC(MatGetValue(a, i, j, &value));
      ASSERT_EQ(value, ours[static_cast<std::size_t>(i) * 150 + static_cast<std::size_t>(j)]);
    }
  }
  LINNET_PETSC(MatDestroy(&a));
}

TEST(PetscBinaryReader, ReadsWhatVecViewAndISViewWrite) {
  const Folder folder;
  PetscViewer viewer = nullptr;
  Vec x = nullptr;
  LINNET_PETSC(VecCreateSeq(PETSC_COMM_SELF, 1000, &x));
  LINNET_PETSC(VecSetRandom(x, nullptr));
  LINNET_PETSC(PetscViewerBinaryOpen(PETSC_COMM_SELF, folder.file("x").c_str(), FILE_MODE_WRITE, &viewer));
  LINNET_PETSC(VecView(x, viewer));
  LINNET_PETSC(PetscViewerDestroy(&viewer));
  const std::vector<double> read = read_vector(folder.file("x"));
  const PetscScalar* values = nullptr;
  LINNET_PETSC(VecGetArrayRead(x, &values));
  EXPECT_EQ(read, std::vector<double>(values, values + 1000));
  LINNET_PETSC(VecRestoreArrayRead(x, &values));
  LINNET_PETSC(VecDestroy(&x));

  const PetscInt indices[] = {4, 0, 77};
  IS is = nullptr;
  LINNET_PETSC(ISCreateGeneral(PETSC_COMM_SELF, 3, indices, PETSC_COPY_VALUES, &is));
  LINNET_PETSC(PetscViewerBinaryOpen(PETSC_COMM_SELF, folder.file("is").c_str(), FILE_MODE_WRITE, &viewer));
  LINNET_PETSC(ISView(is, viewer));
  LINNET_PETSC(PetscViewerDestroy(&viewer));
  EXPECT_EQ(read_cells(folder.file("is")), (std::vector<std::int64_t>{4, 0, 77}));
  LINNET_PETSC(ISDestroy(&is));
}

TEST(PetscBinaryWriter, WritesWhatMatLoadVecLoadAndISLoadRead) {
  const Folder folder;
  const SparseMatrix a = matrix_of("%%MatrixMarket matrix coordinate real general\n"
                                   "3 4 5\n3 4 1e-300\n1 2 -2.5\n1 1 3\n3 1 0.1\n1 4 7\n");
  write_matrix(folder.file("a.petsc"), a, false);
  write_vector(folder.file("x.petsc"), {1, -2, 0.1});
  write_cells(folder.file("c.petsc"), {5, 3});
  PetscViewer viewer = nullptr;
  Mat loaded = nullptr;
  LINNET_PETSC(PetscViewerBinaryOpen(PETSC_COMM_SELF, folder.file("a.petsc").c_str(), FILE_MODE_READ, &viewer));
  LINNET_PETSC(MatCreate(PETSC_COMM_SELF, &loaded));
  LINNET_PETSC(MatLoad(loaded, viewer));
  LINNET_PETSC(PetscViewerDestroy(&viewer));
  expect_same(loaded, a);
  LINNET_PETSC(MatDestroy(&loaded));

  Vec x = nullptr;
  LINNET_PETSC(PetscViewerBinaryOpen(PETSC_COMM_SELF, folder.file("x.petsc").c_str(), FILE_MODE_READ, &viewer));
  LINNET_PETSC(VecCreate(PETSC_COMM_SELF, &x));
  LINNET_PETSC(VecLoad(x, viewer));
  LINNET_PETSC(PetscViewerDestroy(&viewer));
  const PetscScalar* values = nullptr;
  LINNET_PETSC(VecGetArrayRead(x, &values));
  EXPECT_EQ(std::vector<double>(values, values + 3), (std::vector<double>{1, -2, 0.1}));
  LINNET_PETSC(VecRestoreArrayRead(x, &values));
  LINNET_PETSC(VecDestroy(&x));

  IS is = nullptr;
  LINNET_PETSC(PetscViewerBinaryOpen(PETSC_COMM_SELF, folder.file("c.petsc").c_str(), FILE_MODE_READ, &viewer));
  LINNET_PETSC(ISCreate(PETSC_COMM_SELF, &is));
  LINNET_PETSC(ISLoad(is, viewer));
  LINNET_PETSC(PetscViewerDestroy(&viewer));
  const PetscInt* indices = nullptr;
  LINNET_PETSC(ISGetIndices(is, &indices));
  EXPECT_EQ(std::vector<PetscInt>(indices, indices + 2), (std::vector<PetscInt>{5, 3}));
  LINNET_PETSC(ISRestoreIndices(is, &indices));
  LINNET_PETSC(ISDestroy(&is));
}

// The product of a matrix given entry by entry to PETSc, lower triangle and mirror, and of what the reader makes of the
// same text.
TEST(MatrixMarketReader, GivesPetscsProductOfASymmetricMatrix) {
  constexpr PetscInt n = 300;
  std::mt19937_64 random(11);
  std::normal_distribution<double> normal;
  Mat a = nullptr;
  LINNET_PETSC(MatCreateSeqAIJ(PETSC_COMM_SELF, n, n, 60, nullptr, &a));
  LINNET_PETSC(MatSetOption(a, MAT_NEW_NONZERO_ALLOCATION_ERR, PETSC_FALSE));
  constexpr int entries = 3000;
  std::string text = "%%MatrixMarket matrix coordinate real symmetric\n300 300 " + std::to_string(entries) + "\n";
  for (int k = 0; k < entries; ++k) {
    const auto i = static_cast<PetscInt>(random() % n);
    const auto j = static_cast<PetscInt>(random() % static_cast<std::uint64_t>(i + 1));
    const double value = std::stod(std::to_string(normal(random)));
    text += std::to_string(i + 1) + " " + std::to_string(j + 1) + " " + std::to_string(value) + "\n";
    LINNET_PETSC(MatSetValue(a, i, j, value, ADD_VALUES));
    if (i != j) {
      LINNET_PETSC(MatSetValue(a, j, i, value, ADD_VALUES));
    }
  }
  LINNET_PETSC(MatAssemblyBegin(a, MAT_FINAL_ASSEMBLY));
  LINNET_PETSC(MatAssemblyEnd(a, MAT_FINAL_ASSEMBLY));
  Vec x = nullptr;
  Vec y = nullptr;
  LINNET_PETSC(MatCreateVecs(a, &x, &y));
  LINNET_PETSC(VecSetRandom(x, nullptr));
  LINNET_PETSC(MatMult(a, x, y));
  const SparseMatrix read = matrix_of(text);
  const PetscScalar* xs = nullptr;
  const PetscScalar* ys = nullptr;
  LINNET_PETSC(VecGetArrayRead(x, &xs));
  LINNET_PETSC(VecGetArrayRead(y, &ys));
  for (std::size_t i = 0; i < n; ++i) {
    double sum = 0;
    for (auto k = static_cast<std::size_t>(read.row_start[i]); k < static_cast<std::size_t>(read.row_start[i + 1]); ++k)
      sum += read.value[k] * xs[read.column[k]];
    EXPECT_NEAR(sum, ys[i], 1e-12);
  }
  LINNET_PETSC(VecRestoreArrayRead(x, &xs));
  LINNET_PETSC(VecRestoreArrayRead(y, &ys));
  LINNET_PETSC(VecDestroy(&x));
  LINNET_PETSC(VecDestroy(&y));
  LINNET_PETSC(MatDestroy(&a));
}

} // namespace linnet::test
