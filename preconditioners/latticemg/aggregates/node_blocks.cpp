#include "latticemg/aggregates/node_blocks.hpp"
#include "base/disjoint_sets.hpp"
#include "latticemg/aggregates/axis_rows.hpp"
#include "latticemg/aggregates/grouped_border.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>
#include <vector>

namespace linnet::latticemg {

namespace {

// The nodes of some blocks of 2 x 2 x 2 blocks, those of a line of which are passed from its begin to its end.
class BlockLine {
public:
  BlockLine(const NodeBlocks& blocks, int line) : blocks_(blocks) {
    const int pairs = (blocks.size[1] + 1) / 2, y = 2 * (line % pairs), z = 2 * (line / pairs);
    for (int c = z; c < std::min(z + 2, blocks.size[2]); ++c)
      for (int b = y; b < std::min(y + 2, blocks.size[1]); ++b)
        lines_[count_++] = {b + blocks.size[1] * c, 0, 0};
    for (Run& run : *this)
      run.end = blocks.first[static_cast<std::size_t>(run.line)];
  }
  struct Run {
    int line; // of blocks
    int first, end;
  };
  // The number of a node among those of all runs, -1 where it is none of them.
  int number_of(int node) const {
    int number = -1, before = 0;
    for (const Run& run : lines_) { // all four, the last ones empty perhaps: without branches
      const int count = run.end - run.first, there = node - run.first;
      number = static_cast<unsigned>(there) < static_cast<unsigned>(count) ? before + there : number;
      before += count;
    }
    return number;
  }
  Run* begin() { return lines_.data(); }
  Run* end() { return lines_.data() + count_; }
  // Moves on to blocks 2 X and 2 X + 1 of each line.
  void advance(int X) {
    for (Run& run : *this) {
      const int last = run.line * blocks_.size[0] + std::min(2 * X + 2, blocks_.size[0]);
      const int nodes = blocks_.first[static_cast<std::size_t>(run.line) + 1];
      run.first = run.end;
      while (run.end < nodes && blocks_.of[static_cast<std::size_t>(run.end)] < last)
        ++run.end;
    }
  }

private:
  const NodeBlocks& blocks_;
  std::array<Run, 4> lines_{};
  std::ptrdiff_t count_ = 0;
};

// Groups of some nodes.
class Joiner {
public:
  Joiner(const Graph& graph, const NodeBlocks& blocks)
      : graph_(graph), blocks_(blocks),
        least_strength_of_links_(blocks.flat() ? least_strength_of_flat_blocks : least_strength_of_blocks) {}

  // Writes of each node its group, numbered from `next` in the order of their first nodes. Returns the number after.
  int join(BlockLine& runs, int next, int* of) {
    const int first = next;
    collect(runs);
    next = number(first, of);
    inside_.resize(inside_.size() + static_cast<std::size_t>(next - first), GroupInside{});
    GroupInside* inside = inside_.data() + (inside_.size() - static_cast<std::size_t>(next - first)) - first;
    for (const int node : nodes_)
      if (of[node] >= 0)
        ++inside[of[node]].members;
    for (const Link& link : links_) {
      const int from = nodes_[static_cast<std::size_t>(link.from)], to = nodes_[static_cast<std::size_t>(link.to)];
      if (of[from] < 0 || of[from] != of[to])
        continue;
      --links_between_;
      if (const int axis = blocks_.axis_between(from, to); axis != AxisRow::no_axis)
        inside[of[from]].within[static_cast<std::size_t>(axis)] += 0.5F * link.w;
    }
    return next;
  }
  // Of the groups so far, in their order.
  const std::vector<GroupInside>& inside() const { return inside_; }
  // Links of all nodes so far but those within groups.
  std::int64_t links_between() const { return links_between_; }

private:
  struct Link {
    int from, to;
    float w;
  };

  // The nodes and the links among them; those of held ones are none.
  void collect(BlockLine& runs) {
    nodes_.clear();
    for (const BlockLine::Run& run : runs)
      for (int i = run.first; i < run.end; ++i)
        nodes_.push_back(i);
    const std::size_t count = nodes_.size();
    strongest_.assign(count, 0);
    links_.clear();
    bool held = false;
    for (std::size_t s = 0; s < count; ++s) {
      links_between_ += graph_.links(nodes_[s]);
      graph_.for_each_link(nodes_[s], [&](int j, float w) {
        strongest_[s] = std::max(strongest_[s], w);
        if (const int to = runs.number_of(j); to >= 0)
          links_.push_back({static_cast<int>(s), to, w});
      });
      if (is_held(graph_.excess(nodes_[s]), strongest_[s])) {
        strongest_[s] = 0;
        held = true;
      }
    }
    if (held)
      std::erase_if(links_, [&](const Link& link) { return strongest(link.from) == 0 || strongest(link.to) == 0; });
  }
  // Returns the number after.
  int number(int next, int* of) {
    const std::size_t count = nodes_.size();
    if (are_one_group()) {
      for (const int node : nodes_)
        of[node] = next;
      return next + 1;
    }
    sets_.reset(static_cast<std::int64_t>(count));
    for (const Link& link : links_)
      if (is_strong(link))
        sets_.join(link.from, link.to);
    join_single_ones();
    number_.assign(count, -1);
    for (std::size_t s = 0; s < count; ++s) {
      int& own = number_[root(s)];
      if (strongest_[s] > 0 && own < 0)
        own = next++;
      of[nodes_[s]] = strongest_[s] > 0 ? own : -1;
    }
    return next;
  }

  std::size_t root(std::size_t s) { return static_cast<std::size_t>(sets_.root(static_cast<int>(s))); }
  float strongest(int s) const { return strongest_[static_cast<std::size_t>(s)]; }
  bool is_strong(const Link& link) const {
    return link.w >= least_strength_of_links_ * std::max(strongest(link.from), strongest(link.to));
  }
  // Strong links join all nodes, as they mostly do.
  bool are_one_group() {
    constexpr std::size_t most = 64; // bits of a set of nodes
    const std::size_t count = nodes_.size();
    if (count == 0 || count > most || std::find(strongest_.begin(), strongest_.end(), 0.0F) != strongest_.end())
      return false;
    std::uint64_t linked[most];
    std::fill_n(linked, count, 0);
    for (const Link& link : links_)
      linked[link.from] |= static_cast<std::uint64_t>(is_strong(link)) << link.to;
    std::uint64_t joined = 1;
    for (std::uint64_t before = 0; joined != before;) {
      std::uint64_t fresh = joined & ~before;
      before = joined;
      for (; fresh != 0; fresh &= fresh - 1)
        joined |= linked[std::countr_zero(fresh)];
    }
    return joined == ~std::uint64_t{0} >> (most - count);
  }
  int& members(int s) { return members_[static_cast<std::size_t>(sets_.root(s))]; }
  void join_single_ones() {
    members_.assign(nodes_.size(), 0);
    for (int s = 0; s < static_cast<int>(nodes_.size()); ++s)
      ++members(s);
    for (auto link = links_.begin(); link < links_.end();) {
      const int s = link->from;
      const auto end = std::find_if(link, links_.end(), [&](const Link& other) { return other.from != s; });
      const auto most = std::max_element(link, end, [](const Link& a, const Link& b) { return a.w < b.w; });
      link = end;
      if (members(s) == 1 && most->w >= least_strength * strongest(s)) {
        const int together = 1 + members(most->to);
        sets_.join(s, most->to);
        members(s) = together;
      }
    }
  }

  const Graph& graph_;
  const NodeBlocks& blocks_;
  const float least_strength_of_links_;
  std::vector<GroupInside> inside_;
  std::int64_t links_between_ = 0;
  std::vector<int> nodes_, number_, members_;
  DisjointSets sets_;
  std::vector<float> strongest_; // coupling of each; 0 for one in no group
  std::vector<Link> links_;      // among the nodes, from one after the other
};

} // namespace

int NodeBlocks::axis_between(int i, int j) const {
  if (static_cast<std::size_t>(std::max(i, j)) >= of.size()) // a ghost
    return slab_axis;
  const int apart = std::abs(of[static_cast<std::size_t>(i)] - of[static_cast<std::size_t>(j)]);
  return apart == 0 ? AxisRow::no_axis : apart < size[0] ? 0 : apart < size[0] * size[1] ? 1 : 2;
}

void group_nodes(const Graph& graph, const NodeBlocks& blocks, int threads, GroupedNodes* grouped) {
  NodeGroups* groups = &grouped->groups;
  NodeBlocks* coarse = &grouped->lie;
  GroupShapes* shapes = &grouped->shapes;
  for (std::size_t a = 0; a < 3; ++a)
    coarse->size[a] = (blocks.size[a] + 1) / 2;
  coarse->slab_axis = blocks.slab_axis;
  const int lines = coarse->lines();
  groups->of.resize(static_cast<std::size_t>(graph.nodes()));
  coarse->first.resize(static_cast<std::size_t>(lines) + 1);
  shapes->links.resize(static_cast<std::size_t>(lines));
  int *of = groups->of.data(), *first = coarse->first.data();
  first[0] = 0;
#pragma omp parallel num_threads(threads)
  {
    Joiner joiner(graph, blocks);
    int begin = -1; // the first line of the thread
#pragma omp for schedule(static)
    for (int line = 0; line < lines; ++line) {
      begin = begin < 0 ? line : begin;
      const std::int64_t before = joiner.links_between();
      BlockLine runs(blocks, line);
      int next = 0;
      for (int X = 0; X < coarse->size[0]; ++X) {
        runs.advance(X);
        next = joiner.join(runs, next, of);
      }
      first[line + 1] = next;
      shapes->links[static_cast<std::size_t>(line)] = static_cast<int>(joiner.links_between() - before);
    }
#pragma omp single
    {
      std::partial_sum(first, first + lines + 1, first);
      groups->count = first[lines];
      coarse->of.resize(static_cast<std::size_t>(groups->count));
      shapes->inside.resize(static_cast<std::size_t>(groups->count) +
                            static_cast<std::size_t>(graph.border.ghost_count()));
    }
    if (begin >= 0)
      std::copy(joiner.inside().begin(), joiner.inside().end(), shapes->inside.data() + first[begin]);
#pragma omp for schedule(static)
    for (int line = 0; line < lines; ++line)
      for (const BlockLine::Run& run : BlockLine(blocks, line))
        for (int i = blocks.first[static_cast<std::size_t>(run.line)];
             i < blocks.first[static_cast<std::size_t>(run.line) + 1]; ++i)
          if (of[i] >= 0) {
            of[i] += first[line];
            const int x = blocks.of[static_cast<std::size_t>(i)] - run.line * blocks.size[0];
            coarse->of[static_cast<std::size_t>(of[i])] = line * coarse->size[0] + x / 2;
          }
  }
  groups->list_members();
}

void contract(const Graph& graph, const NodeBlocks& blocks, float least_coupling, float excess_factor, int threads,
              GroupedNodes* grouped, Graph* coarse) {
  const NodeGroups& groups = grouped->groups;
  const NodeBlocks& lie = grouped->lie;
  GroupShapes* shapes = &grouped->shapes;
  const int count = groups.count, nodes = graph.nodes();
  const auto size = static_cast<std::size_t>(count);
  coarse->count = count;
  coarse->first.resize(size + 1);
  coarse->degree.resize(size);
  coarse->own_excess.resize(size);
  const auto inside_of = [&](int group) -> GroupInside& { return shapes->inside[static_cast<std::size_t>(group)]; };
  GroupedBorder border = grouped_border<GroupInside>(
      graph, groups, [&](int node) { return inside_of(groups.of[static_cast<std::size_t>(node)]); },
      [&](int, int group, const GroupInside& told) { inside_of(group) = told; });
  coarse->border = std::move(border.border);
  const std::vector<std::int64_t> room = shapes->room();
  coarse->neighbour.resize(static_cast<std::size_t>(room.back()));
  coarse->coupling.resize(static_cast<std::size_t>(room.back()));
  coarse->first[size] = room.back();
  const AxisRowWriter rows{shapes->inside.data(), 1, least_coupling, excess_factor, coarse};
#pragma omp parallel num_threads(threads)
  {
    AxisRow row;
    std::int64_t end = -1; // a thread writes its rows one after the other, which leaves the rest of its room untouched
#pragma omp for schedule(static)
    for (int line = 0; line < lie.lines(); ++line) {
      if (end < 0)
        end = room[static_cast<std::size_t>(line)];
      for (int I = lie.first[static_cast<std::size_t>(line)]; I < lie.first[static_cast<std::size_t>(line) + 1]; ++I) {
        row.clear();
        groups.for_each_member(I, [&](int i, int) {
          row.excess += graph.excess(i);
          graph.for_each_link(i, [&](int j, float w) {
            const int to = j < nodes ? groups.of[static_cast<std::size_t>(j)]
                                     : border.of_ghost[static_cast<std::size_t>(j - nodes)];
            if (to < 0)
              row.excess += w;
            else if (to != I)
              row.add(to, blocks.axis_between(i, j), w, 1);
          });
        });
        end = rows.write(I, row, end);
      }
    }
  }
}

} // namespace linnet::latticemg
