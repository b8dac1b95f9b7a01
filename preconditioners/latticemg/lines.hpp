#pragma once

#include "latticemg/level.hpp"

namespace linnet::latticemg {

/// Runs work(j, k) over the lines of a level; threads split them.
template <class Work>
void for_each_line(const Level& level, int threads, const Work& work) {
  const int lines = level.size[1] * level.size[2];
#pragma omp parallel for schedule(static) num_threads(threads) if (level.cells() > 4096)
  for (int line = 0; line < lines; ++line)
    work(line % level.size[1], line / level.size[1]);
}

} // namespace linnet::latticemg
