#include "cnn/cycle_training.hpp"

#include "base/error.hpp"
#include "lattice/fill.hpp"
#include "learned/train/draw.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>

namespace linnet::cnn {

namespace {

using latticemg::Aggregation;
using latticemg::CycleWeights;
using latticemg::WeightList;

PlacedOperator place(const learned::GridOperator& op) {
  PlacedOperator placed;
  Box box;
  for (std::size_t a = 0; a < 3; ++a) {
    placed.lattice.size[a] = box.size[a] = op.size[a];
    placed.lattice.periodic[a] = op.periodic[a];
  }
  const auto fill = [&](PetscInt i, PetscInt j, PetscInt k, PetscInt count, MatLatticeCell* cells) {
    const PetscInt first = i + placed.lattice.size[0] * (j + placed.lattice.size[1] * k);
    for (PetscInt t = 0; t < count; ++t) {
      const std::size_t c = static_cast<std::size_t>(first) + static_cast<std::size_t>(t);
      cells[t].unknown = op.unknown[c] ? PETSC_TRUE : PETSC_FALSE;
      cells[t].excess = op.unknown[c] ? op.excess[c] : 0;
      for (std::size_t a = 0; a < 3; ++a)
        cells[t].upper[a] = op.face[a][c];
    }
    return PetscErrorCode{0};
  };
  std::string refusal;
  if (FillLatticeOperator(MPI_COMM_SELF, box, false, 1, fill, &placed, &refusal) || !refusal.empty())
    throw InputError("expected a grid operator: " + refusal);
  return placed;
}

} // namespace

CycleSystem::CycleSystem(const learned::GridOperator& op, std::uint64_t seed) : placed_(place(op)) {
  const std::vector<int> component = op.singular_components();
  std::vector<double> sum, count;
  learned::Draw draw(seed);
  std::vector<int> of_row;
  for (std::size_t c = 0; c < op.cells(); ++c) {
    if (!op.unknown[c])
      continue;
    b_.push_back(draw.normal());
    of_row.push_back(component[c]);
    if (component[c] >= 0) {
      sum.resize(std::max(sum.size(), static_cast<std::size_t>(component[c]) + 1), 0);
      count.resize(sum.size(), 0);
      sum[static_cast<std::size_t>(component[c])] += b_.back();
      ++count[static_cast<std::size_t>(component[c])];
    }
  }
  for (std::size_t r = 0; r < b_.size(); ++r)
    if (of_row[r] >= 0)
      b_[r] -= sum[static_cast<std::size_t>(of_row[r])] / count[static_cast<std::size_t>(of_row[r])];
  x_.resize(b_.size());
}

double CycleSystem::Run::digits() const {
  return -std::log10(std::max(left, 1e-300)) / std::max(1, iterations);
}

CycleSystem::Run CycleSystem::solve(const CycleWeights& weights, Aggregation aggregation, double tolerance) {
  const latticemg::Coarsening coarsening =
      aggregation == Aggregation::never ? latticemg::Coarsening::full : latticemg::Coarsening::automatic;
  const std::string refusal = multigrid_.build(placed_.op, placed_.lattice, static_cast<PetscInt>(b_.size()), 1,
                                               coarsening, aggregation, weights);
  if (!refusal.empty())
    throw InputError("expected a grid operator: " + refusal);
  double norm_of_b = 0;
  for (const double v : b_)
    norm_of_b += v * v;
  norm_of_b = std::sqrt(norm_of_b);
  Run run{0, 1, multigrid_.aggregated(), multigrid_.layout().coarsening.semi};
  latticemg::Multigrid::Outer outer{};
  outer.b = {b_.data(), static_cast<std::ptrdiff_t>(b_.size())};
  outer.x = {x_.data(), static_cast<std::ptrdiff_t>(x_.size())};
  outer.guess_zero = true;
  outer.judge = [&](int iterations, double norm, double) {
    run.iterations = iterations;
    run.left = norm / norm_of_b;
    return run.left <= tolerance || iterations >= most_iterations ? Verdict::stop : Verdict::iterate;
  };
  outer.likely_last = [&](double norm) { return norm <= tolerance * norm_of_b; };
  latticemg::CycleOptions options;
  options.threads = 1;
  if (multigrid_.solve(options, outer) != OuterEnd::stopped)
    run = {most_iterations, 1, run.aggregated, run.semi};
  return run;
}

namespace {

constexpr std::size_t first_of_aggregates = 7; // in a WeightList
// The first steps of the search, by number.
constexpr WeightList first_steps = {0.04, 0.06, 0.06, 0.12, 0.12, 0.12, 0.1, 0.06, 0.06, 0.04, 0.1, 0.1, 0.08, 0.1};
constexpr double least_gain = 1e-3;

class Search {
public:
  Search(const std::vector<learned::GridOperator>& systems, const CycleFitOptions& options,
         const std::function<bool(const CycleFit&)>& watch)
      : options_(options), watch_(watch) {
    for (std::size_t s = 0; s < systems.size(); ++s)
      systems_.emplace_back(systems[s], s + 1);
  }

  CycleFit run(const CycleWeights& start) {
    fit_.weights = start;
    for_each(systems_.size(), [&](std::size_t s) {
      const CycleSystem::Run run = systems_[s].system.solve(start, Aggregation::automatic, 0.5);
      systems_[s].use = run.aggregated ? Use::aggregates : run.semi ? Use::none : Use::grids;
    });
    fit_.grids = measure(start, Use::grids);
    fit_.aggregates = measure(start, Use::aggregates);
    WeightList steps = first_steps;
    for (int round = 0; round < options_.rounds; ++round) {
      for (std::size_t i = 0; i < latticemg::weight_count; ++i)
        if (!improve(i, steps[i]))
          improve(i, -steps[i]);
      for (double& step : steps)
        step /= 2;
    }
    return fit_;
  }

private:
  enum class Use : std::uint8_t { none, grids, aggregates };
  struct Tried {
    CycleSystem system;
    Use use = Use::none;

    Tried(const learned::GridOperator& op, std::uint64_t seed) : system(op, seed) {}
  };

  template <class Work>
  void for_each(std::size_t count, const Work& work) {
#pragma omp parallel for schedule(dynamic) num_threads(options_.threads)
    for (std::size_t s = 0; s < count; ++s)
      work(s);
  }

  CycleFit::Digits measure(const CycleWeights& weights, Use use) {
    const Aggregation aggregation = use == Use::aggregates ? Aggregation::always : Aggregation::never;
    std::vector<double> digits(systems_.size(), 0);
    for_each(systems_.size(), [&](std::size_t s) {
      if (systems_[s].use == use)
        digits[s] = systems_[s].system.solve(weights, aggregation, options_.tolerance).digits();
    });
    CycleFit::Digits all;
    for (std::size_t s = 0; s < systems_.size(); ++s)
      if (systems_[s].use == use) {
        all.least = all.systems == 0 ? digits[s] : std::min(all.least, digits[s]);
        all.mean += digits[s];
        ++all.systems;
      }
    all.mean /= std::max(1, all.systems);
    return all;
  }

  // Goes on in steps as long as it gains, and nothing ends the search. Whether it gained.
  bool improve(std::size_t i, double step) {
    const Use use = i >= first_of_aggregates ? Use::aggregates : Use::grids;
    CycleFit::Digits& best = use == Use::aggregates ? fit_.aggregates : fit_.grids;
    bool moved = false;
    while (!ended_ && best.systems > 0) {
      WeightList list = latticemg::list_of(fit_.weights);
      list[i] = 1e-4 * std::round(1e4 * (list[i] + step));
      if (!latticemg::weight_ranges[i].has(list[i]))
        break;
      const CycleFit::Digits found = measure(latticemg::weights_of(list), use);
      const bool better = found.score() > best.score() + least_gain;
      if (better) {
        best = found;
        fit_.weights = latticemg::weights_of(list);
        moved = true;
      }
      ++fit_.steps;
      fit_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
      ended_ = !watch_(fit_) || fit_.steps == options_.most_steps ||
               (options_.minutes > 0 && fit_.seconds > 60 * options_.minutes);
      if (!better)
        break;
    }
    return moved;
  }

  CycleFitOptions options_;
  const std::function<bool(const CycleFit&)>& watch_;
  std::deque<Tried> systems_;
  CycleFit fit_;
  bool ended_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

} // namespace

CycleFit fit_cycle(const std::vector<learned::GridOperator>& systems, const CycleWeights& start,
                   const CycleFitOptions& options, const std::function<bool(const CycleFit&)>& watch) {
  return Search(systems, options, watch).run(start);
}

} // namespace linnet::cnn
