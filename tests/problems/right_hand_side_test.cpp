#include "support.hpp"

#include <cmath>

namespace linnet {
namespace {

constexpr RightHandSide kinds[] = {RightHandSide::random, RightHandSide::smooth, RightHandSide::point,
                                   RightHandSide::divergence};

PressureSystem system_of(const VoxelDomain& domain, RightHandSide kind, Isolated isolated = Isolated::drop) {
  AssemblySpec spec;
  spec.right_hand_side = kind;
  spec.isolated = isolated;
  return assemble(domain, spec);
}

double norm(const std::vector<double>& v) {
  return Eigen::Map<const Eigen::VectorXd>(v.data(), std::ssize(v)).norm();
}

TEST(RightHandSides, SumToZeroOverEachSingularComponent) {
  // a closed box cut into two rooms, in the plane and in space, and a periodic one
  for (const VoxelDomain& domain :
       {drawn({{"...#....", "...#....", "...#..#.", "...#...."}}, closed),
        drawn({{"...#....", "...#...."}, {"...#....", ".#.#...."}, {"...#....", "...#...."}}, closed),
        make_domain({.family = Family::sphere, .grid = {9, 10, 11}, .sides = all_periodic})})
    for (const RightHandSide kind : kinds) {
      const PressureSystem system = system_of(domain, kind, Isolated::keep);
      const Components components = find_components(domain);
      std::vector<double> sum(components.component.size());
      for (std::size_t r = 0; r < system.rhs.size(); ++r)
        sum[static_cast<std::size_t>(components.label[static_cast<std::size_t>(system.cells[r])])] += system.rhs[r];
      EXPECT_GT(norm(system.rhs), 1e-2);
      for (const double s : sum)
        EXPECT_NEAR(s, 0, 1e-14 * static_cast<double>(system.rhs.size()) * norm(system.rhs));
    }
}

TEST(RightHandSides, DivergenceOfAClosedDomainBalancesByItself) {
  // with a shift nothing is subtracted: what flows out of one cell flows into the next, through no solid face
  for (const VoxelDomain& domain : {make_domain({.family = Family::blobs, .grid = {16, 17, 12}, .sides = closed}),
                                    make_domain({.family = Family::maze, .grid = {21, 17, 1}, .sides = closed}),
                                    make_domain({.family = Family::box, .grid = {5, 4, 3}, .sides = all_periodic})}) {
    AssemblySpec spec;
    spec.shift = 1;
    spec.right_hand_side = RightHandSide::divergence;
    spec.spacing = {1, 0.5, 2};
    const PressureSystem system = assemble(domain, spec);
    double sum = 0;
    for (const double b : system.rhs)
      sum += b;
    EXPECT_GT(norm(system.rhs), 0.1);
    EXPECT_NEAR(sum, 0, 1e-13 * static_cast<double>(system.rhs.size()));
  }
}

TEST(RightHandSides, DivergenceOfAnOpenDomainLetsFlowThroughTheOpenSide) {
  const PressureSystem system = system_of(make_domain({.grid = {16, 16, 16}}), RightHandSide::divergence);
  double sum = 0;
  for (const double b : system.rhs)
    sum += b;
  EXPECT_GT(std::abs(sum), 1);
}

TEST(RightHandSides, SmoothIsTheProductOfHalfWaves) {
  const PressureSystem system = system_of(make_domain({.grid = {3, 2, 1}}), RightHandSide::smooth);
  const double side = std::sqrt(0.5); // sin(pi / 4) along y
  const double expected[] = {0.5 * side, side, 0.5 * side};
  for (std::size_t r = 0; r < 6; ++r)
    EXPECT_NEAR(system.rhs[r], expected[r % 3], 1e-15);
}

TEST(RightHandSides, PointIsAUnitSourceAtTheFluidCellNearestTheMiddle) {
  const PressureSystem system = system_of(drawn({{".....", "..#..", "....."}}, default_sides), RightHandSide::point);
  std::vector<double> expected(14, 0.0);
  expected[2] = 1; // cells (2, 0), (1, 1), (3, 1), (2, 2) are equally near: the first
  EXPECT_EQ(system.rhs, expected);
}

TEST(RightHandSides, RandomBelongsToTheCellWhateverIsSolidAroundIt) {
  const PressureSystem box = system_of(make_domain({.grid = {8, 8, 8}}), RightHandSide::random);
  const PressureSystem sphere =
      system_of(make_domain({.family = Family::sphere, .grid = {8, 8, 8}}), RightHandSide::random);
  ASSERT_LT(sphere.rhs.size(), box.rhs.size());
  for (std::size_t r = 0; r < sphere.rhs.size(); ++r)
    EXPECT_EQ(sphere.rhs[r], box.rhs[static_cast<std::size_t>(sphere.cells[r])]);
}

TEST(RightHandSides, DependOnTheSeed) {
  const VoxelDomain domain = make_domain({.grid = {8, 8, 1}});
  for (const RightHandSide kind : {RightHandSide::random, RightHandSide::divergence}) {
    AssemblySpec spec;
    spec.right_hand_side = kind;
    const std::vector<double> first = assemble(domain, spec).rhs;
    spec.seed = 2;
    EXPECT_NE(assemble(domain, spec).rhs, first);
  }
}

} // namespace
} // namespace linnet
