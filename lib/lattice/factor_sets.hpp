#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
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
  /// Takes over all sets of another; the number of its first.
  std::int32_t append(const FactorSets& other) {
    const std::int32_t first = count();
    for (const Root& link : other.links_)
      links_.push_back({first + link.set, link.factor});
    return first;
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

/// Factors below this part of the largest one do not count, as single precision has to hold what is multiplied by them:
/// those of convection grow like exp(v x / D).
inline constexpr double least_row_factor = 1e-20;

/// Factors s of rows for which s_i a_ij = s_j a_ji, as far as one row after the other tells them: row i has s_i =
/// row[i] times what its set has.
struct LinkedFactors {
  std::vector<double> row;
  std::vector<std::int32_t> set;
  FactorSets sets;

  explicit LinkedFactors(std::size_t rows) : row(rows, 0), set(rows, -1) {}
  double factor(std::size_t r) { return row[r] * sets.root(set[r]).factor; }
};

/// Finds factors of the rows of a square matrix, of which columns ascend and value(i, e) is entry e, in row i. Whether
/// all links agree is not looked at.
template <class Start, class Column, class Value>
class FactorLinker {
public:
  FactorLinker(const Start* start, const Column* column, Value value, LinkedFactors* factors)
      : start_(start), column_(column), value_(std::move(value)), factors_(*factors) {}

  /// By the entries among rows first ... last - 1, into sets of their own, numbered from 0; the first row of each has
  /// the sign of its diagonal. Rows with entries before `first` go to `later`. False where an entry has no counterpart.
  bool link(std::size_t first, std::size_t last, FactorSets* sets, std::vector<std::size_t>* later) {
    std::vector<double>& factor = factors_.row;
    std::vector<std::int32_t>& set = factors_.set;
    for (std::size_t i = first; i < last; ++i) {
      double diagonal = 0;
      bool crosses = false;
      for (Start e = start_[i]; e < start_[i + 1] && static_cast<std::size_t>(column_[e]) <= i; ++e) {
        const auto j = static_cast<std::size_t>(column_[e]);
        const double a = value_(i, e);
        if (j == i)
          diagonal = a;
        crosses = crosses || (j < first && a != 0);
        if (j == i || j < first || a == 0)
          continue;
        const double told = told_by(j, i, a);
        if (told == 0)
          return false;
        if (set[i] < 0) {
          factor[i] = told;
          set[i] = set[j];
        } else if (set[i] != set[j]) {
          sets->join(set[j], set[i], told / factor[i]);
        }
      }
      if (set[i] < 0) {
        factor[i] = diagonal < 0 ? -1 : 1;
        set[i] = sets->add();
      }
      if (crosses)
        later->push_back(i);
    }
    return true;
  }
  /// By the entries of row i before `first`, when all rows have a set among those of the matrix.
  bool link_before(std::size_t first, std::size_t i) {
    for (Start e = start_[i]; e < start_[i + 1] && static_cast<std::size_t>(column_[e]) < first; ++e) {
      const auto j = static_cast<std::size_t>(column_[e]);
      const double a = value_(i, e);
      if (a == 0)
        continue;
      const double told = told_by(j, i, a);
      if (told == 0)
        return false;
      factors_.sets.join(factors_.set[j], factors_.set[i], told / factors_.row[i]);
    }
    return true;
  }

private:
  // The factor of row i, with a_ij = a, by that of row j; 0 where a_ji says none.
  double told_by(std::size_t j, std::size_t i, double a) const {
    const Column* const end = column_ + start_[j + 1];
    const Column* const counterpart = std::lower_bound(column_ + start_[j], end, static_cast<Column>(i));
    if (counterpart == end || *counterpart != static_cast<Column>(i))
      return 0;
    const double told = factors_.row[j] * (value_(j, static_cast<Start>(counterpart - column_)) / a);
    return std::isfinite(told) ? told : 0;
  }

  const Start* start_;
  const Column* column_;
  Value value_;
  LinkedFactors& factors_;
};

} // namespace linnet
