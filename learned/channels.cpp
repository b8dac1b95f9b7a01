#include "learned/channels.hpp"

#include "base/error.hpp"
#include "learned/graph.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>

namespace linnet::learned {

namespace {

class UnionFind {
public:
  int add() {
    parent_.push_back(static_cast<int>(parent_.size()));
    return parent_.back();
  }
  int root(int x) {
    while (at(x) != x)
      x = at(x) = at(at(x));
    return x;
  }
  void unite(int a, int b) { at(root(std::max(root(a), root(b)))) = std::min(root(a), root(b)); }

private:
  int& at(int x) { return parent_[static_cast<std::size_t>(x)]; }
  std::vector<int> parent_;
};

constexpr int fixed = 0; // the element of all inputs and of the output

struct Elements {
  std::vector<int> out, in;
};

class Grouping {
public:
  explicit Grouping(const Graph& graph) : graph_(graph) {
    channels_.add();
    const auto add = [&](std::int64_t count, std::vector<int>* to) {
      for (std::int64_t c = 0; c < count; ++c)
        to->push_back(channels_.add());
    };
    for (const auto& [name, shape] : graph.tensors)
      if (shape.size() > 1) {
        Elements& elements = elements_[name];
        add(shape[0], &elements.out);
        add(shape[1], &elements.in);
      }
    for (const Node& node : graph.nodes)
      fields_.push_back(field_of(node));
    for (const int c : fields_[static_cast<std::size_t>(graph.output)])
      channels_.unite(fixed, c);
  }

  ChannelGroups groups() {
    ChannelGroups result;
    std::map<int, int> number; // of a root
    const auto group = [&](int element) {
      const int root = channels_.root(element);
      return root == fixed ? -1 : number.emplace(root, static_cast<int>(number.size())).first->second;
    };
    UnionFind families;
    for (const auto& [name, e] : elements_) {
      ChannelGroups::Ends& ends = result.ends[name];
      std::transform(e.out.begin(), e.out.end(), std::back_inserter(ends.out), group);
      std::transform(e.in.begin(), e.in.end(), std::back_inserter(ends.in), group);
    }
    result.count = static_cast<int>(number.size());
    for (int g = 0; g < result.count; ++g)
      families.add();
    UnionFind peers = families;
    std::map<std::pair<std::string, int>, int> layers; // a group of what the layer computes
    for (std::size_t n = 0; n < fields_.size(); ++n) {
      int first = -1;
      for (const int element : fields_[n])
        if (const int g = group(element); g >= 0) {
          first = first < 0 ? g : first;
          families.unite(first, g);
          peers.unite(first, g);
        }
      const Node& node = graph_.nodes[n];
      if (first >= 0 && node.op == Op::convolution)
        peers.unite(first, layers.emplace(std::pair{node.block, node.layer}, first).first->second);
    }
    std::map<int, std::size_t> places;
    for (int g = 0; g < result.count; ++g) {
      const auto at = places.emplace(families.root(g), result.families.size());
      if (at.second)
        result.families.push_back({{}, peers.root(g)});
      result.families[at.first->second].groups.push_back(g);
    }
    return result;
  }

private:
  std::vector<int> field_of(const Node& node) {
    const auto count = static_cast<std::size_t>(node.channels);
    if (node.op == Op::input)
      return std::vector<int>(count, fixed);
    const std::vector<int>& x = fields_[static_cast<std::size_t>(node.in[0])];
    std::vector<int> own(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(std::min(count, x.size())));
    if (node.op == Op::convolution) {
      const Elements& e = elements_.at(node.weight);
      for (std::size_t c = 0; c < x.size(); ++c)
        channels_.unite(x[c], e.in[c]);
      return e.out;
    }
    if (node.op == Op::space_to_depth) // channel d C + c is c at the place d of the window
      for (std::size_t c = x.size(); c < count; ++c)
        own.push_back(x[c % x.size()]);
    if (node.op == Op::depth_to_space)
      for (std::size_t c = count; c < x.size(); ++c)
        channels_.unite(x[c], x[c % count]);
    if (node.op == Op::add || node.op == Op::gate)
      for (std::size_t c = 0; c < count; ++c)
        channels_.unite(x[c], fields_[static_cast<std::size_t>(node.in[1])][c]);
    return own;
  }

  const Graph& graph_;
  UnionFind channels_;
  std::map<std::string, Elements> elements_;
  std::vector<std::vector<int>> fields_; // an element for each channel of a node
};

Graph graph_of(const Architecture& architecture) {
  return instantiate(architecture, architecture.dimension == 3 ? Grid{64, 64, 64} : Grid{64, 64, 1});
}

} // namespace

ChannelGroups channel_groups(const Architecture& architecture) {
  const Graph graph = graph_of(architecture);
  return Grouping(graph).groups();
}

Model without_channels(const Model& model, const ChannelGroups& groups, const std::vector<bool>& removed) {
  const auto kept = [&](const std::vector<int>& ends) {
    std::vector<std::size_t> which;
    for (std::size_t c = 0; c < ends.size(); ++c)
      if (ends[c] < 0 || !removed[static_cast<std::size_t>(ends[c])])
        which.push_back(c);
    return which;
  };
  auto json = nlohmann::ordered_json::parse(model.architecture.text);
  std::map<std::pair<std::string, int>, std::size_t> channels;
  for (const Node& node : graph_of(model.architecture).nodes)
    if (node.op == Op::convolution) {
      const std::size_t count = kept(groups.ends.at(node.weight).out).size();
      if (channels.emplace(std::pair{node.block, node.layer}, count).first->second != count)
        throw InputError("network '" + model.architecture.name + "': layer '" + node.weight +
                         "' would need several numbers of channels");
      json["blocks"][node.block]["layers"][static_cast<std::size_t>(node.layer)]["channels"] = count;
    }
  Model smaller{parse_architecture(json.dump(), model.architecture.name), {}, model.provenance};
  for (const auto& [name, ends] : groups.ends) {
    const Tensor& from = model.tensors.at(name);
    Tensor& to = smaller.tensors[name];
    const std::vector<std::size_t> out = kept(ends.out), in = kept(ends.in);
    const std::size_t taps = from.values.size() / (ends.out.size() * ends.in.size());
    to.shape = from.shape;
    to.shape[0] = static_cast<std::int64_t>(out.size());
    to.shape[1] = static_cast<std::int64_t>(in.size());
    for (const std::size_t o : out)
      for (const std::size_t i : in)
        for (std::size_t t = 0; t < taps; ++t)
          to.values.push_back(from.values[(o * ends.in.size() + i) * taps + t]);
    const auto bias = model.tensors.find(name + ".bias");
    if (bias == model.tensors.end())
      continue;
    Tensor& slice = smaller.tensors[name + ".bias"];
    slice.shape = {to.shape[0]};
    for (const std::size_t o : out)
      slice.values.push_back(bias->second.values[o]);
  }
  return smaller;
}

} // namespace linnet::learned
