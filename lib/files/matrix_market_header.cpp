#include "files/matrix_market.hpp"
#include "files/number.hpp"
#include "files/quote.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace linnet {

namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> words;
  constexpr std::string_view blanks = " \t\r";
  for (std::size_t at = line.find_first_not_of(blanks); at != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(blanks, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(blanks, end);
  }
  return words;
}

std::string found(const std::vector<std::string_view>& words, std::size_t at) {
  return at < words.size() ? "found " + quoted(words[at]) : "found the end of the line";
}

// Lines of the header, one by one across the blocks, counted.
class HeaderLines {
public:
  explicit HeaderLines(LineBlocks& blocks) : blocks_(blocks) {}

  /// The words of the next line that has any; none at the end of the text.
  std::vector<std::string_view> next(bool skip_comments) {
    for (;;) {
      if (block_.begin == block_.end && !next_block())
        return {};
      const char* end = std::find(block_.begin, block_.end, '\n');
      const std::string_view line(block_.begin, static_cast<std::size_t>(end - block_.begin));
      block_.begin = end == block_.end ? end : end + 1;
      ++line_;
      std::vector<std::string_view> words = split(line);
      if (!words.empty() && !(skip_comments && words[0][0] == '%'))
        return words;
    }
  }
  std::int64_t line() const { return line_; }
  void give_back_rest() { blocks_.put_back(std::move(block_)); }

private:
  bool next_block() {
    try {
      return blocks_.next(block_);
    } catch (const LineError& error) {
      throw LineError(line_ + error.line, error.what());
    }
  }

  LineBlocks& blocks_;
  LineBlock block_;
  std::int64_t line_ = 0;
};

// The value that goes with a word, case ignored.
template <class Value>
Value choose(std::initializer_list<std::pair<std::string_view, Value>> values, std::string_view word, std::int64_t line,
             const std::string& expected) {
  for (const auto& [name, value] : values)
    if (lower_case(word) == name)
      return value;
  throw LineError(line, "expected " + expected + ", found " + quoted(word));
}

MarketHeader read_banner(const std::vector<std::string_view>& words, std::int64_t line, const ReadOptions& options) {
  const std::string banner = "the banner \"%%MatrixMarket matrix|vector coordinate|array real|integer|pattern "
                             "general|symmetric|skew-symmetric\"";
  if (words.empty())
    throw LineError(1, "expected " + banner + ", found an empty file");
  if (const std::string word = lower_case(words[0]); word != "%%matrixmarket" && word != "%matrixmarket")
    throw LineError(line, "expected " + banner + ", found " + quoted(words[0]));
  if (words.size() != 5)
    throw LineError(line, "expected " + banner + ", found " + std::to_string(words.size()) + " words");

  using enum MarketFormat;
  using enum MarketField;
  using enum MarketSymmetry;
  MarketHeader header;
  header.vector = choose<bool>({{"matrix", false}, {"vector", true}}, words[1], line, "\"matrix\" or \"vector\"");
  header.format = choose<MarketFormat>({{"coordinate", coordinate}, {"array", array}}, words[2], line,
                                       "the format \"coordinate\" or \"array\"");
  // "double" as other readers take it.
  header.field = choose<MarketField>({{"real", real}, {"double", real}, {"integer", integer}, {"pattern", pattern}},
                                     words[3], line, "entries that are \"real\", \"integer\" or \"pattern\"");
  header.symmetry =
      choose<MarketSymmetry>({{"general", general}, {"symmetric", symmetric}, {"skew-symmetric", skew_symmetric}},
                             words[4], line, "the symmetry \"general\", \"symmetric\" or \"skew-symmetric\"");

  if (header.vector && header.symmetry != general)
    throw LineError(line, "expected a \"general\" vector, found " + quoted(words[4]));
  if (header.field == pattern) {
    if (header.format == array)
      throw LineError(line, "expected an array of \"real\" or \"integer\" entries, found " + quoted(words[3]));
    if (header.symmetry == skew_symmetric)
      throw LineError(line, "expected a \"general\" or \"symmetric\" pattern, found " + quoted(words[4]));
    if (!options.pattern_as_ones)
      throw LineError(line, "expected entries with values, found \"pattern\" (--pattern reads each entry as 1)");
  }
  return header;
}

std::int64_t read_size(const std::vector<std::string_view>& words, std::size_t at, std::int64_t limit,
                       const std::string& what, std::int64_t line) {
  std::int64_t size = -1;
  if (at < words.size()) {
    const std::string_view word = words[at];
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), size);
    if (error != std::errc() || end != word.data() + word.size())
      size = -1;
  }
  if (size < 0 || size > limit)
    throw LineError(line,
                    "expected " + what + ", an integer from 0 to " + std::to_string(limit) + ", " + found(words, at));
  return size;
}

std::int64_t array_entries(const MarketHeader& header) {
  const std::int64_t n = header.rows;
  switch (header.symmetry) {
  case MarketSymmetry::symmetric:
    return n * (n + 1) / 2;
  case MarketSymmetry::skew_symmetric:
    return n == 0 ? 0 : n * (n - 1) / 2;
  default:
    return n * header.cols;
  }
}

} // namespace

MarketHeader read_market_header(LineBlocks& blocks, const ReadOptions& options) {
  HeaderLines lines(blocks);
  const auto banner = lines.next(false);
  MarketHeader header = read_banner(banner, lines.line(), options);

  const bool coordinate = header.format == MarketFormat::coordinate;
  const std::string form = std::string(header.vector ? "LENGTH" : "ROWS COLUMNS") + (coordinate ? " ENTRIES" : "");
  const auto words = lines.next(true);
  const std::int64_t line = lines.line();
  if (words.empty())
    throw LineError(line, "expected the size line \"" + form + "\", found the end of the file");
  std::size_t at = 0;
  header.rows = read_size(words, at++, largest_dimension, header.vector ? "the length" : "the number of rows", line);
  if (!header.vector)
    header.cols = read_size(words, at++, largest_dimension, "the number of columns", line);
  if (coordinate)
    header.entries = read_size(words, at++, std::numeric_limits<std::int64_t>::max(), "the number of entries", line);
  if (at < words.size())
    throw LineError(line, "expected the end of the size line \"" + form + "\", " + found(words, at));
  if (header.symmetry != MarketSymmetry::general && header.rows != header.cols)
    throw LineError(line, "expected a square matrix, since it is stored as symmetric or skew-symmetric, found " +
                              std::to_string(header.rows) + " rows and " + std::to_string(header.cols) + " columns");
  if (!coordinate)
    header.entries = array_entries(header);
  header.lines = line;
  lines.give_back_rest();
  return header;
}

} // namespace linnet
