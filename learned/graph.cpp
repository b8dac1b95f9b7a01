#include "learned/graph.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace linnet::learned {

namespace {

constexpr int most_depth = 64, most_channels = 1 << 16;
constexpr std::size_t most_nodes = 4096;

int ceil_div(int n, int by) {
  return (n + by - 1) / by;
}

class Builder {
public:
  explicit Builder(const Architecture& architecture) : architecture_(architecture) {
    graph.dimension = architecture.dimension;
  }

  int add(Node node) {
    if (graph.nodes.size() >= most_nodes)
      refuse("more than " + std::to_string(most_nodes) + " layers");
    graph.nodes.push_back(std::move(node));
    return static_cast<int>(graph.nodes.size()) - 1;
  }

  int call(const std::string& name, const std::string& scope, const std::vector<int>& arguments, int depth) {
    const auto found = architecture_.blocks.find(name);
    if (found == architecture_.blocks.end())
      refuse("there is no block '" + name + "'");
    if (depth > most_depth)
      refuse("blocks call each other without end");
    const Block& block = found->second;
    if (block.in.size() != arguments.size())
      refuse("block '" + name + "' takes " + std::to_string(block.in.size()) + " inputs");
    std::map<std::string, int> values;
    for (std::size_t i = 0; i < arguments.size(); ++i)
      values[block.in[i]] = arguments[i];
    const auto value = [&](const std::string& field) {
      const auto at = values.find(field);
      if (at == values.end())
        refuse("block '" + name + "' uses '" + field + "' before it is computed");
      return at->second;
    };
    for (const Layer& layer : block.layers) {
      std::vector<int> in;
      for (const std::string& field : layer.in)
        in.push_back(value(field));
      int out = -1;
      if (layer.op == Op::call) {
        out = branch(layer, scope, in, depth);
      } else {
        Node node = make(layer, scope, in);
        node.block = name;
        node.layer = static_cast<int>(&layer - block.layers.data());
        out = add(std::move(node));
      }
      if (!values.emplace(layer.out, out).second)
        refuse("block '" + name + "' computes '" + layer.out + "' twice");
    }
    return value(block.out);
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw InputError("network '" + architecture_.name + "': " + what);
  }

  Graph graph;

private:
  int branch(const Layer& layer, const std::string& scope, const std::vector<int>& in, int depth) {
    const Grid& grid = graph.node(in[0]).grid;
    const bool first = layer.otherwise.empty() || *std::max_element(grid.begin(), grid.end()) > layer.above;
    const std::string& inner = first ? layer.scope : layer.otherwise_scope;
    return call(first ? layer.block : layer.otherwise, inner.empty() ? scope : inner, in, depth + 1);
  }

  Node make(const Layer& layer, const std::string& scope, const std::vector<int>& in) {
    const Node& x = graph.node(in[0]);
    const Node& second = graph.node(in.back());
    Node node;
    node.op = layer.op;
    for (std::size_t i = 0; i < in.size(); ++i)
      node.in[i] = in[i];
    node.grid = x.grid;
    node.channels = x.channels;
    node.slope = layer.slope;
    node.factor = layer.factor;
    // The second input of transfers lends its grid alone.
    const bool grid_alone = layer.op == Op::depth_to_space || layer.op == Op::upsample;
    node.setup = x.setup && (grid_alone || second.setup);
    switch (layer.op) {
    case Op::convolution:
      make_convolution(layer, scope, x, &node);
      break;
    case Op::space_to_depth:
      shrink(layer.factor, &node);
      node.channels = x.channels * volume(layer.factor);
      break;
    case Op::pool:
      node.factor = 2;
      shrink(2, &node);
      break;
    case Op::upsample:
      node.factor = 2;
      grow(x, second, &node);
      break;
    case Op::depth_to_space:
      grow(x, second, &node);
      if (x.channels % volume(layer.factor) != 0)
        refuse("depth_to_space of " + std::to_string(x.channels) + " channels");
      node.channels = x.channels / volume(layer.factor);
      break;
    case Op::add:
    case Op::gate:
      if (x.grid != second.grid || x.channels != second.channels)
        refuse("'" + layer.out + "' joins fields of two shapes");
      if (layer.op == Op::gate && !second.setup)
        refuse("the second input of gate '" + layer.out + "' depends on the residual");
      break;
    default:
      break;
    }
    if (node.channels > most_channels)
      refuse("more than " + std::to_string(most_channels) + " channels");
    return node;
  }

  void make_convolution(const Layer& layer, const std::string& scope, const Node& x, Node* node) {
    node->kernel = layer.kernel;
    node->stride = layer.stride;
    node->channels = layer.channels;
    node->bias = layer.bias;
    node->weight = scope.empty() ? layer.weight : scope + "." + layer.weight;
    shrink(layer.stride, node);
    std::vector<std::int64_t> shape(static_cast<std::size_t>(graph.dimension) + 2, layer.kernel);
    shape[0] = layer.channels;
    shape[1] = x.channels;
    claim(node->weight, shape);
    if (layer.bias)
      claim(node->weight + ".bias", {layer.channels});
  }
  void claim(const std::string& name, const std::vector<std::int64_t>& shape) {
    if (graph.tensors.emplace(name, shape).first->second != shape)
      refuse("tensor '" + name + "' is used in two shapes");
  }
  int volume(int factor) const { return graph.dimension == 3 ? factor * factor * factor : factor * factor; }
  void shrink(int by, Node* node) const {
    const Grid window = graph.window(by);
    for (std::size_t a = 0; a < 3; ++a)
      node->grid[a] = ceil_div(node->grid[a], window[a]);
  }
  void grow(const Node& x, const Node& like, Node* node) const {
    const Grid window = graph.window(node->factor);
    node->grid = like.grid;
    for (std::size_t a = 0; a < 3; ++a)
      if (ceil_div(like.grid[a], window[a]) != x.grid[a])
        refuse("a field cannot grow to a grid that does not shrink to its own");
  }

  const Architecture& architecture_;
};

} // namespace

Graph instantiate(const Architecture& architecture, const Grid& grid) {
  Builder builder(architecture);
  if (architecture.cycle)
    builder.refuse("a multigrid cycle, not a graph of layers");
  for (std::size_t a = 0; a < 3; ++a)
    if (grid[a] < 1 || (a == 2 && architecture.dimension == 2 && grid[a] != 1))
      builder.refuse("a grid of " + std::to_string(grid[0]) + " x " + std::to_string(grid[1]) + " x " +
                     std::to_string(grid[2]) + " cells");
  Node input;
  input.grid = grid;
  input.channels = 1;
  std::vector<int> arguments{builder.add(input)};
  if (architecture.operator_channels > 0) {
    input.channels = architecture.operator_channels;
    input.setup = true;
    arguments.push_back(builder.graph.operator_fields = builder.add(input));
  }
  Graph& graph = builder.graph;
  graph.output = builder.call("main", "", arguments, 0);
  const Node& output = graph.node(graph.output);
  if (output.channels != 1 || output.grid != grid || output.setup)
    builder.refuse("the output must be one channel on the grid of the residual, and depend on it");
  return std::move(graph);
}

TensorShapes tensor_shapes(const Architecture& architecture) {
  if (architecture.cycle)
    return cycle_shapes();
  return instantiate(architecture, architecture.dimension == 3 ? Grid{64, 64, 64} : Grid{64, 64, 1}).tensors;
}

double Graph::flops(bool setup) const {
  double sum = 0;
  for (const Node& n : nodes)
    if (n.op == Op::convolution && n.setup == setup) {
      const Grid k = window(n.kernel);
      sum += 2.0 * static_cast<double>(cells_of(n.grid)) * n.channels * node(n.in[0]).channels *
             static_cast<double>(cells_of(k));
    }
  return sum;
}

} // namespace linnet::learned
