#include "learned/train/tape.hpp"

#include "learned/onednn_convolution.hpp"
#include "learned/onednn_kernels.hpp"

#include <omp.h>

#include <algorithm>

namespace linnet::learned {

using dnnl::memory;

namespace {

// One convolution, forward and backward, with weights in the layouts that each prefers.
class TrainedConvolution {
public:
  TrainedConvolution(const dnnl::engine& engine, const Graph& graph, const Node& node, int batch, float* from,
                     float* to, float* d_from, float* d_to)
      : node_(node), stream_(engine) {
    const auto type = memory::data_type::f32;
    const memory::desc x(field_shape(graph, graph.node(node.in[0]), batch), type, field_layout(graph));
    const memory::desc y(field_shape(graph, node, batch), type, field_layout(graph));
    const memory::dims& shape = graph.tensors.at(node.weight);
    const memory::desc w(shape, type, memory::format_tag::any);
    const memory::desc b(node.bias ? memory::desc({node.channels}, type, memory::format_tag::x) : memory::desc());
    const ConvolutionShape c = convolution_shape(graph, node);
    const auto direct = dnnl::algorithm::convolution_direct;
    const dnnl::convolution_forward::primitive_desc forward(
        {dnnl::prop_kind::forward_training, direct, x, w, b, y, c.stride, c.before, c.after}, engine);
    const dnnl::convolution_backward_weights::primitive_desc weights({direct, x, w, b, y, c.stride, c.before, c.after},
                                                                     engine, forward);
    x_ = memory(x, engine, from);
    y_ = memory(y, engine, to);
    d_y_ = memory(y, engine, d_to);
    plain_ = memory({shape, type, graph.dimension == 2 ? memory::format_tag::oihw : memory::format_tag::oidhw}, engine);
    w_ = memory(forward.weights_desc(), engine);
    d_w_ = memory(weights.diff_weights_desc(), engine);
    if (node.bias) {
      b_ = memory(b, engine);
      d_b_ = memory(b, engine);
    }
    forward_ = dnnl::convolution_forward(forward);
    weights_ = dnnl::convolution_backward_weights(weights);
    if (!d_from)
      return;
    const dnnl::convolution_backward_data::primitive_desc data({direct, x, w, y, c.stride, c.before, c.after}, engine,
                                                               forward);
    d_x_ = memory(x, engine, d_from);
    w_back_ = memory(data.weights_desc(), engine);
    data_ = dnnl::convolution_backward_data(data);
  }

  void forward(const Tensors& tensors) {
    const std::vector<float>& w = tensors.at(node_.weight).values;
    std::copy(w.begin(), w.end(), static_cast<float*>(plain_.get_data_handle()));
    dnnl::reorder(plain_, w_).execute(stream_, plain_, w_);
    std::unordered_map<int, memory> arguments{{DNNL_ARG_SRC, x_}, {DNNL_ARG_WEIGHTS, w_}, {DNNL_ARG_DST, y_}};
    if (node_.bias) {
      const std::vector<float>& b = tensors.at(node_.weight + ".bias").values;
      std::copy(b.begin(), b.end(), static_cast<float*>(b_.get_data_handle()));
      arguments[DNNL_ARG_BIAS] = b_;
    }
    forward_.execute(stream_, arguments);
  }

  // d_x is overwritten.
  void backward(Gradients* gradients) {
    std::unordered_map<int, memory> arguments{
        {DNNL_ARG_SRC, x_}, {DNNL_ARG_DIFF_DST, d_y_}, {DNNL_ARG_DIFF_WEIGHTS, d_w_}};
    if (node_.bias)
      arguments[DNNL_ARG_DIFF_BIAS] = d_b_;
    weights_.execute(stream_, arguments);
    if (data_) {
      dnnl::reorder(plain_, w_back_).execute(stream_, plain_, w_back_);
      data_.execute(stream_, {{DNNL_ARG_DIFF_DST, d_y_}, {DNNL_ARG_WEIGHTS, w_back_}, {DNNL_ARG_DIFF_SRC, d_x_}});
    }
    dnnl::reorder(d_w_, plain_).execute(stream_, d_w_, plain_);
    stream_.wait();
    add(plain_, &(*gradients)[node_.weight]);
    if (node_.bias)
      add(d_b_, &(*gradients)[node_.weight + ".bias"]);
  }

private:
  static void add(const memory& from, std::vector<float>* to) {
    const auto* values = static_cast<const float*>(from.get_data_handle());
    to->resize(from.get_desc().get_size() / sizeof(float), 0.0F);
    for (std::size_t i = 0; i < to->size(); ++i)
      (*to)[i] += values[i];
  }

  const Node& node_;
  dnnl::stream stream_;
  memory x_, y_, d_x_, d_y_, plain_, w_, w_back_, d_w_, b_, d_b_;
  dnnl::convolution_forward forward_;
  dnnl::convolution_backward_weights weights_;
  dnnl::convolution_backward_data data_;
};

} // namespace

class Tape::Implementation {
public:
  Implementation(const Graph& graph, int batch, int threads)
      : graph_(graph), batch_(batch), threads_(threads), engine_(dnnl::engine::kind::cpu, 0) {
    omp_set_num_threads(threads);
    std::size_t largest = 0;
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      fields_.emplace_back(size(n), 0.0F);
      gradients_.emplace_back(size(n), 0.0F);
      largest = std::max(largest, size(n));
    }
    scratch_.resize(largest);
    for (const Node& node : graph_.nodes) {
      convolutions_.emplace_back();
      if (node.op != Op::convolution)
        continue;
      const auto from = static_cast<std::size_t>(node.in[0]), to = convolutions_.size() - 1;
      float* const d_from = graph_.node(node.in[0]).op == Op::input ? nullptr : scratch_.data();
      convolutions_.back() = std::make_unique<TrainedConvolution>(engine_, graph_, node, batch, fields_[from].data(),
                                                                  fields_[to].data(), d_from, gradients_[to].data());
    }
  }

  const float* forward(const Tensors& tensors, const float* fields, const float* residual) {
    load(graph_.residual, residual);
    if (graph_.operator_fields >= 0)
      load(graph_.operator_fields, fields);
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      const Node& node = graph_.nodes[n];
      if (node.op == Op::convolution)
        convolutions_[n]->forward(tensors);
      else if (node.op != Op::input)
        for (int s = 0; s < batch_; ++s)
          team([&] { compute(node, s, n); });
    }
    return fields_[static_cast<std::size_t>(graph_.output)].data();
  }

  void backward(const float* output, Gradients* gradients) {
    for (std::vector<float>& g : gradients_)
      std::fill(g.begin(), g.end(), 0.0F);
    std::copy_n(output, size(static_cast<std::size_t>(graph_.output)),
                gradients_[static_cast<std::size_t>(graph_.output)].data());
    for (std::size_t n = graph_.nodes.size(); n-- > 0;) {
      const Node& node = graph_.nodes[n];
      if (node.op == Op::input)
        continue;
      const auto from = static_cast<std::size_t>(node.in[0]);
      if (node.op == Op::convolution) {
        convolutions_[n]->backward(gradients);
        if (graph_.nodes[from].op != Op::input)
          add_scratch(from);
      } else if (node.op == Op::add || node.op == Op::gate || node.op == Op::relu) {
        take_back_pointwise(node, n);
      } else if (graph_.nodes[from].op != Op::input) {
        for (int s = 0; s < batch_; ++s)
          team([&] { take_back_transfer(node, n, s); });
        add_scratch(from);
      }
    }
  }

private:
  std::size_t sample(std::size_t n) const {
    return cells_of(graph_.nodes[n].grid) * static_cast<std::size_t>(graph_.nodes[n].channels);
  }
  std::size_t size(std::size_t n) const { return sample(n) * static_cast<std::size_t>(batch_); }
  float* at(std::vector<std::vector<float>>* fields, int n, int s) const {
    const auto node = static_cast<std::size_t>(n);
    return (*fields)[node].data() + static_cast<std::size_t>(s) * sample(node);
  }
  template <class Work>
  void team(Work&& work) const {
#pragma omp parallel num_threads(threads_)
    work();
  }
  void load(int input, const float* values) {
    std::vector<float>& field = fields_[static_cast<std::size_t>(input)];
    std::copy_n(values, field.size(), field.data());
  }

  void compute(const Node& node, int s, std::size_t n) {
    const Node& from = graph_.node(node.in[0]);
    const Grid window = graph_.window(node.factor);
    const float* const x = at(&fields_, node.in[0], s);
    float* const y = at(&fields_, static_cast<int>(n), s);
    Epilogue<float> epilogue;
    switch (node.op) {
    case Op::space_to_depth:
      return space_to_depth(from.grid, from.channels, window, x, node.grid, y);
    case Op::depth_to_space:
      return depth_to_space(node.grid, node.channels, window, x, from.grid, epilogue, y);
    case Op::pool:
      return pool(from.grid, from.channels, window, x, node.grid, y);
    case Op::upsample:
      return upsample(node.grid, node.channels, window, x, from.grid, epilogue, y);
    case Op::relu:
      epilogue.relu = true;
      epilogue.slope = node.slope;
      break;
    case Op::gate:
      epilogue.gate = at(&fields_, node.in[1], s);
      break;
    default:
      epilogue.other = at(&fields_, node.in[1], s);
      break;
    }
    pointwise(sample(n), x, epilogue, y);
  }

  // scratch <- the gradient of the input of a transfer
  void take_back_transfer(const Node& node, std::size_t n, int s) {
    const Node& from = graph_.node(node.in[0]);
    const Grid window = graph_.window(node.factor);
    const float* const dy = at(&gradients_, static_cast<int>(n), s);
    float* const dx = scratch_.data() + static_cast<std::size_t>(s) * sample(static_cast<std::size_t>(node.in[0]));
    const float cells = static_cast<float>(cells_of(window));
    if (node.op == Op::space_to_depth) {
      depth_to_space(from.grid, from.channels, window, dy, node.grid, Epilogue<float>{}, dx);
    } else if (node.op == Op::depth_to_space) {
      space_to_depth(node.grid, node.channels, window, dy, from.grid, dx);
    } else {
      if (node.op == Op::pool)
        upsample(from.grid, from.channels, window, dy, node.grid, Epilogue<float>{}, dx);
      else
        pool(node.grid, node.channels, window, dy, from.grid, dx);
      const auto count = static_cast<std::ptrdiff_t>(sample(static_cast<std::size_t>(node.in[0])));
      const float factor = node.op == Op::pool ? 1 / cells : cells;
#pragma omp for schedule(static)
      for (std::ptrdiff_t i = 0; i < count; ++i)
        dx[i] *= factor;
    }
  }

  void take_back_pointwise(const Node& node, std::size_t n) {
    const auto from = static_cast<std::size_t>(node.in[0]);
    const std::vector<float>& dy = gradients_[n];
    const float* const x = fields_[from].data();
    float* const dx = gradients_[from].data();
    const std::size_t count = dy.size();
    if (node.op == Op::relu) {
      for (std::size_t i = 0; i < count; ++i)
        dx[i] += x[i] > 0 ? dy[i] : node.slope * dy[i];
      return;
    }
    const auto second = static_cast<std::size_t>(node.in[1]);
    const float* const g = fields_[second].data();
    float* const dg = gradients_[second].data();
    for (std::size_t i = 0; i < count; ++i) {
      dx[i] += node.op == Op::gate ? g[i] * dy[i] : dy[i];
      dg[i] += node.op == Op::gate ? x[i] * dy[i] : dy[i];
    }
  }

  void add_scratch(std::size_t to) {
    std::vector<float>& gradient = gradients_[to];
    for (std::size_t i = 0; i < gradient.size(); ++i)
      gradient[i] += scratch_[i];
  }

  Graph graph_;
  int batch_, threads_;
  dnnl::engine engine_;
  std::vector<std::vector<float>> fields_, gradients_;
  std::vector<float> scratch_;
  std::vector<std::unique_ptr<TrainedConvolution>> convolutions_;
};

Tape::Tape(const Graph& graph, int batch, int threads)
    : implementation_(std::make_unique<Implementation>(graph, batch, threads)) {}
Tape::~Tape() = default;

const float* Tape::forward(const Tensors& tensors, const float* fields, const float* residual) {
  return implementation_->forward(tensors, fields, residual);
}
void Tape::backward(const float* output, Gradients* gradients) {
  implementation_->backward(output, gradients);
}

} // namespace linnet::learned
