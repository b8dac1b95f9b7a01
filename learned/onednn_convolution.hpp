#pragma once

#include "learned/graph.hpp"
#include "learned/network.hpp"

#include <dnnl.hpp>

#include <vector>

namespace linnet::learned {

/// Runs `body`, and turns oneDNN's exceptions into one line.
[[noreturn]] void refuse_onednn(const dnnl::error& error, const std::string& what);

/// A convolution of fields [cell][channel] with what follows it fused, ready to run.
class OneDnnConvolution {
public:
  /// What is done to the result, in this order.
  struct Fused {
    Op op;       ///< relu, gate or add
    float slope; ///< of relu
    void* field; ///< of gate and add
  };
  /// Fields of `type`; weights in whatever layout is fastest.
  OneDnnConvolution(const dnnl::engine& engine, const Graph& graph, const Node& node, const Tensors& tensors,
                    dnnl::memory::data_type type, void* from, void* to, const std::vector<Fused>& fused);

  /// With as many threads as it was made for.
  void run(const dnnl::stream& stream, void* scratchpad);
  std::size_t scratchpad_bytes() const { return scratchpad_bytes_; }
  std::size_t weight_bytes() const { return weights_.get_desc().get_size(); }
  const std::string& implementation() const { return implementation_; }

private:
  dnnl::memory weights_, bias_, scratchpad_;
  std::vector<dnnl::memory> fields_;
  dnnl::convolution_forward primitive_;
  std::vector<dnnl_exec_arg_t> arguments_;
  std::size_t scratchpad_bytes_ = 0;
  std::string implementation_;
};

/// The threads, of so many, that a convolution is worth: each waits for the others at its end.
int threads_for(const Graph& graph, const Node& node, int threads);

/// The shape of a field as oneDNN takes it: {1, C, z, y, x} or {1, C, y, x}; `batch` of them.
dnnl::memory::dims field_shape(const Graph& graph, const Node& node, int batch = 1);
dnnl::memory::format_tag field_layout(const Graph& graph);
/// Geometry of a convolution: strides and cells of zeros before and after each axis.
struct ConvolutionShape {
  dnnl::memory::dims stride, before, after;
};
ConvolutionShape convolution_shape(const Graph& graph, const Node& node);

} // namespace linnet::learned
