// How ranks share the planes of a hierarchy.
#include <gtest/gtest.h>

#include "latticemg/slabs.hpp"

#include <numeric>

using namespace linnet::latticemg;

namespace {

CoarseningPlan full_coarsening(const linnet::GridSize& size) {
  return plan_coarsening(size, CouplingSums{}, Coarsening::full, 128);
}

SlabPlan slabs_of(const linnet::GridSize& size, int ranks, std::array<bool, 3> periodic = {}, int sweeps = 2) {
  return plan_slabs(full_coarsening(size), size, periodic, CycleOptions{true, sweeps}, ranks);
}

TEST(SlabPlan, LeavesSmallGridsToOneRank) {
  for (const linnet::GridSize& size : {linnet::GridSize{1, 1, 1}, {8, 8, 8}, {4000, 1, 1}, {100, 3, 7}, {16, 16, 16}}) {
    const SlabPlan plan = slabs_of(size, 8);
    EXPECT_EQ(plan.slabs(), 1) << size[0];
    EXPECT_EQ(plan.shared_levels, 0);
    EXPECT_EQ(plan.halo, 0);
  }
  EXPECT_EQ(slabs_of({256, 256, 256}, 1).slabs(), 1);
}

TEST(SlabPlan, SplitsLargeGridsEvenlyAtPlanesThatAreEvenOnEachSharedGrid) {
  for (const linnet::GridSize& size :
       {linnet::GridSize{128, 128, 128}, {127, 130, 131}, {64, 64, 200}, {300, 100, 100}, {1, 1000, 900}})
    for (const int ranks : {2, 3, 4, 7, 16})
      for (const int sweeps : {1, 2, 3, 5}) {
        const CoarseningPlan coarsening = full_coarsening(size);
        const SlabPlan plan = plan_slabs(coarsening, size, {}, CycleOptions{true, sweeps}, ranks);
        SCOPED_TRACE(std::to_string(size[0]) + " ranks " + std::to_string(ranks) + " sweeps " + std::to_string(sweeps));
        ASSERT_GE(plan.slabs(), 2);
        EXPECT_LE(plan.slabs(), ranks);
        EXPECT_EQ(plan.first.front(), 0);
        EXPECT_EQ(plan.first.back(), size[static_cast<std::size_t>(coarsening.axis[2])]);
        ASSERT_GE(plan.shared_levels, 1);
        ASSERT_LE(plan.shared_levels, static_cast<int>(coarsening.halved.size()));
        EXPECT_EQ(plan.halo % 4, 0);
        EXPECT_GE(plan.halo, 2 * (sweeps + 1) + 1);
        for (int s = 0; s < plan.slabs(); ++s) {
          const int first = plan.first[static_cast<std::size_t>(s)], last = plan.first[static_cast<std::size_t>(s) + 1];
          EXPECT_EQ(first % (2 << plan.shared_levels), 0);
          EXPECT_GE((last - first) >> (plan.shared_levels - 1), plan.halo); // copies are of the nearest slab
        }
      }
}

TEST(SlabPlan, MakesARingOfAPeriodicAxisWhoseGridsHaveEvenNumbersOfPlanes) {
  EXPECT_TRUE(slabs_of({64, 64, 128}, 4, {false, false, true}).ring);
  EXPECT_FALSE(slabs_of({64, 64, 128}, 4, {true, true, false}).ring);
  EXPECT_EQ(slabs_of({64, 64, 129}, 4, {false, false, true}).slabs(), 1);
}

TEST(SlabPlan, NamesThePlanesOfASlabAndItsHalo) {
  const SlabPlan open{{0, 8, 16}, 1, 4, false}, ring{{0, 8, 16}, 1, 4, true};
  EXPECT_EQ(planes_of(open, 0), (std::vector<int>{-1, -1, -1, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(planes_of(open, 1), (std::vector<int>{4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, -1, -1, -1, -1}));
  EXPECT_EQ(planes_of(ring, 0), (std::vector<int>{12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  const SlabPlan whole{{0, 3}, 0, 0, false};
  EXPECT_EQ(planes_of(whole, 0), (std::vector<int>{0, 1, 2}));
}

} // namespace
