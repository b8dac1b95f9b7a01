// Conjugate gradients fused with the cycle: what passes over memory anyway carries the vector operations along.
#include "latticemg/multigrid.hpp"
#include "latticemg/rows.hpp"
#include "latticemg/zeros.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace linnet::latticemg {

namespace {

// r in single precision strays from b - A x by about 2^-24 of its largest norm: below this part of it, it is computed
// anew.
constexpr double trusted_fall = 1e-6;

// Iterations that must halve the residual.
constexpr int patience = 20;

// Sums over rows are made of parts that do not depend on the threads.
constexpr std::ptrdiff_t rows_of_part = 1 << 15;

} // namespace

/// One solve. Scaled: levels hold s A, the fields x / t and r / m, where m = max |b| and t = s m.
class OuterIteration {
public:
  OuterIteration(Multigrid* multigrid, const CycleOptions& options, const Multigrid::Outer& outer)
      : m_(*multigrid), options_(options), outer_(outer), finest_(multigrid->levels_[0]),
        kernels_(options.kernels ? *options.kernels : *supported_kernels()[0]),
        rows_(static_cast<std::ptrdiff_t>(multigrid->place_.size())) {}

  OuterEnd run() {
    if (!find_scale())
      return OuterEnd::declined;
    reserve();
    const double first = m_.layout_.ranks.sum(decoupled(true)), later = m_.layout_.ranks.sum(decoupled(false));
    decoupled_ = {first, later};
    m_.run_team(options_.threads, [&](Member* member) { iterate(member); });
    if (end_ != OuterEnd::declined)
      m_.copy_iterate(outer_, outer_.x);
    return end_;
  }

private:
  bool find_scale() {
    unit_ = m_.layout_.ranks.max(largest_magnitude(outer_.b, rows_, options_.threads));
    m_.iterate_scale_ = unit_ * m_.scale_;
    const double guess =
        outer_.guess_zero ? 0 : m_.layout_.ranks.max(largest_magnitude(outer_.x, rows_, options_.threads));
    return unit_ > 0 && std::isfinite(unit_) && std::isnormal(m_.iterate_scale_) && std::isfinite(guess);
  }

  void reserve() {
    const auto length = static_cast<std::size_t>(2 * finest_.gap);
    if (m_.iterate_.size() != length) {
      m_.iterate_.resize(length);
      clear(options_.threads, &m_.iterate_);
    }
    if (m_.direction_.size() != length) {
      m_.direction_.resize(length);
      clear(options_.threads, &m_.direction_);
    }
    fields_ = {m_.iterate_.data() + finest_.front, m_.direction_.data() + finest_.front};
    parts_ = (rows_ + rows_of_part - 1) / rows_of_part;
    m_.partial_sums_.resize(static_cast<std::size_t>(std::max<std::ptrdiff_t>(parts_, finest_.size[2])));
  }

  Lines plane(int k) const { return {k, 0, finest_.size[1]}; }
  double& part(std::ptrdiff_t i) { return m_.partial_sums_[static_cast<std::size_t>(i)]; }
  // All members come here with their parts written, and leave with the sum over all ranks.
  double sum_of(std::ptrdiff_t first, std::ptrdiff_t last, Member* member) {
    member->barrier();
    if (member->id() == 0) {
      double sum = 0;
      for (std::ptrdiff_t i = first; i < last; ++i)
        sum += part(i);
      sum_ = m_.layout_.ranks.sum(sum);
    }
    member->barrier();
    return sum_;
  }
  double sum_of_planes(Member* member) { return sum_of(finest_.own.first, finest_.own.last, member); }

  template <class T>
  void copy_ends(T* field, Member* member) {
    if (!finest_.wraps())
      return;
    if (member->id() == 0)
      for (int colour = 0; colour < 2; ++colour)
        wrap(finest_, field, colour);
    member->barrier();
  }

  // x from the guess, b on the rows. Returns (r, r).
  double start(Member* member) {
    const auto [first, last] = member->part_of(2 * finest_.gap);
    std::fill(m_.iterate_.data() + first, m_.iterate_.data() + last, 0.0);
    member->barrier();
    if (!outer_.guess_zero) {
      const auto [begin, end] = member->part_of(rows_);
      for (std::ptrdiff_t i = begin; i < end; ++i)
        fields_.x[place(i)] = outer_.x[i] / m_.iterate_scale_;
      member->barrier();
      if (member->id() == 0)
        for (const Multigrid::Decoupled& d : m_.decoupled_)
          fields_.x[place(d.row)] = 0;
      member->barrier();
    }
    return residual(outer_.guess_zero, member);
  }

  // r <- b - A x. Returns (r, r).
  double residual(bool of_zero, Member* member) {
    if (finest_.wraps()) { // copies lie beyond the ends
      const auto [first, last] = member->part_of(2 * finest_.gap);
      std::fill(finest_.u - finest_.front + first, finest_.u - finest_.front + last, 0.0F);
      member->barrier();
    }
    const auto [begin, end] = member->part_of(parts_);
    for (std::ptrdiff_t i = begin; i < end; ++i)
      part(i) = place_part(i);
    const double bb = sum_of(0, parts_, member);
    if (of_zero)
      return bb;
    if (finest_.shared) {
      if (member->id() == 0)
        m_.halo_->exchange(finest_, fields_.x, Halo::both, 1);
      member->barrier();
    }
    copy_ends(fields_.x, member);
    member->share(finest_.own, [&](int k) { part(k) = kernels_.residual(finest_, fields_, plane(k)); });
    return sum_of_planes(member);
  }

  // The right-hand side of some rows into b, what single precision leaves of it into u. Returns the sum of squares.
  double place_part(std::ptrdiff_t i) {
    std::ptrdiff_t row = i * rows_of_part;
    const std::ptrdiff_t last = std::min(rows_, row + rows_of_part);
    const double down = 1 / unit_;
    auto skip = std::lower_bound(m_.decoupled_.begin(), m_.decoupled_.end(), row,
                                 [](const Multigrid::Decoupled& d, std::ptrdiff_t r) { return d.row < r; });
    double sum = 0;
    for (; row < last; ++row) {
      const std::ptrdiff_t stop = skip == m_.decoupled_.end() ? last : std::min<std::ptrdiff_t>(last, skip->row);
      for (; row < stop; ++row) {
        const double b = outer_.b[row] * down;
        const auto high = static_cast<float>(b);
        finest_.b[place(row)] = high;
        finest_.u[place(row)] = static_cast<float>(b - high);
        sum += b * b;
      }
      if (row < last) {
        finest_.b[place(row)] = finest_.u[place(row)] = 0;
        ++skip;
      }
    }
    return sum;
  }

  // Rows coupled with none are exact from the first step on, those of zeros never. Returns their (r, r).
  double decoupled(bool at_guess) const {
    double sum = 0;
    for (const Multigrid::Decoupled& d : m_.decoupled_)
      if (at_guess || d.inverse == 0) {
        const double r = (outer_.b[d.row] - (outer_.guess_zero ? 0 : d.diagonal * outer_.x[d.row])) / unit_;
        sum += r * r;
      }
    return sum;
  }

  // Asked by the first member, for all; where a rank is told to stop, all do.
  Verdict judge(int iterations, double rr, bool exact, Member* member) {
    if (member->id() == 0) {
      const double norm = unit_ * std::sqrt(rr + (iterations == 0 ? decoupled_.first : decoupled_.second));
      const Verdict own = outer_.judge(iterations, norm, exact);
      verdict_ = static_cast<Verdict>(std::lround(m_.layout_.ranks.max(static_cast<double>(own))));
    }
    member->barrier();
    const Verdict verdict = verdict_;
    member->barrier();
    return verdict;
  }

  void iterate(Member* member) {
    const Cycle cycle = m_.cycle(options_, *member);
    double rr = start(member), exact_rr = rr, rz_before = 0;
    double halved = rr;
    int halved_at = 0;
    bool exact = true;
    for (int iterations = 0;; ++iterations) {
      const bool due = outer_.recompute > 0 && iterations > 0 && iterations % outer_.recompute == 0;
      if (due || rr < trusted_fall * trusted_fall * exact_rr) {
        exact_rr = rr = residual(false, member);
        exact = true;
      }
      Verdict verdict = judge(iterations, rr, exact, member);
      if (verdict == Verdict::confirm) {
        exact_rr = rr = residual(false, member);
        exact = true;
        verdict = judge(iterations, rr, exact, member);
      }
      if (verdict != Verdict::iterate)
        return finish(OuterEnd::stopped, member);
      if (rr == 0) // but for rows coupled with none
        continue;
      if (rr <= halved / 4) {
        halved = rr;
        halved_at = iterations;
      } else if (iterations - halved_at > patience) {
        return finish(OuterEnd::stalled, member);
      }

      cycle.run(member, !exact, [&](Lines lines) { part(lines.k) = kernels_.dot(finest_, lines); });
      const double rz = sum_of_planes(member);
      if (!(rz > 0 && rz <= std::numeric_limits<double>::max()))
        return finish(OuterEnd::indefinite_cycle, member);
      const double pAp = next_direction(iterations == 0 ? 0 : rz / rz_before, member);
      const double step = rz / pAp;
      if (!(pAp > 0 && step > 0 && step <= std::numeric_limits<double>::max()))
        return finish(OuterEnd::indefinite_matrix, member);
      member->share(finest_.own, [&](int k) { part(k) = kernels_.update(finest_, fields_, step, plane(k)); });
      rr = sum_of_planes(member);
      rz_before = rz;
      exact = false;
    }
  }

  // p <- z + beta p, on one plane more than this rank's on each side, where z is known too. Returns (p, A p).
  double next_direction(double beta, Member* member) {
    const Planes planes = finest_.around(1);
    const auto factor = static_cast<float>(beta);
    if (finest_.wraps()) {
      member->share(planes, [&](int k) { kernels_.direction(finest_, fields_, factor, plane(k)); });
      member->barrier();
      copy_ends(fields_.p, member);
      member->share(finest_.own, [&](int k) { part(k) = kernels_.energy(finest_, fields_, plane(k)); });
    } else {
      member->wavefront(planes, 2, [&](int h, int k) {
        if (h == 0)
          kernels_.direction(finest_, fields_, factor, plane(k));
        else if (finest_.own.has(k))
          part(k) = kernels_.energy(finest_, fields_, plane(k));
      });
    }
    return sum_of_planes(member);
  }

  void finish(OuterEnd end, Member* member) {
    if (member->id() == 0)
      end_ = end;
  }

  std::ptrdiff_t place(std::ptrdiff_t row) const { return m_.place_[static_cast<std::size_t>(row)]; }

  Multigrid& m_;
  const CycleOptions& options_;
  const Multigrid::Outer& outer_;
  const Level& finest_;
  const Kernels& kernels_;
  std::ptrdiff_t rows_, parts_ = 0;
  OuterFields fields_;
  double unit_ = 1;                       // of b
  std::pair<double, double> decoupled_{}; // (r, r) of rows coupled with none: at the guess, and later
  double sum_ = 0;
  Verdict verdict_ = Verdict::stop;
  OuterEnd end_ = OuterEnd::declined;
};

OuterEnd Multigrid::solve(const CycleOptions& options, const Outer& outer) {
  return OuterIteration(this, options, outer).run();
}

void Multigrid::copy_iterate(const Outer& outer, double* x) const {
  const auto rows = static_cast<std::ptrdiff_t>(place_.size());
  const double* field = iterate_.data() + levels_[0].front;
#pragma omp parallel for schedule(static)
  for (std::ptrdiff_t i = 0; i < rows; ++i)
    x[i] = iterate_scale_ * field[place_[static_cast<std::size_t>(i)]];
  for (const Decoupled& d : decoupled_)
    x[d.row] = d.inverse * outer.b[d.row];
}

} // namespace linnet::latticemg
