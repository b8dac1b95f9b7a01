// The systems that networks are trained on: against their assembled matrices, their transposes, their gradients.
#include "base/error.hpp"
#include "learned/noise.hpp"
#include "learned/train/slots.hpp"
#include "learned/train/voxel_operator.hpp"
#include "problems/assemble.hpp"
#include "problems/domains.hpp"
#include "problems/operator.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace {

using namespace linnet;
using namespace linnet::learned;
using learned_test::noise;

constexpr std::array<OperatorClass, 9> all_classes = {
    OperatorClass::voxel,    OperatorClass::walls,     OperatorClass::closed,
    OperatorClass::periodic, OperatorClass::shift,     OperatorClass::jumps,
    OperatorClass::smooth,   OperatorClass::stretched, OperatorClass::random};

VoxelDomain blobs(std::int64_t nz, const Sides& sides) {
  DomainSpec spec;
  spec.family = Family::blobs;
  spec.grid = {9, 8, nz};
  spec.sides = sides;
  return make_domain(spec);
}

// A u by the assembled matrix, which keeps other code company, scaled to a largest coupling of 1.
void expect_assembled(const VoxelDomain& domain, const AssemblySpec& spec, const VoxelCoefficients& coefficients) {
  const PressureSystem assembled = assemble(domain, spec);
  const GridSystem system(grid_operator(domain, coefficients));
  std::vector<float> cells = noise(system.cells(), 4), product(system.cells());
  GridSystem::Field u = system.zeros(), Au = system.zeros();
  system.scatter(cells.data(), &u);
  system.gather(u, cells.data()); // zero without unknowns
  system.multiply(u, &Au);
  system.gather(Au, product.data());
  double largest = 0;
  const SparseMatrix& A = assembled.matrix;
  for (std::size_t row = 0; row < assembled.cells.size(); ++row)
    for (auto e = A.row_start[row]; e < A.row_start[row + 1]; ++e)
      largest = std::max(largest, -A.value[static_cast<std::size_t>(e)]);
  for (std::size_t row = 0; row < assembled.cells.size(); ++row) {
    double sum = 0;
    for (auto e = A.row_start[row]; e < A.row_start[row + 1]; ++e)
      sum += A.value[static_cast<std::size_t>(e)] / largest *
             cells[static_cast<std::size_t>(
                 assembled.cells[static_cast<std::size_t>(A.column[static_cast<std::size_t>(e)])])];
    const bool coupled = A.row_start[row + 1] > A.row_start[row] + 1;
    ASSERT_NEAR(product[static_cast<std::size_t>(assembled.cells[row])], coupled ? sum : 0, 1e-5);
  }
}

TEST(GridOperator, IsTheAssembledMatrix) {
  Sides around = default_sides;
  around[0] = around[1] = Beyond::periodic;
  for (const std::int64_t nz : {1, 7})
    for (const Sides& sides : {default_sides, around}) {
      const VoxelDomain domain = blobs(nz, sides);
      AssemblySpec spec;
      spec.isolated = Isolated::keep;
      expect_assembled(domain, spec, {});
      spec.shift = 0.3;
      spec.spacing = {1, 3, nz > 1 ? 0.5 : 1};
      expect_assembled(domain, spec, {spec.spacing, spec.shift, {}});
      spec.jump = 50;
      const Coefficients jumps = make_coefficients(domain.grid, spec);
      VoxelCoefficients coefficients{spec.spacing, spec.shift, {}};
      for (const std::uint8_t inside : jumps.inclusion)
        coefficients.coefficient.push_back(inside ? spec.jump : 1);
      expect_assembled(domain, spec, coefficients);
    }
}

TEST(GridOperator, IsTurnedWithItsCouplings) {
  Draw draw(5);
  for (const OperatorClass what : all_classes) {
    const GridOperator op = random_operator(what, 3, 8, &draw);
    const GridSystem straight(op), turned(op, {{2, 0, 1}, {true, false, true}});
    const std::vector<float> cells = noise(straight.cells(), 6);
    GridSystem::Field u = straight.zeros(), Au = u, v = turned.zeros(), Av = v;
    const auto carry = [&](const GridSystem& system, GridSystem::Field* field) {
      for (int k = 0; k < 8; ++k)
        for (int j = 0; j < 8; ++j)
          for (int i = 0; i < 8; ++i)
            if (system.active(system.at(i, j, k)))
              (*field)[system.at(i, j, k)] = cells[system.cell_of_operator(i, j, k)];
    };
    carry(straight, &u);
    carry(turned, &v);
    straight.multiply(u, &Au);
    turned.multiply(v, &Av);
    EXPECT_NEAR(dot(u, Au), dot(v, Av), 1e-4 * std::abs(dot(u, Au)));
    EXPECT_NEAR(dot(Au, Au), dot(Av, Av), 1e-4 * dot(Au, Au));
  }
}

TEST(GridSystem, SolvesAndTransposesItsSweeps) {
  Draw draw(7);
  for (const OperatorClass what : all_classes) {
    SCOPED_TRACE(class_names[static_cast<std::size_t>(what)]);
    const GridSystem system(random_operator(what, 3, 8, &draw), {{2, 0, 1}, {true, false, true}});
    GridSystem::Field b = system.zeros(), g = b, Ax = b;
    system.scatter(noise(system.cells(), 4).data(), &b);
    system.scatter(noise(system.cells(), 5).data(), &g);
    GridSystem::Field right = b;
    system.project(&right);
    system.multiply(system.solve(right, 1e-4, 400), &Ax);
    double difference = 0;
    for (std::size_t c = 0; c < b.size(); ++c)
      difference += (Ax[c] - right[c]) * (Ax[c] - right[c]);
    EXPECT_LE(std::sqrt(difference / dot(right, right)), 1e-3);
    // (g, S u) = (S^T g, u) for sweeps with a right-hand side of zero
    GridSystem::Field Su = b, STg = g;
    system.sweep(system.zeros(), 2, true, &Su);
    system.sweep_transposed(2, true, &STg);
    EXPECT_NEAR(dot(g, Su), dot(STg, b), 1e-4 * std::sqrt(dot(g, g) * dot(b, b)));
  }
}

TEST(Classes, NeverTrainOnWhatTheyHoldOut) {
  for (const OperatorClass what : all_classes)
    for (const HeldOut& held : held_out(what, 3, 16)) {
      EXPECT_GT(held.op.unknowns(), 0U) << held.family;
      const bool singular = what == OperatorClass::closed || what == OperatorClass::periodic;
      const std::vector<int> components = held.op.singular_components();
      EXPECT_EQ(std::any_of(components.begin(), components.end(), [](int c) { return c >= 0; }), singular);
    }
  EXPECT_THROW(class_from_name("heat"), InputError);
}

TEST(Classes, AreReadFromAnOperator) {
  Draw draw(9);
  const auto classes = [&](OperatorClass what) { return classes_with("", random_operator(what, 3, 16, &draw)); };
  EXPECT_EQ(classes(OperatorClass::voxel), "voxel");
  EXPECT_EQ(classes(OperatorClass::shift), "voxel,shift");
  EXPECT_EQ(classes(OperatorClass::stretched), "voxel,stretched");
  EXPECT_EQ(classes(OperatorClass::smooth), "voxel,jumps");
  EXPECT_EQ(classes(OperatorClass::random), "voxel,jumps");
  EXPECT_NE(classes(OperatorClass::periodic).find("periodic"), std::string::npos);
  EXPECT_EQ(classes_with("voxel,walls", random_operator(OperatorClass::walls, 3, 16, &draw)), "voxel,walls");
}

// The gradient of each loss in the network's answer, with 0, 1 and 2 directions behind.
TEST(Slot, HasTheGradientOfItsLosses) {
  for (const OperatorClass what : all_classes)
    for (const Loss loss : {Loss::energy, Loss::residual, Loss::line_search}) {
      SCOPED_TRACE(class_names[static_cast<std::size_t>(what)]);
      Draw draw(3);
      const OperatorPool pool({what}, 3, 8, 4, &draw);
      Slot slot(&pool, 9, &draw);
      std::vector<float> r(512), answer = noise(512, 6), gradient(512), unused(512);
      for (float& v : answer)
        v *= 0.3F;
      for (int iteration = 0; iteration < 3; ++iteration) {
        slot.begin(2, false, r.data());
        const std::vector<float> direction = noise(512, 7);
        slot.loss(loss, 2, answer.data(), gradient.data());
        const auto value = [&](float h) {
          std::vector<float> shifted = answer;
          for (std::size_t i = 0; i < 512; ++i)
            shifted[i] += h * direction[i];
          slot.begin(2, false, r.data());
          const double left = slot.loss(loss, 2, shifted.data(), unused.data());
          return loss == Loss::energy ? std::log(left) : left;
        };
        double exact = 0, size = 0;
        for (std::size_t i = 0; i < 512; ++i) {
          exact += static_cast<double>(gradient[i]) * direction[i];
          size += static_cast<double>(gradient[i]) * gradient[i];
        }
        const double numeric = (value(5e-3F) - value(-5e-3F)) / 1e-2;
        slot.begin(2, false, r.data());
        if (slot.loss(loss, 2, answer.data(), gradient.data()) < 1e-3)
          break; // it is at its end: the gradient of log q is cut off at q = 1e-4
        EXPECT_NEAR(numeric, exact, 0.03 * std::sqrt(size) + 1e-3) << iteration;
        slot.advance(&draw);
      }
    }
}

} // namespace
