// The fused conjugate gradients against plain loops in double precision.
#include <gtest/gtest.h>

#include "latticemg/reference.hpp"
#include "latticemg/systems.hpp"

using namespace linnet;
using namespace linnet::latticemg;
using namespace latticemg_test;
using namespace voxels;

namespace {

// The oracle: b - A x in double precision in plain loops.
TEST(OuterIteration, KnowsHowFarItsResidualMayBeFromThatOfItsIterate) {
  const Case cases[]{
      {"box", box(16, 16, 16), voxel()},
      {"balls", balls(21, 8, 3), voxel()},
      {"maze", maze(14, 17, 7), voxel()},
      {"beam", beam({150, 12, 10}, 0), shifted(0.1)},
      {"variable", balls(19, 6, 9), variable(9)},
      {"stretched", box(20, 15, 18), stretched()},
      {"thin walls", box(17, 18, 19), thin_walls()},
      {"torus with thin walls in flat cells", torus(16, 18, 20, {true, true, true}), thin_walls(5)},
      {"excess of its own", balls(21, 8, 3), own_excess(3)},
      {"thin walls and excess of its own", box(17, 18, 19), {thin_walls(5).coupling, own_excess(4).excess}},
      {"odd torus with shift",
       torus(9, 9, 9, {true, true, true}),
       {voxel().coupling, [](const Domain&, int) { return 0.1; }}},
      {"periodic y", torus(8, 21, 9, {false, true, false}), variable(11)},
  };
  for (const Case& c : cases) {
    const System system(c.domain, c.coefficients);
    const reference::Grid<double> grid = reference::grid_of<double>(system.op);
    Multigrid multigrid;
    ASSERT_EQ(multigrid.build(system.op, system.lattice, system.rows, 2), "");
    const std::vector<double> b = latticemg_test::noise(system.rows, 3);
    std::vector<double> x(b.size()), b_of_cell(grid.excess.size()), x_of_cell(b_of_cell);
    for (PetscInt row = 0; row < system.rows; ++row)
      b_of_cell[system.cell(row)] = b[row];
    int judged = 0;
    Multigrid::Outer outer{{b.data(), system.rows}, {x.data(), system.rows}, true, 0, {}, {}};
    outer.judge = [&](int iterations, double norm, double doubt) {
      multigrid.copy_iterate(outer, outer.x);
      for (PetscInt row = 0; row < system.rows; ++row)
        x_of_cell[system.cell(row)] = x[row];
      const std::vector<double> r = reference::residual(grid, b_of_cell, x_of_cell);
      const double of_b = std::sqrt(dot(b, b)), of_r = std::sqrt(dot(r, r));
      EXPECT_LE(std::abs(of_r - norm), doubt + 1e-14 * of_b) << c.name << ", iteration " << iterations;
      EXPECT_LE(doubt, iterations == 0 ? 0 : 4e-7 * of_b) << c.name;
      ++judged;
      return iterations == 5 ? Verdict::stop : Verdict::iterate;
    };
    EXPECT_EQ(multigrid.solve({true, 2, 2, nullptr}, outer), OuterEnd::stopped);
    EXPECT_EQ(judged, 6) << c.name;
  }
}

} // namespace
