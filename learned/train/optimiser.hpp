#pragma once

#include "learned/train/archive.hpp"
#include "learned/train/tape.hpp"
#include "learned/train/trainer.hpp"

#include <memory>

namespace linnet::learned {

/// Moves weights by gradients, which are clipped at a norm of 1.
class Optimiser {
public:
  Optimiser() = default;
  Optimiser(const Optimiser&) = delete;
  Optimiser& operator=(const Optimiser&) = delete;
  virtual ~Optimiser() = default;

  /// Returns the norm of the gradients before they are clipped. Where it is not finite nothing has changed.
  double step(double rate, const Gradients& gradients, Tensors* tensors);
  /// Moments, or the window.
  virtual void state(Archive* archive) = 0;

private:
  virtual void move(double rate, double clip, const Gradients& gradients, Tensors* tensors) = 0;
};

std::unique_ptr<Optimiser> make_optimiser(const TrainingOptions& options);

/// All weights one behind the other, in f64; the gradients in the same order, zero where there are none; and back.
std::vector<double> flat(const Tensors& tensors);
std::vector<double> flat(const Gradients& gradients, const Tensors& tensors);
void unflatten(const std::vector<double>& all, Tensors* tensors);

} // namespace linnet::learned
