#pragma once

#include "latticemg/level.hpp"

namespace linnet::latticemg {

/// Runs work(j, k) over the lines of some planes of a level; threads split them.
template <class Work>
void for_each_line(const Level& level, Planes planes, int threads, const Work& work) {
  const int lines = level.size[1] * planes.count();
#pragma omp parallel for schedule(static) num_threads(threads) if (level.size[0] * lines > 4096)
  for (int line = 0; line < lines; ++line)
    work(line % level.size[1], planes.first + line / level.size[1]);
}

/// Over all lines of the field.
template <class Work>
void for_each_line(const Level& level, int threads, const Work& work) {
  for_each_line(level, {0, level.size[2]}, threads, work);
}

} // namespace linnet::latticemg
