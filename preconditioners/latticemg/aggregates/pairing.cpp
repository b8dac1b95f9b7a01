#include "latticemg/aggregates/pairing.hpp"
#include "latticemg/zeros.hpp"

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

class Pairs {
public:
  Pairs(const Graph& graph, float least) : graph_(graph), least_(least) {}

  // Writes the aggregate of each node. Returns their number.
  int number(int* of) {
    const int end = graph_.nodes();
    const auto nodes = static_cast<std::size_t>(end);
    strongest_.assign(nodes, 0);
    root_.assign(nodes, -1);
    members_.assign(nodes, 0);
    for (int i = 0; i < end; ++i)
      graph_.for_each_link(i, [&](int, float w) { strongest(i) = std::max(strongest(i), w); });
    for (const float share : {0.9F, 0.5F, least_})
      for (int i = 0; i < end; ++i)
        if (root(i) < 0 && strongest(i) > 0)
          find_partner(i, share);
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

  void find_partner(int i, float share) {
    int partner = -1;
    float most = 0;
    graph_.for_each_link(i, [&](int j, float w) {
      // The first of nearly equal ones: sums of equal couplings differ by rounding.
      if (root(j) < 0 && w > most * 1.0001F && w >= share * std::max(strongest(i), strongest(j))) {
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
      if (root(j) >= 0 && members(root(j)) < Pairing::most_members && w > most && w >= least_ * strongest(i)) {
        most = w;
        joined = root(j);
      }
    });
    root(i) = joined;
    ++members(joined);
  }

  const Graph& graph_;
  float least_;
  std::vector<float> strongest_; // by node
  std::vector<int> root_;        // a node that stands for the aggregate, -1: none yet
  std::vector<signed char> members_;
};

// The links of one aggregate.
struct Link {
  int to;
  unsigned own, other; // bits: members that have a part in it
  double sum;
};

class Row {
public:
  Row(const Graph& graph, const Pairing& pairing) : graph_(graph), pairing_(pairing) {}

  const std::vector<Link>& of(int aggregate) {
    links_.clear();
    for (int s = 0; s < Pairing::most_members; ++s) {
      const int i = member(aggregate, s);
      if (i < 0)
        break;
      graph_.for_each_link(i, [&](int j, float w) {
        const int to = at(pairing_.of, j);
        if (to != aggregate)
          add(to, 1U << s, slot(to, j), w);
      });
    }
    return links_;
  }
  int member(int aggregate, int s) const {
    return at(pairing_.member, std::ptrdiff_t{Pairing::most_members} * aggregate + s);
  }

private:
  unsigned slot(int aggregate, int node) const {
    return member(aggregate, 0) == node ? 1 : member(aggregate, 1) == node ? 2 : 4;
  }
  void add(int to, unsigned own, unsigned other, double w) {
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
  const Pairing& pairing_;
  std::vector<Link> links_;
};

} // namespace

void pair_up(const Graph& graph, float least, Pairing* pairing) {
  pairing->of.resize(static_cast<std::size_t>(graph.nodes()));
  pairing->count = Pairs(graph, least).number(pairing->of.data());
  pairing->member.resize(static_cast<std::size_t>(Pairing::most_members) * static_cast<std::size_t>(pairing->count));
  std::fill(pairing->member.begin(), pairing->member.end(), -1);
  for (int i = 0; i < graph.nodes(); ++i)
    if (const int own = at(pairing->of, i); own >= 0) {
      int* slot = &at(pairing->member, std::ptrdiff_t{Pairing::most_members} * own);
      while (*slot >= 0)
        ++slot;
      *slot = i;
    }
}

void contract(const Graph& graph, const Pairing& pairing, int threads, Graph* coarse) {
  const int count = pairing.count;
  const auto nodes = static_cast<std::size_t>(count);
  coarse->count = count;
  coarse->first.resize(nodes + 1);
  coarse->degree.resize(nodes);
  coarse->own_excess.resize(nodes);
  Buffer<float> within; // couplings within each aggregate
  within.resize(nodes);
  const auto members = [&](int I, const auto& work) {
    for (int s = 0; s < Pairing::most_members; ++s)
      if (const int i = at(pairing.member, std::ptrdiff_t{Pairing::most_members} * I + s); i >= 0)
        work(i);
  };
  at(coarse->first, 0) = 0;
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int I = 0; I < count; ++I) {
    std::int64_t most = 0; // links, if no two lead to the same aggregate
    double excess = 0, inner = 0;
    members(I, [&](int i) {
      most += graph.links(i);
      excess += graph.excess(i);
      graph.for_each_link(i, [&](int j, float w) {
        if (at(pairing.of, j) == I) {
          inner += 0.5 * w;
          --most;
        }
      });
    });
    at(coarse->first, I + 1) = most;
    at(coarse->own_excess, I) = static_cast<float>(excess);
    at(within, I) = static_cast<float>(inner);
  }
  for (int I = 0; I < count; ++I)
    at(coarse->first, I + 1) += at(coarse->first, I);
  const auto links = static_cast<std::size_t>(at(coarse->first, count));
  coarse->neighbour.resize(links);
  coarse->coupling.resize(links);
#pragma omp parallel num_threads(threads)
  {
    Row row(graph, pairing);
    const auto resistance = [&](int I, unsigned used) {
      const unsigned all = row.member(I, 1) < 0 ? 1 : row.member(I, 2) < 0 ? 3 : 7;
      return used == all ? 0.0 : part_within / at(within, I);
    };
    // A thread writes its rows one after the other, which leaves the rest of its room untouched.
    std::int64_t to = -1;
#pragma omp for schedule(static)
    for (int I = 0; I < count; ++I) {
      to = to < 0 ? at(coarse->first, I) : to;
      const std::int64_t begin = to;
      for (const Link& link : row.of(I)) {
        const double own = resistance(I, link.own), other = resistance(link.to, link.other);
        at(coarse->neighbour, to) = link.to;
        at(coarse->coupling, to) =
            static_cast<float>(std::max(least_coupling_of_round * link.sum, 1 / (1 / link.sum + (own + other))));
        ++to;
      }
      at(coarse->first, I) = begin;
      at(coarse->degree, I) = static_cast<int>(to - begin);
    }
  }
}

} // namespace linnet::latticemg
