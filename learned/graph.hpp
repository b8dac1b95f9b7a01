#pragma once

#include "learned/architecture.hpp"
#include "learned/tensor.hpp"

#include <array>
#include <cstddef>

namespace linnet::learned {

/// Cells along x, y and z; 1 along z in two dimensions.
using Grid = std::array<int, 3>;

inline std::size_t cells_of(const Grid& grid) {
  return static_cast<std::size_t>(grid[0]) * static_cast<std::size_t>(grid[1]) * static_cast<std::size_t>(grid[2]);
}

/// One operation on fields of whole grids.
struct Node {
  Op op = Op::input;
  std::array<int, 2> in{-1, -1}; ///< nodes before this one
  Grid grid{};
  int channels = 0;
  int kernel = 0, stride = 1, factor = 0;
  float slope = 0;
  std::string weight; ///< tensor of shape {out, in, kz, ky, kx} ({out, in, ky, kx} in two dimensions)
  bool bias = false;  ///< tensor weight.bias of shape {out}
  bool setup = false; ///< does not depend on the residual
  /// In a graph that ranks share (slabs.hpp), of planes across the slowest axis. `refreshed`: those beside begin ...
  /// end - 1 are taken from the neighbours. gather: the parts, of which this one is begin ... end - 1 of the input.
  /// window: it begins at plane `begin` of the input.
  bool refreshed = false;
  int begin = 0, end = 0;
  std::vector<int> firsts; ///< slab s has planes firsts[s] ... firsts[s + 1] - 1
  int slab = 0;
  std::string block; ///< of the architecture, and the number in it of the layer that this is
  int layer = -1;
};

/// Whether it reads the values of an input: transfers onto the grid of their second input do not.
inline bool reads(const Node& node, std::size_t i) {
  return node.in[i] >= 0 && !(i == 1 && (node.op == Op::depth_to_space || node.op == Op::upsample));
}

/// A network on one grid: nodes in the order in which they can be computed.
struct Graph {
  int dimension = 3;
  std::vector<Node> nodes;
  int residual = 0;
  int operator_fields = -1; ///< -1: none
  int output = -1;          ///< one channel on the grid of the residual
  TensorShapes tensors;     ///< by name

  const Node& node(int i) const { return nodes[static_cast<std::size_t>(i)]; }
  /// Numbers in a plane across the slowest axis of a field.
  std::size_t plane_of(const Node& n) const {
    return cells_of(n.grid) / static_cast<std::size_t>(n.grid[dimension == 3 ? 2 : 1]) *
           static_cast<std::size_t>(n.channels);
  }
  /// Cells that a stride, a factor or a kernel covers along each axis.
  Grid window(int length) const { return {length, length, dimension == 3 ? length : 1}; }
  /// Multiplications and additions of the convolutions, of setup or of an application.
  double flops(bool setup) const;
};

/// `architecture` on a grid. Throws InputError where layers do not fit, blocks are missing, or it does not end, and for
/// a cycle.
Graph instantiate(const Architecture& architecture, const Grid& grid);

/// The shapes of all tensors that it has on any grid of at least 64 cells along each axis.
TensorShapes tensor_shapes(const Architecture& architecture);

} // namespace linnet::learned
