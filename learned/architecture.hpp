#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace linnet::learned {

/// The operations that a network is made of. C: channels of the first input, n: its cells along an axis, d: dimensions.
enum class Op : std::uint8_t {
  input,
  convolution,    ///< kernel 3 or 1, zeros beyond the grid; or kernel 2 stride 2: ceil(n / 2) cells, zeros beyond
  space_to_depth, ///< by f = 2 or 4: ceil(n / f) cells, f^d C channels, zeros beyond
  depth_to_space, ///< its inverse, onto the grid of the second input; C / f^d channels
  pool,           ///< mean over 2^d cells, zeros beyond: ceil(n / 2) cells
  upsample,       ///< each cell to 2^d, onto the grid of the second input
  add,            ///< two inputs of one shape
  gate,           ///< the first input times the second, a field computed at setup, of one shape
  relu,           ///< max(x, slope x)
  call,           ///< another block; not in a graph
  gather,         ///< in a graph that ranks share: the whole field from the parts of all of them
  window          ///< the same: some planes of a whole field
};

/// One layer of a block.
struct Layer {
  Op op = Op::input;
  std::string out;
  std::vector<std::string> in;
  // convolution
  std::string weight; ///< tensor scope.weight, and scope.weight.bias
  int channels = 0, kernel = 0, stride = 1;
  bool bias = false;
  int factor = 0;  ///< space_to_depth, depth_to_space
  float slope = 0; ///< relu
  // call: `block` where the first input has more than `above` cells along some axis, else `otherwise`
  std::string block, scope, otherwise, otherwise_scope;
  int above = 0;
};

/// A function of fields: `in` names its arguments, `out` what it gives.
struct Block {
  std::vector<std::string> in;
  std::vector<Layer> layers;
  std::string out;
};

/// A network for grids of any size: blocks that call each other, from "main" on, with weights by scope, so that all
/// coarser grids of a hierarchy may share them. main(residual) or main(residual, operator).
///
/// Or, in their place, a multigrid cycle: a network whose layers are convolutions with the operator's own coefficients
/// (He and Xu, MgNet: a unified framework of multigrid and convolutional neural network, Sci. China Math. 62 (2019)),
/// of which a model has the few numbers that are free.
struct Architecture {
  std::string name;
  int dimension = 3;
  bool cycle = false;         ///< a multigrid cycle: no blocks, tensors of cycle_shapes()
  int operator_channels = 0;  ///< 0: it sees the residual alone
  bool unit_residual = false; ///< it is nonlinear, and made for residuals of norm 1
  int sweeps = 0;             ///< exact red-black sweeps before it and, colours reversed, after it
  std::map<std::string, Block> blocks;
  std::string text; ///< the JSON that it was parsed from
};

using TensorShapes = std::map<std::string, std::vector<std::int64_t>>;

/// The numbers of a multigrid cycle, as preconditioners/latticemg/weights.hpp explains them: for grids that follow each
/// other, and for aggregates.
const TensorShapes& cycle_shapes();

/// From JSON as learned/README.md describes. Throws InputError that names `file`.
Architecture parse_architecture(std::string_view json, const std::string& file);

} // namespace linnet::learned
