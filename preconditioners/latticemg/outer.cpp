// Conjugate gradients fused with the cycle, two passes over the finest level an iteration:
//
//   way up of z = M r:    (z, r), (z, A z)
//                         beta = (z, r) / (z, r)_before, (p, A p) = (z, A z) - beta^2 (p, A p)_before,
//                         alpha = (z, r) / (p, A p)
//   way down of M r:      p <- z + beta p, r <- r - alpha A p, and x every other time, for two directions
//
// (p, A p) from one reduction (Chronopoulos and Gear, "s-step iterative methods for symmetric linear systems", 1989):
// directions are conjugate and (z, r_before) = 0, so that (z, A p_before) = -(z, r) / alpha_before.
#include "base/threads.hpp"
#include "latticemg/multigrid.hpp"
#include "latticemg/rows.hpp"
#include "latticemg/strayed.hpp"
#include "latticemg/zeros.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace linnet::latticemg {

namespace {

// r in single precision strays from b - A x by about 2^-24 of its largest norm: below this part of it, it is computed
// anew.
constexpr double trusted_fall = 1e-6;

// The new direction, and the residual.
constexpr int lead_stages = 2;

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
    decoupled_ = m_.layout_.ranks.sum(std::array{decoupled(true), decoupled(false)});
    norm_of_matrix_ =
        m_.layout_.ranks.max(latticemg::norm_of_matrix(finest_, m_.scale_ * m_.below_zero_, options_.threads));
    m_.run_team(options_.threads, [&](Member* member) { iterate(member); });
    if (end_ != OuterEnd::declined)
      m_.copy_iterate(outer_, outer_.x);
    return end_;
  }

private:
  bool find_scale() {
    unit_ = m_.layout_.ranks.max(largest_magnitude(outer_.b, options_.threads));
    m_.iterate_scale_ = unit_ * m_.scale_;
    const double guess = outer_.guess_zero ? 0 : m_.layout_.ranks.max(largest_magnitude(outer_.x, options_.threads));
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
    m_.partial_sums_.resize(2 * static_cast<std::size_t>(std::max<std::ptrdiff_t>(parts_, finest_.size[2])));
    m_.iterate_started_ = false;
    m_.pending_step_ = 0;
  }

  using Two = std::array<double, 2>;
  Lines plane(int k) const { return {k, 0, finest_.size[1]}; }
  double& part(std::ptrdiff_t i, int which = 0) { return m_.partial_sums_[static_cast<std::size_t>(2 * i + which)]; }
  // All members come here with their parts written, and leave with the sums over all ranks.
  Two sums_of(std::ptrdiff_t first, std::ptrdiff_t last, Member* member) {
    member->barrier();
    if (member->id() == 0) {
      Two sums{};
      for (std::ptrdiff_t i = first; i < last; ++i)
        for (int which = 0; which < 2; ++which)
          sums[static_cast<std::size_t>(which)] += part(i, which);
      sums_ = m_.layout_.ranks.sum(sums);
    }
    member->barrier();
    return sums_;
  }
  Two sums_of_planes(Member* member) { return sums_of(finest_.own.first, finest_.own.last, member); }

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
    if (!outer_.guess_zero) {
      clear_iterate(member);
      const auto [begin, end] = member->part_of(rows_);
      outer_.x.for_each_run(begin, end, [&](std::ptrdiff_t first, std::ptrdiff_t last, const double* x) {
        for (std::ptrdiff_t i = first; i < last; ++i)
          fields_.x[place(i)] = x[i - first] / m_.iterate_scale_;
      });
      member->barrier();
      if (member->id() == 0)
        for (const Multigrid::Decoupled& d : m_.decoupled_)
          fields_.x[place(d.row)] = 0;
      member->barrier();
    }
    return residual(outer_.guess_zero, member);
  }

  void clear_iterate(Member* member) {
    const auto [first, last] = member->part_of(2 * finest_.gap);
    std::fill(m_.iterate_.data() + first, m_.iterate_.data() + last, 0.0);
    member->barrier();
    if (member->id() == 0)
      m_.iterate_started_ = true;
    member->barrier();
  }

  // Steps that x has not seen yet.
  void complete_iterate(Member* member) {
    if (!m_.iterate_started_)
      clear_iterate(member);
    if (m_.pending_step_ == 0)
      return;
    const Advance advance{true, 0, m_.pending_step_};
    member->share(finest_.own, [&](int k) { kernels_.advance(finest_, fields_, advance, plane(k)); });
    member->barrier();
    if (member->id() == 0)
      m_.pending_step_ = 0;
    member->barrier();
  }

  // r <- b - A x. Returns (r, r).
  double residual(bool of_zero, Member* member) {
    if (!of_zero)
      complete_iterate(member);
    if (!of_zero && finest_.wraps()) { // copies lie beyond the ends
      const auto [first, last] = member->part_of(2 * finest_.gap);
      std::fill(finest_.u - finest_.front + first, finest_.u - finest_.front + last, 0.0F);
      member->barrier();
    }
    const auto [begin, end] = member->part_of(parts_);
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      part(i) = place_part(i, of_zero);
      part(i, 1) = 0;
    }
    const double bb = sums_of(0, parts_, member)[0];
    if (of_zero)
      return bb;
    if (finest_.shared) {
      if (member->id() == 0)
        m_.halo_->exchange(finest_, fields_.x, Halo::both, 1);
      member->barrier();
    }
    copy_ends(fields_.x, member);
    member->share(finest_.own, [&](int k) {
      part(k) = kernels_.residual(finest_, fields_, plane(k));
      part(k, 1) = 0;
    });
    return sums_of_planes(member)[0];
  }

  // The right-hand side of some rows into b, what single precision leaves of it into u but for `high_only`. Returns the
  // sum of squares.
  double place_part(std::ptrdiff_t i, bool high_only) {
    std::ptrdiff_t row = i * rows_of_part;
    const std::ptrdiff_t last = std::min(rows_, row + rows_of_part);
    const double down = 1 / unit_;
    auto skip = std::lower_bound(m_.decoupled_.begin(), m_.decoupled_.end(), row,
                                 [](const Multigrid::Decoupled& d, std::ptrdiff_t r) { return d.row < r; });
    double sum = 0;
    for (; row < last; ++row) {
      const std::ptrdiff_t stop = skip == m_.decoupled_.end() ? last : std::min<std::ptrdiff_t>(last, skip->row);
      outer_.b.for_each_run(row, stop, [&](std::ptrdiff_t first, std::ptrdiff_t end, const double* right) {
        for (std::ptrdiff_t r = first; r < end; ++r) {
          const double b = right[r - first] * down;
          const auto high = static_cast<float>(b);
          finest_.b[place(r)] = high;
          if (!high_only)
            finest_.u[place(r)] = static_cast<float>(b - high);
          sum += b * b;
        }
      });
      row = stop;
      if (row < last) {
        finest_.b[place(row)] = finest_.u[place(row)] = 0;
        ++skip;
      }
    }
    return sum;
  }

  // Rows coupled with none are exact from the first step on, those of zeros never. Returns their (r, r), as it is told.
  double decoupled(bool at_guess) const {
    double sum = 0;
    for (const Multigrid::Decoupled& d : m_.decoupled_)
      if (at_guess || d.inverse == 0) {
        const double factor = outer_.least_factor < 1 ? outer_.row_factors[d.row] : 1;
        const double r = (outer_.b[d.row] - (outer_.guess_zero ? 0 : d.diagonal * outer_.x[d.row])) / unit_ / factor;
        sum += r * r;
      }
    return sum;
  }

  // (r, r) as it is told, of the rows that are coupled.
  double told(double rr, Member* member) {
    if (outer_.least_factor == 1)
      return rr;
    const auto [begin, end] = member->part_of(parts_);
    for (std::ptrdiff_t i = begin; i < end; ++i) {
      double sum = 0;
      for (std::ptrdiff_t row = i * rows_of_part; row < std::min(rows_, (i + 1) * rows_of_part); ++row) {
        const double r = finest_.b[place(row)] / outer_.row_factors[row];
        sum += r * r;
      }
      part(i) = sum;
      part(i, 1) = 0;
    }
    return sums_of(0, parts_, member)[0];
  }

  double norm_of(int iterations, double rr) const {
    return unit_ * std::sqrt(rr + decoupled_[iterations == 0 ? 0 : 1]);
  }

  // Asked by the first member, for all; where a rank is told to stop, all do.
  Verdict judge(int iterations, double rr, double doubt, Member* member) {
    const double told_rr = told(rr, member);
    if (member->id() == 0) {
      told_part_ = rr > 0 ? told_rr / rr : 1;
      const Verdict own = outer_.judge(iterations, norm_of(iterations, told_rr), unit_ * doubt / outer_.least_factor);
      verdict_ = static_cast<Verdict>(std::lround(m_.layout_.ranks.max(static_cast<double>(own))));
    }
    member->barrier();
    const Verdict verdict = verdict_;
    member->barrier();
    return verdict;
  }

  void iterate(Member* member) {
    const Cycle cycle = m_.cycle(options_, *member);
    Strayed strayed(outer_.guess_zero);
    double rr = start(member), exact_rr = rr, rr_before = 0, rz_before = 0, pAp = 0;
    double halved = rr;
    int halved_at = 0;
    strayed.computed_anew(std::sqrt(rr));
    Cycle::Begun begun = Cycle::Begun::nothing;
    const auto renew = [&] {
      exact_rr = rr = residual(false, member);
      strayed.computed_anew(std::sqrt(rr));
      begun = Cycle::Begun::nothing;
    };
    bool exact = true;
    for (int iterations = 0;; ++iterations) {
      const bool due = outer_.recompute > 0 && iterations > 0 && iterations % outer_.recompute == 0;
      if (due || rr < trusted_fall * trusted_fall * exact_rr) {
        renew();
        exact = true;
      }
      Verdict verdict = Verdict::iterate;
      if (iterations > 0 || !outer_.guess_judged)
        verdict = judge(iterations, rr, exact ? 0 : strayed.bound(norm_of_matrix_), member);
      if (verdict == Verdict::confirm) {
        renew();
        exact = true;
        verdict = judge(iterations, rr, 0, member);
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

      cycle.run(member, begun,
                {[&](Lines lines) { part(lines.k) = kernels_.dot(finest_, lines); },
                 [&](Lines lines) { part(lines.k, 1) = kernels_.energy(finest_, lines); }});
      const auto [rz, zAz] = sums_of_planes(member);
      if (!(rz > 0 && rz <= std::numeric_limits<double>::max()))
        return finish(OuterEnd::indefinite_cycle, member);
      const double beta = iterations == 0 ? 0 : rz / rz_before;
      pAp = zAz - beta * beta * pAp;
      const double step = rz / pAp;
      if (!(pAp > 0 && step > 0 && step <= std::numeric_limits<double>::max()))
        return finish(OuterEnd::indefinite_matrix, member);
      // As it fell last time.
      const double next_rr = rr_before > 0 ? rr * (rr / rr_before) : rr;
      rr_before = rr;
      const bool ahead = cycle.takes_lead(lead_stages) && !likely_last(iterations + 1, next_rr, member);
      const auto [next, pp] = descend(beta, step, ahead ? &cycle : nullptr, member);
      begun = ahead ? Cycle::Begun::way_down : Cycle::Begun::first_half_sweep;
      rr = next;
      rz_before = rz;
      strayed.step(std::sqrt(rr), step * std::sqrt(pp));
      exact = false;
    }
  }

  // Asked by the first member, for all of this rank: they take the same way, whichever it is.
  bool likely_last(int iterations, double rr, Member* member) {
    if (member->id() == 0)
      last_ = outer_.likely_last && outer_.likely_last(norm_of(iterations, told_part_ * rr));
    member->barrier();
    return last_;
  }

  // p <- z + beta p, on one plane more than this rank's on each side, where z is known too; x every other time;
  // r <- r - step A p and the first half sweep of the next cycle, the whole way down in the same pass with `cycle`.
  // Returns (r, r), (p, p).
  Two descend(double beta, double step, const Cycle* cycle, Member* member) {
    const bool both = m_.pending_step_ != 0; // steps
    const Advance advance{m_.iterate_started_, m_.pending_step_, step};
    const auto factor = static_cast<float>(beta);
    const auto direction = [&](int k) {
      const bool own = finest_.own.has(k);
      const OuterFields fields{both && own ? fields_.x : nullptr, fields_.p};
      const double pp = kernels_.direction(finest_, fields, factor, advance, plane(k));
      if (own)
        part(k, 1) = pp;
    };
    const auto update = [&](int k) {
      if (finest_.own.has(k))
        part(k) = kernels_.update(finest_, fields_, step, plane(k));
    };
    member->barrier(); // the step that was pending has been read
    const Planes planes = finest_.around(1);
    const auto work = [&](int stage, int k) { stage == 0 ? direction(k) : update(k); };
    if (cycle) {
      cycle->go_down({lead_stages, work}, member);
    } else if (finest_.wraps()) {
      member->share(planes, direction);
      member->barrier();
      copy_ends(fields_.p, member);
      member->share(finest_.own, update);
    } else {
      member->wavefront(planes, lead_stages, work);
    }
    if (member->id() == 0) {
      m_.pending_step_ = both ? 0 : step;
      m_.iterate_started_ |= both;
    }
    return sums_of_planes(member);
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
  double unit_ = 1;           // of b
  Two decoupled_{};           // (r, r) of rows coupled with none: at the guess, and later
  double norm_of_matrix_ = 0; // at most
  Two sums_{};
  double told_part_ = 1; // of (r, r), when it was last told
  bool last_ = false;
  Verdict verdict_ = Verdict::stop;
  OuterEnd end_ = OuterEnd::declined;
};

OuterEnd Multigrid::solve(const CycleOptions& options, const Outer& outer) {
  return OuterIteration(this, options, outer).run();
}

void Multigrid::copy_iterate(const Outer& outer, const RowPieces<double>& x) const {
  const double* field = iterate_.data() + levels_[0].front;
  const float* p = direction_.data() + levels_[0].front;
  x.for_each_run(0, x.rows(), [&](std::ptrdiff_t first, std::ptrdiff_t last, double* data) {
#pragma omp parallel for schedule(static) num_threads(default_threads())
    for (std::ptrdiff_t i = first; i < last; ++i) {
      const std::uint32_t place = place_[static_cast<std::size_t>(i)];
      const double pending = pending_step_ != 0 ? pending_step_ * p[place] : 0;
      data[i - first] = iterate_scale_ * (iterate_started_ ? field[place] + pending : pending);
    }
  });
  for (const Decoupled& d : decoupled_)
    x[d.row] = d.inverse * outer.b[d.row];
}

} // namespace linnet::latticemg
