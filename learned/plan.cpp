#include "learned/plan.hpp"

#include <algorithm>

namespace linnet::learned {

namespace {

// Places of fields by first fit.
class Arena {
public:
  std::size_t claim(std::size_t bytes) {
    bytes = (bytes + 63) / 64 * 64;
    std::size_t at = 0;
    auto next = taken_.begin();
    for (; next != taken_.end() && next->first - at < bytes; ++next)
      at = next->second;
    taken_.insert(next, {at, at + bytes});
    top_ = std::max(top_, at + bytes);
    return at;
  }
  void release(std::size_t at) {
    taken_.erase(std::find_if(taken_.begin(), taken_.end(), [&](const auto& t) { return t.first == at; }));
  }
  std::size_t top() const { return top_; }

private:
  std::vector<std::pair<std::size_t, std::size_t>> taken_; // ascending
  std::size_t top_ = 0;
};

// Nodes that a step reads.
std::vector<int> inputs_of(const Graph& graph, const Step& step) {
  const Node& first = graph.node(step.first);
  std::vector<int> in;
  if (first.in[0] >= 0)
    in.push_back(first.in[0]);
  if (step.gate >= 0)
    in.push_back(graph.node(step.gate).in[1]);
  if (step.add >= 0)
    in.push_back(step.other);
  return in;
}

class Planner {
public:
  Planner(const Graph& graph, std::size_t size, bool fuse)
      : graph_(graph), size_(size), fuse_(fuse), uses_(graph.nodes.size()) {
    for (const Node& node : graph.nodes)
      for (std::size_t i = 0; i < 2; ++i)
        if (reads(node, i))
          ++uses_[static_cast<std::size_t>(node.in[i])];
    ++uses_[static_cast<std::size_t>(graph.output)];
    plan_.place.assign(graph.nodes.size(), 0);
    plan_.keeps.assign(graph.nodes.size(), false);
  }

  Plan make() {
    std::vector<bool> done(graph_.nodes.size(), false);
    std::vector<Step> steps;
    for (int i = 0; i < static_cast<int>(graph_.nodes.size()); ++i)
      if (graph_.node(i).op != Op::input && !done[static_cast<std::size_t>(i)]) {
        steps.push_back(step_from(i));
        for (const int n : steps.back().chain)
          done[static_cast<std::size_t>(n)] = true;
      }
    // Where all that a step reads is there.
    std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.result < b.result; });
    for (const Step& step : steps)
      (graph_.node(step.result).setup ? plan_.setup : plan_.apply).push_back(step);
    for (const Step& step : plan_.apply)
      for (const int n : inputs_of(graph_, step))
        if (graph_.node(n).setup && !plan_.keeps[static_cast<std::size_t>(n)]) {
          plan_.keeps[static_cast<std::size_t>(n)] = true;
          plan_.place[static_cast<std::size_t>(n)] = kept_.claim(bytes(n));
        }
    lay_out(plan_.setup, graph_.operator_fields);
    lay_out(plan_.apply, graph_.residual);
    plan_.kept = kept_.top();
    return plan_;
  }

private:
  std::size_t bytes(int n) const {
    const Node& node = graph_.node(n);
    return cells_of(node.grid) * static_cast<std::size_t>(node.channels) * size_;
  }
  // The one node that reads `n`, -1 where there is not one alone.
  int only_reader(int n) const {
    if (uses_[static_cast<std::size_t>(n)] != 1 || n == graph_.output)
      return -1;
    for (int i = n + 1; i < static_cast<int>(graph_.nodes.size()); ++i)
      for (std::size_t k = 0; k < 2; ++k)
        if (graph_.node(i).in[k] == n && reads(graph_.node(i), k))
          return i;
    return -1;
  }

  Step step_from(int first) const {
    Step step;
    step.first = step.result = first;
    int stage = 0; // of relu, gate, add
    const auto take = [&](int n, int from) {
      const Node& node = graph_.node(n);
      const int own = node.op == Op::relu ? 1 : node.op == Op::gate ? 2 : node.op == Op::add ? 3 : 0;
      if (own <= stage || (node.op == Op::gate && node.in[0] != from) || node.setup != graph_.node(first).setup ||
          (node.op != Op::relu && node.in[0] == node.in[1]))
        return false;
      stage = own;
      step.result = n;
      (own == 1 ? step.relu : own == 2 ? step.gate : step.add) = n;
      if (own == 3)
        step.other = node.in[0] == from ? node.in[1] : node.in[0];
      return true;
    };
    const Op op = graph_.node(first).op;
    if (op == Op::relu || op == Op::gate || op == Op::add) { // by itself: a pass over its first input
      stage = op == Op::relu ? 1 : op == Op::gate ? 2 : 3;
      (stage == 1 ? step.relu : stage == 2 ? step.gate : step.add) = first;
      if (stage == 3)
        step.other = graph_.node(first).in[1];
    }
    if ((op == Op::convolution && !fuse_) || op == Op::space_to_depth || op == Op::pool || op == Op::gather ||
        op == Op::window)
      return step;
    for (int n = only_reader(first); n >= 0 && take(n, step.result); n = only_reader(n))
      step.chain.push_back(n);
    return step;
  }

  void lay_out(const std::vector<Step>& steps, int input) {
    Arena arena;
    std::vector<int> last(graph_.nodes.size(), -1);
    for (int s = 0; s < static_cast<int>(steps.size()); ++s)
      for (const int n : inputs_of(graph_, steps[static_cast<std::size_t>(s)]))
        last[static_cast<std::size_t>(n)] = s;
    const auto transient = [&](int n) { return n >= 0 && !plan_.keeps[static_cast<std::size_t>(n)]; };
    if (transient(input))
      plan_.place[static_cast<std::size_t>(input)] = arena.claim(bytes(input));
    for (int s = 0; s < static_cast<int>(steps.size()); ++s) {
      const Step& step = steps[static_cast<std::size_t>(s)];
      if (transient(step.result))
        plan_.place[static_cast<std::size_t>(step.result)] = arena.claim(bytes(step.result));
      std::vector<int> in = inputs_of(graph_, step);
      std::sort(in.begin(), in.end());
      in.erase(std::unique(in.begin(), in.end()), in.end());
      for (const int n : in)
        if (transient(n) && last[static_cast<std::size_t>(n)] == s && (n == input || owned(steps, n)))
          arena.release(plan_.place[static_cast<std::size_t>(n)]);
      if (last[static_cast<std::size_t>(step.result)] < 0 && transient(step.result) && step.result != graph_.output)
        arena.release(plan_.place[static_cast<std::size_t>(step.result)]);
    }
    plan_.work = std::max(plan_.work, arena.top());
  }
  static bool owned(const std::vector<Step>& steps, int n) {
    return std::any_of(steps.begin(), steps.end(), [&](const Step& s) { return s.result == n; });
  }

  const Graph& graph_;
  std::size_t size_;
  bool fuse_;
  std::vector<int> uses_;
  Plan plan_;
  Arena kept_;
};

} // namespace

Plan make_plan(const Graph& graph, std::size_t size, bool fuse) {
  return Planner(graph, size, fuse).make();
}

} // namespace linnet::learned
