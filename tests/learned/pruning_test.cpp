// Channels that go together, and networks that lose them or weights.
#include "base/error.hpp"
#include "learned/architectures.hpp"
#include "learned/channels.hpp"
#include "learned/network.hpp"
#include "learned/noise.hpp"
#include "learned/train/prune.hpp"
#include "learned/train/slots.hpp"
#include "learned/train/trainer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace {

using namespace linnet;
using namespace linnet::learned;
using learned_test::noise;

std::vector<float> answer(const Model& model, const Grid& grid, bool onednn) {
  const Graph graph = instantiate(model.architecture, grid);
  const auto network = onednn ? make_onednn_network(graph, model.tensors, learned::Precision::f32, 1)
                              : make_reference_network(graph, model.tensors);
  const std::size_t cells = cells_of(grid);
  std::vector<float> e(cells);
  network->set_operator(noise(cells * static_cast<std::size_t>(model.architecture.operator_channels), 1).data());
  network->apply(noise(cells, 2).data(), e.data());
  return e;
}

// Every other group of each family.
std::vector<bool> every_other(const ChannelGroups& groups) {
  std::vector<bool> removed(static_cast<std::size_t>(groups.count), false);
  for (const ChannelGroups::Family& family : groups.families)
    for (std::size_t k = 1; k < family.groups.size(); k += 2)
      removed[static_cast<std::size_t>(family.groups[k])] = true;
  return removed;
}

void forget_readers(const ChannelGroups& groups, const std::vector<bool>& removed, Model* model) {
  for (const auto& [name, ends] : groups.ends) {
    std::vector<float>& w = model->tensors.at(name).values;
    const std::size_t taps = w.size() / (ends.out.size() * ends.in.size());
    for (std::size_t i = 0; i < w.size(); ++i)
      if (const int g = ends.in[i / taps % ends.in.size()]; g >= 0 && removed[static_cast<std::size_t>(g)])
        w[i] = 0;
  }
}

TEST(Channels, ThatNobodyReadsCanBeCutOutOfEveryArchitecture) {
  const std::vector<std::pair<Architecture, Grid>> cases = {{hybrid_architecture(2, {8, 4, 4, 2, 2}), {37, 22, 1}},
                                                            {hybrid_architecture(3, {6, 4, 2, 1, 1}), {11, 9, 10}},
                                                            {dcdm_architecture(64, 2), {13, 10, 1}}};
  for (const auto& [architecture, grid] : cases) {
    Model model = make_model(architecture, 3);
    const ChannelGroups groups = channel_groups(architecture);
    const std::vector<bool> removed = every_other(groups);
    const Model smaller = without_channels(model, groups, removed);
    forget_readers(groups, removed, &model);
    EXPECT_LT(smaller.parameters(), 0.6 * model.parameters()) << architecture.name;
    const std::vector<float> expected = answer(model, grid, false);
    double size = 0;
    for (const float v : expected)
      size = std::max(size, static_cast<double>(std::abs(v)));
    ASSERT_GT(size, 0);
    for (const bool onednn : {false, true}) {
      const std::vector<float> found = answer(smaller, grid, onednn);
      for (std::size_t i = 0; i < found.size(); ++i)
        ASSERT_NEAR(found[i], expected[i], 1e-5 * size) << architecture.name << (onednn ? ", oneDNN" : "");
    }
  }
}

// Fields of main: read_operator, geometry; of a level: h, and geometry below it. Of each scope its own.
TEST(Channels, AreTiedByAdditionsAndGates) {
  const ChannelGroups groups = channel_groups(hybrid_architecture(3, {6, 4, 2, 1, 1}));
  const ChannelGroups::Ends &in = groups.ends.at("in"), &before = groups.ends.at("fine.before_0");
  EXPECT_EQ(in.out, before.out) << "h + gate * convolution(h)";
  EXPECT_EQ(in.out, before.in);
  EXPECT_EQ(in.out, groups.ends.at("gate_in").out);
  EXPECT_EQ(in.out, groups.ends.at("out").in);
  EXPECT_NE(in.out, groups.ends.at("coarse.before_0").out) << "the convolution 'down' lies between";
  EXPECT_EQ(groups.ends.at("out").out, std::vector<int>(8, -1)) << "the output stays";
  EXPECT_EQ(in.in, std::vector<int>(8, -1)) << "the input too";
  std::vector<std::size_t> sizes;
  for (const ChannelGroups::Family& family : groups.families)
    sizes.push_back(family.groups.size());
  std::sort(sizes.begin(), sizes.end());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{4, 4, 6, 6, 8}))
      << "geometry and h of the finest level and of all others, read_operator";
}

TEST(Channels, OfOneLayerUnderTwoScopesMustBeAsMany) {
  const Model model = make_model(hybrid_architecture(2, {6, 4, 2, 1, 1}), 3);
  const ChannelGroups groups = channel_groups(model.architecture);
  std::vector<bool> removed(static_cast<std::size_t>(groups.count), false);
  removed[static_cast<std::size_t>(groups.ends.at("fine.before_0").out[2])] = true;
  EXPECT_THROW(without_channels(model, groups, removed), InputError);
  removed[static_cast<std::size_t>(groups.ends.at("coarse.before_0").out[5])] = true;
  EXPECT_EQ(without_channels(model, groups, removed).tensors.at("fine.before_0").shape,
            (std::vector<std::int64_t>{5, 5, 3, 3}));
}

class PrunedNetwork : public testing::Test {
protected:
  PrunedNetwork() {
    TrainingOptions training;
    training.steps = 40;
    training.sizes = {16, 24};
    training.batch = 4;
    training.domains = 12;
    model = make_model(hybrid_architecture(2, {8, 8, 4, 1, 1}), 1);
    train(training, &model, [](const TrainingState&) { return true; });
    options.multiple = 4;
    options.rounds = 2;
    options.gradients = 24;
    options.small = 16;
    options.domains = 12;
  }
  PruningResult run(Model* pruned) const {
    int rounds = 0;
    const PruningResult result = prune(options, pruned, [&](int) { ++rounds; });
    EXPECT_EQ(rounds, options.rounds);
    return result;
  }
  Model model;
  PruningOptions options;
};

std::size_t zeros(const Model& model) {
  std::size_t count = 0;
  for (const auto& [name, tensor] : model.tensors)
    if (tensor.shape.size() > 1)
      count += static_cast<std::size_t>(std::count(tensor.values.begin(), tensor.values.end(), 0.0F));
  return count;
}

TEST_F(PrunedNetwork, HasItsPartOfWeightsExactlyZeroAndWorks) {
  options.what = Pruned::weights;
  options.fraction = 0.3;
  Model pruned = model;
  const PruningResult result = run(&pruned);
  EXPECT_EQ(zeros(pruned), result.removed);
  EXPECT_EQ(result.removed, static_cast<std::size_t>(0.3 * static_cast<double>(result.all)));
  EXPECT_LT(result.after, 1.1 * result.before);
  TrainingOptions training;
  training.steps = 5;
  training.sizes = {16, 24};
  training.batch = 2;
  training.domains = 12;
  training.keep_zeros = true;
  for (const OptimiserType type : {OptimiserType::adam, OptimiserType::mfac}) {
    training.optimiser = type;
    Model tuned = pruned;
    train(training, &tuned, [](const TrainingState&) { return true; });
    EXPECT_EQ(zeros(tuned), result.removed) << "they stay zero in training";
    EXPECT_NE(tuned.tensors, pruned.tensors);
  }
}

TEST_F(PrunedNetwork, LosesChannelsAndIsAModelOfItsOwn) {
  options.fraction = 0.5;
  Model pruned = model;
  const PruningResult result = run(&pruned);
  EXPECT_EQ(pruned.tensors.at("fine.before_0").shape, (std::vector<std::int64_t>{4, 4, 3, 3}));
  EXPECT_EQ(result.removed * 2, result.all);
  EXPECT_LT(result.after, 1.5 * result.before);
  EXPECT_LT(result.after, 1);
  const Model again = model_from(contents_of(pruned), "again");
  EXPECT_EQ(again.tensors, pruned.tensors);
  Model twice = model;
  run(&twice);
  EXPECT_EQ(twice.tensors, pruned.tensors) << "the same bits";
}

TEST(Training, ByMfacLowersTheLoss) {
  TrainingOptions options;
  options.optimiser = OptimiserType::mfac;
  options.window = 16;
  options.steps = 150;
  options.sizes = {16};
  options.parts = {1};
  options.batch = 4;
  options.domains = 12;
  options.rate = 1e-3;
  Model model = make_model(hybrid_architecture(2, {8, 4, 4, 1, 1}), 1);
  double first = 0, last = 0;
  train(options, &model, [&](const TrainingState& state) {
    if (state.step == 10)
      first = state.left[0];
    last = state.left[0];
    return true;
  });
  EXPECT_LT(last, 0.7 * first);
}

} // namespace
