#pragma once

#include "files/sparse_matrix.hpp"

#include <cstdint>
#include <vector>

namespace linnet {

/// What can be said of a square matrix in time linear in its entries. Plain data: it is broadcast as bytes.
struct Properties {
  std::int64_t n = 0;
  std::int64_t nnz = 0;
  bool symmetric = false; ///< structure and values; values to 1e-12 of the largest entry of either row
  /// Not symmetric, but so when each row is multiplied by a factor (lattice/row_factors.hpp), and what other rows have
  /// in the columns of rows that hold nothing but their diagonal is left out.
  bool symmetrisable = false;
  std::int64_t positive_diagonals = 0;
  std::int64_t negative_diagonals = 0;
  std::int64_t zero_diagonals = 0;      ///< stored zeros and absent ones
  double dominance = 0;                 ///< max_i sum_{j != i} |a_ij| / |a_ii|; infinite where a diagonal is 0
  double positive_off_diagonal = 0;     ///< max_i sum_{j != i} max(a_ij / a_ii, 0); infinite where a diagonal is 0
  std::int64_t components = 0;          ///< of the graph of the nonzero entries
  std::int64_t dominant_components = 0; ///< of them, weakly dominant in every row and strictly in one
  std::int64_t singular_components = 0; ///< of them, those whose rows all sum to zero
  std::int64_t singular_rows = 0;       ///< rows in singular components
  bool left_constants = false;          ///< the columns of singular components sum to zero as well
  bool left_weighted = false;           ///< or do when each row is multiplied by its weight

  bool positive_diagonal() const { return positive_diagonals == n; }
  bool negative_diagonal() const { return negative_diagonals == n; }
  bool weakly_dominant() const;
  /// Off-diagonal entries of the other sign than their diagonals, none excepted.
  bool z_pattern() const { return positive_off_diagonal == 0; }
  /// Symmetric with a positive diagonal and dominant, strictly somewhere in each component: positive definite.
  bool known_spd() const;
  /// A nonsingular M-matrix: Z-pattern, positive diagonal, and dominance as above (sufficient, not necessary).
  bool known_m_matrix() const;
};

/// A singular component of each row, numbered from 0; -1 where the row is in none. Empty where there are none.
using ComponentOfRow = std::vector<std::int32_t>;
/// A weight for each row: on a singular component, the null vector of the transpose. Empty but where `left_weighted`.
using RowWeights = std::vector<double>;

/// Rows without a nonzero entry whose columns have none either: nothing determines their unknowns. Ascending.
std::vector<std::int32_t> empty_rows(const SparseMatrix& matrix);

/// Stores a 1 on the diagonal of `rows`, which are empty ones. With a 0 on the right the unknown is 0, the solution of
/// smallest norm, and preconditioners find the diagonal that they ask for.
void set_unit_diagonals(SparseMatrix& matrix, const std::vector<std::int32_t>& rows);

/// Throws nothing but bad_alloc; `matrix` is square.
Properties analyse(const SparseMatrix& matrix, ComponentOfRow& singular, RowWeights& weights);

} // namespace linnet
