#pragma once

#include <algorithm>

namespace linnet::latticemg {

/// Nodes first ... last - 1.
struct NodeRange {
  int first, last;

  bool has(int node) const { return first <= node && node < last; }
};

/// work(part, its number) over parts of `size` nodes, the last one of fewer: the same parts for any number of threads.
template <class Work>
void for_each_part(int nodes, int size, int threads, const Work& work) {
  const int parts = (nodes + size - 1) / size;
#pragma omp parallel for schedule(static) num_threads(threads)
  for (int part = 0; part < parts; ++part)
    work(NodeRange{part * size, std::min((part + 1) * size, nodes)}, part);
}

} // namespace linnet::latticemg
