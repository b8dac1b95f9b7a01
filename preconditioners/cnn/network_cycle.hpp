#pragma once

#include "cnn/fine_sweeps.hpp"
#include "learned/model.hpp"
#include "learned/network.hpp"

#include <memory>
#include <string>

namespace linnet::cnn {

enum class Backend : std::uint8_t { onednn, reference };

struct NetworkOptions {
  learned::Precision precision = learned::Precision::automatic;
  Backend backend = Backend::onednn;
  int threads = 1;
};

/// z = M r: exact sweeps on the grid, a network on what is left, the sweeps again in reverse.
class NetworkCycle {
public:
  /// What of an operator a model was not trained for, in one line; nothing where it covers it.
  /// By its "classes" (learned/train/classes.hpp); where it names none, voxel. `null_space`: the matrix has one
  /// attached.
  static std::string outside(const learned::Model& model, const LatticeOperator& op, bool null_space = false);

  /// The network for the finest grid of `multigrid`, which must stay where it is, conditioned on its operator. What was
  /// made before for the same size, model and options is used again. Throws InputError.
  void build(latticemg::Multigrid* multigrid, std::shared_ptr<const learned::Model> model,
             const NetworkOptions& options);
  /// One number a row. Inf or NaN in r make all of z NaN.
  void apply(const double* r, double* z);

  std::string description() const { return network_ ? network_->description() : ""; }
  std::size_t bytes() const;
  double flops() const { return flops_; } ///< of an application of the network

private:
  std::unique_ptr<latticemg::FineSweeps> sweeps_;
  std::shared_ptr<const learned::Model> model_;
  std::unique_ptr<learned::Network> network_;
  NetworkOptions options_;
  std::array<int, 3> size_{};
  std::vector<float> residual_, correction_;
  double flops_ = 0;
};

} // namespace linnet::cnn
