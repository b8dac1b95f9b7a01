#pragma once

#include "files/matrix_market.hpp"
#include "files/sparse_matrix.hpp"

#include <cstdint>
#include <deque>
#include <string>

namespace linnet {

/// The matrix of the entries in `blocks`, symmetric storage expanded. Entries of one place are summed in the order of
/// the blocks, whatever the number of threads. Time O(entries + rows), but for rows whose columns come unsorted. Throws
/// InputError (file `name`) where entries of one place sum to more than a double holds.
SparseMatrix compress(const std::deque<MarketBlock>& blocks, const MarketHeader& header, const std::string& name,
                      int threads);

/// Sorts the columns of each row in [first, last) and sums entries of one column, in their order, into the first of
/// them; returns how many entries are to be dropped, their column marked -1.
std::int64_t sort_rows(SparseMatrix& matrix, std::int64_t first, std::int64_t last, const std::string& name);

/// Removes the entries that sort_rows marked.
void drop_marked(SparseMatrix& matrix);

} // namespace linnet
