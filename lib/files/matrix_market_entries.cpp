#include "files/matrix_market.hpp"
#include "files/number.hpp"
#include "files/quote.hpp"

#include <cstring>
#include <string_view>

namespace linnet {

namespace {

std::string found_at(const char* at) {
  const char* end = at;
  while (!ends_token(*end))
    ++end;
  return end == at ? "found the end of the line" : "found " + quoted({at, static_cast<std::size_t>(end - at)});
}

// The faults of line `line`, each at the word where it shows.
[[noreturn, gnu::cold, gnu::noinline]] void bad_index(std::int64_t line, const char* at, const char* what,
                                                      std::int64_t limit, const char* why) {
  throw LineError(line, std::string("expected a ") + what + " index from 1 to " + std::to_string(limit) + why + ", " +
                            found_at(at));
}

[[noreturn, gnu::cold, gnu::noinline]] void bad_value(std::int64_t line, const char* at, MarketField field) {
  throw LineError(line,
                  std::string("expected ") +
                      (field == MarketField::integer ? "an integer of 64 bits" : "a finite number of type double") +
                      ", " + found_at(at));
}

[[noreturn, gnu::cold, gnu::noinline]] void bad_end(std::int64_t line, const char* at) {
  throw LineError(line, "expected the end of the line, " + found_at(at));
}

// The sink of the entries of a block: room for as many as its bytes can hold, filled from the front.
struct Columns {
  std::int32_t* row;
  std::int32_t* column;
  double* value;
  std::int64_t* integer;
};

template <MarketFormat format, MarketField field, bool as_integers>
void parse_lines(const LineBlock& text, const MarketHeader& header, const Columns& to, MarketBlock& block) {
  const bool general = header.symmetry == MarketSymmetry::general;
  const std::int64_t below = header.symmetry == MarketSymmetry::skew_symmetric ? 1 : 0;
  const char* p = text.begin;
  std::int64_t n = 0;
  std::int64_t skipped = 0;
  while (p < text.end) {
    skip_blanks(p);
    if (*p == '\n' || *p == '%') {
      if (block.gaps.empty() || block.gaps.back().entry != n)
        block.gaps.push_back({n, 0});
      ++block.gaps.back().lines;
      ++skipped;
      p = static_cast<const char*>(std::memchr(p, '\n', static_cast<std::size_t>(text.end - p) + 1)) + 1;
      continue;
    }
    if constexpr (format == MarketFormat::coordinate) {
      std::int64_t row = 0;
      std::int64_t column = 1;
      if (!parse_index(p, header.rows, row))
        bad_index(n + skipped + 1, p, header.vector ? "vector" : "row", header.rows, "");
      skip_blanks(p);
      if (!header.vector) {
        const std::int64_t limit = general ? header.cols : row - below;
        if (!parse_index(p, limit, column))
          bad_index(n + skipped + 1, p, "column", limit, general ? "" : " (symmetric storage: the lower triangle)");
        skip_blanks(p);
      }
      to.row[n] = static_cast<std::int32_t>(row - 1);
      to.column[n] = static_cast<std::int32_t>(column - 1);
    }
    if constexpr (field == MarketField::pattern) {
      to.value[n] = 1.0;
    } else if constexpr (field == MarketField::integer) {
      std::int64_t integer = 0;
      if (!parse_integer(p, integer))
        bad_value(n + skipped + 1, p, field);
      if constexpr (as_integers)
        to.integer[n] = integer;
      else
        to.value[n] = static_cast<double>(integer);
    } else if (!parse_real(p, to.value[n])) {
      bad_value(n + skipped + 1, p, field);
    }
    skip_blanks(p);
    if (*p != '\n')
      bad_end(n + skipped + 1, p);
    ++p;
    ++n;
  }
  block.entries = n;
  block.lines = n + skipped;
}

using ParseLines = void (*)(const LineBlock&, const MarketHeader&, const Columns&, MarketBlock&);

ParseLines parser(const MarketHeader& header, bool as_integers) {
  using enum MarketFormat;
  using enum MarketField;
  if (as_integers)
    return parse_lines<array, integer, true>;
  if (header.format == array)
    return header.field == integer ? parse_lines<array, integer, false> : parse_lines<array, real, false>;
  if (header.field == pattern)
    return parse_lines<coordinate, pattern, false>;
  return header.field == integer ? parse_lines<coordinate, integer, false> : parse_lines<coordinate, real, false>;
}

// Memory that is not touched before it is filled.
template <class T>
struct Scratch {
  std::unique_ptr<T[]> storage;
  std::size_t capacity = 0;
  T* room_for(std::size_t size) {
    if (storage == nullptr || capacity < size) {
      storage = std::make_unique_for_overwrite<T[]>(size);
      capacity = size;
    }
    return storage.get();
  }
};

} // namespace

std::int64_t MarketBlock::line_of(std::int64_t entry) const {
  std::int64_t line = entry + 1;
  for (const Gap& gap : gaps)
    if (gap.entry <= entry)
      line += gap.lines;
  return line;
}

MarketBlock parse_market_block(const LineBlock& text, const MarketHeader& header, bool as_integers) {
  const bool coordinate = header.format == MarketFormat::coordinate;
  // The shortest entries are "1\n" and "1 1\n"; the last '\n' may be missing.
  const std::size_t shortest = coordinate && !(header.vector && header.field == MarketField::pattern) ? 4 : 2;
  const std::size_t most = (static_cast<std::size_t>(text.end - text.begin) + 1) / shortest;
  thread_local struct {
    Scratch<std::int32_t> row, column;
    Scratch<double> value;
    Scratch<std::int64_t> integer;
  } scratch;
  const std::size_t indices = coordinate ? most : 1;
  const Columns to = {scratch.row.room_for(indices), scratch.column.room_for(indices),
                      scratch.value.room_for(as_integers ? 1 : most), scratch.integer.room_for(as_integers ? most : 1)};
  MarketBlock block;
  parser(header, as_integers)(text, header, to, block);
  if (coordinate) {
    block.row.assign(to.row, to.row + block.entries);
    block.column.assign(to.column, to.column + block.entries);
  }
  if (as_integers)
    block.integer.assign(to.integer, to.integer + block.entries);
  else
    block.value.assign(to.value, to.value + block.entries);
  return block;
}

} // namespace linnet
