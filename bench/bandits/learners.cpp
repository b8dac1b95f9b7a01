// Every learner on the shifted Laplacian of Khodak et al. (ICLR 2024): average iterations, over several seeds.
//   build/bench/bandits                 4 seeds, 5000 systems
//   build/bench/bandits SEEDS STEPS
#include "bandits/binned.hpp"
#include "bandits/chebcb.hpp"
#include "bandits/fixed.hpp"
#include "bandits/modelled.hpp"
#include "bandits/race.hpp"
#include "bandits/relaxation.hpp"
#include "bandits/sequence.hpp"
#include "bandits/thompson.hpp"
#include "bandits/tsallis.hpp"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

using namespace linnet::bandits;
using namespace bandits_test;

namespace {

struct Statistic {
  double sum = 0, squares = 0;
  int count = 0;
  void add(double x) {
    sum += x;
    squares += x * x;
    ++count;
  }
  double mean() const { return sum / count; }
  double deviation() const {
    return count > 1 ? std::sqrt(std::fmax(0, squares - sum * sum / count) / (count - 1)) : 0;
  }
};

using Player = std::function<double(Context)>;  // omega of the next system
using Payer = std::function<void(double, int)>; // omega, iterations

// Averages after 100, 1000 and all systems.
std::vector<double> run(bool low, std::uint64_t seed, int steps, const Player& choose, const Payer& learn) {
  ShiftedLaplacians sequence(low, seed);
  std::vector<double> at;
  double sum = 0;
  for (int t = 1; t <= steps; ++t) {
    sequence.next();
    const double omega = choose(sequence.system().shift);
    const int cost = sequence.solve(omega);
    sum += cost;
    learn(omega, cost);
    if (t == 100 || t == 1000 || t == steps)
      at.push_back(sum / t);
  }
  at.resize(3, sum / steps);
  return at;
}

void print(const char* name, int seeds, const std::function<std::vector<double>(bool, std::uint64_t)>& one) {
  std::printf("%-26s", name);
  for (const bool low : {true, false}) {
    Statistic s[3];
    for (int seed = 1; seed <= seeds; ++seed) {
      const auto at = one(low, static_cast<std::uint64_t>(seed));
      for (int k = 0; k < 3; ++k)
        s[k].add(at[static_cast<std::size_t>(k)]);
    }
    std::printf("   %6.1f +- %4.1f  %6.1f  %6.1f +- %4.1f", s[0].mean(), s[0].deviation(), s[1].mean(), s[2].mean(),
                s[2].deviation());
  }
  std::printf("\n");
  (void)std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  const int seeds = argc > 1 ? std::atoi(argv[1]) : 4, steps = argc > 2 ? std::atoi(argv[2]) : 5000;
  if (seeds < 1 || steps < 1) {
    (void)std::fprintf(stderr, "usage: bandits [SEEDS [STEPS]], each at least 1\n");
    return 2;
  }
  std::printf("average iterations, mean +- standard deviation over %d seeds\n%-26s   %-36s   %s\n%-26s", seeds, "",
              "low variance", "high variance", "");
  for (int k = 0; k < 2; ++k)
    std::printf("   %14s  %6s  %9d     ", "after 100", "1000", steps);
  std::printf("\n");
  const auto learner = [&](const char* name, const std::function<std::unique_ptr<Learner>(Choices)>& make,
                           bool with_context) {
    print(name, seeds, [&](bool low, std::uint64_t seed) {
      const auto one = make(sor_choices(seed));
      Decision decision;
      return run(
          low, seed, steps,
          [&](Context c) {
            decision = one->choose(with_context ? c : Context());
            return decision.value;
          },
          [&](double, int cost) { one->learn(decision, cost); });
    });
  };
  const auto fixed = [](std::size_t arm) {
    return [arm](const Choices& c) -> std::unique_ptr<Learner> { return std::make_unique<Fixed>(c, arm); };
  };
  learner("omega = 1", fixed(0), false);
  learner("omega = 1.65", fixed(13), false);
  learner("omega = 1.80", fixed(16), false);
  using Made = std::unique_ptr<Learner>;
  learner(
      "Tsallis-INF, weighted",
      [](const Choices& c) -> Made { return std::make_unique<Tsallis>(c, LossEstimator::importance_weighted); }, false);
  learner(
      "Tsallis-INF, reduced var.",
      [](const Choices& c) -> Made { return std::make_unique<Tsallis>(c, LossEstimator::reduced_variance); }, false);
  learner(
      "race every 100", [](const Choices& c) -> Made { return std::make_unique<Race>(c); }, false);
  learner(
      "binned Tsallis-INF, 5", [](const Choices& c) -> Made { return std::make_unique<Binned>(c, 5); }, true);
  learner(
      "ChebCB", [](const Choices& c) -> Made { return std::make_unique<ChebCB>(c); }, true);
  learner(
      "Thompson", [](const Choices& c) -> Made { return std::make_unique<Thompson>(c); }, true);
  learner(
      "model", [](const Choices& c) -> Made { return std::make_unique<Modelled>(c, RelaxationForm::sor); }, true);
  print("Young's omega for each", seeds, [&](bool low, std::uint64_t seed) {
    return run(
        low, seed, steps,
        [](Context c) {
          Laplacian a;
          a.shift = c.numbers[0];
          return young_omega(a.beta());
        },
        [](double, int) {});
  });
  return 0;
}
