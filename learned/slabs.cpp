#include "learned/slabs.hpp"

#include <algorithm>

namespace linnet::learned {

namespace {

std::size_t slow_axis(const Graph& graph) {
  return graph.dimension == 3 ? 2 : 1;
}

// The coarsest scale that is shared, and the next one, or the same again where there is none.
struct Shared {
  int scale, next;
};

Shared shared_scales(const Graph& graph, const std::vector<int>& scales, std::size_t least_cells) {
  int scale = 1, next = 0;
  for (std::size_t i = 0; i < scales.size(); ++i)
    if (cells_of(graph.nodes[i].grid) >= least_cells)
      scale = std::max(scale, scales[i]);
  for (const int s : scales)
    if (s > scale && (next == 0 || s < next))
      next = s;
  return {scale, next > 0 ? next : scale};
}

class Sharing {
public:
  Sharing(const Graph& graph, const std::vector<int>& first, int slab, std::size_t least_cells)
      : from_(graph), scales_(scales_of(graph)), shared_(shared_scales(graph, scales_, least_cells)), first_(first),
        slab_(static_cast<std::size_t>(slab)), axis_(slow_axis(graph)), local_(scales_.size(), -1),
        whole_(scales_.size(), -1) {
    to_ = graph;
    to_.nodes.clear();
  }

  Graph run(SlabWindow* window) {
    for (int i = 0; i < static_cast<int>(from_.nodes.size()); ++i)
      copy(i);
    to_.residual = local(from_.residual);
    to_.operator_fields = from_.operator_fields >= 0 ? local(from_.operator_fields) : -1;
    to_.output = local(from_.output);
    const int planes = from_.node(from_.residual).grid[axis_];
    *window = {window_begin(1), window_end(1, planes)};
    return std::move(to_);
  }

private:
  int scale(int i) const { return scales_[static_cast<std::size_t>(i)]; }
  int local(int i) const { return local_[static_cast<std::size_t>(i)]; }
  int whole(int i) const { return whole_[static_cast<std::size_t>(i)]; }
  bool is_shared(int i) const { return scale(i) <= shared_.scale; }
  // Of the slab, in planes of a scale; a window has the planes of one cell of the next scale more on both sides.
  int begin(int s) const { return first_[slab_] / s; }
  int window_begin(int s) const { return std::max(0, begin(s) - around(s)); }
  int end(int s) const { return (first_[slab_ + 1] + s - 1) / s; }
  int window_end(int s, int planes) const { return std::min(planes, end(s) + around(s)); }
  int around(int s) const { return std::max(1, shared_.next / s); }

  int append(const Node& node) {
    to_.nodes.push_back(node);
    return static_cast<int>(to_.nodes.size()) - 1;
  }

  Grid local_grid(int i) const {
    Grid grid = from_.node(i).grid;
    grid[axis_] = window_end(scale(i), grid[axis_]) - window_begin(scale(i));
    return grid;
  }

  void copy(int i) {
    const Node& node = from_.node(i);
    Node made = node;
    made.in = {-1, -1};
    if (is_shared(i)) {
      made.grid = local_grid(i);
      for (std::size_t k = 0; k < 2; ++k)
        if (reads(node, k))
          made.in[k] = is_shared(node.in[k]) ? local(node.in[k]) : window_of(node.in[k]);
      if (node.op == Op::convolution && node.kernel == 3)
        refresh(node.in[0]);
      local_[static_cast<std::size_t>(i)] = append(made);
      return;
    }
    if (is_shared(node.in[0])) { // the first one of its scale: each rank computes its planes
      made.grid = local_grid(i);
      made.in[0] = local(node.in[0]);
      whole_[static_cast<std::size_t>(i)] = gathered(i, append(made));
      return;
    }
    for (std::size_t k = 0; k < 2; ++k)
      if (reads(node, k))
        made.in[k] = whole(node.in[k]);
    whole_[static_cast<std::size_t>(i)] = append(made);
  }

  void refresh(int i) {
    Node& node = to_.nodes[static_cast<std::size_t>(local(i))];
    node.refreshed = true;
    node.begin = begin(scale(i)) - window_begin(scale(i));
    node.end = std::min(from_.node(i).grid[axis_], end(scale(i))) - window_begin(scale(i));
  }

  int gathered(int i, int part) {
    const int s = scale(i), planes = from_.node(i).grid[axis_];
    Node node = from_.node(i);
    node.op = Op::gather;
    node.in = {part, -1};
    node.begin = begin(s) - window_begin(s);
    for (const int plane : first_)
      node.firsts.push_back(std::min(planes, (plane + s - 1) / s));
    node.end = node.begin + node.firsts[slab_ + 1] - node.firsts[slab_];
    node.slab = static_cast<int>(slab_);
    return append(node);
  }

  int window_of(int i) {
    Node node = from_.node(i);
    node.op = Op::window;
    node.grid = local_grid(i);
    node.in = {whole(i), -1};
    node.begin = window_begin(scale(i));
    return append(node);
  }

  const Graph& from_;
  std::vector<int> scales_;
  Shared shared_;
  const std::vector<int>& first_;
  std::size_t slab_, axis_;
  std::vector<int> local_, whole_; // by node: its copy
  Graph to_;
};

} // namespace

std::vector<int> scales_of(const Graph& graph) {
  std::vector<int> scales;
  for (const Node& node : graph.nodes) {
    const int from = node.in[0] >= 0 ? scales[static_cast<std::size_t>(node.in[0])] : 1;
    switch (node.op) {
    case Op::convolution:
      scales.push_back(from * node.stride);
      break;
    case Op::space_to_depth:
    case Op::pool:
      scales.push_back(from * node.factor);
      break;
    case Op::depth_to_space:
    case Op::upsample:
      scales.push_back(from / node.factor);
      break;
    default:
      scales.push_back(from);
    }
  }
  return scales;
}

int slab_unit(const Graph& graph, std::size_t least_cells) {
  const std::vector<int> scales = scales_of(graph);
  const Shared shared = shared_scales(graph, scales, least_cells);
  for (const Node& node : graph.nodes) {
    const int own = scales[static_cast<std::size_t>(&node - graph.nodes.data())];
    for (std::size_t k = 0; k < 2; ++k)
      if (reads(node, k)) {
        const int other = scales[static_cast<std::size_t>(node.in[k])];
        if ((own <= shared.scale) != (other <= shared.scale) && std::max(own, other) != shared.next)
          return 0;
      }
  }
  return shared.next;
}

Graph slabs(const Graph& graph, const std::vector<int>& first, int slab, SlabWindow* window, std::size_t least_cells) {
  return Sharing(graph, first, slab, least_cells).run(window);
}

} // namespace linnet::learned
