// The reference backend: one loop an operation.
#include "learned/network.hpp"

#include <algorithm>

namespace linnet::learned {

namespace {

using Field = std::vector<float>; // [cell][channel]

struct Place {
  int x, y, z;
};

std::size_t cell(const Grid& grid, const Place& p) {
  return static_cast<std::size_t>(p.x) +
         static_cast<std::size_t>(grid[0]) *
             (static_cast<std::size_t>(p.y) + static_cast<std::size_t>(grid[1]) * static_cast<std::size_t>(p.z));
}

bool inside(const Grid& grid, const Place& p) {
  return p.x >= 0 && p.x < grid[0] && p.y >= 0 && p.y < grid[1] && p.z >= 0 && p.z < grid[2];
}

template <class Visit>
void for_each(const Grid& grid, Visit&& visit) {
  for (int z = 0; z < grid[2]; ++z)
    for (int y = 0; y < grid[1]; ++y)
      for (int x = 0; x < grid[0]; ++x)
        visit(Place{x, y, z});
}

// x, where p lies inside, of channel c; 0 beyond the grid.
float value(const Field& field, const Node& of, const Place& p, int c) {
  return inside(of.grid, p)
             ? field[cell(of.grid, p) * static_cast<std::size_t>(of.channels) + static_cast<std::size_t>(c)]
             : 0.0F;
}

class ReferenceNetwork : public Network {
public:
  ReferenceNetwork(const Graph& graph, const Tensors& tensors, Exchange* exchange)
      : graph_(graph), tensors_(tensors), fields_(graph.nodes.size()), exchange_(exchange) {}

  void set_operator(const float* fields) override {
    if (graph_.operator_fields >= 0)
      load(graph_.operator_fields, fields);
    run(true);
  }
  void apply(const float* r, float* e) override {
    load(graph_.residual, r);
    run(false);
    const Field& out = fields_[static_cast<std::size_t>(graph_.output)];
    std::copy(out.begin(), out.end(), e);
  }
  std::string description() const override { return "reference, f32, 1 thread"; }
  std::size_t bytes() const override {
    std::size_t sum = 0;
    for (const Field& f : fields_)
      sum += f.capacity() * sizeof(float);
    return sum;
  }

private:
  void load(int input, const float* values) {
    const Node& node = graph_.node(input);
    fields_[static_cast<std::size_t>(input)].assign(values, values + cells_of(node.grid) *
                                                                         static_cast<std::size_t>(node.channels));
    refresh(input);
  }
  void run(bool setup) {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i)
      if (graph_.nodes[i].op != Op::input && graph_.nodes[i].setup == setup)
        compute_node(i);
  }
  void compute_node(std::size_t i) {
    const Node& n = graph_.nodes[i];
    if (n.op == Op::gather || n.op == Op::window) {
      const std::size_t plane = graph_.plane_of(n);
      const Field& x = fields_[static_cast<std::size_t>(n.in[0])];
      const auto from = x.begin() + static_cast<std::ptrdiff_t>(plane) * n.begin;
      Field& out = fields_[i];
      out.assign(cells_of(n.grid) * static_cast<std::size_t>(n.channels), 0.0F);
      if (n.op == Op::window) {
        std::copy_n(from, out.size(), out.begin());
        return;
      }
      std::copy_n(from, plane * static_cast<std::size_t>(n.end - n.begin),
                  out.begin() + static_cast<std::ptrdiff_t>(plane) * n.firsts[static_cast<std::size_t>(n.slab)]);
      exchange_->gather(reinterpret_cast<std::byte*>(out.data()), plane * sizeof(float), n.firsts);
      return;
    }
    fields_[i] = compute(n);
    refresh(static_cast<int>(i));
  }
  void refresh(int i) {
    const Node& n = graph_.node(i);
    if (n.refreshed)
      exchange_->refresh(reinterpret_cast<std::byte*>(fields_[static_cast<std::size_t>(i)].data()),
                         graph_.plane_of(n) * sizeof(float), n.begin, n.end);
  }

  Field compute(const Node& n) const {
    const Node& from = graph_.node(n.in[0]);
    const Field& x = fields_[static_cast<std::size_t>(n.in[0])];
    Field out;
    out.reserve(cells_of(n.grid) * static_cast<std::size_t>(n.channels));
    for_each(n.grid, [&](const Place& p) {
      for (int c = 0; c < n.channels; ++c)
        out.push_back(at(n, from, x, p, c));
    });
    return out;
  }

  float at(const Node& n, const Node& from, const Field& x, const Place& p, int c) const {
    switch (n.op) {
    case Op::convolution:
      return convolve(n, from, x, p, c);
    case Op::space_to_depth: {
      const Grid f = graph_.window(n.factor);
      const int d = c / from.channels;
      const Place q{p.x * f[0] + d % f[0], p.y * f[1] + d / f[0] % f[1], p.z * f[2] + d / f[0] / f[1]};
      return value(x, from, q, c % from.channels);
    }
    case Op::depth_to_space: {
      const Grid f = graph_.window(n.factor);
      const int d = p.x % f[0] + f[0] * (p.y % f[1] + f[1] * (p.z % f[2]));
      return value(x, from, {p.x / f[0], p.y / f[1], p.z / f[2]}, d * n.channels + c);
    }
    case Op::pool: {
      const Grid f = graph_.window(2);
      float sum = 0;
      for_each(f, [&](const Place& o) {
        sum += value(x, from, {p.x * f[0] + o.x, p.y * f[1] + o.y, p.z * f[2] + o.z}, c);
      });
      return sum / static_cast<float>(cells_of(f));
    }
    case Op::upsample: {
      const Grid f = graph_.window(2);
      return value(x, from, {p.x / f[0], p.y / f[1], p.z / f[2]}, c);
    }
    case Op::relu: {
      const float v = value(x, from, p, c);
      return v > 0 ? v : n.slope * v;
    }
    default: { // add, gate
      const float a = value(x, from, p, c);
      const float b = value(fields_[static_cast<std::size_t>(n.in[1])], graph_.node(n.in[1]), p, c);
      return n.op == Op::add ? a + b : a * b;
    }
    }
  }

  float convolve(const Node& n, const Node& from, const Field& x, const Place& p, int c) const {
    const Grid k = graph_.window(n.kernel);
    const int before = n.kernel == 3 ? 1 : 0; // cells of the kernel before the place that it is put on
    const Grid stride = graph_.window(n.stride), start = {before, before, graph_.dimension == 3 ? before : 0};
    const std::vector<float>& w = tensors_.at(n.weight).values;
    double sum = n.bias ? tensors_.at(n.weight + ".bias").values[static_cast<std::size_t>(c)] : 0.0;
    for (int i = 0; i < from.channels; ++i)
      for_each(k, [&](const Place& o) {
        const std::size_t tap =
            (static_cast<std::size_t>(c) * static_cast<std::size_t>(from.channels) + static_cast<std::size_t>(i)) *
                cells_of(k) +
            cell(k, o);
        const Place q{p.x * stride[0] + o.x - start[0], p.y * stride[1] + o.y - start[1],
                      p.z * stride[2] + o.z - start[2]};
        sum += w[tap] * value(x, from, q, i);
      });
    return static_cast<float>(sum);
  }

  Graph graph_;
  Tensors tensors_;
  std::vector<Field> fields_;
  Exchange* exchange_;
};

} // namespace

std::unique_ptr<Network> make_reference_network(const Graph& graph, const Tensors& tensors, Exchange* exchange) {
  return std::make_unique<ReferenceNetwork>(graph, tensors, exchange);
}

} // namespace linnet::learned
