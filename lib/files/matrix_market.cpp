#include "files/matrix_market.hpp"

#include "base/error.hpp"
#include "files/compress.hpp"
#include "files/threads.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <exception>
#include <mutex>
#include <numeric>
#include <string_view>

namespace linnet {

namespace {

// A Matrix Market text, parsed but not yet put together.
struct Market {
  MarketHeader header;
  std::deque<MarketBlock> blocks;
  int threads = 1; // that are worth it
};

// Parses all blocks, several at a time. A fault in the earliest block wins, so that the error does not depend on
// timing.
class BlockParser {
public:
  BlockParser(LineBlocks& lines, Market& market, const ReadOptions& options, bool as_integers)
      : lines_(lines), market_(market), options_(options), as_integers_(as_integers) {}

  void run(const std::string& name) {
    run_on_threads(market_.threads, [this](int thread) { work(thread); });
    if (fault_line_ > 0) {
      std::int64_t line = market_.header.lines + fault_line_;
      for (std::size_t b = 0; b < fault_block_; ++b)
        line += market_.blocks[b].lines;
      throw InputError(name, std::to_string(line), fault_message_);
    }
    if (failure_)
      std::rethrow_exception(failure_);
  }

private:
  void work(int thread) {
    LineBlock text;
    for (;;) {
      std::size_t index = 0;
      {
        const std::lock_guard lock(mutex_);
        index = market_.blocks.size();
        if (ended_ || !guarded(index, [&] { ended_ = !lines_.next(text); }) || ended_)
          return;
        market_.blocks.emplace_back();
      }
      MarketBlock block;
      const bool parsed = guarded(index, [&] { block = parse_market_block(text, market_.header, as_integers_); });
      const std::lock_guard lock(mutex_);
      if (!parsed)
        return;
      market_.blocks[index] = std::move(block);
      if (thread == 0 && options_.progress)
        options_.progress(lines_.fraction());
    }
  }

  // False where step() throws, which ends the reading: the earliest block's fault is kept.
  template <class Step>
  bool guarded(std::size_t block, Step step) {
    try {
      step();
      return true;
    } catch (const LineError& error) {
      record(block, error.line, error.what(), nullptr);
    } catch (...) {
      record(block, 0, "", std::current_exception());
    }
    return false;
  }
  void record(std::size_t block, std::int64_t line, const char* message, std::exception_ptr failure) {
    const std::lock_guard lock(fault_mutex_);
    if (block >= fault_block_)
      return;
    fault_block_ = block;
    fault_line_ = line;
    fault_message_ = message;
    failure_ = std::move(failure);
    ended_ = true;
  }

  LineBlocks& lines_;
  Market& market_;
  const ReadOptions& options_;
  bool as_integers_;
  std::mutex mutex_; // the text and the list of blocks
  std::mutex fault_mutex_;
  std::atomic<bool> ended_ = false;
  std::size_t fault_block_ = std::numeric_limits<std::size_t>::max();
  std::int64_t fault_line_ = 0;
  std::string fault_message_;
  std::exception_ptr failure_; // no fault of a line: the source's, or memory
};

void check_count(const Market& market, const std::string& name) {
  const std::int64_t expected = market.header.entries;
  std::int64_t line = market.header.lines;
  std::int64_t entries = 0;
  for (const MarketBlock& block : market.blocks) {
    if (block.entries > expected - entries)
      throw InputError(name, std::to_string(line + block.line_of(expected - entries)),
                       "expected the end of the file after " + std::to_string(expected) +
                           " entries, found another entry");
    entries += block.entries;
    line += block.lines;
  }
  if (entries < expected)
    throw InputError(name, std::to_string(line),
                     "expected " + std::to_string(expected) + " entries, found the end of the file after " +
                         std::to_string(entries));
}

// A dimension costs memory even where no entry stands, and a few bytes can claim any.
void check_rows(const Market& market, std::int64_t bytes, const ReadOptions& options, const std::string& name) {
  constexpr std::int64_t rows_per_byte = 64;
  if (market.header.rows <= options.empty_rows || (market.header.rows - options.empty_rows) / rows_per_byte <= bytes)
    return;
  throw InputError(name, std::to_string(market.header.lines),
                   "expected at most " + std::to_string(options.empty_rows + rows_per_byte * bytes) +
                       " rows in a file of " + std::to_string(bytes) + " bytes, found " +
                       std::to_string(market.header.rows));
}

// accept(header) says what is wrong with a header for the purpose, or nothing.
template <class Accept>
Market parse(ByteSource& source, const std::string& name, const ReadOptions& options, bool as_integers, Accept accept) {
  Market market;
  LineBlocks lines(source);
  try {
    market.header = read_market_header(lines, options);
  } catch (const LineError& error) {
    throw InputError(name, std::to_string(error.line), error.what());
  }
  const std::string fault = accept(market.header);
  if (!fault.empty())
    throw InputError(name, std::to_string(market.header.lines), fault);
  market.threads = thread_count(options.threads, lines.blocks_at_most());
  BlockParser(lines, market, options, as_integers).run(name);
  check_count(market, name);
  check_rows(market, lines.bytes_read(), options, name);
  return market;
}

// Values column by column become entries; zeros are left out.
void array_to_entries(Market& market) {
  const MarketHeader& header = market.header;
  const bool general = header.symmetry == MarketSymmetry::general;
  const std::int64_t below = header.symmetry == MarketSymmetry::skew_symmetric ? 1 : 0;
  const auto top = [&](std::int64_t column) { return general ? 0 : column + below; };
  std::int64_t column = 0;
  std::int64_t row = top(0);
  for (MarketBlock& block : market.blocks) {
    std::size_t kept = 0;
    for (const double value : block.value) {
      if (value != 0.0) {
        block.row.push_back(static_cast<std::int32_t>(row));
        block.column.push_back(static_cast<std::int32_t>(column));
        block.value[kept++] = value;
      }
      if (++row == header.rows)
        row = top(++column);
    }
    block.value.resize(kept);
    block.entries = static_cast<std::int64_t>(kept);
  }
}

std::string not_a_vector(const MarketHeader& header) {
  if (header.cols == 1 && header.symmetry == MarketSymmetry::general)
    return "";
  return "expected a vector (general, with one column), found a " +
         std::string(header.symmetry == MarketSymmetry::general ? "" : "symmetric ") + "matrix of " +
         std::to_string(header.rows) + " rows and " + std::to_string(header.cols) + " columns";
}

} // namespace

SparseMatrix read_market_matrix(ByteSource& source, const std::string& name, const ReadOptions& options) {
  Market market = parse(source, name, options, false, [](const MarketHeader& header) {
    return header.vector ? "expected a matrix, found a vector of length " + std::to_string(header.rows) : "";
  });
  if (market.header.format == MarketFormat::array)
    array_to_entries(market);
  return compress(market.blocks, market.header, name, market.threads);
}

std::vector<double> read_market_vector(ByteSource& source, const std::string& name, const ReadOptions& options) {
  const Market market = parse(source, name, options, false, not_a_vector);
  std::vector<double> vector;
  if (market.header.format == MarketFormat::array) {
    vector.reserve(static_cast<std::size_t>(market.header.entries));
    for (const MarketBlock& block : market.blocks)
      vector.insert(vector.end(), block.value.begin(), block.value.end());
    return vector;
  }
  vector.resize(static_cast<std::size_t>(market.header.rows));
  for (const MarketBlock& block : market.blocks)
    for (std::size_t k = 0; k < block.value.size(); ++k)
      vector[static_cast<std::size_t>(block.row[k])] += block.value[k];
  for (std::size_t i = 0; i < vector.size(); ++i)
    if (!std::isfinite(vector[i]))
      throw InputError(name, "",
                       "expected entries with finite sums, found that those of row " + std::to_string(i + 1) +
                           " add up to more than a double holds");
  return vector;
}

std::vector<std::int64_t> read_market_cells(ByteSource& source, const std::string& name, const ReadOptions& options) {
  const Market market = parse(source, name, options, true, [](const MarketHeader& header) {
    if (header.format != MarketFormat::array || header.field != MarketField::integer)
      return std::string("expected one integer a row (\"array integer general\"), found ") +
             (header.format == MarketFormat::array ? "an array that is not of integers" : "a coordinate format");
    return not_a_vector(header);
  });
  std::vector<std::int64_t> cells;
  cells.reserve(static_cast<std::size_t>(market.header.entries));
  for (const MarketBlock& block : market.blocks)
    cells.insert(cells.end(), block.integer.begin(), block.integer.end());
  return cells;
}

} // namespace linnet
