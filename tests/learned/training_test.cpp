// Gradients against finite differences; short trainings, interrupted and not; what is refused.
#include "base/error.hpp"
#include "learned/architectures.hpp"
#include "learned/network.hpp"
#include "learned/noise.hpp"
#include "learned/train/tape.hpp"
#include "learned/train/trainer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

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

// One layer behind a convolution, on a grid that no transfer divides.
TEST(Tape, HasThemForEachLayer) {
  const std::string before =
      R"({"op": "convolution", "out": "x", "in": ["residual"], "weight": "first", "kernel": 3, "channels": 4},)"
      R"({"op": "convolution", "out": "y", "in": ["operator"], "weight": "other", "kernel": 1, "channels": 4},)";
  const auto last = [](const char* input) {
    return std::string(R"({"op": "convolution", "out": "e", "weight": "last", "kernel": 1, "channels": 1, "in": [")") +
           input + "\"]}";
  };
  const std::vector<std::string> layers = {
      R"({"op": "convolution", "out": "z", "in": ["x"], "weight": "w", "kernel": 3, "channels": 3, "bias": true},)" +
          last("z"),
      R"({"op": "convolution", "out": "c", "in": ["x"], "weight": "w", "kernel": 2, "channels": 4},)"
      R"({"op": "upsample", "out": "z", "in": ["c", "x"]},)" +
          last("z"),
      R"({"op": "pool", "out": "c", "in": ["x"]}, {"op": "upsample", "out": "z", "in": ["c", "x"]},)" + last("z"),
      R"({"op": "space_to_depth", "out": "c", "in": ["x"], "factor": 2},)"
      R"({"op": "depth_to_space", "out": "z", "in": ["c", "x"], "factor": 2},)" +
          last("z"),
      R"({"op": "add", "out": "z", "in": ["x", "y"]},)" + last("z"),
      R"({"op": "gate", "out": "z", "in": ["x", "y"]},)" + last("z"),
      R"({"op": "relu", "out": "z", "in": ["x"], "slope": 0.1},)" + last("z")};
  for (const int dimension : {2, 3})
    for (const std::string& layer : layers) {
      SCOPED_TRACE(layer);
      const std::string json = R"({"name": "n", "dimension": )" + std::to_string(dimension) +
                               R"(, "operator_channels": 2, "unit_residual": false, "sweeps": 0, "blocks": {"main": )"
                               R"({"in": ["residual", "operator"], "out": "e", "layers": [)" +
                               before + layer + "]}}}";
      const bool bends = layer.find("relu") != std::string::npos;
      expect_gradients(parse_architecture(json, "test"), {7, 5, dimension == 3 ? 6 : 1}, 2, bends ? 0.1 : 0.02);
    }
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

TrainingOptions quick(int steps) {
  TrainingOptions options;
  options.steps = steps;
  options.sizes = {16, 24};
  options.batch = 4;
  options.domains = 12;
  options.validation_size = 16;
  return options;
}

Model tiny(int dimension = 2) {
  return make_model(hybrid_architecture(dimension, {8, 4, 4, 1, 1}), 1);
}

TEST(Training, LowersTheLossAndRepeatsItsBits) {
  const auto run = [&](double* first, double* last) {
    Model model = tiny();
    TrainingOptions options = quick(150);
    options.sizes = {16};
    options.parts = {1};
    train(options, &model, [&](const TrainingState& state) {
      if (state.step == 10)
        *first = state.left[0];
      *last = state.left[0];
      return true;
    });
    return model.tensors;
  };
  double first = 0, last = 0;
  const Tensors once = run(&first, &last);
  EXPECT_LT(last, 0.7 * first);
  EXPECT_EQ(run(&first, &last), once);
}

// 2 N steps are N steps, a checkpoint, and N more from it in another trainer: bit by bit, with each optimiser.
TEST(Training, GoesOnFromACheckpointWithTheSameBits) {
  for (const OptimiserType optimiser : {OptimiserType::adam, OptimiserType::mfac})
    for (const int at : {1, 21}) {
      TrainingOptions options = quick(40);
      options.optimiser = optimiser;
      options.window = 5;
      options.rate = 1e-3;
      options.validate_every = 15;
      options.classes = {OperatorClass::voxel, OperatorClass::periodic, OperatorClass::jumps};
      Trainer whole(options, tiny()), begun(options, tiny()), resumed(options, tiny());
      while (!whole.done())
        whole.step();
      for (int step = 0; step < at; ++step)
        begun.step();
      Archive written;
      begun.state(&written);
      Archive read(written.bytes());
      resumed.state(&read);
      while (!resumed.done())
        resumed.step();
      whole.finish();
      resumed.finish();
      EXPECT_EQ(resumed.best(), whole.best());
      Archive a, b; // the last weights, moments, slots and random numbers; times differ
      EXPECT_EQ(resumed.progress().step, 40);
      EXPECT_EQ(resumed.log().size(), whole.log().size());
      EXPECT_EQ(resumed.log().back().loss, whole.log().back().loss);
      EXPECT_EQ(resumed.log().back().norm, whole.log().back().norm);
      EXPECT_EQ(resumed.best_validation()[0].text(), whole.best_validation()[0].text());
    }
}

// What was found by time is repeated in steps.
TEST(Training, IsRepeatedInTheStepsThatItsTimeAllowed) {
  TrainingOptions options = quick(0);
  options.minutes = 0.02;
  Trainer timed(options, tiny());
  while (!timed.done())
    timed.step();
  timed.finish();
  const TrainingState& end = timed.progress();
  EXPECT_GT(end.plateau, 0);
  EXPECT_GT(end.steps, end.plateau);
  EXPECT_LE(end.rate, options.rate);
  options.minutes = 0;
  options.steps = end.steps;
  options.plateau = end.plateau;
  options.stop = end.step;
  Trainer counted(options, tiny());
  while (!counted.done())
    counted.step();
  counted.finish();
  EXPECT_EQ(counted.progress().step, end.step);
  EXPECT_EQ(counted.best(), timed.best());
}

// Warm-up passes through rates that are right, up to one that is far too high.
TEST(Training, GoesBackAndSlowsDownWhereItDiverges) {
  TrainingOptions options = quick(800);
  options.sizes = {16};
  options.parts = {1};
  options.batch = 2;
  options.rate = 0.2;
  Trainer trainer(options, tiny());
  while (!trainer.done())
    trainer.step();
  EXPECT_GE(trainer.progress().rollbacks, 1);
  EXPECT_LT(trainer.progress().left[0], 0.5);
}

TEST(Training, EndsWhereNoGradientIsFinite) {
  Model model = tiny();
  for (float& v : model.tensors.at("in").values)
    v = 1e30F;
  for (float& v : model.tensors.at("out").values)
    v = 1e30F;
  EXPECT_THROW(train(quick(400), &model, [](const TrainingState&) { return true; }), std::runtime_error);
}

TEST(Training, RefusesNetworksThatItIsNotFor) {
  Model model = tiny();
  model.architecture.operator_channels = 4;
  EXPECT_THROW(train({}, &model, [](const TrainingState&) { return true; }), InputError);
}

TEST(Checkpoint, RefusesWhatIsDamagedOrForeign) {
  const std::string file = testing::TempDir() + "linnet_checkpoint";
  write_checkpoint(file, "the state of a training");
  EXPECT_EQ(read_checkpoint(file), "the state of a training");
  EXPECT_FALSE(std::filesystem::exists(file + ".part"));
  std::ostringstream all;
  all << std::ifstream(file, std::ios::binary).rdbuf();
  for (std::size_t i = 0; i < all.str().size(); ++i) {
    std::string bytes = all.str();
    bytes[i] ^= 1;
    std::ofstream(file, std::ios::binary) << bytes;
    EXPECT_THROW(read_checkpoint(file), InputError) << i;
  }
  std::ofstream(file, std::ios::binary) << all.str().substr(0, 30);
  EXPECT_THROW(read_checkpoint(file), InputError);
  std::filesystem::remove(file);
  EXPECT_THROW(read_checkpoint(file), InputError);
  // The state of a training with other grids
  Trainer one(quick(4), tiny());
  TrainingOptions other = quick(4);
  other.sizes = {16};
  other.parts = {1};
  Archive archive;
  one.state(&archive);
  Archive read(archive.bytes());
  Trainer another(other, tiny());
  EXPECT_THROW(another.state(&read), std::runtime_error);
}

} // namespace
