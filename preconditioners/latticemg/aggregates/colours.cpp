#include "latticemg/aggregates/colours.hpp"
#include "latticemg/aggregates/parts.hpp"

#include <algorithm>

namespace linnet::latticemg {

namespace {

// Nodes of a part are coloured in their order and without regard to other parts, parts at the same time; then those
// that have the colour of a neighbour in an earlier part get another one. The same on any threads.
constexpr int nodes_coloured_at_once = 1 << 14;

// The lowest colour that is not taken.
class FreeColour {
public:
  // The lowest from `least` on. take_all(take): take(colour) for each that is.
  template <class TakeAll>
  int find(int least, const TakeAll& take_all) {
    ++search_;
    take_all([&](int colour) {
      if (static_cast<std::size_t>(colour) >= taken_.size())
        taken_.resize(static_cast<std::size_t>(colour) + 1, 0);
      taken_[static_cast<std::size_t>(colour)] = search_;
    });
    while (taken(least))
      ++least;
    return least;
  }

private:
  bool taken(int colour) const {
    return static_cast<std::size_t>(colour) < taken_.size() && taken_[static_cast<std::size_t>(colour)] == search_;
  }

  int search_ = 0;
  std::vector<int> taken_; // by colour: the last search that it was taken in
};

// Of its block: 0 or 1.
void write_parities(const NodeBlocks& blocks, int threads, int* parity_of) {
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int line = 0; line < blocks.lines(); ++line) {
    const int even = line * blocks.size[0] + line % blocks.size[1] + line / blocks.size[1];
    for (int i = blocks.first[static_cast<std::size_t>(line)]; i < blocks.first[static_cast<std::size_t>(line) + 1];
         ++i)
      parity_of[i] = (blocks.of[static_cast<std::size_t>(i)] - even) & 1;
  }
}

} // namespace

void colour_nodes(const Graph& graph, const NodeBlocks* blocks, int threads, int* colour_of) {
  const int nodes = graph.nodes(), least = blocks ? 2 : 0;
  if (blocks)
    write_parities(*blocks, threads, colour_of);
  else
    std::fill(colour_of, colour_of + nodes, -1);
  // Those with neighbours in earlier parts, by part.
  std::vector<std::vector<int>> across(static_cast<std::size_t>(nodes / nodes_coloured_at_once) + 1);
  for_each_part(nodes, nodes_coloured_at_once, threads, [&](NodeRange part, int number) {
    FreeColour free;
    for (int i = part.first; i < part.last; ++i) {
      const int own = colour_of[i];
      bool earlier = false, clash = own < 0;
      graph.for_each_link(i, [&](int j, float) {
        earlier = earlier || j < part.first;
        clash = clash || (part.first <= j && j < i && colour_of[j] == own);
      });
      if (clash)
        colour_of[i] = free.find(least, [&](const auto& take) {
          graph.for_each_link(i, [&](int j, float) {
            if (part.first <= j && j < i)
              take(colour_of[j]);
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
        colour_of[i] = free.find(least, [&](const auto& take) {
          graph.for_each_link(i, [&](int j, float) {
            if (j < nodes)
              take(colour_of[j]);
          });
        });
    }
}

} // namespace linnet::latticemg
