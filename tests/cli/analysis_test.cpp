// Against dense matrices, entry by entry.
#include "cli/analysis.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace linnet;

namespace {

using Dense = std::vector<std::vector<double>>;

SparseMatrix sparse(const Dense& dense) {
  SparseMatrix matrix;
  matrix.rows = matrix.cols = static_cast<std::int64_t>(dense.size());
  for (const auto& row : dense) {
    for (size_t j = 0; j < row.size(); ++j)
      if (row[j] != 0) {
        matrix.column.push_back(static_cast<std::int32_t>(j));
        matrix.value.push_back(row[j]);
      }
    matrix.row_start.push_back(static_cast<std::int64_t>(matrix.column.size()));
  }
  return matrix;
}

Properties analysed(const Dense& dense) {
  ComponentOfRow singular;
  RowWeights weights;
  return analyse(sparse(dense), singular, weights);
}

// Reachability by repeated sweeps.
std::vector<int> components(const Dense& dense) {
  std::vector<int> label(dense.size());
  for (size_t i = 0; i < label.size(); ++i)
    label[i] = static_cast<int>(i);
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < dense.size(); ++i)
      for (size_t j = 0; j < dense.size(); ++j)
        if (dense[i][j] != 0 && label[i] != label[j]) {
          label[i] = label[j] = std::min(label[i], label[j]);
          changed = true;
        }
  }
  return label;
}

} // namespace

TEST(Analysis, AgreesWithADenseSearchOnRandomGraphs) {
  std::mt19937 random(3); // NOLINT(cert-msc32-c, cert-msc51-cpp): the same matrices in every run
  for (int trial = 0; trial < 200; ++trial) {
    const int n = 1 + static_cast<int>(random() % 12);
    Dense dense(n, std::vector<double>(n, 0));
    for (int edge = 0; edge < n; ++edge) // weights of a graph's Laplacian, then a shift on some rows
      if (const int i = static_cast<int>(random() % n), j = static_cast<int>(random() % n); i != j) {
        const double weight = 1 + static_cast<double>(random() % 100) / 7;
        dense[i][j] -= weight;
        dense[j][i] -= weight;
        dense[i][i] += weight;
        dense[j][j] += weight;
      }
    const std::vector<int> label = components(dense);
    for (int i = 0; i < n; ++i)
      if (random() % 4 == 0)
        dense[i][i] += 1;
    ComponentOfRow singular;
    RowWeights weights;
    const Properties properties = analyse(sparse(dense), singular, weights);
    EXPECT_TRUE(properties.symmetric);
    std::int64_t rows = 0, count = 0, all = 0;
    for (int c = 0; c < n; ++c) {
      bool exists = false, sums_to_zero = true;
      std::int64_t size = 0;
      for (int i = 0; i < n; ++i)
        if (label[i] == c) {
          exists = true;
          ++size;
          double sum = 0;
          for (const double value : dense[i])
            sum += value;
          sums_to_zero = sums_to_zero && std::abs(sum) < 1e-9;
        }
      all += exists;
      if (exists && sums_to_zero) {
        ++count;
        rows += size;
        for (int i = 0; i < n; ++i)
          for (int j = 0; j < n; ++j)
            if (label[i] == c && label[j] == c) {
              EXPECT_EQ(singular[i], singular[j]);
            }
      }
    }
    EXPECT_EQ(properties.components, all);
    EXPECT_EQ(properties.singular_components, count);
    EXPECT_EQ(properties.singular_rows, rows);
    EXPECT_EQ(properties.known_spd(), count == 0);
    EXPECT_EQ(properties.known_m_matrix(), count == 0);
  }
}

TEST(Analysis, TellsSymmetryOfValuesAndOfStructure) {
  EXPECT_TRUE(analysed({{1, 2}, {2, 1}}).symmetric);
  EXPECT_TRUE(analysed({{1, 2}, {2 + 1e-15, 1}}).symmetric); // to rounding
  EXPECT_FALSE(analysed({{1, 2}, {2.001, 1}}).symmetric);
  EXPECT_FALSE(analysed({{1, 2}, {0, 1}}).symmetric);
  EXPECT_FALSE(analysed({{1, 0, 3}, {3, 1, 0}, {0, 3, 1}}).symmetric); // a cycle, as many entries above as below
}

TEST(Analysis, TellsWhatFactorsOfRowsOrLeavingOutFixedOnesMakesSymmetric) {
  const auto symmetrisable = [](const std::vector<std::vector<double>>& dense) {
    const Properties properties = analysed(dense);
    EXPECT_FALSE(properties.symmetric);
    return properties.symmetrisable;
  };
  EXPECT_TRUE(symmetrisable({{1, 0, 0}, {-1, 2, -1}, {0, -1, 2}}));  // the first
  EXPECT_TRUE(symmetrisable({{2, -1, 0}, {-1, 2, -1}, {0, 0, 1}}));  // the last
  EXPECT_TRUE(symmetrisable({{2, -1, -1}, {0, 3, 0}, {-1, -2, 2}})); // one between those that it parts
  EXPECT_TRUE(symmetrisable({{1, 0, 0}, {-1, 2, -1}, {0, -2, 2}}));  // the first, and a factor
  EXPECT_TRUE(symmetrisable({{1, 2}, {-3, 1}}));                     // of another sign
  EXPECT_TRUE(symmetrisable({{9, 2, 4}, {3, 9, 18}, {1, 3, 9}}));    // 2 * 18 * 1 = 4 * 3 * 3
  EXPECT_FALSE(symmetrisable({{9, 2, 4}, {3, 9, 18}, {1, 4, 9}}));
  EXPECT_FALSE(symmetrisable({{1, 1e-21}, {1, 1}})); // more than twenty digits
  EXPECT_FALSE(symmetrisable({{1, 2, 0}, {0, 1, 2}, {2, 0, 1}}));
  EXPECT_FALSE(analysed({{1, 2}, {2, 1}}).symmetrisable);
}

TEST(Analysis, CountsTheSignsOfTheDiagonal) {
  const Properties properties = analysed({{1, 1, 0}, {1, -1, 1}, {0, 1, 0}});
  EXPECT_EQ(properties.positive_diagonals, 1);
  EXPECT_EQ(properties.negative_diagonals, 1);
  EXPECT_EQ(properties.zero_diagonals, 1);
  EXPECT_TRUE(std::isinf(properties.dominance));
}

TEST(Analysis, MeasuresDominanceAndWrongSigns) {
  const Properties properties = analysed({{4, -1, 1}, {-1, 4, 0}, {1, 0, 2}});
  EXPECT_DOUBLE_EQ(properties.dominance, 0.5);
  EXPECT_DOUBLE_EQ(properties.positive_off_diagonal, 0.5);
  EXPECT_FALSE(properties.known_m_matrix());
  EXPECT_TRUE(properties.known_spd());
  EXPECT_TRUE(analysed({{-4, 1}, {1, -4}}).z_pattern()); // minus an M-matrix
}

TEST(Analysis, KnowsNoDefinitenessWithoutDominance) {
  EXPECT_FALSE(analysed({{1, 2}, {2, 1}}).known_spd());
  EXPECT_FALSE(analysed({{1, 1}, {1, 1}}).known_spd()); // weakly dominant in every row and singular
}

TEST(Analysis, TellsWhetherColumnsSumToZeroToo) {
  EXPECT_TRUE(analysed({{1, -1, 0}, {0, 1, -1}, {-1, 0, 1}}).left_constants);
  const Properties properties = analysed({{2, -1, -1}, {-2, 3, -1}, {-1, -1, 2}});
  EXPECT_EQ(properties.singular_components, 1);
  EXPECT_FALSE(properties.left_constants);
  EXPECT_FALSE(properties.left_weighted);
}

TEST(Analysis, FindsTheNullVectorOfTheTransposeWhereFactorsOfRowsMakeTheMatrixSymmetric) {
  const Dense dense = {{1, -1, 0, 0}, {-2, 3, -1, 0}, {0, -3, 3, 0}, {0, 0, 0, 1}};
  ComponentOfRow singular;
  RowWeights w;
  const Properties properties = analyse(sparse(dense), singular, w);
  EXPECT_EQ(properties.singular_rows, 3);
  EXPECT_FALSE(properties.left_constants);
  ASSERT_TRUE(properties.left_weighted);
  for (size_t j = 0; j < 3; ++j)
    EXPECT_NEAR(w[0] * dense[0][j] + w[1] * dense[1][j] + w[2] * dense[2][j], 0, 1e-15);
}

TEST(EmptyRows, AreThoseThatNothingTouches) {
  SparseMatrix matrix = sparse({{1, 0, 2, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 3}});
  EXPECT_EQ(empty_rows(matrix), std::vector<std::int32_t>{1}); // row 2 is empty, its column is not
  set_unit_diagonals(matrix, {1});
  EXPECT_EQ(matrix.row_start, (std::vector<std::int64_t>{0, 2, 3, 3, 4}));
  EXPECT_EQ(matrix.column, (std::vector<std::int32_t>{0, 2, 1, 3}));
  EXPECT_EQ(matrix.value, (std::vector<double>{1, 2, 1, 3}));
}
