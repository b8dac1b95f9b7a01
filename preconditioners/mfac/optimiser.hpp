#pragma once

#include "mfac/window.hpp"

namespace linnet::mfac {

/// Defaults: those of the authors' code.
struct OptimiserOptions {
  std::int64_t gradients = 1024; ///< in the window
  double learning_rate = 1e-3;
  double damping = 1e-5; ///< published range 1e-7 .. 1e-4
  double momentum = 0;   ///< of the preconditioned step
  double weight_decay = 0;
  Precision precision = Precision::f32;
};

/// M-FAC as an optimiser: g <- g + decay w goes into the window, u = F^-1 g, v <- momentum v + u, w <- w - rate v.
/// A step reads G twice: once for the products with the new gradient, once for u, which lies in the window's range.
class Optimiser {
public:
  /// Throws std::invalid_argument unless gradients >= 1, damping > 0, 0 <= momentum < 1, decay >= 0 and the rate are
  /// finite.
  Optimiser(std::int64_t weights, const OptimiserOptions& options);

  /// One step with the gradient of the loss at w, both of `weights` numbers. False, and nothing has changed, where the
  /// gradient is not finite.
  bool step(double* w, const double* gradient);
  void set_learning_rate(double rate) { options.learning_rate = rate; } ///< for a schedule
  std::int64_t gradients() const { return window.present(); }
  /// As Window::state().
  template <class Archive>
  void state(Archive* archive) {
    window.state(archive);
    (*archive)(&v);
  }

private:
  OptimiserOptions options;
  Window window;
  std::vector<double> g, u, v;
};

} // namespace linnet::mfac
