#pragma once

#include "files/byte_source.hpp"
#include "files/line_blocks.hpp"
#include "files/read.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace linnet {

// Matrix Market exchange format: Boisvert, Pozo, Remington, NISTIR 5935 (1996).
enum class MarketFormat { coordinate, array };
enum class MarketField { real, integer, pattern };
enum class MarketSymmetry { general, symmetric, skew_symmetric };

/// The banner and the size line.
struct MarketHeader {
  bool vector = false; ///< the object is a vector: one size, one index an entry
  MarketFormat format = MarketFormat::coordinate;
  MarketField field = MarketField::real;
  MarketSymmetry symmetry = MarketSymmetry::general;
  std::int64_t rows = 0;
  std::int64_t cols = 1;
  std::int64_t entries = 0; ///< lines that must follow
  std::int64_t lines = 0;   ///< of the file up to the size line, that one included
};

/// Reads the header, leaving `lines` at the line behind it. Throws LineError, its line counted from the file's first.
MarketHeader read_market_header(LineBlocks& lines, const ReadOptions& options);

/// What one block of lines holds. Indices are 0-based; row and column stay empty for arrays, value for integer ones
/// that are read as such, integer for all others.
struct MarketBlock {
  /// `lines` lines without an entry stand before entry number `entry`.
  struct Gap {
    std::int64_t entry;
    std::int64_t lines;
  };
  std::vector<std::int32_t> row;
  std::vector<std::int32_t> column;
  std::vector<double> value;
  std::vector<std::int64_t> integer;
  std::vector<Gap> gaps;
  std::int64_t entries = 0;
  std::int64_t lines = 0;

  /// The line within the block (1-based) on which entry number `entry` (0-based) stands.
  std::int64_t line_of(std::int64_t entry) const;
};

/// Parses one block of entries; `as_integers` keeps an integer array as integers. Throws LineError.
MarketBlock parse_market_block(const LineBlock& text, const MarketHeader& header, bool as_integers);

/// Readers of a whole Matrix Market text; see read.hpp.
SparseMatrix read_market_matrix(ByteSource& source, const std::string& name, const ReadOptions& options);
std::vector<double> read_market_vector(ByteSource& source, const std::string& name, const ReadOptions& options);
std::vector<std::int64_t> read_market_cells(ByteSource& source, const std::string& name, const ReadOptions& options);

} // namespace linnet
