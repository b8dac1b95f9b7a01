#pragma once

#include "learned/train/slots.hpp"
#include "learned/train/tape.hpp"

namespace linnet::learned {

/// What running solves have in common.
struct Solves {
  int iterations = 9; ///< of a solve, at most
  int threads = 1;
  Loss loss = Loss::energy;
};

/// Running solves on the operators of a pool, one a sample of a batch.
class Stage {
public:
  Stage(const Architecture& architecture, OperatorPool pool, int batch, const Solves& solves, Draw* draw);

  /// Takes a step of all solves. Returns the mean of what Slot::loss() returns; adds the gradients of the mean loss.
  double step(const Tensors& tensors, Draw* draw, Gradients* gradients);
  const Grid& size() const { return pool_->size(); }

  void state(Archive* archive);

private:
  int sweeps_;
  bool unit_norm_;
  std::size_t channels_, cells_ = 0;
  Loss loss_;
  std::unique_ptr<const OperatorPool> pool_;
  Tape tape_;
  std::vector<Slot> slots_;
  std::vector<float> residual_, gradient_, fields_;
  bool written_ = false;
};

} // namespace linnet::learned
