#pragma once

#include "learned/train/slots.hpp"
#include "learned/train/tape.hpp"

namespace linnet::learned {

/// What running solves have in common.
struct Solves {
  int iterations = 9; ///< of a solve, at most
  int threads = 1;
};

/// Running solves on random domains of one size, one a sample of a batch.
class Stage {
public:
  Stage(const Architecture& architecture, int n, int batch, int domains, const Solves& solves, Draw* draw);

  /// Takes a step of all solves. Returns the mean of q; adds the gradients of the mean of log q.
  double step(const Tensors& tensors, Draw* draw, Gradients* gradients);

private:
  int sweeps_;
  std::size_t channels_, cells_ = 0;
  DomainPool pool_;
  Tape tape_;
  std::vector<Slot> slots_;
  std::vector<float> residual_, gradient_, fields_;
  bool written_ = false;
};

} // namespace linnet::learned
