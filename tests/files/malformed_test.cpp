// Every file that is not well formed is refused in one line: where, what was expected, what was found.
#include "files/read.hpp"
#include "files/support.hpp"

#include <set>

namespace linnet::test {

struct Malformed {
  const char* file;
  int line; // 0: accepted
  const char* expected;
};

// The files under malformed/, all of them.
const std::vector<Malformed> matrices = {
    {"invalid_bad_banner.mtx", 1, "the banner"},
    {"invalid_bad_banner_2.mtx", 1, "the banner"},
    {"invalid_bad_field.mtx", 1, "\"real\", \"integer\" or \"pattern\", found \"____\""},
    {"invalid_bad_format.mtx", 1, "\"coordinate\" or \"array\", found \"____\""},
    {"invalid_bad_object.mtx", 1, "\"matrix\" or \"vector\", found \"___\""},
    {"invalid_bad_symmetry.mtx", 1, "the symmetry"},
    {"invalid_bad_value.mtx", 3, "a finite number of type double, found \"not_a_double\""},
    {"invalid_dimensions_out_of_range_1.mtx", 3, "the number of rows"},
    {"invalid_dimensions_out_of_range_2.mtx", 3, "the number of columns"},
    {"invalid_dimensions_out_of_range_3.mtx", 3, "the number of entries"},
    {"invalid_indices_out_of_range_1.mtx", 5, "a row index from 1 to 7, found \"5000\""},
    {"invalid_indices_out_of_range_2.mtx", 6, "a column index from 1 to 7, found \"2000\""},
    {"invalid_indices_out_of_range_3.mtx", 5, "a row index from 1 to 7, found \"0\""},
    {"invalid_indices_out_of_range_4.mtx", 6, "a column index from 1 to 7, found \"0\""},
    {"invalid_indices_out_of_range_5.mtx", 5, "a row index from 1 to 7, found \"-1\""},
    {"invalid_indices_out_of_range_6.mtx", 6, "a column index from 1 to 7, found \"-2\""},
    {"invalid_matrix_coord_too_long.mtx", 7, "the end of the file after 3 entries"},
    {"invalid_truncated_header_1.mtx", 2, "the size line \"ROWS COLUMNS\""},
    {"invalid_truncated_header_2.mtx", 1, "the banner"},
    {"invalid_truncated_line_1.mtx", 5, "a finite number of type double, found the end of the line"},
    {"invalid_truncated_line_2.mtx", 5, "a column index from 1 to 7, found the end of the line"},
    {"invalid_truncated_lines.mtx", 4, "12 entries, found the end of the file after 2"},
    {"overflow_dim_gt_int64.mtx", 2, "the number of rows"},
    {"overflow_index_gt_int64.mtx", 6, "a row index from 1 to 1000"},
    {"overflow_index_gt_int8.mtx", 0, ""},
    {"overflow_value_gt_complex128.mtx", 1, "found \"complex\""},
    {"overflow_value_gt_float128.mtx", 4, "a finite number of type double, found \"1E9999\""},
    {"overflow_value_gt_float64.mtx", 4, "a finite number of type double, found \"1E310\""},
    {"overflow_value_gt_int32.mtx", 0, ""},
    {"overflow_value_gt_int64.mtx", 6, "an integer of 64 bits, found \"19223372036854775808\""},
    {"permissive_banner_leading_spaces_eye3.mtx", 0, ""},
    {"permissive_banner_one_percent_eye3.mtx", 0, ""},
    {"permissive_lines_indented.mtx", 0, ""},
    {"windows_lineendings_nist_ex1_more_freeformat.mtx", 0, ""},
};
const std::vector<Malformed> vectors = {
    {"invalid_bad_value_2.mtx", 5, "a finite number of type double, found \"foooooo\""},
    {"invalid_bad_value_3.mtx", 4, "a finite number of type double, found \"ffsafdsafas\""},
    {"invalid_bad_value_4.mtx", 4, "a vector index from 1 to 4, found \"ffsafdsafas\""},
    {"invalid_symmetry_vector.mtx", 1, "a \"general\" vector, found \"symmetric\""},
    {"invalid_vector_array_too_long.mtx", 7, "the end of the file after 4 entries"},
    {"invalid_vector_coord_too_long.mtx", 6, "the end of the file after 3 entries"},
    {"invalid_vector_index_out_of_range_1.mtx", 4, "a vector index from 1 to 4, found \"0\""},
    {"invalid_vector_index_out_of_range_2.mtx", 4, "a vector index from 1 to 4, found \"200\""},
    {"invalid_vector_negative_length.mtx", 2, "the length"},
};

template <class Read>
void expect_refusals(const std::vector<Malformed>& files, Read read) {
  for (const Malformed& malformed : files) {
    const std::string file = std::string(LINNET_MALFORMED "/") + malformed.file;
    const std::string message = refusal([&] { read(file); });
    if (malformed.line == 0) {
      EXPECT_EQ(message, "accepted") << file;
      continue;
    }
    EXPECT_TRUE(message.starts_with(file + ":" + std::to_string(malformed.line) + ": expected ")) << message;
    EXPECT_NE(message.find(malformed.expected), std::string::npos) << message;
    EXPECT_NE(message.find("found "), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(MalformedFiles, AreRefusedAsMatricesByLine) {
  expect_refusals(matrices, [](const std::string& file) { read_matrix(file); });
}

TEST(MalformedFiles, AreRefusedAsVectorsByLine) {
  expect_refusals(vectors, [](const std::string& file) { read_vector(file); });
}

TEST(MalformedFiles, OfVectorsAreRefusedAsMatricesToo) {
  for (const Malformed& malformed : vectors)
    EXPECT_NE(refusal([&] { read_matrix(std::string(LINNET_MALFORMED "/") + malformed.file); }), "accepted");
}

TEST(MalformedFiles, AreAllNamedHere) {
  std::set<std::string> named;
  for (const auto* list : {&matrices, &vectors})
    for (const Malformed& malformed : *list)
      named.insert(malformed.file);
  for (const auto& entry : std::filesystem::directory_iterator(LINNET_MALFORMED))
    EXPECT_TRUE(entry.path().extension() != ".mtx" || named.contains(entry.path().filename().string())) << entry.path();
}

const std::string coordinate = "%%MatrixMarket matrix coordinate real general\n";

TEST(MatrixMarketReader, RefusesNumbersThatNoDoubleHolds) {
  for (const std::string value : {"inf", "-inf", "nan", "NaN", "infinity", "nan(1)", "1e400", "-1e309", "0x10", "1d0",
                                  "1e",  "1e+",  ".",   "-",   "+",        "+-1",    "1.2.3", "1,5",    "--1",  "e5"})
    EXPECT_EQ(matrix_refusal(coordinate + "1 1 1\n1 1 " + value + "\n"),
              "A.mtx:3: expected a finite number of type double, found \"" + value + "\"");
}

TEST(MatrixMarketReader, RefusesRealsAmongIntegers) {
  for (const std::string value : {"1.0", "1e3", "9223372036854775808", "-9223372036854775809", "+-1", "x"})
    EXPECT_EQ(matrix_refusal("%%MatrixMarket matrix coordinate integer general\n1 1 1\n1 1 " + value + "\n"),
              "A.mtx:3: expected an integer of 64 bits, found \"" + value + "\"");
}

TEST(MatrixMarketReader, RefusesAnEntryOutsideTheMatrix) {
  EXPECT_EQ(matrix_refusal(coordinate + "2 3 1\n3 1 1\n"), "A.mtx:3: expected a row index from 1 to 2, found \"3\"");
  EXPECT_EQ(matrix_refusal(coordinate + "2 3 1\n1 4 1\n"), "A.mtx:3: expected a column index from 1 to 3, found \"4\"");
  EXPECT_EQ(matrix_refusal(coordinate + "2 3 1\n1.5 4 1\n"),
            "A.mtx:3: expected a row index from 1 to 2, found \"1.5\"");
  EXPECT_EQ(matrix_refusal(coordinate + "2 3 1\n1 99999999999999999999999 1\n"),
            "A.mtx:3: expected a column index from 1 to 3, found \"99999999999999999999999\"");
}

TEST(MatrixMarketReader, RefusesEntriesAboveTheDiagonalOfSymmetricStorage) {
  EXPECT_EQ(matrix_refusal("%%MatrixMarket matrix coordinate real symmetric\n3 3 1\n2 3 1\n"),
            "A.mtx:3: expected a column index from 1 to 2 (symmetric storage: the lower triangle), found \"3\"");
  EXPECT_EQ(matrix_refusal("%%MatrixMarket matrix coordinate real skew-symmetric\n3 3 1\n2 2 0\n"),
            "A.mtx:3: expected a column index from 1 to 1 (symmetric storage: the lower triangle), found \"2\"");
}

TEST(MatrixMarketReader, RefusesWhatFollowsAnEntryOnItsLine) {
  EXPECT_EQ(matrix_refusal(coordinate + "1 1 1\n1 1 1 0\n"), "A.mtx:3: expected the end of the line, found \"0\"");
  EXPECT_EQ(matrix_refusal(coordinate + "1 1 1\n1 1 1 % one\n"), "A.mtx:3: expected the end of the line, found \"%\"");
}

TEST(MatrixMarketReader, RefusesSizeLinesThatSayTooMuchOrTooLittle) {
  EXPECT_EQ(
      matrix_refusal(coordinate + "3 3\n"),
      "A.mtx:2: expected the number of entries, an integer from 0 to 9223372036854775807, found the end of the line");
  EXPECT_EQ(matrix_refusal(coordinate + "3 3 1 1\n"),
            "A.mtx:2: expected the end of the size line \"ROWS COLUMNS ENTRIES\", found \"1\"");
  EXPECT_EQ(matrix_refusal(coordinate + "2147483648 3 1\n"),
            "A.mtx:2: expected the number of rows, an integer from 0 to 2147483647, found \"2147483648\"");
  EXPECT_EQ(matrix_refusal(coordinate + "3 3.0 1\n"),
            "A.mtx:2: expected the number of columns, an integer from 0 to 2147483647, found \"3.0\"");
  EXPECT_EQ(matrix_refusal(coordinate + "%\n%\n"),
            "A.mtx:3: expected the size line \"ROWS COLUMNS ENTRIES\", found the end of the file");
}

TEST(MatrixMarketReader, RefusesSymmetricStorageThatIsNotSquare) {
  EXPECT_EQ(matrix_refusal("%%MatrixMarket matrix coordinate real symmetric\n3 2 1\n1 1 1\n"),
            "A.mtx:2: expected a square matrix, since it is stored as symmetric or skew-symmetric, found 3 rows and 2 "
            "columns");
}

TEST(MatrixMarketReader, RefusesComplexMatrices) {
  EXPECT_EQ(matrix_refusal("%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 1 0\n"),
            "A.mtx:1: expected entries that are \"real\", \"integer\" or \"pattern\", found \"complex\"");
  EXPECT_EQ(matrix_refusal("%%MatrixMarket matrix coordinate real hermitian\n1 1 1\n1 1 1\n"),
            "A.mtx:1: expected the symmetry \"general\", \"symmetric\" or \"skew-symmetric\", found \"hermitian\"");
}

TEST(MatrixMarketReader, RefusesTooFewAndTooManyValuesOfAnArray) {
  const std::string header = "%%MatrixMarket matrix array real general\n2 2\n";
  EXPECT_EQ(matrix_refusal(header + "1\n2\n3\n"), "A.mtx:5: expected 4 entries, found the end of the file after 3");
  EXPECT_EQ(matrix_refusal(header + "1\n2\n3\n4\n%\n5\n"),
            "A.mtx:8: expected the end of the file after 4 entries, found another entry");
  EXPECT_EQ(matrix_refusal(header + "1 2\n3 4\n"), "A.mtx:3: expected the end of the line, found \"2\"");
}

TEST(MatrixMarketReader, RefusesMoreRowsThanAFileOfItsSizeCanMean) {
  EXPECT_EQ(matrix_refusal(coordinate + "2000000000 2000000000 1\n1 1 1\n"),
            "A.mtx:2: expected at most 16782080 rows in a file of 76 bytes, found 2000000000");
  EXPECT_EQ(vector_refusal(coordinate + "2000000000 1 1\n1 1 1\n").substr(0, 8), "A.mtx:2:");
  EXPECT_EQ(vector_of("%%MatrixMarket vector coordinate real general\n1000000 1\n1000000 1\n").back(), 1.0);
}

TEST(MatrixMarketReader, RefusesSumsBeyondDouble) {
  EXPECT_EQ(
      matrix_refusal(coordinate + "2 2 2\n2 1 1e308\n2 1 1e308\n"),
      "A.mtx: expected entries with finite sums, found that those of row 2, column 1 add up to more than a double "
      "holds");
  EXPECT_EQ(vector_refusal("%%MatrixMarket vector coordinate real general\n2 2\n2 1e308\n2 1e308\n"),
            "A.mtx: expected entries with finite sums, found that those of row 2 add up to more than a double holds");
}

TEST(MatrixMarketReader, RefusesALineWithoutEnd) {
  EXPECT_EQ(matrix_refusal(coordinate + "1 1 1\n%" + std::string(3U << 20U, 'x')),
            "A.mtx:3: expected a line of at most 1048576 bytes, found a longer one");
  EXPECT_EQ(matrix_refusal("%%MatrixMarket" + std::string(3U << 20U, ' ')),
            "A.mtx:1: expected a line of at most 1048576 bytes, found a longer one");
}

TEST(MatrixMarketReader, ShowsNoControlCharactersAndNoMoreThanALittle) {
  EXPECT_EQ(
      matrix_refusal(coordinate + "1 1 1\n1 1 \x1b[31m\"\\" + std::string(100, 'a') + "\n"),
      "A.mtx:3: expected a finite number of type double, found \"\\x1b[31m\\\"\\\\aaaaaaaaaaaaaaaaaaaaaaaaa...\"");
  EXPECT_EQ(matrix_refusal(coordinate + "1 1 1\n1 1 1" + std::string(1, '\0') + "\n"),
            "A.mtx:3: expected a finite number of type double, found \"1\\x00\"");
}

TEST(VectorReader, RefusesMatrices) {
  EXPECT_EQ(vector_refusal("%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n4\n"),
            "A.mtx:2: expected a vector (general, with one column), found a matrix of 2 rows and 2 columns");
  EXPECT_EQ(matrix_refusal("%%MatrixMarket vector array real general\n2\n1\n2\n"),
            "A.mtx:2: expected a matrix, found a vector of length 2");
}

TEST(CellReader, RefusesAnythingButOneIntegerARow) {
  EXPECT_EQ(cells_refusal("%%MatrixMarket matrix array real general\n1 1\n1\n"),
            "A.mtx:2: expected one integer a row (\"array integer general\"), found an array that is not of integers");
  EXPECT_EQ(cells_refusal("%%MatrixMarket matrix coordinate integer general\n1 1 1\n1 1 1\n"),
            "A.mtx:2: expected one integer a row (\"array integer general\"), found a coordinate format");
  EXPECT_EQ(cells_refusal("%%MatrixMarket matrix array integer general\n1 2\n1\n1\n"),
            "A.mtx:2: expected a vector (general, with one column), found a matrix of 1 rows and 2 columns");
}

} // namespace linnet::test
