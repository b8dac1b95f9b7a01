#pragma once

#include "cnn/fine_sweeps.hpp"
#include "cnn/slab_exchange.hpp"
#include "learned/model.hpp"
#include "learned/network.hpp"
#include "learned/slabs.hpp"

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
  static std::string outside(const learned::Model& model, const Lattice& lattice, const LatticeOperator& op,
                             bool null_space = false);

  /// How ranks are to share the finest grid for a model.
  static latticemg::SlabPlan plan_slabs(const learned::Model& model, const latticemg::CoarseningPlan& plan,
                                        const Lattice& lattice, int ranks);

  /// The network for the finest grid of `multigrid`, which must stay where it is, conditioned on its operator. What was
  /// made before for the same size, slabs, model and options is used again. Throws InputError. This and what follows is
  /// collective over the ranks that have a slab.
  void build(latticemg::Multigrid* multigrid, std::shared_ptr<const learned::Model> model,
             const NetworkOptions& options);
  /// One number a row. Inf or NaN in r make all of z NaN.
  void apply(const double* r, double* z) { apply(network_.get(), r, z); }
  /// z = M^T r: the sweeps are each other's adjoints, so that the network alone is transposed. Throws InputError where
  /// it is not linear.
  void apply_transpose(const double* r, double* z) { apply(transposed(), r, z); }
  /// What stands against the symmetric form for a model, in one line, or nothing.
  static std::string not_symmetric(const learned::Model& model);
  /// z = M_s r, symmetric and positive definite whatever the weights. With S the sweeps before the network C, that is
  /// u_1 = S r, and N' = C + S^T (I - A C) the network and the sweeps after it, M of apply() is S + N' (I - A S), and
  ///
  ///   M_s = S + S^T - S^T A S + (I - S^T A) N'^T A N' (I - A S).
  ///
  /// The first three terms are symmetric Gauss-Seidel, definite; the last one is semidefinite, as A is. M = A^-1 makes
  /// M_s = A^-1. With K = I - S^T A and F = I - M A, I - M_s A = K F + F* K* - F* F, * the adjoint of A's inner
  /// product: |F| <= d keeps the eigenvalues of M_s A within 1 - 2 d and 1 + 2 d + d^2. Throws InputError where
  /// not_symmetric().
  void apply_symmetric(const double* r, double* z);

  std::string description() const { return network_ ? network_->description() : ""; }
  std::size_t bytes() const;
  double flops() const; ///< of an application, on this rank; the symmetric form has twice as many

private:
  void apply(learned::Network* network, const double* r, double* z);
  learned::Network* transposed();
  std::unique_ptr<learned::Network> make_network(const learned::Graph& graph, const learned::Tensors& tensors) const;
  /// The part of this rank.
  learned::Graph part_of(const learned::Graph& graph, learned::SlabWindow* window) const;

  std::unique_ptr<latticemg::FineSweeps> sweeps_;
  std::shared_ptr<const learned::Model> model_;
  std::unique_ptr<learned::Network> network_, transposed_; // the second one from its first use on
  bool transposed_current_ = false;                        // it is conditioned on the operator that there is
  NetworkOptions options_;
  std::array<int, 3> size_{};
  latticemg::SlabPlan slabs_;
  std::unique_ptr<SlabExchange> exchange_; // null where the grid is not shared
  int slab_ = 0;
  learned::SlabWindow window_{};
  Buffer<float> residual_, correction_, fields_;
  double flops_ = 0;
};

} // namespace linnet::cnn
