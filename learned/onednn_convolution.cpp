#include "learned/onednn_convolution.hpp"

#include "base/error.hpp"

namespace linnet::learned {

using dnnl::memory;

void refuse_onednn(const dnnl::error& error, const std::string& what) {
  throw InputError(what + ": oneDNN: " + error.what());
}

memory::dims field_shape(const Graph& graph, const Node& node, int batch) {
  if (graph.dimension == 2)
    return {batch, node.channels, node.grid[1], node.grid[0]};
  return {batch, node.channels, node.grid[2], node.grid[1], node.grid[0]};
}

memory::format_tag field_layout(const Graph& graph) {
  return graph.dimension == 2 ? memory::format_tag::nhwc : memory::format_tag::ndhwc;
}

int threads_for(const Graph& graph, const Node& node, int threads) {
  constexpr double least_products = 4e6; // some 20 us
  const double products = static_cast<double>(cells_of(node.grid) * cells_of(graph.window(node.kernel))) *
                          node.channels * graph.node(node.in[0]).channels;
  return products < least_products ? 1 : threads;
}

ConvolutionShape convolution_shape(const Graph& graph, const Node& node) {
  ConvolutionShape shape;
  for (int a = graph.dimension - 1; a >= 0; --a) {
    const auto axis = static_cast<std::size_t>(a);
    const int before = node.kernel == 3 ? 1 : 0;
    const int needed = (node.grid[axis] - 1) * node.stride + node.kernel;
    shape.stride.push_back(node.stride);
    shape.before.push_back(before);
    shape.after.push_back(needed - before - graph.node(node.in[0]).grid[axis]);
  }
  return shape;
}

OneDnnConvolution::OneDnnConvolution(const dnnl::engine& engine, const Graph& graph, const Node& node,
                                     const Tensors& tensors, memory::data_type type, void* from, void* to,
                                     const std::vector<Fused>& fused) {
  const memory::desc source(field_shape(graph, graph.node(node.in[0])), type, field_layout(graph));
  const memory::desc target(field_shape(graph, node), type, field_layout(graph));
  const Tensor& w = tensors.at(node.weight);
  const memory::desc any(w.shape, type, memory::format_tag::any);
  const ConvolutionShape shape = convolution_shape(graph, node);
  dnnl::post_ops post;
  for (const Fused& f : fused)
    if (f.op == Op::relu)
      post.append_eltwise(1, dnnl::algorithm::eltwise_relu, f.slope, 0);
    else
      post.append_binary(f.op == Op::gate ? dnnl::algorithm::binary_mul : dnnl::algorithm::binary_add, target);
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(post);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const auto inference = dnnl::prop_kind::forward_inference;
  const auto direct = dnnl::algorithm::convolution_direct;
  const memory::desc bias({node.channels}, memory::data_type::f32, memory::format_tag::x);
  const dnnl::convolution_forward::desc description =
      node.bias ? dnnl::convolution_forward::desc(inference, direct, source, any, bias, target, shape.stride,
                                                  shape.before, shape.after)
                : dnnl::convolution_forward::desc(inference, direct, source, any, target, shape.stride, shape.before,
                                                  shape.after);
  const dnnl::convolution_forward::primitive_desc chosen(description, attributes, engine);
  implementation_ = chosen.impl_info_str();
  primitive_ = dnnl::convolution_forward(chosen);
  scratchpad_ = memory(chosen.scratchpad_desc(), engine, nullptr);
  scratchpad_bytes_ = chosen.scratchpad_desc().get_size();
  weights_ = memory(chosen.weights_desc(), engine);
  const auto plain = graph.dimension == 2 ? memory::format_tag::oihw : memory::format_tag::oidhw;
  memory given({w.shape, memory::data_type::f32, plain}, engine, const_cast<float*>(w.values.data()));
  dnnl::stream stream(engine);
  dnnl::reorder(given, weights_).execute(stream, given, weights_);
  stream.wait();

  fields_ = {memory(source, engine, from), memory(target, engine, to)};
  for (const Fused& f : fused)
    fields_.emplace_back(target, engine, f.field);
  arguments_ = {{DNNL_ARG_SRC, fields_[0].get()},
                {DNNL_ARG_DST, fields_[1].get()},
                {DNNL_ARG_WEIGHTS, weights_.get()},
                {DNNL_ARG_SCRATCHPAD, scratchpad_.get()}};
  if (node.bias) {
    bias_ = memory(bias, engine);
    const Tensor& b = tensors.at(node.weight + ".bias");
    std::copy(b.values.begin(), b.values.end(), static_cast<float*>(bias_.get_data_handle()));
    arguments_.push_back({DNNL_ARG_BIAS, bias_.get()});
  }
  for (std::size_t i = 0; i < fused.size(); ++i)
    if (fused[i].op != Op::relu)
      arguments_.push_back(
          {DNNL_ARG_ATTR_MULTIPLE_POST_OP(static_cast<int>(i)) | DNNL_ARG_SRC_1, fields_[i + 2].get()});
}

void OneDnnConvolution::run(const dnnl::stream& stream, void* scratchpad) {
  scratchpad_.set_data_handle(scratchpad);
  dnnl::error::wrap_c_api(
      dnnl_primitive_execute(primitive_.get(), stream.get(), static_cast<int>(arguments_.size()), arguments_.data()),
      "a convolution failed");
}

} // namespace linnet::learned
