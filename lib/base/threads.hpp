#pragma once

namespace linnet {

/// Whose processors a process shares.
struct Sharing {
  int ranks = 1;      ///< of the program on this node, with this one
  int processors = 0; ///< that these may run on, together
};

/// Threads of a process where nobody has asked for a number of them: those that OpenMP would take, of which there are
/// no more than the processors that the process may run on, and no more than its share of those of its node. Ranks
/// that are bound to no processor would take all of them otherwise, each for itself.
int threads_of_share(int of_openmp, const Sharing& sharing);

/// The threads for whatever has no number of its own: that of OMP_NUM_THREADS or of omp_set_num_threads() where there
/// is one, else threads_of_share() of what was told last.
int default_threads();
void share_processors(const Sharing& sharing);

} // namespace linnet
