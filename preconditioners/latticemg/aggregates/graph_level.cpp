#include "latticemg/aggregates/graph_level.hpp"
#include "latticemg/aggregates/parts.hpp"

#include <algorithm>
#include <numeric>

namespace linnet::latticemg {

namespace {

// Nodes within this many of a colour are ordered by their number of links: blocks of equal rows, near each other.
constexpr int ordered = 16 * block;

template <class T>
std::size_t bytes_of(const Buffer<T>& buffer) {
  return buffer.size() * sizeof(T);
}

// Nodes of a part are coloured in their order and without regard to other parts, parts at the same time; then those
// that have the colour of a neighbour in an earlier part get another one. The same on any threads.
constexpr int nodes_coloured_at_once = 1 << 14;

// The lowest colour that is not taken.
class FreeColour {
public:
  // take_all(take): take(colour) for each that is.
  template <class TakeAll>
  int find(const TakeAll& take_all) {
    ++search_;
    take_all([&](int colour) {
      if (static_cast<std::size_t>(colour) >= taken_.size())
        taken_.resize(static_cast<std::size_t>(colour) + 1, 0);
      taken_[static_cast<std::size_t>(colour)] = search_;
    });
    std::size_t c = 0;
    while (c < taken_.size() && taken_[c] == search_)
      ++c;
    return static_cast<int>(c);
  }

private:
  int search_ = 0;
  std::vector<int> taken_; // by colour: the last search that it was taken in
};

// Ghosts have none. Returns the number of nodes of each colour.
std::vector<int> colour(const Graph& graph, int threads, int* colour_of) {
  const int nodes = graph.nodes();
  // Those with neighbours in earlier parts, by part.
  std::vector<std::vector<int>> across(static_cast<std::size_t>(nodes / nodes_coloured_at_once) + 1);
  for_each_part(nodes, nodes_coloured_at_once, threads, [&](NodeRange part, int number) {
    FreeColour free;
    for (int i = part.first; i < part.last; ++i) {
      bool earlier = false;
      colour_of[i] = free.find([&](const auto& take) {
        graph.for_each_link(i, [&](int j, float) {
          if (part.first <= j && j < i)
            take(colour_of[j]);
          earlier = earlier || j < part.first;
        });
      });
      if (earlier)
        across[static_cast<std::size_t>(number)].push_back(i);
    }
  });
  FreeColour free;
  for (const std::vector<int>& of_part : across)
    for (const int i : of_part) {
      const int first = i / nodes_coloured_at_once * nodes_coloured_at_once;
      bool clash = false;
      graph.for_each_link(i, [&](int j, float) { clash |= j < first && colour_of[j] == colour_of[i]; });
      if (clash)
        colour_of[i] = free.find([&](const auto& take) {
          graph.for_each_link(i, [&](int j, float) {
            if (j < nodes)
              take(colour_of[j]);
          });
        });
    }
  std::vector<int> count;
  for (int i = 0; i < nodes; ++i) {
    const auto c = static_cast<std::size_t>(colour_of[i]);
    if (c >= count.size())
      count.resize(c + 1, 0);
    ++count[c];
  }
  return count;
}

} // namespace

std::size_t GraphLevel::bytes() const {
  return bytes_of(first) + bytes_of(neighbour) + bytes_of(coupling) + bytes_of(diagonal) + bytes_of(inverse) +
         bytes_of(u) + bytes_of(b) + bytes_of(residual) + bytes_of(parent) + (halo ? halo->bytes() : 0);
}

void set_operator(const Graph& graph, int threads, GraphLevel* level, Buffer<int>* place) {
  const int nodes = graph.nodes();
  level->nodes = nodes;
  level->all_nodes = graph.border.sum(nodes);
  place->resize(static_cast<std::size_t>(graph.nodes_and_ghosts()));
  const std::vector<int> count = colour(graph, threads, place->data());
  // Nodes of each colour, in their order.
  std::vector<int> begin(count.size() + 1, 0), node(static_cast<std::size_t>(nodes));
  std::partial_sum(count.begin(), count.end(), begin.begin() + 1);
  std::vector<int> next(begin.begin(), begin.end() - 1);
  for (int i = 0; i < nodes; ++i)
    node[static_cast<std::size_t>(next[static_cast<std::size_t>((*place)[static_cast<std::size_t>(i)])]++)] = i;
  level->colours.assign(1, 0);
  for (const int size : count)
    level->colours.push_back(level->colours.back() + (size + block - 1) / block);
  const auto places = static_cast<std::size_t>(level->places()), blocks = places / block;
  const std::size_t places_of_u = places + static_cast<std::size_t>(graph.border.ghost_count());
  level->first.resize(blocks + 1);
  level->first[0] = 0;
  for (std::size_t c = 0; c < count.size(); ++c)
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int from = 0; from < count[c]; from += ordered) {
      int* some = node.data() + begin[c] + from;
      const int size = std::min(ordered, count[c] - from);
      std::stable_sort(some, some + size, [&](int i, int j) { return graph.links(i) > graph.links(j); });
      for (int s = 0; s < size; ++s) {
        const int at = level->colours[c] * block + from + s;
        (*place)[static_cast<std::size_t>(some[s])] = at;
        if (s % block == 0)
          level->first[static_cast<std::size_t>(at / block) + 1] = std::int64_t{block} * graph.links(some[s]);
      }
    }
  for (std::size_t B = 0; B < blocks; ++B)
    level->first[B + 1] += level->first[B];
  std::iota(place->begin() + nodes, place->end(), level->places()); // of ghosts
  const auto links = static_cast<std::size_t>(level->first[blocks]);
  level->neighbour.resize(links);
  level->coupling.resize(links);
  for (Buffer<float>* field : {&level->diagonal, &level->inverse, &level->u, &level->b, &level->residual}) {
    field->resize(field == &level->u ? places_of_u : places);
    std::fill(field->begin(), field->end(), 0.0F);
  }
  if (graph.border.shared())
    level->halo = std::make_unique<GraphHalo>(graph.border, place->data(), level->places(), level->u.data());
#pragma omp parallel for schedule(static) num_threads(threads)
  for (std::ptrdiff_t B = 0; B < static_cast<std::ptrdiff_t>(blocks); ++B)
    for (auto k = static_cast<std::size_t>(level->first[static_cast<std::size_t>(B)]);
         k < static_cast<std::size_t>(level->first[static_cast<std::size_t>(B) + 1]); ++k) {
      level->neighbour[k] = static_cast<int>(B * block); // of coupling 0, unless written over
      level->coupling[k] = 0;
    }
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int i = 0; i < nodes; ++i) {
    const auto own = static_cast<std::size_t>((*place)[static_cast<std::size_t>(i)]);
    auto to = static_cast<std::size_t>(level->first[own / block]) + own % block;
    double diagonal = graph.excess(i);
    graph.for_each_link(i, [&](int j, float w) {
      level->neighbour[to] = (*place)[static_cast<std::size_t>(j)];
      level->coupling[to] = w;
      diagonal += w;
      to += block;
    });
    level->diagonal[own] = static_cast<float>(diagonal);
    level->inverse[own] = diagonal > 0 ? static_cast<float>(1 / diagonal) : 0;
  }
}

} // namespace linnet::latticemg
