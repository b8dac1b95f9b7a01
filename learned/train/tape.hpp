#pragma once

#include "learned/graph.hpp"

#include <memory>

namespace linnet::learned {

/// Gradients by tensor, added up.
using Gradients = std::map<std::string, std::vector<float>>;

/// A graph in single precision on several samples at once, each with its operator and its residual, that keeps all
/// fields and takes gradients back: oneDNN's backward convolutions, the other operations by hand.
class Tape {
public:
  Tape(const Graph& graph, int batch, int threads);
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
  ~Tape();

  /// residual: [batch][cells], fields of the operator: [batch][cells][channels] (not read where there are none).
  /// Returns the output, [batch][cells].
  const float* forward(const Tensors& tensors, const float* fields, const float* residual);
  /// Adds the gradients of a function of the output whose gradient with respect to it is `output`, [batch][cells].
  void backward(const float* output, Gradients* gradients);

private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

} // namespace linnet::learned
