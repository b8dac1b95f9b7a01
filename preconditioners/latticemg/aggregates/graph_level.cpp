#include "latticemg/aggregates/graph_level.hpp"
#include "latticemg/aggregates/colours.hpp"
#include "latticemg/zeros.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <vector>

namespace linnet::latticemg {

namespace {

template <class T>
std::size_t bytes_of(const Buffer<T>& buffer) {
  return buffer.size() * sizeof(T);
}

// To the nearest, ties to even.
std::uint16_t upper_half(float w) {
  const auto bits = std::bit_cast<std::uint32_t>(w);
  return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
float value_of(std::uint16_t upper_half) {
  return std::bit_cast<float>(std::uint32_t{upper_half} << 16);
}

// A plain column takes one load for so many links, where others take a load for each.
constexpr int least_plain = 4;
// No more are looked for in a block.
constexpr std::size_t most_plain = 24;

// Puts the links of the nodes at the places of one block in columns.
class Columns {
public:
  void clear() {
    plain_.clear();
    for (std::vector<Link>& links : others_)
      links.clear();
  }
  // `k`: the number of the link at its node; most have the base of that one of the node before.
  void add(int lane, std::size_t k, int place, std::uint16_t w) {
    const int base = place - lane;
    std::size_t c = k < plain_.size() && plain_[k].takes(base, lane) ? k : 0;
    while (c < plain_.size() && !plain_[c].takes(base, lane))
      ++c;
    if (c == most_plain) {
      others_[static_cast<std::size_t>(lane)].push_back({place, w});
      return;
    }
    if (c == plain_.size())
      plain_.push_back({base, 0, {}});
    plain_[c].lanes |= 1U << lane;
    plain_[c].w[static_cast<std::size_t>(lane)] = w;
  }
  // Keeps `most` plain columns at most, with bases up to `last_base`.
  void choose(std::size_t most, int last_base) {
    std::size_t kept = 0;
    for (const Plain& column : plain_)
      if (kept < most && std::popcount(column.lanes) >= least_plain && 0 <= column.base && column.base <= last_base)
        plain_[kept++] = column;
      else
        for (unsigned left = column.lanes; left != 0; left &= left - 1) {
          const auto lane = static_cast<std::size_t>(std::countr_zero(left));
          others_[lane].push_back({column.base + static_cast<int>(lane), column.w[lane]});
        }
    plain_.resize(kept);
  }
  // Returns what follows them in the two arrays. `own`: the first place of the block.
  BlockLinks write(int own, std::int64_t coupling, std::int64_t index, GraphLevel* level) const {
    BlockLinks links{coupling, index, static_cast<int>(plain_.size()), 0};
    std::uint16_t* w = level->coupling.data() + coupling;
    int* at = level->neighbour.data() + index;
    for (const Plain& column : plain_) {
      w = std::copy(column.w.begin(), column.w.end(), w);
      *at++ = column.base;
    }
    std::size_t most = 0;
    for (const std::vector<Link>& of_lane : others_)
      most = std::max(most, of_lane.size());
    for (std::size_t c = 0; c < most; ++c)
      for (std::size_t lane = 0; lane < block; ++lane) {
        const bool has = c < others_[lane].size();
        *at++ = has ? others_[lane][c].place : own;
        *w++ = has ? others_[lane][c].w : std::uint16_t{0};
      }
    links.columns = links.plain + static_cast<int>(most);
    return links;
  }

private:
  struct Plain {
    int base;
    unsigned lanes; // bits of those that have a link there
    std::array<std::uint16_t, block> w;

    bool takes(int other_base, int lane) const { return base == other_base && !(lanes >> lane & 1); }
  };
  struct Link {
    int place;
    std::uint16_t w;
  };
  std::vector<Plain> plain_;
  std::array<std::vector<Link>, block> others_; // by lane
};

} // namespace

std::size_t GraphLevel::bytes() const {
  std::size_t of_links = bytes_of(links);
  for (const BlockLinks& own : links)
    of_links += static_cast<std::size_t>(own.columns) * block * sizeof(std::uint16_t) +
                static_cast<std::size_t>(own.plain + block * (own.columns - own.plain)) * sizeof(int);
  return of_links + bytes_of(diagonal) + bytes_of(inverse) + bytes_of(u) + bytes_of(b) + bytes_of(residual) +
         bytes_of(parent) + (halo ? halo->bytes() : 0);
}

double GraphLevel::couplings() const {
  double columns = 0;
  for (const BlockLinks& own : links)
    columns += own.columns;
  return block * columns;
}

void GraphLevel::clear_fields(int threads) {
  for (Buffer<float>* field : {&u, &b, &residual})
    clear(threads, field);
}

void set_operator(const Graph& graph, const NodeBlocks* blocks, int threads, GraphLevel* level, Buffer<int>* place) {
  const int nodes = graph.nodes();
  level->nodes = nodes;
  level->all_nodes = graph.border.sum(nodes);
  place->resize(static_cast<std::size_t>(graph.nodes_and_ghosts()));
  const std::vector<int> count = colour_nodes(graph, blocks, threads, place->data());
  level->colours.assign(1, 0);
  std::vector<int> next; // place, by colour
  for (const int size : count) {
    next.push_back(level->colours.back() * block);
    level->colours.push_back(level->colours.back() + (size + block - 1) / block);
  }
  const auto places = static_cast<std::size_t>(level->places()), all = places / block;
  std::vector<int> node(places, -1); // by place
  for (int i = 0; i < nodes; ++i) {
    int& own = (*place)[static_cast<std::size_t>(i)];
    own = next[static_cast<std::size_t>(own)]++;
    node[static_cast<std::size_t>(own)] = i;
  }
  std::iota(place->begin() + nodes, place->end(), level->places()); // of ghosts
  for (Buffer<float>* field : {&level->diagonal, &level->inverse, &level->b, &level->residual})
    field->resize(places);
  level->u.resize(places + static_cast<std::size_t>(graph.border.ghost_count()) + block);
  clear(threads, &level->diagonal);
  clear(threads, &level->inverse);
  if (graph.border.shared())
    level->halo = std::make_unique<GraphHalo>(graph.border, place->data(), level->places(), level->u.data());
  level->links.resize(all);
  // Room: as many plain columns and others as a node of the block has links at most.
  std::int64_t coupling = 0, index = 0;
  for (std::size_t B = 0; B < all; ++B) {
    int most = 0;
    for (std::size_t p = B * block; p < (B + 1) * block; ++p)
      most = std::max(most, node[p] < 0 ? 0 : graph.links(node[p]));
    level->links[B] = {coupling, index, most, 0};
    coupling += std::int64_t{2 * block} * most;
    index += std::int64_t{block + 1} * most;
  }
  level->coupling.resize(static_cast<std::size_t>(coupling));
  level->neighbour.resize(static_cast<std::size_t>(index));
  const int last_base = static_cast<int>(level->u.size()) - block;
#pragma omp parallel num_threads(threads)
  {
    Columns columns;
    // A thread writes its blocks one after the other, which leaves the rest of their room untouched.
    std::int64_t next_coupling = -1, next_index = -1;
#pragma omp for schedule(static)
    for (int B = 0; B < static_cast<int>(all); ++B) {
      BlockLinks& own = level->links[static_cast<std::size_t>(B)];
      if (next_coupling < 0) {
        next_coupling = own.coupling;
        next_index = own.index;
      }
      columns.clear();
      for (int lane = 0; lane < block; ++lane) {
        const std::size_t p = static_cast<std::size_t>(B) * block + static_cast<std::size_t>(lane);
        const int i = node[p];
        if (i < 0)
          continue;
        double diagonal = graph.excess(i);
        std::size_t k = 0;
        graph.for_each_link(i, [&](int j, float w) {
          const std::uint16_t half = upper_half(w);
          columns.add(lane, k++, (*place)[static_cast<std::size_t>(j)], half);
          diagonal += value_of(half); // rows sum to their excess
        });
        level->diagonal[p] = static_cast<float>(diagonal);
        level->inverse[p] = diagonal > 0 ? static_cast<float>(1 / diagonal) : 0;
      }
      columns.choose(own.plain, last_base);
      own = columns.write(B * block, next_coupling, next_index, level);
      next_coupling += std::int64_t{block} * own.columns;
      next_index += own.plain + std::int64_t{block} * (own.columns - own.plain);
    }
  }
}

} // namespace linnet::latticemg
