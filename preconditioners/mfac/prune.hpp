#pragma once

#include "mfac/primal.hpp"

namespace linnet::mfac {

/// The Fisher matrix of a loss in blocks of consecutive weights, F_b = damping I + (1/n) sum_i g_ib g_ib^T, for
/// pruning: which weights the loss needs least, and how the others make up for those that go.
///
/// The loss is taken as quadratic, with the weights at its minimum and F as its Hessian.
class BlockFisher {
public:
  /// For `weights` weights in blocks of `block` (the last one smaller), and at most `capacity` gradients. Throws
  /// std::invalid_argument where one of them or the damping is not positive.
  BlockFisher(std::int64_t weights, std::int64_t block, std::int64_t capacity, double damping);

  std::int64_t gradients() const { return n; }
  /// Adds a gradient; false, and nothing has changed, where `capacity` are there or it is not finite.
  bool add(const double* gradient);

  /// out_j = w_j^2 / (2 [F^-1]_jj): by how much the loss rises where weight j alone is set to zero and the others of
  /// its block follow.
  void saliencies(const double* w, double* out) const;

  /// out_k = sum over blocks of w_Q^T ([F^-1]_QQ)^-1 w_Q / 2, Q the weights j of the block with group[j] = k < `count`:
  /// by how much the loss rises where a group goes and the others of its blocks follow. -1: in no group.
  void group_saliencies(const std::vector<int>& group, int count, const double* w, double* out) const;

  /// Mean square of the gradients' entries; 0 without any.
  double mean_square() const;
  /// For a damping that depends on the gradients.
  void set_damping(double lambda);

  /// Sets the weights of `pruned` to zero and moves the others of their blocks to where the loss is least: with Q the
  /// pruned and R the other weights of a block,
  ///   z = (n lambda I + G_R G_R^T)^-1 G_Q w_Q,  w_R += G_R^T z,  rise = (lambda / 2)(|w_Q|^2 + w_Q . G_Q^T z)
  /// (with |R| < n by F_RR itself). Weights that are not to move again (pruned before) stay as they are when they are
  /// zero and in `pruned`. Returns the rise of the loss that the quadratic predicts.
  double prune(const std::vector<bool>& pruned, double* w) const;

private:
  struct Span {
    std::int64_t first, size;
  };
  std::vector<Span> blocks() const;
  Rows block_rows(const Span& span) const;

  std::int64_t d, B, n = 0;
  double damping;
  Rows G;
};

} // namespace linnet::mfac
