#include "latticemg/aggregates/pairing.hpp"
#include "latticemg/aggregates/grouped_border.hpp"
#include "latticemg/aggregates/parts.hpp"
#include "latticemg/zeros.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>
#include <vector>

namespace linnet::latticemg {

namespace {

template <class T>
T& at(Buffer<T>& buffer, std::ptrdiff_t i) {
  return buffer[static_cast<std::size_t>(i)];
}
template <class T>
const T& at(const Buffer<T>& buffer, std::ptrdiff_t i) {
  return buffer[static_cast<std::size_t>(i)];
}

// Nodes of a part are paired among themselves, parts at the same time; then those that are left, across parts. What
// comes out is the same on any threads.
constexpr int nodes_paired_at_once = 1 << 15;

class Pairs {
public:
  Pairs(const Graph& graph, float least, int threads) : graph_(graph), least_(least), threads_(threads) {}

  // Writes the aggregate of each node. Returns their number.
  int number(int* of) {
    const int end = graph_.nodes();
    const auto nodes = static_cast<std::size_t>(end);
    strongest_.resize(nodes);
    root_.assign(nodes, -1);
    members_.assign(nodes, 0);
    for_each_part(end, nodes_paired_at_once, threads_, [&](NodeRange part, int) {
      for (int i = part.first; i < part.last; ++i) {
        float most = 0;
        graph_.for_each_link(i, [&](int, float w) { most = std::max(most, w); });
        strongest(i) = is_held(graph_.excess(i), most) ? 0 : most;
      }
    });
    for (const float share : {0.9F, 0.5F, least_}) {
      for_each_part(end, nodes_paired_at_once, threads_, [&](NodeRange part, int) { find_partners(part, share); });
      if (end > nodes_paired_at_once)
        find_partners({0, end}, share);
    }
    for (int i = 0; i < end; ++i)
      if (root(i) < 0 && strongest(i) > 0)
        join_pair(i);
    std::vector<int> number(nodes, -1);
    int count = 0;
    for (int i = 0; i < end; ++i) {
      of[i] = -1;
      if (root(i) >= 0) {
        int& own = number[static_cast<std::size_t>(root(i))];
        of[i] = own < 0 ? own = count++ : own;
      }
    }
    return count;
  }

private:
  float& strongest(int i) { return strongest_[static_cast<std::size_t>(i)]; }
  int& root(int i) { return root_[static_cast<std::size_t>(i)]; }
  signed char& members(int root) { return members_[static_cast<std::size_t>(root)]; }

  void find_partners(NodeRange range, float share) {
    for (int i = range.first; i < range.last; ++i)
      if (root(i) < 0 && strongest(i) > 0)
        find_partner(i, share, range);
  }

  void find_partner(int i, float share, NodeRange range) {
    int partner = -1;
    float most = 0;
    graph_.for_each_link(i, [&](int j, float w) {
      // The first of nearly equal ones: sums of equal couplings differ by rounding.
      if (range.has(j) && root(j) < 0 && strongest(j) > 0 && w > most * 1.0001F &&
          w >= share * std::max(strongest(i), strongest(j))) {
        most = w;
        partner = j;
      }
    });
    if (partner < 0)
      return;
    root(i) = root(partner) = i;
    members(i) = 2;
  }

  void join_pair(int i) {
    int joined = i;
    float most = 0;
    graph_.for_each_link(i, [&](int j, float w) {
      if (j < graph_.nodes() && root(j) >= 0 && members(root(j)) < most_in_group && w > most &&
          w >= least_ * strongest(i)) {
        most = w;
        joined = root(j);
      }
    });
    root(i) = joined;
    ++members(joined);
  }

  const Graph& graph_;
  float least_;
  int threads_;
  Buffer<float> strongest_; // by node: its coupling; 0 for one in no aggregate
  std::vector<int> root_;   // a node that stands for the aggregate, -1: none yet
  std::vector<signed char> members_;
};

// What links from elsewhere see of an aggregate.
struct Inside {
  float resistance; // part_within / (couplings of its members with each other)
  unsigned members; // bits
};

// A node's aggregate and the bit of its place there.
class Places {
public:
  explicit Places(std::size_t nodes) { code_.resize(nodes); }
  void set(int node, int aggregate, int slot) { at(code_, node) = aggregate * 4 + slot; }
  void set_none(int node) { at(code_, node) = -1; }
  int aggregate(int node) const { return at(code_, node) >> 2; }
  unsigned bit(int node) const { return 1U << (at(code_, node) & 3); }

private:
  static_assert(most_in_group <= 4);
  Buffer<int> code_;
};

// The links of one aggregate with others, by aggregate: their sum, and the members at both ends.
struct Link {
  int to;
  unsigned own, other; // bits
  float sum;
};

class PairRow {
public:
  PairRow(const Graph& graph, const Places& places) : graph_(graph), places_(places) {}

  void clear() {
    links_.clear();
    with_none_ = 0;
  }
  void add_links_of(int node, int aggregate) {
    const unsigned own = places_.bit(node);
    graph_.for_each_link(node, [&](int j, float w) {
      if (const int to = places_.aggregate(j); to < 0)
        with_none_ += w;
      else if (to != aggregate)
        add(to, own, places_.bit(j), w);
    });
  }
  const std::vector<Link>& links() const { return links_; }
  // The sum of those with nodes in no aggregate.
  float with_none() const { return with_none_; }

private:
  void add(int to, unsigned own, unsigned other, float w) {
    for (Link& link : links_)
      if (link.to == to) {
        link.own |= own;
        link.other |= other;
        link.sum += w;
        return;
      }
    links_.push_back({to, own, other, w});
  }

  const Graph& graph_;
  const Places& places_;
  std::vector<Link> links_;
  float with_none_ = 0;
};

// What a rank tells of a node that is a ghost of another.
struct Told {
  int slot;
  Inside inside;
};

// The border of the aggregates; places and insides of the ghosts.
Border contract_border(const Graph& graph, const NodeGroups& pairs, Places* places, Buffer<Inside>* inside) {
  for (int ghost = graph.nodes(); ghost < graph.nodes_and_ghosts(); ++ghost)
    places->set_none(ghost);
  return grouped_border<Told>(
             graph, pairs,
             [&](int node) {
               return Told{std::countr_zero(places->bit(node)), at(*inside, at(pairs.of, node))};
             },
             [&](int ghost, int group, const Told& told) {
               places->set(graph.nodes() + ghost, group, told.slot);
               at(*inside, group) = told.inside;
             })
      .border;
}

} // namespace

void leave_single(const Graph& graph, NodeGroups* single) {
  single->count = graph.nodes();
  single->of.resize(static_cast<std::size_t>(graph.nodes()));
  std::iota(single->of.begin(), single->of.end(), 0);
  single->list_members();
}

void pair_up(const Graph& graph, float least, int threads, NodeGroups* pairs) {
  pairs->of.resize(static_cast<std::size_t>(graph.nodes()));
  pairs->count = Pairs(graph, least, threads).number(pairs->of.data());
  pairs->list_members();
}

void contract(const Graph& graph, const NodeGroups& pairs, float least_coupling, float excess_factor, int threads,
              Graph* coarse) {
  const int count = pairs.count;
  const auto nodes = static_cast<std::size_t>(count);
  coarse->count = count;
  coarse->first.resize(nodes + 1);
  coarse->degree.resize(nodes);
  coarse->own_excess.resize(nodes);
  Places places(static_cast<std::size_t>(graph.nodes_and_ghosts()));
  Buffer<Inside> inside;
  inside.resize(nodes + static_cast<std::size_t>(graph.border.ghost_count())); // no more groups than ghosts
  at(coarse->first, 0) = 0;
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(static)
    for (int i = 0; i < graph.nodes(); ++i)
      if (at(pairs.of, i) < 0)
        places.set_none(i);
#pragma omp for schedule(static)
    for (int I = 0; I < count; ++I) {
      std::int64_t most = 0; // links, if no two lead to the same aggregate
      double excess = 0;
      float within = 0;
      unsigned members = 0;
      pairs.for_each_member(I, [&](int i, int slot) {
        places.set(i, I, slot);
        members |= 1U << slot;
        most += graph.links(i);
        excess += graph.excess(i);
        graph.for_each_link(i, [&](int j, float w) {
          pairs.for_each_member(I, [&](int other, int) { within += other == j ? 0.5F * w : 0; });
        });
      });
      at(coarse->first, I + 1) = most;
      at(coarse->own_excess, I) = excess_factor * static_cast<float>(excess);
      at(inside, I) = {within > 0 ? static_cast<float>(part_within) / within : 0, members};
    }
  }
  for (int I = 0; I < count; ++I)
    at(coarse->first, I + 1) += at(coarse->first, I);
  coarse->border = contract_border(graph, pairs, &places, &inside);
  const auto links = static_cast<std::size_t>(at(coarse->first, count));
  coarse->neighbour.resize(links);
  coarse->coupling.resize(links);
#pragma omp parallel num_threads(threads)
  {
    PairRow row(graph, places);
    const auto resistance = [](const Inside& end, unsigned used) { return used == end.members ? 0 : end.resistance; };
    // A thread writes its rows one after the other, which leaves the rest of its room untouched.
    std::int64_t to = -1;
#pragma omp for schedule(static)
    for (int I = 0; I < count; ++I) {
      to = to < 0 ? at(coarse->first, I) : to;
      const std::int64_t begin = to;
      const Inside own = at(inside, I);
      row.clear();
      pairs.for_each_member(I, [&](int i, int) { row.add_links_of(i, I); });
      at(coarse->own_excess, I) += excess_factor * row.with_none();
      for (const Link& link : row.links()) {
        const float between = resistance(own, link.own) + resistance(at(inside, link.to), link.other);
        at(coarse->neighbour, to) = link.to;
        at(coarse->coupling, to) = link.sum * std::max(least_coupling, 1 / (1 + link.sum * between));
        ++to;
      }
      at(coarse->first, I) = begin;
      at(coarse->degree, I) = static_cast<int>(to - begin);
    }
  }
}

} // namespace linnet::latticemg
