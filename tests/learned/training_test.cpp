// Gradients against finite differences; the systems of training against their matrix; a short training.
#include "base/error.hpp"
#include "learned/architectures.hpp"
#include "learned/network.hpp"
#include "learned/noise.hpp"
#include "learned/train/slots.hpp"
#include "learned/train/tape.hpp"
#include "learned/train/trainer.hpp"
#include "problems/assemble.hpp"
#include "problems/domains.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace {

using namespace linnet;
using namespace linnet::learned;
using learned_test::noise;

// (weights, output): its gradient in every tensor, along random directions, by central differences.
void expect_gradients(const Architecture& architecture, const Grid& grid, int batch, double tolerance = 0.02) {
  const Graph graph = instantiate(architecture, grid);
  const std::size_t cells = cells_of(grid) * static_cast<std::size_t>(batch);
  Tensors tensors = make_model(architecture, 3).tensors;
  for (auto& [name, tensor] : tensors)
    if (name.ends_with("bias"))
      for (float& v : tensor.values)
        v += 0.3F;
  const std::vector<float> fields = noise(cells * static_cast<std::size_t>(architecture.operator_channels), 1);
  const std::vector<float> r = noise(cells, 2), w = noise(cells, 3);
  Tape tape(graph, batch, 1);
  const auto value = [&] {
    const float* out = tape.forward(tensors, fields.data(), r.data());
    double sum = 0;
    for (std::size_t i = 0; i < cells; ++i)
      sum += static_cast<double>(w[i]) * out[i];
    return sum;
  };
  value();
  Gradients gradients;
  tape.backward(w.data(), &gradients);
  EXPECT_EQ(gradients.size(), graph.tensors.size());
  for (auto& [name, tensor] : tensors) {
    const std::vector<float> direction = noise(tensor.values.size(), 9), at = tensor.values;
    const std::vector<float>& gradient = gradients.at(name);
    double exact = 0, size = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      exact += static_cast<double>(gradient[i]) * direction[i];
      size += static_cast<double>(gradient[i]) * gradient[i];
    }
    const float h = 2e-3F / std::sqrt(static_cast<float>(at.size()));
    const auto shifted = [&](float by) {
      for (std::size_t i = 0; i < at.size(); ++i)
        tensor.values[i] = at[i] + by * direction[i];
      return value();
    };
    const double numeric = (shifted(h) - shifted(-h)) / (2 * h);
    tensor.values = at;
    EXPECT_NEAR(numeric, exact, tolerance * std::sqrt(size) + 1e-3) << name;
  }
}

TEST(Tape, HasTheGradientsOfFiniteDifferences) {
  expect_gradients(hybrid_architecture(2, {6, 4, 2, 1, 1}), {11, 9, 1}, 2);
  expect_gradients(hybrid_architecture(3, {6, 4, 2, 1, 1}), {11, 5, 6}, 2);
}

TEST(Tape, HasThoseOfThePaperNetworksLayersToo) {
  expect_gradients(dcdm_architecture(64, 2), {7, 6, 1}, 1, 0.06); // relu bends between the two points
}

TEST(Tape, ComputesWhatTheReferenceComputes) {
  const Architecture architecture = hybrid_architecture(3, {8, 4, 4, 1, 1});
  const Graph graph = instantiate(architecture, {10, 9, 11});
  const Tensors tensors = make_model(architecture, 3).tensors;
  const std::size_t cells = cells_of({10, 9, 11});
  const std::vector<float> fields = noise(2 * 5 * cells, 1), r = noise(2 * cells, 2);
  Tape tape(graph, 2, 1);
  const float* out = tape.forward(tensors, fields.data(), r.data());
  const auto reference = make_reference_network(graph, tensors);
  std::vector<float> e(cells);
  for (std::size_t s = 0; s < 2; ++s) {
    reference->set_operator(fields.data() + s * 5 * cells);
    reference->apply(r.data() + s * cells, e.data());
    for (std::size_t i = 0; i < cells; ++i)
      ASSERT_NEAR(out[s * cells + i], e[i], 1e-4);
  }
}

VoxelDomain blobs(std::int64_t nz) {
  DomainSpec spec;
  spec.family = Family::blobs;
  spec.grid = {9, 8, nz};
  return make_domain(spec);
}

// Against the assembled matrix, which keeps other code company.
TEST(VoxelSystem, IsTheAssembledMatrix) {
  for (const std::int64_t nz : {1, 7}) {
    const VoxelDomain domain = blobs(nz);
    AssemblySpec spec;
    spec.isolated = Isolated::keep;
    const PressureSystem assembled = assemble(domain, spec);
    const VoxelSystem system(domain, {0, 1, 2}, {});
    std::vector<float> cells = noise(system.cells(), 4), product(system.cells());
    VoxelSystem::Field u = system.zeros(), Au = system.zeros();
    system.scatter(cells.data(), &u);
    system.multiply(u, &Au);
    system.gather(Au, product.data());
    for (std::size_t row = 0; row < assembled.cells.size(); ++row) {
      double sum = 0;
      for (auto e = assembled.matrix.row_start[row]; e < assembled.matrix.row_start[row + 1]; ++e) {
        const auto entry = static_cast<std::size_t>(e);
        sum +=
            assembled.matrix.value[entry] *
            cells[static_cast<std::size_t>(assembled.cells[static_cast<std::size_t>(assembled.matrix.column[entry])])];
      }
      ASSERT_NEAR(product[static_cast<std::size_t>(assembled.cells[row])], sum, 1e-5);
    }
  }
}

TEST(VoxelSystem, SolvesAndTransposesItsSweeps) {
  const VoxelDomain domain = blobs(7);
  const VoxelSystem system(domain, {2, 0, 1}, {true, false, true});
  VoxelSystem::Field b = system.zeros(), g = b, Ax = b;
  system.scatter(noise(system.cells(), 4).data(), &b);
  system.scatter(noise(system.cells(), 5).data(), &g);
  const VoxelSystem::Field x = system.solve(b, 1e-5, 200);
  system.multiply(x, &Ax);
  double difference = 0;
  for (std::size_t c = 0; c < b.size(); ++c)
    difference += (Ax[c] - b[c]) * (Ax[c] - b[c]);
  EXPECT_LE(std::sqrt(difference / dot(b, b)), 1e-4);
  // (g, S u) = (S^T g, u) for sweeps with a right-hand side of zero
  VoxelSystem::Field Su = b, STg = g;
  system.sweep(system.zeros(), 2, true, &Su);
  system.sweep_transposed(2, true, &STg);
  EXPECT_NEAR(dot(g, Su), dot(STg, b), 1e-3);
}

// The gradient of log q in the network's answer.
TEST(Slot, HasTheGradientOfItsLoss) {
  Draw draw(3);
  const DomainPool pool(3, 8, 4, &draw);
  Slot slot(&pool, 9, &draw);
  std::vector<float> r(512), answer = noise(512, 6), gradient(512), unused(512);
  for (int iteration = 0; iteration < 3; ++iteration) { // with 0, 1 and 2 directions
    slot.begin(2, r.data());
    const std::vector<float> direction = noise(512, 7);
    slot.loss(2, answer.data(), gradient.data());
    const auto value = [&](float h) {
      std::vector<float> shifted = answer;
      for (std::size_t i = 0; i < 512; ++i)
        shifted[i] += h * direction[i];
      slot.begin(2, r.data());
      return std::log(slot.loss(2, shifted.data(), unused.data()));
    };
    double exact = 0, size = 0;
    for (std::size_t i = 0; i < 512; ++i) {
      exact += static_cast<double>(gradient[i]) * direction[i];
      size += static_cast<double>(gradient[i]) * gradient[i];
    }
    EXPECT_NEAR((value(5e-3F) - value(-5e-3F)) / 1e-2, exact, 0.02 * std::sqrt(size)) << iteration;
    slot.begin(2, r.data());
    slot.loss(2, answer.data(), gradient.data());
    slot.advance(&draw);
  }
}

TEST(Training, LowersTheLossAndRepeatsItsBits) {
  TrainingOptions options;
  options.steps = 60;
  options.small = options.large = 16;
  options.batch = 4;
  options.domains = 12;
  const auto run = [&](double* first, double* last) {
    Model model = make_model(hybrid_architecture(2, {8, 4, 4, 1, 1}), 1);
    train(options, &model, [&](const TrainingState& state) {
      if (state.step == 10)
        *first = state.small;
      *last = state.small;
      return true;
    });
    return model.tensors;
  };
  double first = 0, last = 0;
  const Tensors once = run(&first, &last);
  EXPECT_LT(last, 0.7 * first);
  EXPECT_EQ(run(&first, &last), once);
}

TEST(Training, RefusesNetworksThatItIsNotFor) {
  Model model = make_model(dcdm_architecture(64, 2), 1);
  EXPECT_THROW(train({}, &model, [](const TrainingState&) { return true; }), InputError);
}

} // namespace
