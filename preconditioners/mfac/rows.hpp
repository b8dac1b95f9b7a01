#pragma once

#include "base/large_pages.hpp"
#include "mfac/cholesky.hpp"
#include "mfac/kernels.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace linnet::mfac {

/// G, m x d: the rows that all the forms are made of.
///
/// Stored in panels of `panel_columns` columns, the m rows of a panel one behind the other, so that every pass reads
/// memory from its first byte to its last. A pass is shared by the threads of OpenMP, panel by panel, and gives the
/// same bits for the same number of threads.
class Rows {
public:
  static constexpr std::int64_t panel_columns = 8192;

  Rows() = default;
  /// All zero, or unspecified unless `cleared`. Throws std::bad_alloc.
  Rows(std::int64_t rows, std::int64_t columns, Precision precision, bool cleared = true);

  std::int64_t rows() const { return m; }
  std::int64_t columns() const { return d; }
  Precision precision() const { return stored; }
  std::size_t bytes() const { return size; }
  const void* raw() const { return data.get(); } ///< the panels, bytes() long
  Rows copy() const;                             ///< throws std::bad_alloc
  /// The sum of the squares of all numbers, in f64.
  double square() const;
  /// Rows of zeros behind those that there are. Throws std::bad_alloc, and nothing has changed.
  void extend(std::int64_t rows);

  /// Row i <- x (d numbers, storable() ones), rounded to the precision.
  void set(std::int64_t i, const double* x);
  /// x <- row i
  void get(std::int64_t i, double* x) const { get(i, 0, d, x); }
  /// x <- the `count` numbers of row i from column `first` on
  void get(std::int64_t i, std::int64_t first, std::int64_t count, double* x) const;
  double at(std::int64_t i, std::int64_t j) const;
  /// this <- M G, of the same shape, in f64 or f32, `other` being G or this itself; M is m x m, row i at M + i m.
  /// `lower`: it is zero above its diagonal. squares_j <- sum_i (M G)_ij^2 before rounding. 2 d m^2 flops, or half of
  /// them.
  void set_combinations(const Rows& other, const double* M, bool lower, double* squares);

  /// this <- L^-1 G, in f64, by substitution. d m^2 flops.
  void solve_lower(const Cholesky& L);
  /// this <- this + factor X, in f64, X of the same shape.
  void add(double factor, const Rows& X);

  /// Y <- G X, with X of `count` columns of length d, ldx apart, and Y of as many of length m, one behind the other.
  /// One pass over the first `used` rows of G whatever the count; the others count as zero. 2 d m flops a column.
  void multiply(const double* X, std::int64_t ldx, std::int64_t count, double* Y, std::int64_t used) const;
  /// X <- beta X + G^T C, with C of `count` columns of length m and X as above. One pass.
  void multiply_transposed(const double* C, std::int64_t count, double beta, double* X, std::int64_t ldx,
                           std::int64_t used) const;
  /// S <- G X^T (m x m by columns), in f64, X of the same shape. 2 d m^2 flops.
  void multiply(const Rows& X, double* S) const;
  /// S <- G G^T (used x used, both triangles). d m^2 flops.
  void gram(double* S, std::int64_t used) const;

  /// Writes or reads the numbers: archive->raw(char* data, std::size_t size).
  template <class Archive>
  void state(Archive* archive) {
    archive->raw(reinterpret_cast<char*>(data.get()), size);
  }

private:
  Rows with_rows(std::int64_t rows) const;
  std::int64_t panels() const { return (d + panel_columns - 1) / panel_columns; }
  std::int64_t width(std::int64_t panel) const;
  std::int64_t stride(std::int64_t panel) const;
  std::byte* start(std::int64_t panel) const;
  double* numbers(std::int64_t panel) const { return reinterpret_cast<double*>(start(panel)); } // where stored in f64
  Block block(std::int64_t panel, std::int64_t used) const;

  struct Free {
    std::size_t bytes;
    void operator()(std::byte* p) const { free_untouched(p, bytes); }
  };
  std::int64_t m = 0, d = 0;
  Precision stored = Precision::f64;
  std::size_t size = 0;
  std::unique_ptr<std::byte, Free> data{nullptr, Free{0}};
};

} // namespace linnet::mfac
