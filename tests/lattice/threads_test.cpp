// How many threads a process takes where nobody says.
#include "base/threads.hpp"

#include <gtest/gtest.h>
#include <omp.h>

using linnet::threads_of_share;

namespace {

TEST(Threads, AreAllThatOpenMPTakesWhereAProcessIsAlone) {
  EXPECT_EQ(threads_of_share(64, {1, 64}), 64);
  EXPECT_EQ(threads_of_share(64, {1, 0}), 64); // nothing was told
}

TEST(Threads, AreTheShareOfARankWhereNothingBindsIt) {
  EXPECT_EQ(threads_of_share(64, {4, 64}), 16);
  EXPECT_EQ(threads_of_share(64, {5, 64}), 12);
  EXPECT_EQ(threads_of_share(2, {4, 2}), 1); // more ranks than processors
}

TEST(Threads, AreNoMoreThanTheProcessorsOfARankThatIsBound) {
  EXPECT_EQ(threads_of_share(1, {2, 2}), 1);    // each to one
  EXPECT_EQ(threads_of_share(32, {2, 64}), 32); // each to a socket
  EXPECT_EQ(threads_of_share(32, {8, 64}), 8);  // four to each of two sockets
}

TEST(Threads, AreThoseThatTheProgramAskedFor) {
  const int before = omp_get_max_threads();
  const int asked = omp_get_num_procs() + 3;
  linnet::share_processors({1000, omp_get_num_procs()});
  omp_set_num_threads(asked);
  EXPECT_EQ(linnet::default_threads(), asked);
  linnet::share_processors({});
  omp_set_num_threads(before);
}

} // namespace
