// Sweeps, network, sweeps: against the obvious loops of both parts.
#include "cnn/network_cycle.hpp"
#include "lattice/voxels.hpp"
#include "latticemg/reference.hpp"
#include "learned/architectures.hpp"
#include "learned/shipped.hpp"
#include "learned/transpose.hpp"
#include "support/bf16.hpp"
#include "support/petsc_systems.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace {

using namespace linnet;
using namespace linnet::test;
using namespace voxels;

struct Placed {
  OwnedMat A;
  LatticePlacement placement;
};

// All cells have rows; those that are not active the identity.
void place(const Domain& domain, const Coefficients& coefficients, Placed* placed) {
  *placed->A.out() = matrix(domain, full(domain), coefficients);
  IS cells = nullptr;
  const GridSize size{domain.size[0], domain.size[1], domain.size[2]};
  std::string refusal;
  LINNET_CALL(ISCreateStride(PETSC_COMM_WORLD, domain.cells(), 0, 1, &cells));
  LINNET_CALL(PetscObjectCompose(reinterpret_cast<PetscObject>(static_cast<Mat>(placed->A)), "linnet_cells",
                                 reinterpret_cast<PetscObject>(cells)));
  LINNET_CALL(ISDestroy(&cells));
  LINNET_CALL(UpdateLatticePlacement(placed->A, nullptr, &size, &placed->placement, &refusal));
  ASSERT_EQ(refusal, "");
}

std::vector<double> random_residual(int cells) {
  std::vector<double> r(static_cast<std::size_t>(cells));
  for (std::size_t i = 0; i < r.size(); ++i)
    r[i] = 2 * voxels::random(3, i) - 1;
  return r;
}

// The parts of M in loops over cells.
struct Loops {
  latticemg::reference::Grid<double> grid;
  int sweeps;
  std::unique_ptr<learned::Network> network;

  Loops(const learned::Model& model, const LatticeOperator& op, bool transposed = false)
      : grid(latticemg::reference::grid_of<double>(op)), sweeps(model.architecture.sweeps) {
    std::vector<float> fields;
    for (int c = 0; c < grid.cells(); ++c) {
      const auto& w = grid.coupling[static_cast<std::size_t>(c)];
      for (const double v :
           {w[1], w[3], w[5], grid.excess[static_cast<std::size_t>(c)], grid.diagonal(c) > 0 ? 1.0 : 0.0})
        fields.push_back(static_cast<float>(v));
    }
    const learned::Graph graph = learned::instantiate(model.architecture, grid.size);
    if (transposed) {
      const learned::TransposedGraph turned = learned::transpose(graph, model.tensors);
      network = learned::make_reference_network(turned.graph, turned.tensors);
    } else {
      network = learned::make_reference_network(graph, model.tensors);
    }
    network->set_operator(fields.data());
  }

  std::vector<double> swept(const std::vector<double>& b, std::vector<double> u, bool back) const {
    for (int s = 0; s < 2 * sweeps; ++s)
      latticemg::reference::relax(grid, b, back ? 1 - s % 2 : s % 2, &u);
    return u;
  }
  std::vector<double> residual(const std::vector<double>& b, const std::vector<double>& u) const {
    return latticemg::reference::residual(grid, b, u);
  }
  std::vector<double> corrected(std::vector<double> u, const std::vector<double>& residual, double unit = 1) const {
    std::vector<float> r, correction(u.size());
    for (const double v : residual)
      r.push_back(static_cast<float>(v) / static_cast<float>(unit));
    network->apply(r.data(), correction.data());
    for (std::size_t c = 0; c < u.size(); ++c)
      u[c] += grid.diagonal(static_cast<int>(c)) > 0 ? unit * correction[c] : 0;
    return u;
  }
  // Rows coupled with none are solved.
  std::vector<double> decoupled(std::vector<double> u, const LatticeOperator& op, const std::vector<double>& r) const {
    for (std::size_t c = 0; c < u.size(); ++c)
      if (!(grid.diagonal(static_cast<int>(c)) > 0))
        u[c] = op.excess_of(c) > 0 ? r[c] / op.excess_of(c) : 0;
    return u;
  }
};

// M r
std::vector<double> expected(const learned::Model& model, const LatticeOperator& op, const std::vector<double>& r) {
  const Loops m(model, op);
  std::vector<double> u = m.swept(r, std::vector<double>(r.size(), 0), false);
  const std::vector<double> left = m.residual(r, u);
  double square = 0;
  for (const double v : left)
    square += v * v;
  u = m.corrected(u, left, model.architecture.unit_residual ? std::sqrt(square) : 1);
  if (model.architecture.unit_residual && std::inner_product(u.begin(), u.end(), r.begin(), 0.0) < 0) // no sweeps
    std::transform(u.begin(), u.end(), u.begin(), std::negate<>());
  return m.decoupled(m.swept(r, u, true), op, r);
}

// M_s r = S r + S^T (r - A S r) + (I - S^T A) N'^T A N' (I - A S) r
std::vector<double> expected_symmetric(const learned::Model& model, const LatticeOperator& op,
                                       const std::vector<double>& r) {
  const Loops m(model, op), adjoint(model, op, true);
  const std::vector<double> zero(r.size(), 0);
  std::vector<double> u = m.swept(r, zero, false);
  const std::vector<double> left = m.residual(r, u);
  std::vector<double> product = m.residual(zero, m.swept(left, m.corrected(zero, left), true));
  for (double& v : product)
    v = -v;
  const std::vector<double> swept = adjoint.swept(product, zero, false);
  const std::vector<double> turned = adjoint.corrected(swept, adjoint.residual(product, swept));
  for (std::size_t c = 0; c < u.size(); ++c)
    u[c] += turned[c];
  return m.decoupled(m.swept(r, u, true), op, r);
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return std::sqrt(difference / size);
}

void expect_same(const Domain& domain, const learned::Model& model) {
  Placed placed;
  place(domain, voxel(), &placed);
  latticemg::Multigrid multigrid;
  const LatticeOperator& op = placed.placement.op;
  ASSERT_EQ(multigrid.build(op, placed.placement.lattice, domain.cells(), 2), "");
  EXPECT_EQ(cnn::NetworkCycle::outside(model, placed.placement.lattice, op), "");
  const std::vector<double> r = random_residual(domain.cells());
  const std::vector<double> known = expected(model, op, r);
  const bool symmetric = cnn::NetworkCycle::not_symmetric(model).empty();
  EXPECT_EQ(symmetric, !model.architecture.unit_residual);
  const std::vector<double> known_symmetric = symmetric ? expected_symmetric(model, op, r) : known;
  for (const auto& [precision, backend, threads, tolerance] :
       {std::tuple{learned::Precision::f32, cnn::Backend::reference, 1, 1e-5},
        std::tuple{learned::Precision::f32, cnn::Backend::onednn, 1, 1e-5},
        std::tuple{learned::Precision::f32, cnn::Backend::onednn, 2, 1e-5},
        std::tuple{learned::Precision::bf16, cnn::Backend::onednn, 2, 2e-2}}) {
    if (precision == learned::Precision::bf16 && !has_bf16())
      continue;
    cnn::NetworkCycle cycle;
    cycle.build(&multigrid, std::make_shared<learned::Model>(model), {precision, backend, threads});
    std::vector<double> z(r.size());
    for (int again = 0; again < 2; ++again) {
      cycle.apply(r.data(), z.data());
      EXPECT_LE(distance(z, known), tolerance) << cycle.description();
      if (!symmetric)
        continue;
      cycle.apply_symmetric(r.data(), z.data());
      EXPECT_LE(distance(z, known_symmetric), 2 * tolerance) << cycle.description();
    }
  }
}

TEST(NetworkCycle, IsSweepsAroundTheNetwork) {
  Domain obstacles = noise(9, 11, 14, 0.3, 2);
  expect_same(obstacles, learned::make_model(learned::hybrid_architecture(3, {8, 4, 4, 1, 1}), 1));
  expect_same(noise(13, 17, 1, 0.2, 3), learned::make_model(learned::hybrid_architecture(2, {8, 4, 4, 1, 1}), 1));
}

TEST(NetworkCycle, RunsThePaperNetworksAloneAndDownhill) {
  for (const unsigned seed : {1U, 2U, 3U, 4U})
    expect_same(noise(8, 9, 10, 0.2, 2), learned::make_model(learned::dcdm_architecture(64, 3), seed));
}

TEST(NetworkCycle, HasNoSymmetricFormWithoutSweepsOrLinearity) {
  learned::Model model = learned::make_model(learned::dcdm_architecture(64, 3), 1);
  EXPECT_NE(cnn::NetworkCycle::not_symmetric(model).find("is not linear"), std::string::npos);
  model.architecture.unit_residual = false;
  EXPECT_NE(cnn::NetworkCycle::not_symmetric(model).find("has no sweeps around it"), std::string::npos);
}

TEST(NetworkCycle, ConditionsTheNetworkThatIsThereOnNewValues) {
  const Domain domain = box(8, 9, 10);
  const auto model =
      std::make_shared<learned::Model>(learned::make_model(learned::hybrid_architecture(3, {8, 4, 4, 1, 1}), 1));
  Placed placed;
  place(domain, voxel(), &placed);
  latticemg::Multigrid multigrid;
  cnn::NetworkCycle cycle;
  const std::vector<double> r = random_residual(domain.cells());
  std::vector<double> first(r.size()), second(r.size());
  for (std::vector<double>* z : {&first, &second}) {
    ASSERT_EQ(multigrid.build(placed.placement.op, placed.placement.lattice, domain.cells(), 1), "");
    cycle.build(&multigrid, model, {});
    cycle.apply(r.data(), z->data());
    LINNET_CALL(MatScale(placed.A, 4));
    std::string refusal;
    LINNET_CALL(UpdateLatticePlacement(placed.A, nullptr, nullptr, &placed.placement, &refusal));
    ASSERT_EQ(refusal, "");
  }
  for (std::size_t i = 0; i < r.size(); ++i)
    ASSERT_EQ(4 * second[i], first[i]); // M of 4 A is M / 4, to the bit
}

TEST(NetworkCycle, AnswersZeroWithZeroAndNaNWithNaN) {
  const Domain domain = box(4, 5, 6);
  Placed placed;
  place(domain, voxel(), &placed);
  latticemg::Multigrid multigrid;
  ASSERT_EQ(multigrid.build(placed.placement.op, placed.placement.lattice, domain.cells(), 1), "");
  cnn::NetworkCycle cycle;
  cycle.build(
      &multigrid,
      std::make_shared<learned::Model>(learned::make_model(learned::hybrid_architecture(3, {8, 4, 4, 1, 1}), 1)), {});
  std::vector<double> r(120, 0), z(120, 7);
  using Apply = void (cnn::NetworkCycle::*)(const double*, double*);
  for (const auto apply : {static_cast<Apply>(&cnn::NetworkCycle::apply), &cnn::NetworkCycle::apply_symmetric}) {
    std::fill(r.begin(), r.end(), 0);
    (cycle.*apply)(r.data(), z.data());
    EXPECT_EQ(z, r);
    r[3] = std::nan("");
    (cycle.*apply)(r.data(), z.data());
    EXPECT_TRUE(std::isnan(z[0]) && std::isnan(z[119]));
  }
}

TEST(NetworkCycle, SaysWhatIsOutsideOfItsTraining) {
  learned::Model volume = learned::make_model(learned::hybrid_architecture(3, {8, 4, 4, 1, 1}), 1);
  const auto outside = [&](const Domain& domain, const Coefficients& coefficients) {
    Placed placed;
    place(domain, coefficients, &placed);
    return cnn::NetworkCycle::outside(volume, placed.placement.lattice, placed.placement.op);
  };
  EXPECT_EQ(outside(box(5, 6, 7), voxel()), "");
  EXPECT_NE(outside(box(5, 6, 1), voxel()).find("3 dimensions, the grid has 2"), std::string::npos);
  EXPECT_NE(outside(box(5, 6, 7), neumann()).find("singular"), std::string::npos);
  EXPECT_NE(outside(box(5, 6, 7), variable(1)).find("coefficients vary"), std::string::npos);
  EXPECT_NE(outside(box(10, 9, 8), own_excess(1)).find("coefficients vary"), std::string::npos);
  EXPECT_NE(outside(torus(5, 6, 7, {true, false, false}), voxel()).find("periodic"), std::string::npos);
  volume.provenance["classes"] = "voxel,closed,jumps,periodic";
  EXPECT_EQ(outside(box(5, 6, 7), neumann()), "");
  EXPECT_EQ(outside(box(5, 6, 7), variable(1)), "");
  EXPECT_NE(outside(torus(5, 6, 7, {true, false, false}), voxel()).find("periodic"), std::string::npos)
      << "the sweeps around the network end at the ends of the axis";
}

} // namespace
