// What one decision of each learner costs, choose and learn together, after a thousand solves of the shifted Laplacian
// of Khodak et al. (ICLR 2024). Beside it: `fixed`, which learns nothing, and the solve itself, SOR on 10 x 10 unknowns
// by plain loops at Young's omega, the least that any decision can serve.
//
//   build/bench/decisions --benchmark_repetitions=5
#include "bandits/binned.hpp"
#include "bandits/chebcb.hpp"
#include "bandits/fixed.hpp"
#include "bandits/modelled.hpp"
#include "bandits/race.hpp"
#include "bandits/relaxation.hpp"
#include "bandits/sequence.hpp"
#include "bandits/thompson.hpp"
#include "bandits/tsallis.hpp"

#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

using namespace linnet::bandits;
using namespace bandits_test;

namespace {

using Make = std::unique_ptr<Learner> (*)(const Choices&);
constexpr int solves_before = 1000;

// Costs are known before the clock runs: those of the arm nearest to the value that the learner plays.
void decision(benchmark::State& state, Make make) {
  const std::unique_ptr<Learner> learner = make(sor_choices(1));
  ShiftedLaplacians sequence(true, 1);
  constexpr std::size_t systems = 64;
  std::vector<double> shifts;
  std::vector<std::vector<double>> costs;
  for (std::size_t t = 0; t < systems; ++t) {
    sequence.next();
    shifts.push_back(sequence.system().shift);
    costs.emplace_back();
    for (const double omega : sor_choices(1).arms)
      costs.back().push_back(sequence.solve(omega));
  }
  std::size_t t = 0;
  const auto one = [&] {
    const Decision chosen = learner->choose(shifts[t % systems]);
    learner->learn(chosen, costs[t % systems][chosen.arm]);
    ++t;
  };
  for (int k = 0; k < solves_before; ++k)
    one();
  for (auto _ : state)
    one();
}

void solve(benchmark::State& state) {
  ShiftedLaplacians sequence(true, 1);
  int iterations = 0;
  for (auto _ : state) {
    state.PauseTiming();
    sequence.next();
    Laplacian a;
    a.shift = sequence.system().shift;
    const double omega = young_omega(a.beta());
    state.ResumeTiming();
    iterations += sequence.solve(omega);
  }
  state.counters["sweeps"] = benchmark::Counter(iterations, benchmark::Counter::kAvgIterations);
}

template <class L, class... Arguments>
void learner(const char* name) {
  benchmark::RegisterBenchmark(name, [](benchmark::State& state) {
    decision(state,
             [](const Choices& c) -> std::unique_ptr<Learner> { return std::make_unique<L>(c, Arguments::value...); });
  })->Unit(benchmark::kMicrosecond);
}

template <auto constant>
struct With {
  static constexpr auto value = constant;
};

} // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RegisterBenchmark("solve", solve)->Unit(benchmark::kMicrosecond);
  learner<Fixed, With<std::size_t{13}>>("fixed");
  learner<Race>("race");
  learner<Tsallis, With<LossEstimator::reduced_variance>>("tsallis");
  learner<Binned, With<std::size_t{5}>>("binned");
  learner<ChebCB>("chebcb");
  learner<Thompson>("thompson");
  learner<Modelled, With<RelaxationForm::sor>>("model");
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
