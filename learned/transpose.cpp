#include "learned/transpose.hpp"

#include "base/error.hpp"

namespace linnet::learned {

namespace {

class Transposer {
public:
  Transposer(const Graph& graph, const Tensors& tensors)
      : from_(graph), weights_(tensors), of_(graph.nodes.size(), -1), adjoint_(graph.nodes.size(), -1) {}

  TransposedGraph run() {
    const int last = static_cast<int>(from_.nodes.size()) - 1;
    out_.graph.dimension = from_.dimension;
    out_.graph.residual = append(from_.node(from_.residual));
    for (int i = 0; i <= last; ++i)
      if (from_.node(i).setup)
        keep(i);
    if (from_.operator_fields >= 0)
      out_.graph.operator_fields = of(from_.operator_fields);
    adjoint_[static_cast<std::size_t>(from_.output)] = out_.graph.residual;
    for (int i = last; i >= 0; --i)
      if (const int x = adjoint_[static_cast<std::size_t>(i)]; x >= 0 && i != from_.residual)
        turn(from_.node(i), x);
    out_.graph.output = adjoint_[static_cast<std::size_t>(from_.residual)];
    if (out_.graph.output < 0 || out_.graph.output == out_.graph.residual)
      throw InputError("the network does not work on the residual");
    return std::move(out_);
  }

private:
  int of(int node) const { return of_[static_cast<std::size_t>(node)]; }
  int append(const Node& node) {
    out_.graph.nodes.push_back(node);
    return static_cast<int>(out_.graph.nodes.size()) - 1;
  }
  void keep(int i) {
    Node node = from_.node(i);
    for (int& in : node.in)
      in = in >= 0 ? of(in) : -1; // -1: the residual, which lends its grid alone
    of_[static_cast<std::size_t>(i)] = append(node);
    if (node.op != Op::convolution)
      return;
    claim(node.weight, weights_.at(node.weight));
    if (node.bias)
      claim(node.weight + ".bias", weights_.at(node.weight + ".bias"));
  }
  void claim(const std::string& name, const Tensor& tensor) {
    out_.graph.tensors[name] = tensor.shape;
    out_.tensors[name] = tensor;
  }

  // x: the adjoint of the node, which goes to its inputs.
  void turn(const Node& node, int x) {
    const Node& in = from_.node(node.in[0]);
    switch (node.op) {
    case Op::convolution:
      give(node.in[0], turn_convolution(node, in, x));
      break;
    case Op::space_to_depth:
      give(node.in[0], layer(Op::depth_to_space, in.grid, in.channels, {x, -1}, node.factor));
      break;
    case Op::depth_to_space:
      give(node.in[0], layer(Op::space_to_depth, in.grid, in.channels, {x, -1}, node.factor));
      break;
    case Op::pool:
      give(node.in[0],
           layer(Op::upsample, in.grid, in.channels, {scaled(x, 1 / static_cast<float>(taps(2))), -1}, node.factor));
      break;
    case Op::upsample:
      give(node.in[0],
           scaled(layer(Op::pool, in.grid, in.channels, {x, -1}, node.factor), static_cast<float>(taps(2))));
      break;
    case Op::add:
      give(node.in[0], x);
      give(node.in[1], x);
      break;
    case Op::gate:
      give(node.in[0], layer(Op::gate, in.grid, in.channels, {x, of(node.in[1])}, 0));
      break;
    default:
      throw InputError("the network is not linear in the residual");
    }
  }

  void give(int to, int x) {
    const Node& node = from_.node(to);
    if (node.setup) // a constant beside the residual
      throw InputError("the network is not linear in the residual");
    int& adjoint = adjoint_[static_cast<std::size_t>(to)];
    adjoint = adjoint < 0 ? x : layer(Op::add, node.grid, node.channels, {adjoint, x}, 0);
  }
  int layer(Op op, const Grid& grid, int channels, const std::array<int, 2>& in, int factor) {
    Node node;
    node.op = op;
    node.in = in;
    node.grid = grid;
    node.channels = channels;
    node.factor = factor;
    return append(node);
  }
  int convolution(int x, int kernel, int channels, const std::string& weight) {
    Node node;
    node.op = Op::convolution;
    node.in[0] = x;
    node.grid = out_.graph.node(x).grid;
    node.channels = channels;
    node.kernel = kernel;
    node.weight = weight;
    return append(node);
  }

  std::size_t taps(int length) const { return cells_of(from_.window(length)); }

  int turn_convolution(const Node& node, const Node& in, int x) {
    if (node.bias)
      throw InputError("the network is not linear in the residual");
    const std::string name = node.weight + ".T";
    const bool spreads = node.kernel == 2; // to 2^d cells: into their channels first, then onto their places
    if (out_.tensors.count(name) == 0)
      claim(name, turned(weights_.at(node.weight), spreads));
    if (!spreads)
      return convolution(x, node.kernel, in.channels, name);
    const int channels = in.channels * static_cast<int>(taps(2));
    return layer(Op::depth_to_space, in.grid, in.channels, {convolution(x, 1, channels, name), -1}, 2);
  }

  // {out, in, taps} to {in, out, taps backwards}, or {taps in, out, 1}.
  Tensor turned(const Tensor& w, bool spreads) const {
    const auto out = static_cast<std::size_t>(w.shape[0]), in = static_cast<std::size_t>(w.shape[1]);
    const std::size_t count = w.values.size() / (out * in);
    Tensor t;
    t.shape = w.shape;
    std::swap(t.shape[0], t.shape[1]);
    if (spreads) {
      t.shape.assign(w.shape.size(), 1);
      t.shape[0] = static_cast<std::int64_t>(count * in);
      t.shape[1] = w.shape[0];
    }
    t.values.resize(w.values.size());
    for (std::size_t o = 0; o < out; ++o)
      for (std::size_t i = 0; i < in; ++i)
        for (std::size_t k = 0; k < count; ++k)
          t.values[spreads ? (k * in + i) * out + o : (i * out + o) * count + count - 1 - k] =
              w.values[(o * in + i) * count + k];
    return t;
  }

  int scaled(int x, float by) {
    const int channels = out_.graph.node(x).channels;
    const std::string name = "times." + std::to_string(by) + "." + std::to_string(channels);
    const auto n = static_cast<std::size_t>(channels);
    Tensor t;
    t.shape.assign(static_cast<std::size_t>(from_.dimension) + 2, 1);
    t.shape[0] = t.shape[1] = channels;
    t.values.assign(n * n, 0);
    for (std::size_t c = 0; c < n; ++c)
      t.values[c * n + c] = by;
    claim(name, t);
    return convolution(x, 1, channels, name);
  }

  const Graph& from_;
  const Tensors& weights_;
  std::vector<int> of_, adjoint_; // by node: its copy, and what its result is multiplied by
  TransposedGraph out_;
};

} // namespace

TransposedGraph transpose(const Graph& graph, const Tensors& tensors) {
  return Transposer(graph, tensors).run();
}

} // namespace linnet::learned
