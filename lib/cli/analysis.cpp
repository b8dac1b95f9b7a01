#include "cli/analysis.hpp"
#include "base/disjoint_sets.hpp"
#include "lattice/factor_sets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace linnet {

namespace {

constexpr double rounding = 1e-12; // relative: entries written with 13 digits or more still count as equal

struct Row {
  double diagonal = 0;
  double off_diagonal = 0; // sum_{j != i} |a_ij|
  double positive = 0;     // sum_{j != i} of the entries with the sign of the diagonal
  double sum = 0;          // sum_j a_ij
  double largest = 0;      // max_j |a_ij|

  bool sums_to_zero() const { return std::abs(sum) <= rounding * (std::abs(diagonal) + off_diagonal); }
  bool dominant() const { return off_diagonal <= std::abs(diagonal) * (1 + rounding); }
  bool strictly_dominant() const { return off_diagonal < std::abs(diagonal) * (1 - rounding); }
};

Row read_row(const SparseMatrix& matrix, std::int64_t i) {
  Row row;
  double positive = 0, negative = 0;
  for (std::int64_t k = matrix.row_start[i]; k < matrix.row_start[i + 1]; ++k) {
    const double value = matrix.value[k];
    row.sum += value;
    row.largest = std::max(row.largest, std::abs(value));
    if (matrix.column[k] == i)
      row.diagonal = value;
    else
      (value > 0 ? positive : negative) += value;
  }
  row.off_diagonal = positive - negative;
  row.positive = row.diagonal < 0 ? -negative : positive;
  return row;
}

// By row: it holds nothing but its diagonal.
std::vector<bool> fixed_rows(const SparseMatrix& matrix) {
  std::vector<bool> fixed(matrix.rows, true);
  for (std::int64_t i = 0; i < matrix.rows; ++i)
    for (std::int64_t k = matrix.row_start[i]; k < matrix.row_start[i + 1]; ++k)
      if (matrix.column[k] != i && matrix.value[k] != 0)
        fixed[i] = false;
  return fixed;
}

// Of diag(factor) A, but for the rows and columns that are left out. Rows are taken in ascending order and columns
// ascend within them, so that the entries (i, j) of row i meet their partners (j, i) in the order in which row j stores
// them: one cursor a row walks the transpose.
bool is_symmetric(const SparseMatrix& matrix, const std::vector<double>& factor, const std::vector<double>& largest,
                  const std::vector<bool>& left_out) {
  std::vector<std::int64_t> cursor(matrix.row_start.begin(), matrix.row_start.end() - 1);
  for (std::int64_t i = 0; i < matrix.rows; ++i)
    for (std::int64_t k = matrix.row_start[i]; !left_out[i] && k < matrix.row_start[i + 1]; ++k) {
      const std::int32_t j = matrix.column[k];
      if (left_out[j])
        continue;
      while (cursor[j] < matrix.row_start[j + 1] && left_out[matrix.column[cursor[j]]])
        ++cursor[j];
      const std::int64_t partner = cursor[j]++;
      if (partner >= matrix.row_start[j + 1] || matrix.column[partner] != i)
        return false;
      const double size = std::min(std::abs(factor[i]) * largest[i], std::abs(factor[j]) * largest[j]);
      if (!(std::abs(factor[i] * matrix.value[k] - factor[j] * matrix.value[partner]) <= rounding * size))
        return false;
    }
  return true;
}

// By factors that PCLATTICEMG takes; *factors: these.
bool is_symmetrisable(const SparseMatrix& matrix, const std::vector<double>& largest, RowWeights* factors) {
  const std::vector<bool> fixed = fixed_rows(matrix);
  LinkedFactors linked(matrix.rows);
  const auto value = [&](std::size_t i, std::int64_t k) {
    return fixed[i] || fixed[matrix.column[k]] ? 0 : matrix.value[k];
  };
  std::vector<std::size_t> later;
  FactorLinker linker(matrix.row_start.data(), matrix.column.data(), value, &linked);
  if (!linker.link(0, matrix.rows, &linked.sets, &later))
    return false;
  factors->resize(matrix.rows);
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (std::int64_t i = 0; i < matrix.rows; ++i) {
    const double factor = (*factors)[i] = linked.factor(i);
    least = std::min(least, std::abs(factor));
    most = std::max(most, std::abs(factor));
  }
  return least >= least_row_factor * most && is_symmetric(matrix, *factors, largest, fixed);
}

// Whether w^T A = 0 on each singular component.
bool columns_sum_to_zero(const SparseMatrix& matrix, const RowWeights& w, const ComponentOfRow& singular) {
  std::vector<double> sum(matrix.cols, 0), size(matrix.cols, 0);
  for (std::int64_t i = 0; i < matrix.rows; ++i)
    for (std::int64_t k = matrix.row_start[i]; k < matrix.row_start[i + 1]; ++k) {
      sum[matrix.column[k]] += w[i] * matrix.value[k];
      size[matrix.column[k]] += std::abs(w[i] * matrix.value[k]);
    }
  for (std::int64_t j = 0; j < matrix.cols; ++j)
    if (singular[j] >= 0 && std::abs(sum[j]) > rounding * size[j])
      return false;
  return true;
}

} // namespace

bool Properties::weakly_dominant() const {
  return dominance <= 1 + rounding;
}

bool Properties::known_spd() const {
  return symmetric && positive_diagonal() && weakly_dominant() && dominant_components == components;
}

bool Properties::known_m_matrix() const {
  return z_pattern() && positive_diagonal() && weakly_dominant() && dominant_components == components;
}

std::vector<std::int32_t> empty_rows(const SparseMatrix& matrix) {
  std::vector<bool> touched(matrix.rows, false);
  for (std::int64_t i = 0; i < matrix.rows; ++i)
    for (std::int64_t k = matrix.row_start[i]; k < matrix.row_start[i + 1]; ++k)
      if (matrix.value[k] != 0)
        touched[i] = touched[matrix.column[k]] = true;
  std::vector<std::int32_t> rows;
  for (std::int64_t i = 0; i < matrix.rows; ++i)
    if (!touched[i])
      rows.push_back(static_cast<std::int32_t>(i));
  return rows;
}

void set_unit_diagonals(SparseMatrix& matrix, const std::vector<std::int32_t>& rows) {
  SparseMatrix filled;
  filled.rows = matrix.rows;
  filled.cols = matrix.cols;
  filled.row_start.reserve(matrix.rows + 1);
  filled.column.reserve(matrix.nnz() + rows.size());
  filled.value.reserve(matrix.nnz() + rows.size());
  auto row = rows.begin();
  for (std::int64_t i = 0; i < matrix.rows; ++i) {
    if (row != rows.end() && *row == i) {
      filled.column.push_back(*row++);
      filled.value.push_back(1);
    } else {
      filled.column.insert(filled.column.end(), matrix.column.begin() + matrix.row_start[i],
                           matrix.column.begin() + matrix.row_start[i + 1]);
      filled.value.insert(filled.value.end(), matrix.value.begin() + matrix.row_start[i],
                          matrix.value.begin() + matrix.row_start[i + 1]);
    }
    filled.row_start.push_back(static_cast<std::int64_t>(filled.column.size()));
  }
  matrix = std::move(filled);
}

Properties analyse(const SparseMatrix& matrix, ComponentOfRow& singular, RowWeights& weights) {
  const std::int64_t n = matrix.rows;
  Properties properties;
  properties.n = n;
  properties.nnz = matrix.nnz();

  DisjointSets components(n);
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t k = matrix.row_start[i]; k < matrix.row_start[i + 1]; ++k)
      if (matrix.value[k] != 0)
        components.join(static_cast<std::int32_t>(i), matrix.column[k]);

  enum : std::uint8_t { has_sum = 1, has_weak = 2, has_strict = 4 };
  std::vector<std::uint8_t> of_component(n, 0); // at its root
  std::vector<double> largest(n);
  for (std::int64_t i = 0; i < n; ++i) {
    const Row row = read_row(matrix, i);
    largest[i] = row.largest;
    ++(row.diagonal > 0   ? properties.positive_diagonals
       : row.diagonal < 0 ? properties.negative_diagonals
                          : properties.zero_diagonals);
    const double size = std::abs(row.diagonal);
    const auto relative = [&](double sum) { return size > 0 ? sum / size : std::numeric_limits<double>::infinity(); };
    properties.dominance = std::max(properties.dominance, relative(row.off_diagonal));
    properties.positive_off_diagonal = std::max(properties.positive_off_diagonal, relative(row.positive));
    std::uint8_t& flags = of_component[components.root(static_cast<std::int32_t>(i))];
    if (!row.sums_to_zero())
      flags |= has_sum;
    if (!row.dominant())
      flags |= has_weak;
    if (row.strictly_dominant())
      flags |= has_strict;
  }
  const RowWeights ones(n, 1);
  weights.clear();
  properties.symmetric = is_symmetric(matrix, ones, largest, std::vector<bool>(n, false));
  properties.symmetrisable = !properties.symmetric && is_symmetrisable(matrix, largest, &weights);

  std::vector<std::int32_t> number(n, -1); // of a singular component, at its root
  for (std::int64_t i = 0; i < n; ++i) {
    if (components.root(static_cast<std::int32_t>(i)) != i)
      continue;
    ++properties.components;
    if (!(of_component[i] & has_sum))
      number[i] = static_cast<std::int32_t>(properties.singular_components++);
    else if (!(of_component[i] & has_weak) && (of_component[i] & has_strict))
      ++properties.dominant_components;
  }
  singular.clear();
  if (properties.singular_components == 0) {
    weights.clear();
    return properties;
  }
  singular.resize(n);
  for (std::int64_t i = 0; i < n; ++i) {
    singular[i] = number[components.root(static_cast<std::int32_t>(i))];
    properties.singular_rows += singular[i] >= 0;
  }
  properties.left_constants = properties.symmetric || columns_sum_to_zero(matrix, ones, singular);
  properties.left_weighted =
      !properties.left_constants && properties.symmetrisable && columns_sum_to_zero(matrix, weights, singular);
  if (!properties.left_weighted)
    weights.clear();
  return properties;
}

} // namespace linnet
