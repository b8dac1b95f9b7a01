#include "base/threads.hpp"

#include <omp.h>

#include <algorithm>
#include <cstdlib>

namespace linnet {

namespace {

Sharing& told() {
  static Sharing sharing;
  return sharing;
}

} // namespace

int threads_of_share(int of_openmp, const Sharing& sharing) {
  return sharing.ranks > 1 ? std::clamp(sharing.processors / sharing.ranks, 1, std::max(1, of_openmp)) : of_openmp;
}

int default_threads() {
  const int of_openmp = omp_get_max_threads();
  const bool asked = std::getenv("OMP_NUM_THREADS") || of_openmp != omp_get_num_procs();
  return asked ? of_openmp : threads_of_share(of_openmp, told());
}

void share_processors(const Sharing& sharing) {
  told() = sharing;
}

} // namespace linnet
