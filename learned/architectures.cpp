#include "learned/architectures.hpp"

#include "learned/graph.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <random>

namespace linnet::learned {

namespace {

using OrderedJson = nlohmann::ordered_json;
using Names = std::vector<std::string>;

// Collects the layers of a block.
class BlockBuilder {
public:
  std::string layer(const char* op, const Names& in, const OrderedJson& more = OrderedJson::object(),
                    std::string out = "") {
    if (out.empty())
      out = std::string("t").append(std::to_string(layers_.size()));
    OrderedJson layer = {{"op", op}, {"out", out}, {"in", in}};
    layer.update(more);
    layers_.push_back(layer);
    return out;
  }
  std::string convolution(const std::string& x, const std::string& weight, int kernel, int channels,
                          bool bias = false) {
    OrderedJson more = {{"weight", weight}, {"kernel", kernel}, {"channels", channels}};
    if (bias)
      more["bias"] = true;
    return layer("convolution", {x}, more);
  }
  OrderedJson finish(const Names& in, const std::string& out) const {
    return {{"in", in}, {"out", out}, {"layers", layers_}};
  }

private:
  OrderedJson layers_ = OrderedJson::array();
};

// a = C(x), b = C(a), then a = C(b) + a, b = C(a) until so many convolutions are done; C: convolution, then relu.
std::string residual_chain(BlockBuilder* block, const std::string& x, const std::string& prefix, int count) {
  int made = 0;
  const auto convolve = [&](const std::string& from) {
    const std::string t = block->convolution(from, prefix + std::to_string(made++), 3, 16, true);
    return block->layer("relu", {t}, {{"slope", 0}});
  };
  std::string a = convolve(x), b = convolve(a);
  while (made < count) {
    a = block->layer("add", {convolve(b), a});
    b = convolve(a);
  }
  return b;
}

// count / 2 times: t = C(x), x = C(t) + x.
std::string residual_pairs(BlockBuilder* block, std::string x, const std::string& prefix, int count) {
  for (int i = 0; i < count; i += 2) {
    const std::string t =
        block->layer("relu", {block->convolution(x, prefix + std::to_string(i), 3, 16, true)}, {{"slope", 0}});
    const std::string u =
        block->layer("relu", {block->convolution(t, prefix + std::to_string(i + 1), 3, 16, true)}, {{"slope", 0}});
    x = block->layer("add", {u, x});
  }
  return x;
}

// h + gate * convolution(h), the gate from the geometry.
std::string gated(BlockBuilder* block, const std::string& h, const std::string& geometry, const std::string& name,
                  int channels) {
  const std::string gate = block->convolution(geometry, "gate_" + name, 1, channels, true);
  const std::string t = block->layer("gate", {block->convolution(h, name, 3, channels), gate});
  return block->layer("add", {t, h});
}

std::string leaky(BlockBuilder* block, const std::string& x) {
  return block->layer("relu", {x}, {{"slope", 0.1}});
}

OrderedJson hybrid_main(int volume, const HybridSize& size) {
  BlockBuilder b;
  const int patches = volume;
  const std::string coefficients = b.layer("space_to_depth", {"operator"}, {{"factor", size.patch}});
  std::string geometry = leaky(&b, b.convolution(coefficients, "read_operator", 1, 2 * size.geometry_channels, true));
  geometry = leaky(&b, b.convolution(geometry, "geometry_0", 3, size.geometry_channels, true));
  geometry =
      b.layer("add", {geometry, leaky(&b, b.convolution(geometry, "geometry_1", 3, size.geometry_channels, true))});
  const std::string r = b.layer("space_to_depth", {"residual"}, {{"factor", size.patch}});
  const std::string gate = b.convolution(geometry, "gate_in", 1, size.channels, true);
  const std::string h = b.layer("gate", {b.convolution(r, "in", 3, size.channels), gate});
  const std::string level = b.layer("call", {h, geometry}, {{"block", "level"}, {"scope", "fine"}});
  const std::string e = b.convolution(level, "out", 3, patches);
  return b.finish({"residual", "operator"}, b.layer("depth_to_space", {e, "residual"}, {{"factor", size.patch}}));
}

OrderedJson hybrid_level(const HybridSize& size) {
  BlockBuilder b;
  std::string h = "h";
  for (int i = 0; i < size.blocks; ++i)
    h = gated(&b, h, "geometry", "before_" + std::to_string(i), size.channels);
  h = b.layer("call", {h, "geometry"},
              {{"block", "coarser"}, {"above", 2}, {"otherwise", "bottom"}, {"otherwise_scope", "bottom"}});
  for (int i = 0; i < size.blocks; ++i)
    h = gated(&b, h, "geometry", "after_" + std::to_string(i), size.channels);
  return b.finish({"h", "geometry"}, h);
}

OrderedJson hybrid_coarser(int corners, const HybridSize& size) {
  BlockBuilder b;
  const int C = size.channels, G = size.geometry_channels;
  const std::string masked = b.layer("gate", {"h", b.convolution("geometry", "gate_down", 1, C, true)});
  const std::string down = b.convolution(masked, "down", 2, C);
  std::string geometry = b.convolution("geometry", "geometry_down", 2, G);
  geometry = b.layer("add", {geometry, leaky(&b, b.convolution(geometry, "geometry", 3, G, true))});
  const std::string inner = b.layer("call", {down, geometry}, {{"block", "level"}, {"scope", "coarse"}});
  const std::string spread =
      b.layer("depth_to_space", {b.convolution(inner, "up", 1, corners * C), "h"}, {{"factor", 2}});
  const std::string up = b.layer("gate", {spread, b.convolution("geometry", "gate_up", 1, C, true)});
  return b.finish({"h", "geometry"}, b.layer("add", {up, "h"}));
}

OrderedJson hybrid_bottom(const HybridSize& size) {
  BlockBuilder b;
  std::string h = "h";
  for (int i = 0; i < size.bottom_blocks; ++i)
    h = gated(&b, h, "geometry", "block_" + std::to_string(i), size.channels);
  return b.finish({"h", "geometry"}, h);
}

int power(int base, int exponent) {
  return exponent == 3 ? base * base * base : base * base;
}

} // namespace

Architecture dcdm_architecture(int size, int dimension) {
  const int convolutions[3] = {size == 64 ? 4 : 6, size == 64 ? 6 : 10, size == 64 ? 4 : 6};
  BlockBuilder b;
  const std::string first = b.convolution("residual", "first", 3, 16, true);
  const std::string fine = residual_chain(&b, first, "fine_", convolutions[0]);
  const std::string coarse = residual_pairs(&b, b.layer("pool", {fine}), "coarse_", convolutions[1]);
  std::string up = b.layer("add", {b.layer("upsample", {coarse, fine}), fine});
  up = residual_pairs(&b, up, "after_", convolutions[2]);
  const std::string last = b.convolution(up, "last", 1, 1, true);
  const OrderedJson json = {{"name", "dcdm" + std::to_string(size)},
                            {"dimension", dimension},
                            {"operator_channels", 0},
                            {"unit_residual", true},
                            {"sweeps", 0},
                            {"blocks", {{"main", b.finish({"residual"}, last)}}}};
  return parse_architecture(json.dump(), "dcdm");
}

Architecture hybrid_architecture(int dimension, const HybridSize& size) {
  const OrderedJson json = {{"name", "hybrid"},
                            {"dimension", dimension},
                            {"operator_channels", hybrid_operator_channels},
                            {"unit_residual", false},
                            {"sweeps", 2},
                            {"blocks",
                             {{"main", hybrid_main(power(size.patch, dimension), size)},
                              {"level", hybrid_level(size)},
                              {"coarser", hybrid_coarser(power(2, dimension), size)},
                              {"bottom", hybrid_bottom(size)}}}};
  return parse_architecture(json.dump(), "hybrid");
}

Architecture cycle_architecture(int dimension) {
  const OrderedJson json = {{"name", "cycle"}, {"dimension", dimension}, {"cycle", true}};
  return parse_architecture(json.dump(), "cycle");
}

Model make_model(const Architecture& architecture, std::uint64_t seed) {
  Model model{architecture, {}, {}};
  std::mt19937_64 engine(seed);
  // Box and Muller: std::normal_distribution differs between libraries.
  const auto normal = [&] {
    const double u = static_cast<double>((engine() >> 11) + 1) * 0x1p-53, v = static_cast<double>(engine() >> 11);
    return std::sqrt(-2 * std::log(u)) * std::cos(2 * M_PI * v * 0x1p-53);
  };
  for (const auto& [name, shape] : tensor_shapes(architecture)) {
    Tensor& tensor = model.tensors[name];
    tensor.shape = shape;
    std::size_t count = 1;
    for (const std::int64_t n : shape)
      count *= static_cast<std::size_t>(n);
    tensor.values.resize(count);
    const std::string last = name.substr(name.rfind('.', name.size()) + 1);
    const bool bias = last == "bias";
    const bool gate = name.find("gate_") != std::string::npos;
    if (bias) {
      std::fill(tensor.values.begin(), tensor.values.end(), gate ? 1.0F : 0.0F);
      continue;
    }
    const auto out = static_cast<std::size_t>(shape[0]), in = static_cast<std::size_t>(shape[1]);
    const std::size_t taps = count / (out * in);
    const bool down = last == "down" || last == "geometry_down", up = last == "up";
    const bool inner = last.starts_with("before_") || last.starts_with("after_") || last.starts_with("block_");
    const double fan = static_cast<double>(in * taps);
    const double deviation = down || up                   ? 0.02
                             : gate                       ? 0.3 / std::sqrt(fan)
                             : architecture.unit_residual ? std::sqrt(2 / fan)
                             : inner                      ? 0.5 / std::sqrt(fan)
                                                          : 1 / std::sqrt(fan);
    for (float& value : tensor.values)
      value = static_cast<float>(deviation * normal());
    for (std::size_t o = 0; o < out && (down || up); ++o)
      for (std::size_t t = 0; t < taps; ++t)
        if (const std::size_t i = up ? o % in : o; i < in) // up: output channels [corner][channel]
          tensor.values[(o * in + i) * taps + t] += up ? 1.5F : 1.0F / static_cast<float>(taps);
  }
  return model;
}

} // namespace linnet::learned
