// The reader of PETSc binary files, on bytes written by hand.
#include "files/support.hpp"

#include <limits>

namespace linnet::test {

// Big-endian bytes.
template <class Word>
std::string word(Word value) {
  std::string bytes;
  for (std::size_t i = sizeof(Word); i-- > 0;)
    bytes += static_cast<char>((value >> (8 * i)) & 0xff);
  return bytes;
}
std::string ints(const std::vector<std::int32_t>& values) {
  std::string bytes;
  for (const std::int32_t value : values)
    bytes += word(static_cast<std::uint32_t>(value));
  return bytes;
}
std::string longs(const std::vector<std::int64_t>& values) {
  std::string bytes;
  for (const std::int64_t value : values)
    bytes += word(static_cast<std::uint64_t>(value));
  return bytes;
}
std::string reals(const std::vector<double>& values) {
  std::string bytes;
  for (const double value : values)
    bytes += word(std::bit_cast<std::uint64_t>(value));
  return bytes;
}

using Values = std::vector<double>;
constexpr std::int32_t mat = 1211216;
constexpr std::int32_t vec = 1211214;
constexpr std::int32_t is = 1211218;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

TEST(PetscBinaryReader, ReadsMatrices) {
  const SparseMatrix a = matrix_of(ints({mat, 2, 3, 3}) + ints({1, 2}) + ints({2, 0, 1}) + reals({5, -1, 0.5}));
  EXPECT_EQ(dense(a), (Values{0, 0, 5, -1, 0.5, 0}));
  EXPECT_EQ(a.row_start, (std::vector<std::int64_t>{0, 1, 3}));
}

TEST(PetscBinaryReader, SortsColumnsAndSumsThoseGivenTwice) {
  const SparseMatrix a =
      matrix_of(ints({mat, 2, 3, 5}) + ints({3, 2}) + ints({2, 0, 2, 1, 0}) + reals({1, 2, 3, 4, 5}));
  EXPECT_EQ(a.column, (std::vector<std::int32_t>{0, 2, 0, 1}));
  EXPECT_EQ(a.value, (Values{2, 4, 5, 4}));
  EXPECT_EQ(a.row_start, (std::vector<std::int64_t>{0, 2, 4}));
}

TEST(PetscBinaryReader, ReadsDenseMatricesByRows) {
  EXPECT_EQ(dense(matrix_of(ints({mat, 2, 3, -1}) + reals({1, 2, 3, 4, 0, 6}))), (Values{1, 2, 3, 4, 0, 6}));
}

TEST(PetscBinaryReader, ReadsFilesOf64BitBuilds) {
  EXPECT_EQ(dense(matrix_of(longs({mat, 2, 2, 2, 1, 1, 1, 0}) + reals({3, 4}))), (Values{0, 3, 4, 0}));
  EXPECT_EQ(vector_of(longs({vec, 2}) + reals({3, 4})), (Values{3, 4}));
  EXPECT_EQ(cells_of(longs({is, 2, 7, std::int64_t{1} << 40})), (std::vector<std::int64_t>{7, std::int64_t{1} << 40}));
}

TEST(PetscBinaryReader, ReadsVectorsAndIndexSets) {
  EXPECT_EQ(vector_of(ints({vec, 2}) + reals({3, -4})), (Values{3, -4}));
  EXPECT_EQ(cells_of(ints({is, 3, 5, 0, 9})), (std::vector<std::int64_t>{5, 0, 9}));
  EXPECT_EQ(vector_of(gzip_member(ints({vec, 0}))), Values{});
}

TEST(PetscBinaryReader, RefusesAnotherClass) {
  EXPECT_EQ(matrix_refusal(ints({vec, 1}) + reals({1})),
            "A.mtx:byte 0: expected a PETSc matrix (class id 1211216), found a vector (1211214)");
  EXPECT_EQ(vector_refusal(longs({is, 0})),
            "A.mtx:byte 0: expected a PETSc vector (class id 1211214), found an index set (1211218)");
  EXPECT_EQ(cells_refusal(ints({mat, 0, 0, 0})),
            "A.mtx:byte 0: expected a PETSc index set (class id 1211218), found a matrix (1211216)");
}

TEST(PetscBinaryReader, RefusesSizesOutOfRange) {
  EXPECT_EQ(matrix_refusal(ints({mat, -1, 3, 3})),
            "A.mtx:byte 4: expected the number of rows, an integer from 0 to 2147483647, found -1");
  EXPECT_EQ(matrix_refusal(longs({mat, 1, std::int64_t{1} << 31, 3})),
            "A.mtx:byte 16: expected the number of columns, an integer from 0 to 2147483647, found 2147483648");
  EXPECT_EQ(matrix_refusal(ints({mat, 1, 1, -2})).substr(0, 13), "A.mtx:byte 12");
  EXPECT_EQ(vector_refusal(ints({vec, -7})).substr(0, 12), "A.mtx:byte 4");
}

TEST(PetscBinaryReader, RefusesRowLengthsThatCannotBe) {
  const std::string header = ints({mat, 2, 3, 3});
  const std::string rest = ints({0, 1, 2}) + reals({1, 2, 3});
  EXPECT_EQ(matrix_refusal(header + ints({-1, 4}) + rest),
            "A.mtx:byte 16: expected the length of row 1, from 0 to 3, found -1");
  EXPECT_EQ(matrix_refusal(header + ints({2, 2}) + rest),
            "A.mtx:byte 20: expected the length of row 2, from 0 to 1, found 2");
  EXPECT_EQ(matrix_refusal(header + ints({1, 1}) + rest),
            "A.mtx:byte 16: expected row lengths that add up to 3 entries, found 2");
  EXPECT_EQ(matrix_refusal(ints({mat, 1, 2, 3, 3}) + rest),
            "A.mtx:byte 16: expected the length of row 1, from 0 to 2, found 3");
}

TEST(PetscBinaryReader, RefusesColumnsOutsideTheMatrix) {
  const std::string header = ints({mat, 1, 3, 2, 2});
  EXPECT_EQ(matrix_refusal(header + ints({0, 3}) + reals({1, 2})),
            "A.mtx:byte 24: expected a column from 0 to 2, found 3");
  EXPECT_EQ(matrix_refusal(header + ints({-1, 2}) + reals({1, 2})),
            "A.mtx:byte 20: expected a column from 0 to 2, found -1");
}

TEST(PetscBinaryReader, RefusesValuesThatAreNotFinite) {
  EXPECT_EQ(matrix_refusal(ints({mat, 1, 3, 2, 2, 0, 1}) + reals({1, nan})),
            "A.mtx:byte 36: expected a finite number among values, found nan");
  EXPECT_EQ(vector_refusal(ints({vec, 2}) + reals({1, -inf})),
            "A.mtx:byte 16: expected a finite number among values, found -inf");
  EXPECT_EQ(matrix_refusal(ints({mat, 1, 1, -1}) + reals({inf})),
            "A.mtx:byte 16: expected a finite number among values, found inf");
}

TEST(PetscBinaryReader, RefusesSumsBeyondDouble) {
  EXPECT_NE(matrix_refusal(ints({mat, 1, 2, 2, 2, 0, 0}) + reals({1e308, 1e308})).find("row 1, column 1"),
            std::string::npos);
}

TEST(PetscBinaryReader, SaysHowManyBytesAreMissing) {
  const std::string whole = ints({mat, 1, 3, 2, 2, 0, 1}) + reals({1, 2});
  EXPECT_EQ(matrix_refusal(whole.substr(0, whole.size() - 3)),
            "A.mtx:byte 16: expected 28 bytes of row lengths, columns and values, found 25");
  EXPECT_EQ(matrix_refusal(gzip_member(whole.substr(0, whole.size() - 3))),
            "A.mtx:byte 28: expected 16 bytes of values, found 13 before the end of the file");
  EXPECT_EQ(vector_refusal(ints({vec, 2}) + reals({1})), "A.mtx:byte 8: expected 16 bytes of values, found 8");
  for (std::size_t size = 4; size < whole.size(); ++size)
    EXPECT_NE(matrix_refusal(whole.substr(0, size)), "accepted") << size;
}

TEST(PetscBinaryReader, RefusesWhatFollows) {
  EXPECT_EQ(vector_refusal(ints({vec, 1}) + reals({1}) + "x"),
            "A.mtx:byte 16: expected the end of the file, found further bytes");
}

} // namespace linnet::test
