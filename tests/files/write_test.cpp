// Writers: what is written reads back to the same bits, and a write that fails leaves all as it was.
#include "files/support.hpp"
#include "files/write.hpp"

#include <cmath>
#include <csignal>
#include <limits>
#include <random>
#include <sys/resource.h>

namespace linnet::test {

using Values = std::vector<double>;

// Symmetric, with numbers whose shortest decimal forms are long, tiny and huge; several pieces of text.
SparseMatrix sample(std::int32_t n) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(-1, 1);
  SparseMatrix a;
  a.rows = a.cols = n;
  Values link(static_cast<std::size_t>(n) + 1);
  for (double& value : link)
    value = std::ldexp(uniform(random), static_cast<int>(random() % 2000) - 1000);
  for (std::int32_t i = 0; i < n; ++i) {
    if (i > 0) {
      a.column.push_back(i - 1);
      a.value.push_back(link[static_cast<std::size_t>(i)]);
    }
    a.column.push_back(i);
    a.value.push_back(i % 2 == 0 ? -0.0 : std::numeric_limits<double>::denorm_min());
    if (i + 1 < n) {
      a.column.push_back(i + 1);
      a.value.push_back(link[static_cast<std::size_t>(i) + 1]);
    }
    a.row_start.push_back(static_cast<std::int64_t>(a.value.size()));
  }
  return a;
}

TEST(WriteMatrix, ReadsBackToTheSameBitsInEveryFormat) {
  const Folder folder;
  const SparseMatrix a = sample(40000);
  for (const std::string name : {"a.mtx", "a.mtx.gz", "a.petsc", "a.petsc.gz"}) {
    for (const bool symmetric : {false, true}) {
      write_matrix(folder.file(name), a, symmetric);
      expect_same(read_matrix(folder.file(name)), a);
    }
  }
  EXPECT_EQ(folder.names().size(), 4U); // no temporary files
}

TEST(WriteMatrix, KeepsTheLowerTriangleOfASymmetricMatrix) {
  const Folder folder;
  const SparseMatrix a = matrix_of("%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n1 1 0.1\n2 1 -1e-7\n");
  write_matrix(folder.file("a.mtx"), a, true);
  EXPECT_EQ(bytes_of_file(folder.file("a.mtx")),
            "%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n1 1 0.1\n2 1 -1e-07\n");
  write_matrix(folder.file("a.mtx"), a, false);
  EXPECT_EQ(bytes_of_file(folder.file("a.mtx")),
            "%%MatrixMarket matrix coordinate real general\n2 2 3\n1 1 0.1\n1 2 -1e-07\n2 1 -1e-07\n");
}

TEST(WriteMatrix, WritesMatricesWithoutRows) {
  const Folder folder;
  for (const std::string name : {"a.mtx", "a.petsc", "a.mtx.gz"}) {
    write_matrix(folder.file(name), SparseMatrix{}, true);
    expect_same(read_matrix(folder.file(name)), SparseMatrix{});
  }
}

TEST(WriteVector, ReadsBackToTheSameBitsInEveryFormat) {
  const Folder folder;
  Values b = sample(40000).value;
  for (const std::string name : {"b.mtx", "b.mtx.gz", "b.petsc", "b.petsc.gz"}) {
    write_vector(folder.file(name), b);
    EXPECT_EQ(bits(read_vector(folder.file(name))), bits(b));
  }
}

TEST(WriteCells, ReadsBackInEveryFormat) {
  const Folder folder;
  std::vector<std::int64_t> cells;
  for (std::int64_t i = 0; i < 100000; ++i)
    cells.push_back(i * 7919 % 1000003);
  for (const std::string name : {"c.mtx", "c.mtx.gz", "c.petsc"}) {
    write_cells(folder.file(name), cells);
    EXPECT_EQ(read_cells(folder.file(name)), cells);
  }
}

template <class Write>
std::string failure(Write write) {
  try {
    write();
    return "written";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

TEST(WriteCells, RefusesCellsThatPetscsFormatCannotHold) {
  const Folder folder;
  const std::string file = folder.file("c.petsc");
  EXPECT_EQ(failure([&] { write_cells(file, {std::int64_t{1} << 31}); }),
            file + ": cannot write: PETSc's binary format holds 32-bit integers, a cell is 2147483648");
  EXPECT_TRUE(folder.names().empty());
}

TEST(WriteVector, SaysWhyAFileCannotBeWritten) {
  const Folder folder;
  const std::string nowhere = folder.file("none/b.mtx");
  EXPECT_EQ(failure([&] { write_vector(nowhere, {1}); }), nowhere + ": cannot write: No such file or directory");
  EXPECT_EQ(failure([&] { write_vector(folder.file(""), {1}); }), folder.file("") + ": cannot write: Is a directory");
  EXPECT_EQ(failure([&] { write_vector("/dev/full", {1}); }), "/dev/full: cannot write: No space left on device");
}

TEST(WriteVector, LeavesTheOldFileAndNothingElseWhenTheDiskIsFull) {
  const Folder folder;
  const std::string file = folder.file("b.mtx", "old");
  // A limit on the size of files stands for a full disk.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 4096;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = failure([&] { write_vector(file, Values(100000, 0.1)); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, file + ": cannot write: File too large");
  EXPECT_EQ(bytes_of_file(file), "old");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"b.mtx"});
}

TEST(WriteVector, KeepsLinksAndPermissionsOfAFileItReplaces) {
  const Folder folder;
  const std::string file = folder.file("b.mtx", "old");
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::create_symlink(file, folder.file("link.mtx"));
  write_vector(folder.file("link.mtx"), {1, 2});
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file("link.mtx")));
  EXPECT_EQ(read_vector(file), (Values{1, 2}));
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

} // namespace linnet::test
