#pragma once

// The shifted-Laplacian sequences of Khodak et al. (ICLR 2024, section 5), solved by SOR.
#include "bandits/learner.hpp"
#include "bandits/relaxation_systems.hpp"

#include <functional>

namespace bandits_test {

using linnet::bandits::Choices;
using linnet::bandits::Context;
using linnet::bandits::Learner;
using linnet::bandits::Random;

/// omega = 1, 1.05, ..., 1.95; contexts [-0.15, 0.65]; costs are iterations.
inline Choices sor_choices(std::uint64_t seed) {
  Choices c;
  for (int k = 0; k < 20; ++k)
    c.arms.push_back(1 + 0.05 * k);
  c.context = {{-0.15, 0.65}};
  c.least_cost = 1;
  c.seed = seed;
  return c;
}

/// System t of a sequence: A + (-0.15 + 0.6 Beta) I with Beta(2,6) (low variance) or Beta(1/2,3/2); b normal, ||b|| <=
/// sqrt n.
class ShiftedLaplacians {
public:
  ShiftedLaplacians(bool low_variance, std::uint64_t seed) : low_(low_variance), random_(seed) {}
  void next() {
    system_.shift = -0.15 + 0.6 * (low_ ? beta(2, 6) : beta(0.5, 1.5));
    right_.resize(static_cast<std::size_t>(system_.size()));
    double square = 0;
    do {
      square = 0;
      for (double& v : right_) {
        v = random_.normal();
        square += v * v;
      }
    } while (square > system_.size());
  }
  Laplacian system() const { return system_; }
  int solve(double omega) const { return sor(system_, right_, omega); }
  int solve_symmetric_red_black(double omega) const {
    Laplacian a = system_;
    a.red_black = true;
    return sor(a, right_, omega, 1e-8, true);
  }

private:
  // Shape k or k + 1/2 with k whole: a sum of exponentials, and half a squared normal.
  double gamma(double shape) {
    double sum = 0;
    while (shape >= 1) {
      sum -= std::log(random_.uniform());
      shape -= 1;
    }
    if (shape > 0)
      sum += std::pow(random_.normal(), 2) / 2;
    return sum;
  }
  double beta(double a, double b) {
    const double x = gamma(a);
    return x / (x + gamma(b));
  }

  bool low_;
  Random random_;
  Laplacian system_;
  std::vector<double> right_;
};

/// Average iterations of each of `steps` solves, with the context shown or hidden.
inline double average_iterations(Learner& learner, bool low_variance, int steps, std::uint64_t seed = 1,
                                 bool with_context = true) {
  ShiftedLaplacians sequence(low_variance, seed);
  double sum = 0;
  for (int t = 0; t < steps; ++t) {
    sequence.next();
    const auto d = learner.choose(with_context ? Context(sequence.system().shift) : Context());
    const int cost = sequence.solve(d.value);
    sum += cost;
    learner.learn(d, cost);
  }
  return sum / steps;
}

} // namespace bandits_test
