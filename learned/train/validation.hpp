#pragma once

#include "learned/train/classes.hpp"

namespace linnet::learned {

/// Iterations on systems of one kind that were not trained on.
struct Validation {
  std::string name; ///< a class, or "systems"
  struct Count {
    std::string family;
    std::uint64_t seed;
    int iterations; ///< most_iterations + 1: not reached
  };
  std::vector<Count> counts;

  double mean_log() const;  ///< of the iterations
  std::string text() const; ///< "blobs 6 6, drops 5 6"
  void state(Archive* archive);
};

/// Conjugate directions with a memory of two, preconditioned by the sweeps and the network, until the residual of a
/// white right-hand side has fallen by 1e-6: x = 0 at first, outer vectors in f64.
class Validator {
public:
  static constexpr int most_iterations = 60;

  Validator(std::string name, std::vector<HeldOut> systems) : name_(std::move(name)), systems_(std::move(systems)) {}
  /// The network runs in f32.
  Validation run(const Architecture& architecture, const Tensors& tensors, int threads) const;

private:
  std::string name_;
  std::vector<HeldOut> systems_;
};

} // namespace linnet::learned
