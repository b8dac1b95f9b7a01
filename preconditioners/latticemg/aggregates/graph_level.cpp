#include "latticemg/aggregates/graph_level.hpp"
#include "latticemg/aggregates/colours.hpp"
#include "latticemg/aggregates/parts.hpp"
#include "latticemg/zeros.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <utility>
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
    count_ = 0;
    others_.clear();
    column_of_.fill(none);
  }
  void add(int lane, int place, std::uint16_t w) {
    const int base = place - lane;
    std::size_t at = static_cast<std::uint32_t>(base) * 0x9e3779b1U >> 26;
    while (column_of_[at] != none && base_[column_of_[at]] != base)
      at = (at + 1) % column_of_.size();
    if (column_of_[at] == none) {
      if (count_ == most_plain) {
        others_.push_back({lane, place, w});
        return;
      }
      column_of_[at] = static_cast<std::uint8_t>(count_);
      base_[count_] = base;
      lanes_[count_] = 0;
      w_[count_++] = {};
    }
    const std::size_t c = column_of_[at];
    if (lanes_[c] >> lane & 1) { // a second link with the same node
      others_.push_back({lane, place, w});
      return;
    }
    lanes_[c] |= 1U << lane;
    w_[c][static_cast<std::size_t>(lane)] = w;
  }
  // Returns what follows them in the two arrays: `most` plain columns at most, with bases up to `last_base`. `own`: the
  // first place of the block.
  BlockLinks write(std::size_t most, int last_base, int own, std::int64_t coupling, std::int64_t index,
                   GraphLevel* level) {
    BlockLinks links{coupling, index, 0, 0};
    std::uint16_t* w = level->coupling.data() + coupling;
    int* at = level->neighbour.data() + index;
    for (std::size_t c = 0; c < count_; ++c) {
      const bool lies_within = 0 <= base_[c] && base_[c] <= last_base;
      if (static_cast<std::size_t>(links.plain) < most && std::popcount(lanes_[c]) >= least_plain && lies_within) {
        w = std::copy(w_[c].begin(), w_[c].end(), w);
        *at++ = base_[c];
        ++links.plain;
        continue;
      }
      for (unsigned left = lanes_[c]; left != 0; left &= left - 1) {
        const int lane = std::countr_zero(left);
        others_.push_back({lane, base_[c] + lane, w_[c][static_cast<std::size_t>(lane)]});
      }
    }
    std::array<int, block> filled{}; // by lane
    for (const Other& other : others_)
      ++filled[static_cast<std::size_t>(other.lane)];
    const int columns = *std::max_element(filled.begin(), filled.end());
    links.columns = links.plain + columns;
    std::fill_n(at, block * columns, own);
    std::fill_n(w, block * columns, std::uint16_t{0});
    filled = {};
    for (const Other& other : others_) {
      const int to = block * filled[static_cast<std::size_t>(other.lane)]++ + other.lane;
      at[to] = other.place;
      w[to] = other.w;
    }
    return links;
  }

private:
  struct Other {
    int lane, place;
    std::uint16_t w;
  };
  static constexpr std::uint8_t none = 255;
  std::array<std::uint8_t, 64> column_of_; // by the hash of its base, or the first place after that which was free
  std::array<int, most_plain> base_;
  std::array<unsigned, most_plain> lanes_; // bits of those that have a link there
  std::array<std::array<std::uint16_t, block>, most_plain> w_;
  std::size_t count_ = 0;
  std::vector<Other> others_;
};

// Nodes get their places at the same time, part by part.
constexpr int nodes_placed_at_once = 1 << 14;

// `place`: of each node its colour, then its place, colour by colour in the order of the nodes. Writes the first block
// of each colour, and the node of each place, -1 where there is none.
void place_nodes(int nodes, int threads, int* place, std::vector<int>* colours, Buffer<int>* node) {
  std::vector<std::vector<int>> next(static_cast<std::size_t>(nodes / nodes_placed_at_once) + 1); // by part and colour
  for_each_part(nodes, nodes_placed_at_once, threads, [&](NodeRange part, int number) {
    std::vector<int>& count = next[static_cast<std::size_t>(number)];
    for (int i = part.first; i < part.last; ++i) {
      if (static_cast<std::size_t>(place[i]) >= count.size())
        count.resize(static_cast<std::size_t>(place[i]) + 1, 0);
      ++count[static_cast<std::size_t>(place[i])];
    }
  });
  std::size_t most = 0;
  for (const std::vector<int>& count : next)
    most = std::max(most, count.size());
  colours->assign(1, 0);
  for (std::size_t c = 0; c < most; ++c) {
    int end = colours->back() * block;
    for (std::vector<int>& count : next)
      if (c < count.size())
        end += std::exchange(count[c], end);
    colours->push_back((end + block - 1) / block);
  }
  node->resize(static_cast<std::size_t>(colours->back()) * block);
  for (std::size_t c = 0; c < most; ++c) // the last block of a colour may have places without a node
    if (const int end = (*colours)[c + 1]; end > (*colours)[c])
      std::fill_n(node->data() + (static_cast<std::ptrdiff_t>(end) - 1) * block, block, -1);
  for_each_part(nodes, nodes_placed_at_once, threads, [&](NodeRange part, int number) {
    std::vector<int>& own = next[static_cast<std::size_t>(number)];
    for (int i = part.first; i < part.last; ++i) {
      place[i] = own[static_cast<std::size_t>(place[i])]++;
      (*node)[static_cast<std::size_t>(place[i])] = i;
    }
  });
}

} // namespace

std::size_t GraphLevel::bytes() const {
  std::size_t of_links = bytes_of(links);
  for (const BlockLinks& own : links)
    of_links += static_cast<std::size_t>(own.columns) * block * sizeof(std::uint16_t) +
                static_cast<std::size_t>(own.plain + block * (own.columns - own.plain)) * sizeof(int);
  return of_links + bytes_of(excess) + bytes_of(inverse) + bytes_of(u) + bytes_of(b) + bytes_of(residual) +
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
  colour_nodes(graph, blocks, threads, place->data());
  Buffer<int> node; // by place, -1: none
  place_nodes(nodes, threads, place->data(), &level->colours, &node);
  const auto places = static_cast<std::size_t>(level->places()), all = places / block;
  std::iota(place->begin() + nodes, place->end(), level->places()); // of ghosts
  for (Buffer<float>* field : {&level->excess, &level->inverse, &level->b, &level->residual})
    field->resize(places);
  level->u.resize(places + static_cast<std::size_t>(graph.border.ghost_count()) + block);
  clear(threads, &level->excess);
  clear(threads, &level->inverse);
  if (graph.border.shared())
    level->halo = std::make_unique<GraphHalo>(graph.border, place->data(), level->places(), level->u.data());
  level->links.resize(all);
  // Room: as many plain columns and others as a node of the block has links at most.
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int B = 0; B < static_cast<int>(all); ++B) {
    const int* own = node.data() + static_cast<std::ptrdiff_t>(B) * block;
    level->links[static_cast<std::size_t>(B)].plain = std::transform_reduce(
        own, own + block, 0, [](int a, int b) { return std::max(a, b); },
        [&](int i) { return i < 0 ? 0 : graph.links(i); });
  }
  std::int64_t coupling = 0, index = 0;
  for (BlockLinks& own : level->links) {
    own.coupling = coupling;
    own.index = index;
    coupling += std::int64_t{2 * block} * own.plain;
    index += std::int64_t{block + 1} * own.plain;
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
        graph.for_each_link(i, [&](int j, float w) {
          const std::uint16_t half = upper_half(w);
          columns.add(lane, (*place)[static_cast<std::size_t>(j)], half);
          diagonal += value_of(half);
        });
        level->excess[p] = graph.excess(i);
        level->inverse[p] = diagonal > 0 ? static_cast<float>(1 / diagonal) : 0;
      }
      own = columns.write(static_cast<std::size_t>(own.plain), last_base, B * block, next_coupling, next_index, level);
      next_coupling += std::int64_t{block} * own.columns;
      next_index += own.plain + std::int64_t{block} * (own.columns - own.plain);
    }
  }
}

} // namespace linnet::latticemg
