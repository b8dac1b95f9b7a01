// The Matrix Market reader on what it accepts.
#include "files/support.hpp"

#include <algorithm>
#include <limits>
#include <random>

namespace linnet::test {

using Values = std::vector<double>;

TEST(MatrixMarketReader, ReadsCoordinateEntriesIntoSortedRows) {
  const SparseMatrix a = matrix_of("%%MatrixMarket matrix coordinate real general\n"
                                   "2 3 4\n"
                                   "2 3 4.5\n"
                                   "1 3 -2\n"
                                   "2 1 3e-1\n"
                                   "1 1 1\n");
  EXPECT_EQ(a.row_start, (std::vector<std::int64_t>{0, 2, 4}));
  EXPECT_EQ(a.column, (std::vector<std::int32_t>{0, 2, 0, 2}));
  EXPECT_EQ(a.value, (Values{1, -2, 0.3, 4.5}));
  EXPECT_EQ(a.cols, 3);
}

TEST(MatrixMarketReader, ExpandsSymmetricStorage) {
  const SparseMatrix a =
      matrix_of("%%MatrixMarket matrix coordinate real symmetric\n3 3 4\n1 1 2\n2 1 -1\n3 2 5\n3 3 7\n");
  EXPECT_EQ(dense(a), (Values{2, -1, 0, -1, 0, 5, 0, 5, 7}));
}

TEST(MatrixMarketReader, ExpandsSkewSymmetricStorageWithTheOppositeSign) {
  const SparseMatrix a = matrix_of("%%MatrixMarket matrix coordinate real skew-symmetric\n3 3 2\n2 1 -1\n3 2 5\n");
  EXPECT_EQ(dense(a), (Values{0, 1, 0, -1, 0, -5, 0, 5, 0}));
}

TEST(MatrixMarketReader, SumsEntriesGivenTwiceInTheOrderOfTheFile) {
  // (1e16 + 1) - 1e16 is 0 in double, (1e16 - 1e16) + 1 is 1.
  const std::string header = "%%MatrixMarket matrix coordinate real symmetric\n2 2 3\n";
  EXPECT_EQ(dense(matrix_of(header + "2 1 1e16\n2 1 1\n2 1 -1e16\n")), (Values{0, 0, 0, 0}));
  EXPECT_EQ(dense(matrix_of(header + "2 1 1e16\n2 1 -1e16\n2 1 1\n")), (Values{0, 1, 1, 0}));
  EXPECT_EQ(matrix_of(header + "2 1 1e16\n2 1 1\n2 1 -1e16\n").nnz(), 2);
}

TEST(MatrixMarketReader, KeepsZerosThatAreGivenAsEntries) {
  EXPECT_EQ(matrix_of("%%MatrixMarket matrix coordinate real general\n2 2 1\n2 2 0\n").nnz(), 1);
}

TEST(MatrixMarketReader, ReadsArraysByColumnsAndLeavesZerosOut) {
  const SparseMatrix a = matrix_of("%%MatrixMarket matrix array real general\n2 3\n1\n2\n0\n4\n5\n6\n");
  EXPECT_EQ(dense(a), (Values{1, 0, 5, 2, 4, 6}));
  EXPECT_EQ(a.nnz(), 5);
}

TEST(MatrixMarketReader, ReadsTheLowerTriangleOfSymmetricArrays) {
  EXPECT_EQ(dense(matrix_of("%%MatrixMarket matrix array real symmetric\n3 3\n1\n2\n3\n4\n5\n6\n")),
            (Values{1, 2, 3, 2, 4, 5, 3, 5, 6}));
  EXPECT_EQ(dense(matrix_of("%%MatrixMarket matrix array integer skew-symmetric\n3 3\n1\n2\n3\n")),
            (Values{0, -1, -2, 1, 0, -3, 2, 3, 0}));
}

TEST(MatrixMarketReader, ReadsIntegersOf64Bits) {
  const SparseMatrix a = matrix_of("%%MatrixMarket matrix coordinate integer general\n1 2 2\n"
                                   "1 1 -9223372036854775808\n1 2 +12\n");
  EXPECT_EQ(a.value, (Values{-0x1p63, 12}));
}

TEST(MatrixMarketReader, ReadsPatternsAsOnesOnlyWhenAsked) {
  const std::string text = "%%MatrixMarket matrix coordinate pattern symmetric\n2 2 2\n1 1\n2 1\n";
  EXPECT_EQ(matrix_refusal(text),
            "A.mtx:1: expected entries with values, found \"pattern\" (--pattern reads each entry as 1)");
  ReadOptions options;
  options.pattern_as_ones = true;
  EXPECT_EQ(dense(matrix_of(text, options)), (Values{1, 1, 1, 0}));
}

TEST(MatrixMarketReader, IgnoresCaseBlanksCommentsAndTheKindOfLineEnds) {
  const SparseMatrix a = matrix_of("\n  %MATRIXmarket\tMatrix COORDINATE Real   General \r\n"
                                   "%\r\n"
                                   " % a comment\r\n"
                                   "\r\n"
                                   "\t2 2\t2 \r\n"
                                   "   1   1  1.\r\n"
                                   "% between entries\n"
                                   "\t \n"
                                   "2 2 .5"); // and no end of the last line
  EXPECT_EQ(dense(a), (Values{1, 0, 0, 0.5}));
}

TEST(MatrixMarketReader, RoundsNumbersToTheNearestDouble) {
  const std::string zeros(400, '0');
  const std::vector<std::pair<std::string, double>> cases = {
      {"0.1", 0.1},
      {"-0", -0.0},
      {"+3", 3},
      {"1e22", 1e22},
      {"1E+23", 1e23},
      {"123456789012345678901234567890", 123456789012345678901234567890.0},
      {"9007199254740993", 9007199254740992.0}, // halfway: to even
      {"9007199254740993.00000000000000000001", 9007199254740994.0},
      {"1.7976931348623157e308", std::numeric_limits<double>::max()},
      {"4.9406564584124654e-324", std::numeric_limits<double>::denorm_min()},
      {"2.2250738585072011e-308", 2.2250738585072011e-308},
      {"0.000000000000000000000000000000000000000012", 1.2e-41},
      {"12000000000000000000000000000000e-31", 1.2},
      {"1e-400", 0.0}, // too small for a double is zero, as everywhere
      {"-1e-400", -0.0},
      {"1e-99999999999999999999", 0.0},
      {"0e99999999999999999999", 0.0},
      {"0." + zeros + "1", 0.0},
      {"0." + zeros + "25e400", 0.25},
      {"1" + zeros + "e-400", 1.0},
  };
  for (const auto& [text, number] : cases)
    EXPECT_EQ(bits(vector_of("%%MatrixMarket matrix array real general\n1 1\n" + text + "\n")), bits({number})) << text;
}

TEST(MatrixMarketReader, ReadsVectorsInEachOfTheirForms) {
  const Values expected = {0, 2.5, 0, -1};
  EXPECT_EQ(vector_of("%%MatrixMarket matrix array real general\n4 1\n0\n2.5\n0\n-1\n"), expected);
  EXPECT_EQ(vector_of("%%MatrixMarket matrix coordinate real general\n4 1 2\n2 1 2.5\n4 1 -1\n"), expected);
  EXPECT_EQ(vector_of("%%MatrixMarket vector array real general\n4\n0\n2.5\n0\n-1\n"), expected);
  EXPECT_EQ(vector_of("%%MatrixMarket vector coordinate real general\n4 3\n2 2\n4 -1\n2 0.5\n"), expected);
}

TEST(MatrixMarketReader, ReadsCellsAsIntegers) {
  EXPECT_EQ(cells_of("%%MatrixMarket matrix array integer general\n3 1\n7\n0\n9007199254740993\n"),
            (std::vector<std::int64_t>{7, 0, 9007199254740993}));
  EXPECT_EQ(cells_of("%%MatrixMarket vector array integer general\n1\n5\n"), (std::vector<std::int64_t>{5}));
}

TEST(MatrixMarketReader, ReadsMatricesWithoutRowsOrEntries) {
  EXPECT_EQ(matrix_of("%%MatrixMarket matrix coordinate real general\n0 0 0\n").row_start,
            (std::vector<std::int64_t>{0}));
  EXPECT_EQ(matrix_of("%%MatrixMarket matrix coordinate real general\n3 2 0\n").row_start,
            (std::vector<std::int64_t>{0, 0, 0, 0}));
  EXPECT_EQ(matrix_of("%%MatrixMarket matrix array real general\n0 5\n").nnz(), 0);
}

// Several blocks of lines, in random order, a tenth of the entries given twice.
std::string large_text(std::int64_t n, std::int64_t entries, const std::string& symmetry) {
  std::mt19937_64 random(7);
  std::string text = "%%MatrixMarket matrix coordinate real " + symmetry + "\n" + std::to_string(n) + " " +
                     std::to_string(n) + " " + std::to_string(entries) + "\n";
  std::string line;
  for (std::int64_t k = 0; k < entries; ++k) {
    if (k % 10 != 0 || line.empty()) {
      const auto row = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
      const auto limit = static_cast<std::uint64_t>(symmetry == "general" ? n : row + 1);
      line = std::to_string(row + 1) + " " + std::to_string(1 + random() % limit) + " " +
             std::to_string(static_cast<double>(random() % 1000000) / 999983.0) + "\n";
    }
    text += line;
    if (k % 1000 == 0)
      text += "\n% comment\n";
  }
  return text;
}

TEST(MatrixMarketReader, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const std::string symmetry : {"general", "symmetric"}) {
    const std::string text = large_text(5000, 300000, symmetry);
    ASSERT_GT(text.size(), 4U << 20U);
    const SparseMatrix one = matrix_of(text, with_threads(1));
    EXPECT_GT(one.nnz(), 250000);
    for (const int threads : {2, 7})
      expect_same(matrix_of(text, with_threads(threads)), one);
    const std::string packed = gzip_member(text);
    expect_same(matrix_of(packed, with_threads(2)), one);
  }
}

TEST(MatrixMarketReader, NamesTheSameLineForAnyNumberOfThreads) {
  std::string text = large_text(5000, 300000, "general");
  const std::size_t first = text.find('\n', text.size() / 2) + 1;
  const std::size_t second = text.find('\n', text.size() / 4 * 3) + 1;
  text.insert(second, "1 1 nonsense\n");
  text.insert(first, "5001 1 1\n");
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(first), '\n');
  for (const int threads : {1, 2, 7})
    EXPECT_EQ(matrix_refusal(text, with_threads(threads)),
              "A.mtx:" + std::to_string(line) + ": expected a row index from 1 to 5000, found \"5001\"");
}

TEST(MatrixMarketReader, NamesTheFirstLineTooManyInALaterBlock) {
  const std::string text = large_text(5000, 300000, "general");
  const std::string surplus = text + "\n\n1 1 1\n1 1 1\n";
  const auto line = 3 + std::count(text.begin(), text.end(), '\n');
  for (const int threads : {1, 2, 7})
    EXPECT_EQ(matrix_refusal(surplus, with_threads(threads)),
              "A.mtx:" + std::to_string(line) +
                  ": expected the end of the file after 300000 entries, found another entry");
}

TEST(MatrixMarketReader, ReportsProgressUpToTheEnd) {
  const std::string text = large_text(5000, 300000, "general");
  ReadOptions options = with_threads(1);
  std::vector<double> reports;
  options.progress = [&](double fraction) { reports.push_back(fraction); };
  matrix_of(text, options);
  ASSERT_GT(reports.size(), 3U);
  EXPECT_TRUE(std::is_sorted(reports.begin(), reports.end()));
  EXPECT_GT(reports.front(), 0.0);
  EXPECT_EQ(reports.back(), 1.0);
}

} // namespace linnet::test
