#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace linnet {

/// Disjoint sets of numbers that are known up to one factor a set: union-find whose links carry ratios.
class FactorSets {
public:
  /// What a set is `factor` times of.
  struct Root {
    std::int32_t set;
    double factor;
  };

  /// A new set by itself; its number.
  std::int32_t add() {
    links_.push_back({static_cast<std::int32_t>(links_.size()), 1});
    return static_cast<std::int32_t>(links_.size()) - 1;
  }
  std::int32_t count() const { return static_cast<std::int32_t>(links_.size()); }
  Root root(std::int32_t set) {
    Root found{set, 1};
    while (link(found.set).set != found.set) {
      Root& up = link(found.set);
      const Root next = link(up.set); // path halving
      up = {next.set, up.factor * next.factor};
      found = {up.set, found.factor * up.factor};
    }
    return found;
  }
  /// From now on set b is `ratio` times set a; nothing changes where they were one set before.
  void join(std::int32_t a, std::int32_t b, double ratio) {
    const Root ra = root(a), rb = root(b);
    if (ra.set < rb.set)
      link(rb.set) = {ra.set, ratio * ra.factor / rb.factor};
    else if (rb.set < ra.set)
      link(ra.set) = {rb.set, rb.factor / (ratio * ra.factor)};
  }

private:
  Root& link(std::int32_t set) { return links_[static_cast<std::size_t>(set)]; }

  std::vector<Root> links_;
};

/// Factors s of rows for which s_i a_ij = s_j a_ji, as far as one row after the other tells them: row i has s_i =
/// row[i] times what its set has.
struct LinkedFactors {
  std::vector<double> row;
  std::vector<std::int32_t> set;
  FactorSets sets;

  double factor(std::size_t r) { return row[r] * sets.root(set[r]).factor; }
};

/// Factors of the rows of a square matrix, columns ascending, of which value(i, e) is entry e, in row i; the first row
/// of each set has the sign of its diagonal. False where an entry has no counterpart. Whether all links agree is not
/// looked at.
template <class Start, class Column, class Value>
bool link_factors(std::size_t rows, const Start* start, const Column* column, const Value& value, LinkedFactors* out) {
  out->row.assign(rows, 0);
  out->set.assign(rows, -1);
  for (std::size_t i = 0; i < rows; ++i) {
    double diagonal = 0;
    for (Start e = start[i]; e < start[i + 1] && static_cast<std::size_t>(column[e]) <= i; ++e) {
      const auto j = static_cast<std::size_t>(column[e]);
      const double a = value(i, e);
      if (j == i)
        diagonal = a;
      if (j == i || a == 0)
        continue;
      const Column* const end = column + start[j + 1];
      const Column* const counterpart = std::lower_bound(column + start[j], end, static_cast<Column>(i));
      const double back = counterpart < end && *counterpart == static_cast<Column>(i)
                              ? value(j, static_cast<Start>(counterpart - column))
                              : 0;
      const double factor = out->row[j] * (back / a);
      if (!(factor != 0 && std::isfinite(factor)))
        return false;
      if (out->set[i] < 0) {
        out->row[i] = factor;
        out->set[i] = out->set[j];
      } else if (out->set[i] != out->set[j]) {
        out->sets.join(out->set[j], out->set[i], factor / out->row[i]);
      }
    }
    if (out->set[i] < 0) {
      out->row[i] = diagonal < 0 ? -1 : 1;
      out->set[i] = out->sets.add();
    }
  }
  return true;
}

} // namespace linnet
